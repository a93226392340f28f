"""kill -9 at any line, with two workers racing: the same content, at most one API call a kill."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from contacts_ui.sent_api.decoding import contact_page
from contacts_ui.sent_api.types import Contact
from testing.desk_template import DeskTemplate
from testing.postgres_server import new_database, running_postgres
from testing.processes import start_program, stop_program
from testing.running_desk import SECRET_KEY, UNLIMITED, desk_environment, manage
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from testing.worker import content_hash

SILENT = 5.0  # seconds after which a worker counts as dead
UNFINISHED = "SELECT count(*) FROM contacts_ui_snapshot WHERE state IN ('queued', 'running', 'paused')"


@pytest.fixture(scope="module")
def large_sandbox() -> Iterator[SandboxServer]:
    """The account's list has 2,000 contacts, and answers after 20 ms."""
    with SandboxServer(contacts=2000, profiles=0, seed=7, rate=0, latency_ms=20) as server:
        yield server


@dataclass
class Race:
    """Workers on one snapshot. Mortal ones die at a random line of the first so many; `kills` counts them."""

    env: dict[str, str]
    randomness: random.Random
    lines: int
    kills: int = 0
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """A worker."""
        command = [sys.executable, "-m", "testing.worker", "--silent", str(SILENT), *options]
        self.workers.append(start_program(command, env=self.env, stdout=subprocess.PIPE))
        return self.workers[-1]

    def start_mortal(self, *options: str) -> None:
        """A worker that dies."""
        self.start("--die-at", str(self.randomness.randrange(1, self.lines)), *options)

    def kill(self, kills: int) -> None:
        """Starts a snapshot; until so many workers have died or it is finished, the dead ones are replaced."""
        self.start_mortal("--start")
        if kills > 1:
            self.start_mortal()
        while self.kills < kills:
            wait_until(lambda: self._dead() or (self._started() and not self._unfinished()))
            if not (dead := self._dead()):
                return  # it was faster than they were mortal
            for worker in dead:
                assert worker.returncode == -signal.SIGKILL
                self.workers.remove(worker)
                self.kills += 1
                if self.kills + len(self.workers) < kills:
                    self.start_mortal()

    def content(self) -> str:
        """Takes the snapshot to its end; the hash of its contents, and whether it is whole."""
        output, _ = self.start("--until-finished").communicate(timeout=120)
        return output.decode().splitlines()[-1]

    def stop(self) -> None:
        """Ends the workers that are left."""
        for worker in self.workers:
            stop_program(worker)

    def _dead(self) -> list[subprocess.Popen[bytes]]:
        return [one for one in self.workers if one.poll() is not None]

    def _started(self) -> bool:
        return self._count("SELECT count(*) FROM contacts_ui_snapshot WHERE fence > 0") > 0

    def _unfinished(self) -> int:
        return self._count(UNFINISHED)

    def _count(self, statement: str) -> int:
        url = self.env["DATABASE_URL"]
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60)) as database:
                return int(database.execute(statement).fetchone()[0])
        with psycopg.connect(url) as connection:
            row = connection.execute(statement.encode()).fetchone()
            assert row is not None
            return int(row[0])


def _expected(api: SandboxServer) -> tuple[str, int]:
    """The hash of the account's list as the API gives it, and its pages."""
    rows: list[Contact] = []
    page = 0
    while True:
        page += 1
        body = api.get("/v3/contacts", page=page, page_size=100).content
        answer = contact_page(body, datetime.now(UTC))
        rows += answer.contacts
        if not answer.pagination.has_more:
            return content_hash(rows), page


def _check(env: dict[str, str], api: SandboxServer, *, kills: int, lines: int, seed: int) -> None:
    """Kills so many workers, over as many snapshots as that takes."""
    content, pages = _expected(api)
    randomness, killed, extra = random.Random(seed), 0, 0
    while killed < kills:
        api.reset_requests()
        race = Race(env, randomness, lines)
        try:
            race.kill(kills - killed)
            assert race.content() == f"{content} True"
        finally:
            race.stop()
        killed += race.kills
        calls = [call["path"] for call in api.requests()]
        # Of the account only the first worker asks.
        extra += len(calls) - pages - 1
        sys.stdout.write(f"{race.kills} kills, {len(calls)} calls for {pages} pages\n")
    sys.stdout.write(f"{killed} kills in all, {extra} extra calls\n")
    assert extra <= killed


def _environment(folder: Path, api: SandboxServer, **settings: str) -> dict[str, str]:
    given = {"DJANGO_SETTINGS_MODULE": "testing.desk_settings", "SECRET_KEY": SECRET_KEY}
    return desk_environment(folder, api.url, 8000, **given | UNLIMITED | settings)


def _sqlite(folder: Path, api: SandboxServer, template: DeskTemplate) -> dict[str, str]:
    template.copy_database(folder / "desk.sqlite3")
    return _environment(folder, api)


@pytest.mark.outside
def test_two_kills_cost_two_calls_at_most_and_no_row(
    tmp_path: Path, sandbox: SandboxServer, template: DeskTemplate
) -> None:
    _check(_sqlite(tmp_path, sandbox, template), sandbox, kills=2, lines=250, seed=1)


@pytest.mark.exhaustive
@pytest.mark.outside
def test_twenty_kills_on_sqlite(tmp_path: Path, large_sandbox: SandboxServer, template: DeskTemplate) -> None:
    _check(_sqlite(tmp_path, large_sandbox, template), large_sandbox, kills=20, lines=900, seed=2)


@pytest.mark.exhaustive
@pytest.mark.outside
def test_worker_that_wakes_up_late_writes_nothing(
    tmp_path: Path, large_sandbox: SandboxServer, template: DeskTemplate
) -> None:
    """It is frozen while it waits for a page; another one finishes the snapshot; then it gets its answer."""
    api = large_sandbox
    content, pages = _expected(api)
    api.clear()
    for _ in range(3):
        api.fault(route="contacts", kind="headers", set={})
    api.fault(route="contacts", kind="slow", seconds=60)
    race = Race(_sqlite(tmp_path, api, template), random.Random(4), 1)
    try:
        frozen = race.start("--start")
        wait_until(lambda: api.fired().count("slow") == 1)
        frozen.send_signal(signal.SIGSTOP)
        assert race.content() == f"{content} True"
        api.release()
        frozen.send_signal(signal.SIGCONT)
        assert frozen.stdout
        while b"snapshot.fence_lost" not in (line := frozen.stdout.readline()):
            assert line, "it ended without a word"
        assert race.content() == f"{content} True"
        assert len(api.requests()) == 1 + pages + 1
    finally:
        race.stop()


@pytest.mark.exhaustive
@pytest.mark.needs("PostgreSQL")
def test_twenty_kills_on_postgres(tmp_path: Path, large_sandbox: SandboxServer) -> None:
    with running_postgres() as address:
        env = _environment(tmp_path, large_sandbox, DATABASE_URL=new_database(address, "kills"))
        manage(env, "migrate", "--verbosity", "0")
        _check(env, large_sandbox, kills=20, lines=900, seed=3)
