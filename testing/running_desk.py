"""Running desk: granian with an SQLite file, on loopback; it ends with the process that started it.

`running_desk` starts the server on a copy of the template (tests); `launched_desk` starts the launcher of `make run`
(benches, and tests of the launcher).
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from testing import ROOT
from testing.desk_template import DeskTemplate
from testing.processes import on_free_port, running_program

API_KEY = "sandbox-organization"
SECRET_KEY = "tests-only-" + "s" * 50
COOKIE = "session"
# Lifts the rate limiter, which is the subject of few tests.
UNLIMITED = {"SENT_BUDGET_PER_MINUTE": "5000", "SENT_BUDGET_BURST": "5000"}
NOTHING_KEPT = {"SENT_FRESH_SECONDS": "0", "SENT_STALE_SECONDS": "0"}
_DESK_VARIABLES = (
    "SECRET_KEY",
    "SENT_",
    "SITE_URL",
    "CACHE_URL",
    "DATABASE_URL",
    "DEBUG",
    "TRUST_PROXY",
    "DJANGO_",
    "DEMO_",
    "HOST",
    "AUDIT_",
    "DESK_",
    "OIDC_",
    "NUMBER_INDEX_",
    "EXPORT_",
    "METRICS_",
)
_COUNTER_BYTES = 8 * 64


@dataclass(frozen=True, slots=True)
class Person:
    """Signed-in user: the value of the session cookie, and the profiles they may see."""

    session: str
    profiles: tuple[str, ...]

    def browser(self) -> requests.Session:
        """HTTP session with the user's cookie and keep-alive connections."""
        browser = requests.Session()
        browser.trust_env = False
        browser.cookies.set(COOKIE, self.session)
        return browser


@dataclass(frozen=True, slots=True)
class Desk:
    """Running desk. `settings` is its environment, also for commands of `manage.py`; `pid` is its root process."""

    url: str
    folder: Path
    settings: dict[str, str]
    pid: int

    @property
    def port(self) -> int:
        """Port it listens on."""
        return int(self.url.rpartition(":")[2])

    @property
    def database(self) -> Path:
        """SQLite file of the desk."""
        return Path(self.settings["DATABASE_URL"].removeprefix("sqlite:///"))

    @property
    def secret_key(self) -> str:
        """SECRET_KEY that signs its sessions."""
        return self.settings["SECRET_KEY"]

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Runs one statement directly in its database; returns the rows."""
        with closing(sqlite3.connect(self.database, timeout=60)) as database, database:
            return database.execute(statement, values).fetchall()

    def forget_limits(self) -> None:
        """Resets failed sign-ins, rate limiter and circuit breaker; zeros are the unused state of the last two."""
        self.sql("DELETE FROM desk_cache")
        self.sql("DELETE FROM contacts_ui_signincounter")
        counters = Path(self.settings["SENT_BUDGET_FILE"])
        with suppress(FileNotFoundError), counters.open("r+b") as file:
            file.write(bytes(_COUNTER_BYTES))

    def people(self, number: int, profiles: list[str], each: int = 3) -> list[Person]:
        """Creates support agents with sessions, each with `each` of the profiles, shifted by one for each agent."""
        command = [sys.executable, "-m", "testing.support_agents", str(number), str(each), *profiles]
        done = subprocess.run(command, cwd=ROOT, env=self.settings, check=True, stdout=subprocess.PIPE, text=True)
        rows = json.loads(done.stdout.splitlines()[-1])
        return [Person(row["session"], tuple(row["profiles"])) for row in rows]

    def workers(self) -> list[int]:
        """Process ids of the workers: the leaves of its process tree."""
        return leaf_processes(self.pid)


def desk_environment(folder: Path, api: str, port: int, **settings: str) -> dict[str, str]:
    """Environment of a desk with all files in `folder`, without variables of the developer's own desk."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_DESK_VARIABLES)}
    return inherited | {
        "ENV_FILE": str(folder / ".env"),
        "DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "SENT_API_URL": api,
        "SENT_API_KEY": API_KEY,
        "SENT_BUDGET_FILE": str(folder / "budget"),
        "SENT_LIMIT_PER_MINUTE": "1000000",  # the sandbox's is a flag of its own
        "LOG_LEVEL": "WARNING",
        "DESK_CONTACTS_PER_HOUR": "1000000",  # the same few people see all pages of all tests
        "DESK_REVEALS_PER_HOUR": "100000",
        "NUMBER_INDEX_MOST_CONTACTS": "0",  # its snapshots are calls that nobody made
        "DESK_LOOKUPS_PER_HOUR": "100000",
        **settings,
    }


