"""Server: workers are replaced without a refused connection, by those that can serve, and never by others."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from testing.desk_template import DeskTemplate
from testing.processes import on_free_port, running_program
from testing.running_desk import SECRET_KEY, Desk, desk_environment
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, running_sandbox: SandboxServer, template: DeskTemplate
) -> Iterator[Desk]:
    """A desk as the launcher starts it: `python -m dashboard.server`, two workers."""
    folder = tmp_path_factory.mktemp("server")

    @contextmanager
    def start(port: int) -> Iterator[Desk]:
        own = {"SECRET_KEY": SECRET_KEY, "DJANGO_SETTINGS_MODULE": "testing.desk_settings"}
        env = desk_environment(folder, running_sandbox.url, port, STATIC_ROOT=str(template.static), **own)
        template.copy_database(Path(env["DATABASE_URL"].removeprefix("sqlite:///")))
        (folder / ".env").touch(0o600)
        command, url = [sys.executable, "-m", "dashboard.server"], f"http://127.0.0.1:{port}"
        with running_program(command, health=f"{url}/readyz", log=folder / "log", env=env) as server:
            yield Desk(url, folder, env, server.pid)

    with on_free_port(start) as running:
        yield running


def _reload(desk: Desk) -> None:
    """Replaces the workers, and waits until none of the former ones is left."""
    before = set(desk.workers())
    os.kill(desk.pid, signal.SIGHUP)
    wait_until(lambda: len(now := set(desk.workers())) == 2 and not now & before)


class _Load:
    """Threads that ask for a page on a new connection ten times a second; what went wrong is in `failed`."""

    def __init__(self, desk: Desk, threads: int = 4) -> None:
        self._port, self._stop = desk.port, threading.Event()
        self.answers, self.failed = 0, list[str]()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]

    def __enter__(self) -> _Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        request = f"GET /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nConnection: close\r\n\r\n".encode()
        while not self._stop.is_set():
            try:
                with closing(socket.create_connection(("127.0.0.1", self._port), timeout=60)) as connection:
                    connection.sendall(request)
                    status = connection.recv(12)
                    while connection.recv(65_536):
                        pass
            except OSError as error:
                self.failed.append(repr(error))
                continue
            if status == b"HTTP/1.1 200":
                self.answers += 1
            else:
                self.failed.append(repr(status))
            time.sleep(0.1)


def test_reload_under_load_refuses_no_connection_and_reads_settings_anew(desk: Desk) -> None:
    dotenv = desk.folder / ".env"
    dotenv.write_text("SECURITY_CONTACT=mailto:security@example.org\n")
    try:
        with _Load(desk) as load:
            _reload(desk)
        page = requests.get(f"{desk.url}/.well-known/security.txt", timeout=30)
    finally:
        dotenv.write_text("")
    assert load.failed == []
    assert load.answers > 10
    assert "mailto:security@example.org" in page.text


@pytest.mark.exhaustive
def test_five_reloads_under_load_refuse_no_connection(desk: Desk) -> None:
    with _Load(desk, threads=16) as load:
        for _ in range(5):
            _reload(desk)
    assert load.failed == []
    assert load.answers > 100


def test_reload_with_setting_that_cannot_be_right_changes_nothing(desk: Desk) -> None:
    before, dotenv = desk.workers(), desk.folder / ".env"
    dotenv.write_text("SENT_FRESH_SECONDS=many\n")
    try:
        os.kill(desk.pid, signal.SIGHUP)
        wait_until(lambda: "A new worker did not start" in (desk.folder / "log").read_text())
    finally:
        dotenv.write_text("")
    assert desk.workers() == before
    assert requests.get(f"{desk.url}/readyz", timeout=30).status_code == 200


@pytest.mark.exhaustive
def test_killed_worker_is_replaced(desk: Desk) -> None:
    before = desk.workers()
    time.sleep(6)  # two ends within 5.5 seconds count as a crash loop
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(now := set(desk.workers())) == 2 and before[0] not in now)
    assert requests.get(f"{desk.url}/readyz", timeout=30).status_code == 200
