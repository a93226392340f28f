"""Servers of page_cost: the API stub, the desk and its peers, all alive together, and the pages to load on each.

The desk, Flask's page, Django's (the admin and a plain view in one process) and Datasette serve on one core; stub and
load run on the other. Peers that are not the desk's own packages are installed into .cache/bench-peers by pip once.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from bench.page_load import Page
from testing import ROOT
from testing.processes import free_port, start_program, stop_program, wait_for_http
from testing.running_desk import Desk, desk_environment, granian_command
from testing.sandbox_server import SandboxServer

PEERS = ROOT / ".cache" / "bench-peers"
CONTACTS = 6_000  # of the sandbox; the profile under load has a third of them
ROWS = 100  # matches that a text needs, so that there is a full page of every size
BARE = "the bare API call"
FLASK, FLASK_100 = "Flask + requests + Jinja2", "Flask, 100 rows"
DJANGO, ADMIN, DATASETTE = "Django view, Django templates", "Django admin, changelist", "Datasette, table"
FRAGMENT, CACHED_FRAGMENT = "fragment", "fragment, cached"
WHOLE, CACHED_WHOLE = "whole page", "whole page, cached"
FRAGMENT_100, CACHED_FRAGMENT_100 = "fragment, 100 rows", "fragment, 100 rows, cached"
WHOLE_100, CACHED_WHOLE_100 = "whole page, 100 rows", "whole page, 100 rows, cached"
DIGITS, CACHED_DIGITS = "fragment, 7 to 9 digits", "fragment, 7 to 9 digits, cached"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the sandbox answered: the profile under load, and texts to search in it. `short` ones have ROWS matches or
    more, `long` ones are the last 7 to 9 digits of its contacts' numbers.
    """

    profile: str
    short: tuple[str, ...]
    long: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """Pages to compare, the desk, URL of the API stub, and process ids that belong to the benchmark."""

    pages: tuple[Page, ...]
    desk: Desk
    api: str
    own_pids: tuple[int, ...]

    def forget_quota(self) -> None:
        """Begins the person's hour anew."""
        forget_quota(self.desk)


def forget_quota(desk: Desk) -> None:
    """Begins everybody's hour anew: a bench shows more contacts than any setting of the quota allows."""
    desk.sql("UPDATE contacts_ui_quotawindow SET contacts = 0")


@contextmanager
def pinned_program(command: list[str], env: dict[str, str], core: int, health: str, log: Path) -> Iterator[int]:
    """Runs a program pinned to one core until the block ends; yields its process id once `health` answers."""
    own = os.sched_getaffinity(0)
    with log.open("wb") as output:
        os.sched_setaffinity(0, {core})  # inherited
        try:
            process = start_program(command, env=env, stdout=output, stderr=subprocess.STDOUT)
        finally:
            os.sched_setaffinity(0, own)
    try:
        wait_for_http(health, process, log)
        yield process.pid
    finally:
        stop_program(process)


@contextmanager
def running_servers(folder: Path) -> Iterator[Setup]:
    """Starts the API stub, the desk and its peers together."""
    install_peers()
    serving, loading = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, {loading})
    recorded, cookie = _record(folder)
    api, port, flask, django, datasette = (free_port() for _ in range(5))
    url = f"http://127.0.0.1:{api}"
    desk = new_desk(folder, url, port)
    with_peers = desk.settings | {"PYTHONPATH": f"{ROOT}:{PEERS}"}
    with ExitStack() as stack:

        def start(command: list[str], env: dict[str, str], core: int, port: int, health: str) -> int:
            address, log = f"http://127.0.0.1:{port}{health}", folder / f"{port}.log"
            return stack.enter_context(pinned_program(command, env, core, address, log))

        stub = start(
            [sys.executable, "-m", "bench.page_stub", str(api), str(folder)], {**os.environ}, loading, api, "/v3/me"
        )
        start(granian_command(port), desk.settings, serving, port, "/healthz")
        command = granian_command(flask, threads=64, application="bench.page_flask:application")
        start(command, with_peers, serving, flask, "/healthz")
        command = granian_command(django, threads=64, application="bench.admin_stub.wsgi:application")
        start(command, desk.settings | _django_environment(folder), serving, django, "/admin/login/")
        table = [sys.executable, "-m", "datasette", "serve", str(folder / "stub.sqlite3"), "--port", str(datasette)]
        start(table, with_peers, serving, datasette, "/-/versions.json")
        pages = (
            Page(BARE, api, _API, f"x-profile-id: {recorded.profile}\r\n", texts=recorded.short),
            *_desk_pages(desk, recorded),
            *_peer_pages(recorded, flask, django, datasette, cookie),
        )
        yield Setup(pages, desk, url, (os.getpid(), stub, *{page.pid for page in pages if page.pid}))


_API = "/v3/contacts?page={half}&page_size=50&search={text}"


def new_desk(folder: Path, api: str, port: int) -> Desk:
    """A desk that is not started: its environment, migrated database and static files."""
    limits = {"SENT_BUDGET_PER_MINUTE": "100000", "SENT_BUDGET_BURST": "10000", "SENT_IN_FLIGHT": "64"}
    env = desk_environment(folder, api, port, SECRET_KEY="bench" * 12, LOG_LEVEL="info", **limits)
    for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True)
    return Desk(f"http://127.0.0.1:{port}", folder, env, 0)


