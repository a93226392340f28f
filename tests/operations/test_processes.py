"""Counters over processes: exact at any of them, and never backwards over reloads of a desk under load."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Event

import pytest
import requests

from testing import ROOT
from testing.desk_template import DeskTemplate
from testing.running_desk import SECRET_KEY, UNLIMITED, Desk, Person, desk_environment, manage, running_desk
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.html import FRAGMENT

from .conftest import TOKEN
from .exposition import Samples, counters_of, samples_of

PROCESSES, REQUESTS = 3, 1000
# Counts as the middleware, the audit log and the gateway do, from four threads; says what it reads at the end.
SCRIPT = """
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from contacts_ui.gateway.lifetime import LifetimeCounters, begin, count
from contacts_ui.gateway.rate_limiter import HostRateLimiter
from contacts_ui.gateway.shared_memory import SharedCounters
from contacts_ui.gateway.stats import GatewayStats

stats = GatewayStats(SharedCounters(Path(sys.argv[1]), HostRateLimiter.cells(120)))
begin(stats.lifetime)

def request(number):
    count("page_2xx")
    count("audit_written")
    stats.increment("upstream_call")
    stats.lifetime.end_call("ok", 0.2)

with ThreadPoolExecutor(4) as pool:
    list(pool.map(request, range(int(sys.argv[2]))))
print("done", flush=True)
sys.stdin.readline()
read = stats.lifetime.read()
print(*(int(read.counts[name]) for name in ("page_2xx", "audit_written", "upstream_call", "call_ok", "seconds_1")),
      round(read.counts["seconds"]), read.in_flight)
"""


@pytest.mark.slow
def test_counts_of_three_processes_are_exact_at_each(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "counters"), str(REQUESTS)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "done\n"
    told = {process.communicate("\n")[0].strip() for process in processes}
    all_ = PROCESSES * REQUESTS
    assert told == {f"{all_} {all_} {all_} {all_} {all_} {all_ // 5} 0"}


@pytest.mark.slow
def test_calls_of_killed_process_are_not_in_flight_for_ever(tmp_path: Path) -> None:
    killed = SCRIPT.replace('stats.lifetime.end_call("ok", 0.2)', "")
    command = [sys.executable, "-c", killed, str(tmp_path / "counters"), "3"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "done\n"
    reader = [sys.executable, "-c", SCRIPT, str(tmp_path / "counters"), "0"]
    read = [subprocess.run(reader, cwd=ROOT, input="\n", capture_output=True, text=True, check=True).stdout]
    process.kill()
    process.wait()
    read.append(subprocess.run(reader, cwd=ROOT, input="\n", capture_output=True, text=True, check=True).stdout)
    assert [line.split()[-1] for line in read] == ["3", "0"]


def _scrape(desk: Desk) -> Samples:
    while True:
        try:
            answer = requests.get(f"{desk.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
        except requests.ConnectionError:  # between two workers
            continue
        assert answer.status_code == 200, answer.text
        return samples_of(answer.text)


@pytest.mark.exhaustive
def test_requests_to_three_desks_of_one_host_are_exact_at_each(
    tmp_path: Path, sandbox: SandboxServer, template: DeskTemplate
) -> None:
    shared = {"SENT_BUDGET_FILE": str(tmp_path / "budget"), "METRICS_TOKEN": TOKEN, **UNLIMITED}
    profiles = [profile["id"] for profile in sandbox.profiles()]
    with ExitStack() as stack:
        desks = [
            stack.enter_context(running_desk(tmp_path / f"desk{number}", sandbox.url, template, **shared))
            for number in range(PROCESSES)
        ]
        people = [desk.people(1, profiles)[0] for desk in desks]
        rows = sum(desk.sql("SELECT count(*) FROM contacts_ui_auditentry")[0][0] for desk in desks)
        before = _scrape(desks[0])
        with ThreadPoolExecutor(PROCESSES) as pool:
            list(pool.map(_ask_for_lists, desks, people))
        recorded = sum(desk.sql("SELECT count(*) FROM contacts_ui_auditentry")[0][0] for desk in desks) - rows
        for desk in desks:
            after = _scrape(desk)
            grown = {name: after[name] - before[name] for name in counters_of(after)}
            assert grown['desk_requests_total{group="fragment",status="2xx"}'] == PROCESSES * REQUESTS
            assert grown['desk_audit_events_total{result="written"}'] == recorded >= PROCESSES * REQUESTS
            assert grown['desk_api_calls_total{outcome="ok"}'] == grown["desk_budget_granted_total"] > 0
            assert after["desk_api_calls_in_flight"] == 0


def _ask_for_lists(desk: Desk, person: Person) -> None:
    browser = person.browser()
    for number in range(REQUESTS):
        url = f"{desk.url}/p/{person.profiles[0]}/contacts/?page={number % 3 + 1}"
        browser.get(url, headers=FRAGMENT, timeout=30).raise_for_status()


def _are_replaced(desk: Desk, workers: set[int]) -> bool:
    return workers.isdisjoint(desk.workers())


@pytest.mark.exhaustive
def test_no_counter_goes_backwards_over_five_reloads(
    tmp_path: Path, sandbox: SandboxServer, template: DeskTemplate
) -> None:
    with running_desk(tmp_path / "desk", sandbox.url, template, METRICS_TOKEN=TOKEN, **UNLIMITED) as desk:
        person = desk.people(1, [profile["id"] for profile in sandbox.profiles()])[0]
        ended, backwards, before = Event(), list[str](), counters_of(_scrape(desk))

        def load() -> int:
            browser, answered = person.browser(), 0
            while not ended.wait(0.02):
                try:
                    browser.get(f"{desk.url}/p/{person.profiles[0]}/contacts/?page={answered % 9 + 1}", timeout=10)
                except requests.RequestException:
                    continue
                answered += 1
            return answered

        def watch() -> int:
            nonlocal before
            scrapes = 0
            while not ended.wait(0.05):
                now = counters_of(_scrape(desk))
                backwards.extend(f"{name}: {was} -> {now[name]}" for name, was in before.items() if now[name] < was)
                before, scrapes = now, scrapes + 1
            return scrapes

        with ThreadPoolExecutor(3) as pool:
            loads, watched = [pool.submit(load) for _ in range(2)], pool.submit(watch)
            try:
                for _ in range(5):
                    workers = set(desk.workers())
                    os.kill(desk.pid, signal.SIGHUP)
                    wait_until(partial(_are_replaced, desk, workers), 40)
            finally:
                ended.set()
            answered, scrapes = sum(job.result() for job in loads), watched.result()
        assert answered > 50
        assert scrapes > 20
        assert backwards == []


@pytest.mark.exhaustive
def test_facts_are_read_from_postgresql(tmp_path: Path, migrated: Callable[[], str]) -> None:
    settings = desk_environment(tmp_path, "http://127.0.0.1:9", 0, SECRET_KEY=SECRET_KEY, DATABASE_URL=migrated())
    code = "from contacts_ui.operations.facts import read_facts; print(read_facts().database)"
    assert manage(settings, code=code).startswith("DatabaseFacts(sessions=0, ")
