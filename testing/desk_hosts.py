"""Hosts of one desk: PostgreSQL, Redis, nginx with TLS, and N hosts (web server and queue worker each), on loopback.

As docs/deploy.md has them, with the commands of deploy/systemd. Each host has a link to its release, so that hosts can
have different versions, and a folder of static files that keeps those of former ones.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import requests

from testing import ROOT
from testing.deploy_files import unit_commands
from testing.nginx_server import LOCAL, Proxy, running_nginx
from testing.postgres_server import new_database, postgres_answers, postgres_command, postgres_folder
from testing.processes import free_port
from testing.redis_server import redis_answers, redis_command
from testing.restartable import Restartable
from testing.running_desk import SECRET_KEY, Desk, Person, desk_environment, leaf_processes, manage

COOKIE = "__Host-session"  # SITE_URL is https
PROGRAM = ("manage.py", "pyproject.toml", "dashboard", "contacts_ui", "templates", "static")


@dataclass(frozen=True, slots=True)
class TlsPerson(Person):
    """Signed-in user of a desk behind TLS; `trusted` is the file of its certificate."""

    trusted: str

    def browser(self) -> requests.Session:
        """HTTP session with the user's cookie, which trusts the proxy's certificate alone."""
        browser = requests.Session()
        browser.trust_env = False
        browser.verify = self.trusted
        browser.cookies.set(COOKIE, self.session)
        return browser


class Host:
    """One host: its web server and its queue worker, on a port of its own, from the release that `current` links to."""

    def __init__(self, folder: Path, port: int, env: dict[str, str], release: Path) -> None:
        folder.mkdir(parents=True)
        self.folder, self.port = folder, port
        self.env = env | {
            "STATIC_ROOT": str(folder / "static"),
            "SENT_BUDGET_FILE": str(folder / "budget"),
            "MALLOC_ARENA_MAX": "2",
            "PORT": str(port),
        }
        self.current = folder / "current"
        self.current.symlink_to(release)
        (web,) = unit_commands("desk-web", self.current)
        (worker,) = unit_commands("desk-worker", self.current)
        self.web = Restartable(web, self.answers, folder / "web.log", env=self.env, cwd=self.current)
        self.worker = Restartable(worker, lambda: True, folder / "worker.log", env=self.env, cwd=self.current)

    def answers(self) -> bool:
        """True when the web server answers."""
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).ok
            except requests.RequestException:
                return False

    def collect_static(self) -> None:
        """Adds the release's static files to those of former releases."""
        manage(self.env, "collectstatic", "--noinput", "--verbosity", "0", folder=self.current)

    def install(self, release: Path) -> None:
        """Puts a release in place: collects its static files and restarts web server and worker from it."""
        new = self.folder / "next"
        new.symlink_to(release)
        new.replace(self.current)
        self.collect_static()
        self.stop()
        self.start()

    def start(self) -> None:
        """Starts web server and worker."""
        self.web.start()
        self.worker.start()

    def stop(self) -> None:
        """Stops them as systemd does."""
        self.worker.stop()
        self.web.stop()

    def kill_web_worker(self) -> None:
        """kill -9 of one of the web server's processes."""
        os.kill(leaf_processes(self.web.pid)[0], signal.SIGKILL)

    def processes(self) -> dict[str, int]:
        """Process ids by name: web workers and queue worker."""
        web = {f"web {number}": pid for number, pid in enumerate(leaf_processes(self.web.pid))}
        return {**web, "queue": self.worker.pid}


@dataclass(frozen=True, slots=True)
class DeskHosts:
    """Running hosts, and what they share. `releases` are the two that can be installed."""

    url: str
    hosts: tuple[Host, ...]
    proxy: Proxy
    database: Restartable
    database_url: str
    cache: Restartable
    folder: Path

    def people(self, number: int, profiles: list[str]) -> list[TlsPerson]:
        """Support agents with sessions, as `Desk.people`."""
        env = self.hosts[0].env | {"LOG_LEVEL": "WARNING"}
        desk = Desk(self.url, self.folder, env, self.hosts[0].web.pid)
        trusted = str(self.proxy.certificate.certificate)
        return [TlsPerson(each.session, each.profiles, trusted) for each in desk.people(number, profiles)]

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Runs one statement in the database."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(statement.encode()).fetchall()

    def connections(self) -> int:
        """Connections to the database, this one not counted."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return int(str(self.sql(query)[0][0]))


def make_release(folder: Path, *, stylesheet: str = "") -> Path:
    """Copies the program into a folder, with a line added to its stylesheets, so that their hashed names change."""
    folder.mkdir(parents=True)
    for name in PROGRAM:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    if stylesheet:
        for path in (folder / "static").rglob("*.css"):
            path.write_text(path.read_text() + stylesheet)
    return folder


@contextmanager
def running_hosts(folder: Path, api: str, count: int = 2, **settings: str) -> Iterator[DeskHosts]:
    """Runs everything until the block ends. `settings` are those of every host."""
    folder.mkdir(parents=True, exist_ok=True)
    release = make_release(folder / "releases" / "1")
    with ExitStack() as stack:
        data, owner = stack.enter_context(postgres_folder())
        port = free_port()
        server = f"postgres://desk@127.0.0.1:{port}"
        database = Restartable(
            postgres_command(data, port), lambda: postgres_answers(server), folder / "postgres.log",
            cwd=data, user=owner, stop_signal=signal.SIGINT,
        )  # fmt: skip
        _run(stack, database)
        redis_port, site_port = free_port(), free_port()
        cache_url = f"redis://127.0.0.1:{redis_port}/0"
        (folder / "redis").mkdir()
        cache = Restartable(
            redis_command(folder / "redis", redis_port), lambda: redis_answers(cache_url), folder / "redis.log"
        )
        _run(stack, cache)
        env = desk_environment(folder, api, site_port, **_shared(folder, site_port, count), **settings)
        env |= {"DATABASE_URL": new_database(server, "desk"), "CACHE_URL": cache_url}
        hosts = tuple(Host(folder / f"host-{n}", free_port(), env, release) for n in range(1, count + 1))
        for command in unit_commands("desk-migrate", hosts[0].current):
            manage(hosts[0].env, *command[2:], folder=hosts[0].current)
        for host in hosts:
            stack.callback(host.stop)
            host.collect_static()
            host.start()
        upstreams = [f"127.0.0.1:{host.port}" for host in hosts]
        proxy = stack.enter_context(running_nginx(folder / "nginx", upstreams, site_port))
        yield DeskHosts(proxy.url, hosts, proxy, database, env["DATABASE_URL"], cache, folder)


def _run(stack: ExitStack, program: Restartable) -> None:
    stack.callback(program.stop)
    program.start()


def _shared(folder: Path, site_port: int, count: int) -> dict[str, str]:
    env_file = folder / "desk.env"
    env_file.write_text(f"SECRET_KEY={SECRET_KEY}\n")
    env_file.chmod(0o600)
    return {
        "ENV_FILE": str(env_file),
        "SECRET_KEY": SECRET_KEY,
        "SITE_URL": f"https://{LOCAL}:{site_port}",
        "TRUST_PROXY": "true",
        "REQUIRE_MFA": "none",
        "DESK_HOSTS": str(count),
        "SENT_LIMIT_PER_MINUTE": "200",
    }
