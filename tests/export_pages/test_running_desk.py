"""Download from a running desk: a reader who leaves half-way has downloaded nothing, and goes on where it was cut."""

from __future__ import annotations

import hashlib
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import requests

from contacts_ui.exports import service
from testing.accounts import create_session
from testing.desk_template import DeskTemplate
from testing.processes import start_program, stop_program
from testing.running_desk import COOKIE, UNLIMITED, Desk, running_desk
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

pytestmark = [pytest.mark.outside, pytest.mark.exhaustive]
CONTACTS = 30_000  # in all columns 8 MB: more than sockets hold between a server and a reader who reads nothing
ASK = "/account/contacts/export/"


@pytest.fixture
def desk(template: DeskTemplate, tmp_path: Path) -> Iterator[Desk]:
    """A desk with many contacts, and a worker."""
    with (
        SandboxServer(contacts=CONTACTS, profiles=0, rate=0) as sandbox,
        running_desk(tmp_path / "desk", sandbox.url, template, **UNLIMITED) as desk,
    ):
        worker = start_program([sys.executable, "manage.py", "desk_worker"], env=desk.settings)
        yield desk
        stop_program(worker)


def _row(desk: Desk, export_id: UUID, columns: str) -> tuple[object, ...]:
    return desk.sql(f"SELECT {columns} FROM contacts_ui_export WHERE id = ?", export_id.hex)[0]  # noqa: S608


def test_cut_download_counts_as_none_and_goes_on(desk: Desk) -> None:
    browser = requests.Session()
    session = create_session(desk, "admin")
    browser.cookies.set(COOKIE, session, domain="127.0.0.1")
    page = browser.get(desk.url + ASK, timeout=60)
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[0]
    form = {
        "csrfmiddlewaretoken": token,
        "start": "1",
        "file_format": "csv",
        "column": [name for name, _title in service.COLUMNS],
    }
    started = browser.post(desk.url + ASK, form, headers={"Referer": desk.url + ASK}, timeout=60)
    export_id = UUID(started.url.rstrip("/").rpartition("/")[2])
    wait_until(lambda: _row(desk, export_id, "state") == ("ready",), 300)
    size, digest = _row(desk, export_id, "size, sha256")
    path = f"/exports/{export_id}/file/"

    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", desk.port))
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{desk.port}\r\nCookie: {COOKIE}={session}\r\n\r\n"
        reader.sendall(head.encode())
        beginning = b""
        while len(beginning) < 200_000:
            beginning += reader.recv(65_536)
    begun = beginning.partition(b"\r\n\r\n")[2]
    failed = "SELECT count(*) FROM contacts_ui_auditentry WHERE action = 'contacts.exported' AND outcome = 'failed'"
    wait_until(lambda: desk.sql(failed) == [(1,)])
    assert _row(desk, export_id, "downloads") == (0,)

    headers = {"Range": f"bytes={len(begun)}-", "If-Range": f'"{digest}"'}
    rest = browser.get(desk.url + path, headers=headers, timeout=60)
    assert (rest.status_code, rest.headers["Content-Length"]) == (206, str(size - len(begun)))  # type: ignore[operator]
    assert hashlib.sha256(begun + rest.content).hexdigest() == digest
    wait_until(lambda: _row(desk, export_id, "downloads") == (1,))
    assert hashlib.sha256(browser.get(desk.url + path, timeout=60).content).hexdigest() == digest
