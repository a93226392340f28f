"""Growth benchmark: what pages cost in a large database, over what they cost in a small one (issue 17, Done 3).

Usage: python -m bench.growth [--rows 1000000] [--people 5000] [--profiles 1000] [--rounds 40]. Two desks on SQLite are
asked in turn: a small one, whose pages are just full (60 profiles, 60 people, 200 rows), and one of that size. Then the
log of the large one is pruned while somebody writes to it.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import requests

from testing import ROOT
from testing.desk_template import PASSWORD, DeskTemplate, desk_template
from testing.running_desk import UNLIMITED, Desk, desk_environment, manage, running_desk
from testing.sandbox_server import SandboxServer

from .growth_data import fill_log, fill_people
from .statistics import Threshold, median, percentile, show_table, show_thresholds

SMALL = (60, 60, 200)  # profiles, people and rows of the log
MAX_GROWTH = 1.2  # the large desk's CPU time over the small one's
MAX_NUMBER_MS = 5.0  # for the SQL of one number in the log
MAX_WAIT_MS = 200.0  # of a writer while old rows are deleted
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
NUMBER = "+12015550142"
SECRET = "growth-" * 8
SETTINGS = {"SENT_FRESH_SECONDS": "3600", "LOG_LEVEL": "WARNING", "NUMBER_INDEX_MOST_CONTACTS": "0", **UNLIMITED}


@dataclass(frozen=True, slots=True)
class Place:
    """One of the two desks, the admin's browser, and what was measured: CPU seconds of its worker by name of a page."""

    desk: Desk
    browser: requests.Session
    profile: str
    seconds: dict[str, list[float]]

    def _cpu_seconds(self) -> float:
        """CPU seconds of the worker so far, to the nanosecond: other programs do not change them much."""
        (worker,) = self.desk.workers()
        tasks = Path(f"/proc/{worker}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def measure(self, name: str, ask: Callable[[], requests.Response]) -> None:
        """Times one request, which must succeed."""
        before = self._cpu_seconds()
        response = ask()
        self.seconds.setdefault(name, []).append(self._cpu_seconds() - before)
        if response.status_code >= 400:
            raise RuntimeError(f"{name}: status {response.status_code}")

    def get(self, path: str, *, fragment: bool = False) -> requests.Response:
        """One page or fragment, as the admin."""
        headers = FRAGMENT | {"HX-Current-URL": self.desk.url + path} if fragment else {}
        return self.browser.get(self.desk.url + path, headers=headers, timeout=60)


@contextmanager
def places(folder: Path, rows: int, people: int, profiles: int) -> Iterator[tuple[Place, Place]]:
    """The small desk and the large one, running side by side."""
    environment = desk_environment(folder, "http://127.0.0.1:9", 0, SECRET_KEY=SECRET)
    template = desk_template(folder / "template", environment)
    with ExitStack() as stack:
        yield (
            stack.enter_context(_place(folder / "small", template, *SMALL)),
            stack.enter_context(_place(folder / "large", template, profiles, people, rows)),
        )


@contextmanager
def _place(folder: Path, template: DeskTemplate, profiles: int, people: int, rows: int) -> Iterator[Place]:
    with (
        SandboxServer(contacts=600, profiles=profiles) as sandbox,
        running_desk(folder, sandbox.url, template, SECRET_KEY=SECRET, **SETTINGS) as desk,
    ):
        ids = [profile["id"] for profile in sandbox.profiles()]
        browser = requests.Session()
        browser.trust_env = False
        sign_in(browser, desk, "admin")
        if people:
            fill_people(desk.settings["DATABASE_URL"], people, ids)
        if rows:
            fill_log(desk.settings["DATABASE_URL"], rows, people or 1, ids, wanted=_hash_of_number(desk))
        yield Place(desk, browser, ids[1], {})


def _hash_of_number(desk: Desk) -> str:
    code = f"from contacts_ui.audit import search_hashes; print(search_hashes('{NUMBER}', ('US',))[0])"
    return manage(desk.settings, code=code).split()[-1]


def ask_everything(place: Place, turn: int) -> None:
    """Requests each page once."""
    listed = f"/p/{place.profile}/contacts/"
    place.desk.forget_limits()  # of sign-in attempts
    place.measure("list, whole page, cached", lambda: place.get(listed))
    place.measure("list, fragment, cached", lambda: place.get(listed, fragment=True))
    place.measure("list, fragment, searched", lambda: place.get(f"{listed}?search=20{turn}", fragment=True))
    place.measure("account's list, fragment, cached", lambda: place.get("/account/contacts/", fragment=True))
    place.measure("switcher", lambda: place.get(f"/p/{place.profile}/profiles/", fragment=True))
    place.measure("switcher, searched", lambda: place.get(f"/p/{place.profile}/profiles/?find=ald", fragment=True))
    place.measure("command list", lambda: place.get(f"/p/{place.profile}/go/", fragment=True))
    place.measure("sign-in", lambda: _sign_in_and_leave(place.desk))
    place.measure("people", lambda: place.get("/people/", fragment=True))
    place.measure("audit log", lambda: place.get("/audit/", fragment=True))


def sign_in(browser: requests.Session, desk: Desk, username: str) -> requests.Response:
    """Signs in by the form: two requests."""
    page = browser.get(f"{desk.url}/sign-in/", timeout=60)
    token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    sent = {"login": username, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = browser.post(page.url, sent, headers={"Referer": page.url}, allow_redirects=False, timeout=60)
    if answer.status_code != HTTPStatus.FOUND:
        raise RuntimeError(f"{username} could not sign in: status {answer.status_code}")
    return answer


def _sign_in_and_leave(desk: Desk) -> requests.Response:
    with requests.Session() as stranger:
        stranger.trust_env = False
        return sign_in(stranger, desk, "support")


MEASURED = ("list, whole page, cached", "list, fragment, cached", "list, fragment, searched", "switcher", "sign-in")


def number_ms(desk: Desk) -> float:
    """Milliseconds of SQL for one number in the log, the median of 20."""
    code = f"""
import time
from contacts_ui.audit import search_hashes
from contacts_ui.audit.queries import EntryFilter, entries_page
wanted = EntryFilter(number_hashes=search_hashes("{NUMBER}", ("US",)), hide_reads=True)
seconds = []
for _ in range(20):
    started = time.perf_counter()
    found = entries_page(wanted, 50, before=None, after=None)
    seconds.append(time.perf_counter() - started)
print(len(found.entries), sorted(seconds)[10] * 1000)
"""
    found, milliseconds = manage(desk.settings, code=code).split()[-2:]
    print(f"\nA number in the log: {found} rows on the first page, {float(milliseconds):.2f} ms")
    return float(milliseconds)


def writers_waits(desk: Desk, days: int) -> list[float]:
    """Seconds that each of many single inserts took while `audit_prune` deleted what is older."""
    insert = "INSERT INTO contacts_ui_auditentry (at, action, outcome, marks) VALUES (?, 'sign_in', 'ok', ?)"
    command, waits = [sys.executable, "manage.py", "audit_prune", f"--days={days}"], list[float]()
    started = time.monotonic()
    pruning = subprocess.Popen(command, cwd=ROOT, env=desk.settings, stdout=subprocess.PIPE, text=True)
    with closing(sqlite3.connect(desk.database, timeout=20, isolation_level=None)) as file:
        while pruning.poll() is None:
            begun = time.perf_counter()
            file.execute(insert, (time.strftime("%Y-%m-%d %H:%M:%S"), f" {'f' * 20} "))
            waits.append(time.perf_counter() - begun)
            time.sleep(0.01)
    print(f"\n{((pruning.stdout and pruning.stdout.read()) or '').strip()} In {time.monotonic() - started:.0f} s.")
    return waits


def bytes_a_row(desk: Desk, rows: int) -> list[tuple[str, float]]:
    """Bytes of each table and index of the log, over its rows."""
    with closing(sqlite3.connect(desk.database)) as file:
        sizes = file.execute(
            "SELECT name, sum(pgsize) FROM dbstat WHERE name LIKE '%audit%' GROUP BY name ORDER BY 2 DESC"
        ).fetchall()
    return [(name, size / rows) for name, size in sizes]


def main() -> int:
    """Runs the benchmark; exit code 1 when a threshold is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("rows", 1_000_000), ("people", 5_000), ("profiles", 1_000), ("rounds", 40)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="bench-growth-") as folder,
        places(Path(folder), options.rows, options.people, options.profiles) as (small, large),
    ):
        for turn in range(options.rounds + 2):
            for place in (small, large) if turn % 2 else (large, small):
                ask_everything(place, turn)
        thresholds = _show_pages(small, large)
        show_table(("table or index", "bytes a row"), bytes_a_row(large.desk, options.rows))
        thresholds.append(Threshold("ms of SQL for a number in the log", number_ms(large.desk), MAX_NUMBER_MS))
        waits = writers_waits(large.desk, 330)
        print(f"{len(waits)} rows written meanwhile: median {median(waits) * 1000:.1f} ms, ", end="")
        print(f"p99 {percentile(waits, 0.99) * 1000:.0f} ms, longest {max(waits) * 1000:.0f} ms\n")
        longest = percentile(waits, 0.99) * 1000
        thresholds.append(Threshold("ms that a writer waits while old rows go, p99", longest, MAX_WAIT_MS))
        return show_thresholds(thresholds)


def _show_pages(small: Place, large: Place) -> list[Threshold]:
    rows, thresholds = [], []
    for name, first in small.seconds.items():
        a, b = first[2:], large.seconds[name][2:]  # without the warm-up
        by_median, by_least = median(b) / median(a), min(b) / min(a)
        rows.append((name, median(a) * 1000, median(b) * 1000, by_median, by_least))
        if name in MEASURED:  # noise rarely makes both larger
            thresholds.append(Threshold(f"growth of {name}", min(by_median, by_least), MAX_GROWTH))
    show_table(("page", "CPU ms small", "CPU ms large", "ratio of medians", "ratio of least"), rows)
    print()
    return thresholds


if __name__ == "__main__":
    sys.exit(main())
