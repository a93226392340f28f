"""kill -9 at any line, with two workers racing: the same content, at most one API call a kill."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contacts_ui.sent_api.decoding import contact_page
from contacts_ui.sent_api.types import Contact
from testing.desk_template import DeskTemplate
from testing.postgres_server import new_database, running_postgres
from testing.running_desk import manage
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from testing.worker import content_hash
from tests.snapshots.race import Race, environment_of


@pytest.fixture(scope="module")
def large_sandbox() -> Iterator[SandboxServer]:
    """The account's list has 2,000 contacts, and answers after 20 ms."""
    with SandboxServer(contacts=2000, profiles=0, seed=7, rate=0, latency_ms=20) as server:
        yield server


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


def _sqlite(folder: Path, api: SandboxServer, template: DeskTemplate) -> dict[str, str]:
    template.copy_database(folder / "desk.sqlite3")
    return environment_of(folder, api)


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
        env = environment_of(tmp_path, large_sandbox, DATABASE_URL=new_database(address, "kills"))
        manage(env, "migrate", "--verbosity", "0")
        _check(env, large_sandbox, kills=20, lines=900, seed=3)
