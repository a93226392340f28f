"""A desk that really runs (the launcher, 2 granian workers, SQLite on disk), with people signed in. Loopback only."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

import redis
import requests
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from tools.programs import find

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90
_OWN = ("SECRET_KEY", "SENT_", "SITE_URL", "CACHE_URL", "DATABASE_URL", "DEBUG", "TRUST_PROXY", "DJANGO_")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone signed in: the value of the session cookie, and the profiles they may see."""

    session: str
    profiles: tuple[str, ...]

    def browser(self) -> requests.Session:
        """What sends their requests, over kept connections like a browser's."""
        browser = requests.Session()
        browser.trust_env = False
        browser.cookies.set("session", self.session)
        return browser


@dataclass(frozen=True, slots=True)
class Desk:
    """A running desk. `settings` is its environment; commands of `manage.py` run in the same."""

    url: str
    folder: Path
    settings: dict[str, str]
    launcher: int

    def people(self, number: int, profiles: list[str], each: int = 3) -> list[Person]:
        """Makes so many support agents with sessions, each with `each` of the profiles, one further on for each."""
        command = [sys.executable, "-m", "bench.people", str(number), str(each), *profiles]
        done = subprocess.run(command, cwd=ROOT, env=self.settings, check=True, stdout=subprocess.PIPE, text=True)
        rows = json.loads(done.stdout.splitlines()[-1])
        return [Person(row["session"], tuple(row["profiles"])) for row in rows]

    def workers(self) -> list[int]:
        """The processes that serve: the leaves of the launcher's tree."""
        return _leaves(self.launcher)


def free_port() -> int:
    """A port nobody listens on now; none of those the system gives to connections, which could take it meanwhile."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def environment(folder: Path, api: str, port: int, **settings: str) -> dict[str, str]:
    """The environment of a desk that keeps everything in `folder`; nothing of the developer's own desk."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
    return kept | {
        "ENV_FILE": str(folder / ".env"),
        "DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "SENT_API_URL": api,
        "SENT_API_KEY": "sandbox-organization",
        "SENT_BUDGET_FILE": str(folder / "budget"),
        "LOG_LEVEL": "WARNING",
        **settings,
    }


@contextmanager
def running_desk(folder: Path, api: str, **settings: str) -> Iterator[Desk]:
    """A desk on a free port whose API is at `api`, until the block ends. Its words go to `folder`/log."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    env = environment(folder, api, port, **settings)
    with (folder / "log").open("wb") as log:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "tools.launch"], cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", launcher, folder / "log")
        yield Desk(f"http://127.0.0.1:{port}", folder, env, launcher.pid)
    finally:
        launcher.terminate()
        try:
            launcher.wait(timeout=30)
        except subprocess.TimeoutExpired:
            launcher.kill()
            launcher.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until `url` answers 200, or a RuntimeError with the end of the log."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(url, timeout=2).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer:\n{log.read_text(errors='replace')[-2000:]}")


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """A Redis of our own that keeps nothing; its address as CACHE_URL takes it."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    program = find("Redis")
    if program is None:
        raise RuntimeError("Redis is not installed")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        with redis.Redis.from_url(url) as client:
            client.set_retry(Retry(ConstantBackoff(0.1), retries=300))
            client.ping()
        yield url
    finally:
        server.terminate()
        server.wait(timeout=10)


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def _leaves(pid: int) -> list[int]:
    children = _children(pid)
    if not children:
        return [pid]
    return [leaf for child in children for leaf in _leaves(child)]


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
