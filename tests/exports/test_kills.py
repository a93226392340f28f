"""kill -9 at any line of reading and writing, with two workers racing: the same bytes, at most one call a kill."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.desk_template import DeskTemplate
from testing.postgres_server import new_database, running_postgres
from testing.running_desk import manage
from testing.sandbox_server import SandboxServer
from tests.snapshots.race import Race, environment_of

LINES = 1500  # of an export of 20 pages, without those row by row
ASKED = 2  # calls for /v3/me, and for the page that tells how long the list is


@pytest.fixture(scope="module")
def large_sandbox() -> Iterator[SandboxServer]:
    """The account's list has 2,000 contacts."""
    with SandboxServer(contacts=2000, profiles=0, seed=7, rate=0, latency_ms=5) as server:
        yield server


def _check(env: dict[str, str], api: SandboxServer, *, kills: int, pages: int, seed: int) -> None:
    """Kills so many workers, over as many exports as that takes."""
    randomness, killed, extra = random.Random(seed), 0, 0
    while killed < kills:
        api.reset_requests()
        race = Race(env, randomness, LINES, "testing.export_worker", "contacts_ui_export")
        try:
            race.kill(kills - killed)
            ready, digest, whole = race.content().split()
            calls = len(api.requests())
            assert (ready, whole) == ("ready", "True")
            again, _ = race.start("--again").communicate(timeout=120)
            assert again.decode().splitlines()[-1] == f"ready {digest} True"
        finally:
            race.stop()
        killed += race.kills
        extra += calls - pages - ASKED
        sys.stdout.write(f"{race.kills} kills, {calls} calls for {pages} pages, {digest[:12]}\n")
    sys.stdout.write(f"{killed} kills in all, {extra} extra calls\n")
    assert extra <= killed


@pytest.mark.exhaustive
@pytest.mark.outside
def test_twenty_kills_on_sqlite(tmp_path: Path, large_sandbox: SandboxServer, template: DeskTemplate) -> None:
    template.copy_database(tmp_path / "desk.sqlite3")
    _check(environment_of(tmp_path, large_sandbox), large_sandbox, kills=20, pages=20, seed=2)


@pytest.mark.exhaustive
@pytest.mark.needs("PostgreSQL")
def test_twenty_kills_on_postgres(tmp_path: Path, large_sandbox: SandboxServer) -> None:
    with running_postgres() as address:
        env = environment_of(tmp_path, large_sandbox, DATABASE_URL=new_database(address, "exports"))
        manage(env, "migrate", "--verbosity", "0")
        _check(env, large_sandbox, kills=20, pages=20, seed=3)