def granian_command(port: int, *, threads: int = 32, application: str | None = None) -> list[str]:
    """Server command as in the launcher, on loopback, with one worker: a second one only costs start time.

    Another application than the desk's is a WSGI application, on so many threads.
    """
    wsgi = ("--interface", "wsgi", "--blocking-threads", str(threads))
    return [
        str(Path(sys.executable).with_name("granian")),
        *(wsgi if application else ("--interface", "rsgi", "--no-ws")),
        *("--http", "1", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--no-access-log", "--log-level", "error"),
        *("--workers-kill-timeout", "5", application or "dashboard.wsgi:server"),
    ]


@contextmanager
def running_desk(
    folder: Path, api: str, template: DeskTemplate, *, host: str = "127.0.0.1", **settings: str
) -> Iterator[Desk]:
    """Runs a desk on a free port, with the API at `api`, until the block ends. Its output goes to `folder`/log.

    Users and static files come from `template`. DJANGO_SETTINGS_MODULE selects another settings module, DATABASE_URL
    another database, which several desks may share.
    """
    folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def start(port: int) -> Iterator[Desk]:
        defaults = {
            "SECRET_KEY": SECRET_KEY,
            "DJANGO_SETTINGS_MODULE": "testing.desk_settings",
            "STATIC_ROOT": str(template.static),
            "SITE_URL": f"http://{host}:{port}",
        }
        env = desk_environment(folder, api, port, **defaults | settings)
        database = Path(env["DATABASE_URL"].removeprefix("sqlite:///"))
        if env["DATABASE_URL"].startswith("sqlite:///") and not database.exists():
            template.copy_database(database)
        command, health = granian_command(port), f"http://127.0.0.1:{port}/healthz"
        with running_program(command, health=health, log=folder / "log", env=env) as server:
            yield Desk(f"http://{host}:{port}", folder, env, server.pid)

    with on_free_port(start) as desk:
        yield desk


@contextmanager
def launched_desk(folder: Path, api: str, **settings: str) -> Iterator[Desk]:
    """Runs a desk as `make run` does (launcher, migrations, 2 workers, real password hashes) until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def start(port: int) -> Iterator[Desk]:
        env = desk_environment(folder, api, port, **settings)
        command, health = [sys.executable, "-m", "tools.run"], f"http://127.0.0.1:{port}/healthz"
        with running_program(command, health=health, log=folder / "log", env=env) as launcher:
            yield Desk(f"http://127.0.0.1:{port}", folder, env, launcher.pid)

    with on_free_port(start) as desk:
        yield desk


def manage(settings: Mapping[str, str], *arguments: str, code: str | None = None, folder: Path = ROOT) -> str:
    """Runs a command of `manage.py` of the program in `folder`, with `code` in its `shell`; returns its stdout.

    Raises AssertionError with its stderr when it fails.
    """
    arguments = ("shell", "--verbosity", "0", "-c", code) if code is not None else arguments
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=folder,
        env=dict(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def memory_mb(pid: int) -> float:
    """Resident memory of a process in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def leaf_processes(pid: int) -> list[int]:
    """Processes of a tree that have started none, such as the workers of a server."""
    children = _child_processes(pid)
    if not children:
        return [pid]
    return [leaf for child in children for leaf in leaf_processes(child)]


def _child_processes(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
