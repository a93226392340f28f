"""Deadline: on expiry the attached socket is shut down, also one attached later."""

from __future__ import annotations

import socket

from contacts_ui.sent_api.total_timeout import Deadline, SocketHandle
from testing.waiting import wait_until


def test_socket_attached_after_expiry_is_shut_down() -> None:
    deadline = Deadline(0)
    wait_until(lambda: deadline.expired)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(30)
        deadline.attach(SocketHandle(ours))
        assert theirs.recv(1) == b""


def test_closed_deadline_does_not_expire() -> None:
    deadline = Deadline(60)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        deadline.attach(SocketHandle(ours))
        deadline.close()
        deadline.expire()
        ours.sendall(b"x")
        assert theirs.recv(1) == b"x"
    assert not deadline.expired
