"""Shared cache and cross-process single-flight: several processes with one Redis share responses and calls."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from testing import ROOT
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

# Forks a process for each pair of pipes. For each line that one reads, its eight threads search for that line at once.
SCRIPT = """
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contacts_ui.gateway import get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery

def serve(lines, out):
    scope = Scope(None, "account", switchable=False)
    get_gateway()
    for line in lines:
        query = ContactQuery(search=line.strip())
        print("asking", file=out, flush=True)
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: get_gateway().contacts(scope, query), range(8)))
        print(*sorted({len(result.value.contacts) for result in pages}), file=out, flush=True)

pairs = [tuple(map(int, pair.split(","))) for pair in sys.argv[1:]]
for own in pairs:
    if os.fork() == 0:
        for pipe in (pipe for pair in pairs if pair != own for pipe in pair):
            os.close(pipe)  # or it would hold those of the others open when they have ended
        serve(os.fdopen(own[0]), os.fdopen(own[1], "w"))
        os._exit(0)
"""
JOIN_SECONDS = 0.3  # for all requests to join the running call; a later one is served from the cache


class Worker:
    """A process with a gateway of its own. It ends when `close` ends its input."""

    def __init__(self) -> None:
        self.reads, ours = os.pipe()
        theirs, self.writes = os.pipe()
        self._input, self._output = os.fdopen(ours, "w"), os.fdopen(theirs)

    def ask(self, search: str) -> None:
        """Starts a search in the process; it is running when this returns."""
        print(search, file=self._input, flush=True)
        assert self._line() == "asking"

    def answer(self) -> str:
        """The distinct page sizes its eight threads got."""
        return self._line()

    def close(self) -> None:
        """Ends the process, and waits until it has ended."""
        self._input.close()
        with self._output:
            self._output.read()

    def _line(self) -> str:
        return self._output.readline().strip()


@contextmanager
def _workers(count: int, sandbox: SandboxServer, cache_url: str, folder: Path) -> Iterator[list[Worker]]:
    """Runs this many processes with one shared rate limiter until the block ends.

    A process that has read the desk's code forks them: to start each would cost a CPU second.
    """
    settings = os.environ | {
        "DJANGO_SETTINGS_MODULE": "testing.desk_settings",
        "SENT_API_URL": sandbox.url,
        "SENT_API_KEY": "sandbox-organization",
        "SENT_DEADLINE": "60",
        "CACHE_URL": cache_url,
        "SENT_BUDGET_FILE": str(folder / "budget"),
    }
    workers = [Worker() for _ in range(count)]
    pipes = [pipe for worker in workers for pipe in (worker.reads, worker.writes)]
    command = [sys.executable, "-c", SCRIPT, *(f"{worker.reads},{worker.writes}" for worker in workers)]
    subprocess.run(command, cwd=ROOT, env=settings, pass_fds=pipes, check=True)
    for pipe in pipes:
        os.close(pipe)  # the forked processes have their own
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


@pytest.fixture(scope="module")
def workers(
    running_sandbox: SandboxServer, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Worker]]:
    """Three processes that share one Redis."""
    with _workers(3, running_sandbox, redis_url, tmp_path_factory.mktemp("workers")) as workers:
        yield workers


def test_same_request_of_three_processes_is_one_call(sandbox: SandboxServer, workers: list[Worker]) -> None:
    sandbox.fault(route="contacts", kind="slow", seconds=3600)
    for worker in workers:
        worker.ask("2")
    wait_until(lambda: sandbox.fired() == ["slow"])
    time.sleep(JOIN_SECONDS)
    sandbox.release()
    answers = {worker.answer() for worker in workers}
    assert len(answers) == 1
    assert answers.pop().isdecimal()
    assert len(sandbox.requests()) == 1


def test_page_fetched_by_one_process_is_cached_for_the_others(sandbox: SandboxServer, workers: list[Worker]) -> None:
    answers = []
    for worker in workers:
        worker.ask("7")
        answers.append(worker.answer())
    assert answers[0].isdecimal()
    assert len(set(answers)) == 1
    assert len(sandbox.requests()) == 1


@pytest.mark.slow
def test_each_process_fetches_for_itself_without_redis(sandbox: SandboxServer, tmp_path: Path) -> None:
    with _workers(2, sandbox, "locmemcache://contacts", tmp_path) as workers:
        for worker in workers:
            worker.ask("2")
        assert all(worker.answer().isdecimal() for worker in workers)
    assert len(sandbox.requests()) == 2


@pytest.mark.slow
def test_page_is_answered_when_redis_is_unreachable(sandbox: SandboxServer, tmp_path: Path) -> None:
    with _workers(1, sandbox, "redis://127.0.0.1:9/0", tmp_path) as (worker,):
        worker.ask("3")
        assert worker.answer().isdecimal()
    assert sandbox.requests()