def _desk_pages(desk: Desk, recorded: Recorded) -> Iterator[Page]:
    # As a browser's from the sign-in on: a page for somebody without the second one makes it anew.
    cookie = f"Cookie: session={desk.people(1, [recorded.profile])[0].session}; csrf={'c' * 32}\r\n"
    listed, pid = f"/p/{recorded.profile}/contacts/", listener_of(desk.port)
    new = count()  # shared, so that no page is asked for what another one has put into the cache
    htmx = f"HX-Request: true\r\nHX-Request-Type: partial\r\nHX-Current-URL: {desk.url}{listed}\r\n"

    def page(name: str, texts: tuple[str, ...], number: str = "", size: int = 50) -> Page:
        headers = cookie if name.startswith(WHOLE) else cookie + htmx
        wait = "&wait=1" if name.startswith(WHOLE) else ""  # rows are part of the page, however late under load
        path = f"{listed}?search={{text}}{number}&channel=&page_size={size}{wait}"
        least = 300 if "digits" in name else 1000
        return Page(name, desk.port, path, headers, pid, texts, least, new if number else count())

    once = recorded.short[:1]
    for name, cached in ((FRAGMENT, CACHED_FRAGMENT), (WHOLE, CACHED_WHOLE)):
        yield from (page(name, recorded.short, "&page={half}"), page(cached, once))
    for name, cached in ((FRAGMENT_100, CACHED_FRAGMENT_100), (WHOLE_100, CACHED_WHOLE_100)):
        yield from (page(name, recorded.short, "&page={hundred}", 100), page(cached, once, "", 100))
    yield from (page(DIGITS, recorded.long), page(CACHED_DIGITS, recorded.long[:1]))


def _peer_pages(recorded: Recorded, flask: int, django: int, datasette: int, cookie: str) -> Iterator[Page]:
    listed, texts = f"/p/{recorded.profile}/contacts/?search={{text}}", recorded.short
    half = listed + "&page={half}&page_size=50"
    yield Page(FLASK, flask, half, pid=listener_of(flask), texts=texts)
    yield Page(FLASK_100, flask, listed + "&page={hundred}&page_size=100", pid=listener_of(flask), texts=texts)
    signed_in, pid = f"Cookie: sessionid={cookie}\r\n", listener_of(django)
    yield Page(DJANGO, django, half, signed_in, pid, texts)
    yield Page(ADMIN, django, "/admin/admin_stub/contact/?q={text}", signed_in, pid, texts)
    path = "/stub/admin_stub_contact?_size=50&national__contains={text}"
    yield Page(DATASETTE, datasette, path, pid=listener_of(datasette), texts=texts)


def listener_of(port: int) -> int:
    """Worker process of the server on `port`, found by the server's command line."""

    def serves_port(folder: Path) -> bool:
        try:
            return f"\0--port\0{port}\0".encode() in (folder / "cmdline").read_bytes()
        except OSError:
            return False

    parents = [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if serves_port(folder)]
    workers = [child for parent in parents for child in Desk("", Path(), {}, parent).workers()]
    if len(set(workers)) != 1:
        raise RuntimeError(f"port {port} has workers {workers}")
    return workers[0]


def record_responses(folder: Path, sandbox: SandboxServer | None = None) -> Recorded:
    """Records the account and one profile's contacts of a sandbox into `folder`, for the API stub."""
    if sandbox is None:
        with SandboxServer(contacts=CONTACTS) as own:
            return record_responses(folder, own)
    profile = str(sandbox.profiles()[1]["id"])
    (folder / "me").write_bytes(sandbox.get("/v3/me").content)
    contacts: list[dict[str, Any]] = []
    page: dict[str, Any] = {"pagination": {"has_more": True}}
    while page["pagination"]["has_more"]:
        number = len(contacts) // 100 + 1
        page = sandbox.get("/v3/contacts", profile=profile, page=number, page_size=100).json()["data"]
        contacts += page["contacts"]
    (folder / "contacts").write_text(json.dumps(contacts))
    national = [contact.get("format_national") or "" for contact in contacts]
    pairs = (f"{number:02d}" for number in range(100))
    short = tuple(text for text in pairs if sum(text in each for each in national) >= ROWS)
    digits = {re.sub(r"\D", "", each) for each in national}
    long = sorted({each[-size:] for each in digits for size in (7, 8, 9) if len(each) >= size})
    Random(3).shuffle(long)  # noqa: S311
    return Recorded(profile, short, tuple(long))


def _record(folder: Path) -> tuple[Recorded, str]:
    """The recorded responses, and the session of who is signed in to the Django peer, over a copy of the contacts."""
    with SandboxServer(contacts=CONTACTS) as sandbox:
        env = {**os.environ, **_django_environment(folder)}
        fill = [sys.executable, "-m", "bench.admin_stub.fill", sandbox.url]
        done = subprocess.run(fill, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
        return record_responses(folder, sandbox), done.stdout.split()[-1]


def _django_environment(folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "bench.admin_stub.settings",
        "STUB_FOLDER": str(folder),
        "SECRET_KEY": "bench" * 12,
    }


def install_peers() -> None:
    """Installs what the peers need, once."""
    if not (PEERS / "datasette").is_dir() or not (PEERS / "flask").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(PEERS)]
        subprocess.run([*command, "-r", str(ROOT / "bench" / "requirements.txt")], check=True)
