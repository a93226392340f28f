"""Several processes with one Redis: what one fetched the others have, and what they ask together is one call."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from testing import ROOT
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

# Asks for each line it reads what that line searches for, by eight threads at once.
SCRIPT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from contacts_ui.gateway import get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
scope = Scope(None, "account", switchable=False)
get_gateway()
for line in sys.stdin:
    query = ContactQuery(search=line.strip())
    print("asking", flush=True)
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _: get_gateway().contacts(scope, query), range(8)))
    print(*sorted({len(shown.value.contacts) for shown in pages}), flush=True)
"""
JOIN_SECONDS = 0.3  # for those who ask to meet the call under way; who comes later finds what it brought


class Asker:
    """A process that asks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, search: str) -> None:
        """Has it ask; it does when this returns."""
        assert self._process.stdin
        self._process.stdin.write(f"{search}\n")
        self._process.stdin.flush()
        assert self._line() == "asking"

    def answer(self) -> str:
        """The sizes of the pages its eight threads got."""
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@contextmanager
def _askers(count: int, sandbox: SandboxServer, cache_url: str, folder: Path) -> Iterator[list[Asker]]:
    """So many processes with one budget, until the block ends."""
    settings = os.environ | {
        "DJANGO_SETTINGS_MODULE": "testing.desk_settings",
        "SENT_API_URL": sandbox.url,
        "SENT_API_KEY": "sandbox-organization",
        "SENT_DEADLINE": "60",
        "CACHE_URL": cache_url,
        "SENT_BUDGET_FILE": str(folder / "budget"),
    }
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", SCRIPT],
                    cwd=ROOT,
                    env=settings,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(count)
        ]
        yield [Asker(process) for process in started]  # their end is that of their input


@pytest.fixture(scope="module")
def askers(
    running_sandbox: SandboxServer, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Asker]]:
    """Three processes with one Redis."""
    with _askers(3, running_sandbox, redis_url, tmp_path_factory.mktemp("askers")) as askers:
        yield askers


def test_three_processes_asking_the_same_at_once_are_one_call(sandbox: SandboxServer, askers: list[Asker]) -> None:
    sandbox.fault(route="contacts", kind="slow", seconds=3600)
    for asker in askers:
        asker.ask("2")
    wait_until(lambda: sandbox.fired() == ["slow"])
    time.sleep(JOIN_SECONDS)
    sandbox.release()
    said = {asker.answer() for asker in askers}
    assert len(said) == 1
    assert said.pop().isdecimal()
    assert len(sandbox.requests()) == 1


def test_what_one_process_fetched_the_next_has(sandbox: SandboxServer, askers: list[Asker]) -> None:
    said = []
    for asker in askers:
        asker.ask("7")
        said.append(asker.answer())
    assert said[0].isdecimal()
    assert len(set(said)) == 1
    assert len(sandbox.requests()) == 1


def test_without_redis_each_process_asks_once(sandbox: SandboxServer, tmp_path: Path) -> None:
    with _askers(2, sandbox, "locmemcache://contacts", tmp_path) as askers:
        for asker in askers:
            asker.ask("2")
        assert all(asker.answer().isdecimal() for asker in askers)
    assert len(sandbox.requests()) == 2


def test_a_redis_that_went_away_costs_calls_but_no_page(sandbox: SandboxServer, tmp_path: Path) -> None:
    with _askers(1, sandbox, "redis://127.0.0.1:9/0", tmp_path) as (asker,):
        asker.ask("3")
        assert asker.answer().isdecimal()
    assert sandbox.requests()
