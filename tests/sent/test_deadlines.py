"""A moment by which a call ends: the socket it waits for is shut, however late that one is made."""

from __future__ import annotations

import socket

from contacts_ui.sent_api.total_timeout import Deadline, SocketHandle
from testing.waiting import wait_until


def test_a_socket_that_is_made_too_late_is_shut_at_once() -> None:
    deadline = Deadline(0)
    wait_until(lambda: deadline.expired)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(30)
        deadline.attach(SocketHandle(ours))
        assert theirs.recv(1) == b""


def test_a_call_that_is_over_is_ended_no_more() -> None:
    deadline = Deadline(60)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        deadline.attach(SocketHandle(ours))
        deadline.close()
        deadline.expire()
        ours.sendall(b"x")
        assert theirs.recv(1) == b"x"
    assert not deadline.expired
