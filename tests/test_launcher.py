"""Launcher of `make run`: demo and real desk never share accounts, HOST is asked, secrets are in no process list."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from testing import ROOT
from testing.desk_template import PASSWORD, DeskTemplate
from testing.processes import free_port, start_program, stop_program
from testing.running_desk import SECRET_KEY, desk_environment, manage
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.html import FRAGMENT
from tests.sign_in.running_desk import Visitor

pytestmark = pytest.mark.outside  # starts the launcher
LAUNCHER = (sys.executable, "-m", "tools.run")
LAST_LINE = "Ctrl-C stops it."
KEY = "sandbox-organization"
NO_KEY = ""
QUICK = {"DJANGO_SETTINGS_MODULE": "tests.launcher_settings"}
NO_API = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Launch:
    """What was seen of one run of the launcher: its output, who was let in, and its programs.

    `rows`: contacts that the admin's list showed. `workers`: their ids at first, and, where one was killed, after that.
    `modes`: file modes of the secrets and of the files of the database.
    """

    settings: dict[str, str]
    printed: str
    health: int
    let_in: dict[str, bool]
    rows: int
    command_lines: bytes
    server_environments: bytes
    workers: tuple[list[int], ...]
    modes: dict[str, str]


def _environment(folder: Path, api: str, key: str, **settings: str) -> dict[str, str]:
    sandbox_port = str(free_port())
    given = {"SENT_API_KEY": key, "SANDBOX_PORT": sandbox_port, "DEMO_PASSWORD": PASSWORD, "REQUIRE_MFA": "none"}
    return desk_environment(folder, api, free_port(), **given | settings)


@contextmanager
def _launcher(
    settings: dict[str, str], command: tuple[str, ...] = LAUNCHER
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Runs the launcher until the block ends; what it printed up to the last line of its greeting, or to its end.

    Its user's umask lets everyone read.
    """
    before = os.umask(0o022)
    process = start_program(list(command), env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    os.umask(before)
    try:
        printed = ""
        assert process.stdout
        while LAST_LINE not in printed and (line := process.stdout.readline().decode()):
            printed += line
        yield process, printed
    finally:
        stop_program(process)


def _launch(settings: dict[str, str], url: str) -> Launch:
    """Starts the desk, looks, and stops it."""
    with _launcher(settings) as (process, printed):
        return _seen(settings, url, process.pid, printed)


def _seen(settings: dict[str, str], url: str, launcher: int, printed: str, *, kill_worker: bool = False) -> Launch:
    """Looks at a running desk. `launcher` is its process."""
    assert LAST_LINE in printed, f"it ended: {printed}"
    programs = _descendants(launcher)
    environments = b"".join(Path(f"/proc/{pid}/environ").read_bytes() for pid in programs)
    workers = [_workers(launcher)]
    if kill_worker:
        os.kill(workers[0][0], signal.SIGKILL)
        wait_until(lambda: (now := _workers(launcher)) and now != workers[0])
        workers.append(_workers(launcher))
    visitors = {name: _visitor(url, name) for name in ("admin", "support")}
    let_in = {name: visitor.signed_in() for name, visitor in visitors.items()}
    return Launch(
        settings,
        printed,
        requests.get(f"{url}/healthz", timeout=30).status_code,
        let_in,
        visitors["admin"].get(f"{url}/account/contacts/", headers=FRAGMENT, timeout=60).text.count("data-contact-id"),
        b"".join(map(_command_line, (launcher, *_descendants(launcher)))),
        environments,
        tuple(workers),
        _modes(Path(settings["ENV_FILE"]).parent),
    )


def _modes(folder: Path) -> dict[str, str]:
    files = [folder / ".env", *folder.glob("*.sqlite3*")]
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in files}


def _workers(pid: int) -> list[int]:
    """The workers of background tasks that the launcher runs."""
    return [one for one in _descendants(pid) if b"desk_worker" in _command_line(one)]


def _command_line(pid: int) -> bytes:
    """How a program was called; nothing when it has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _visitor(url: str, username: str) -> Visitor:
    """A browser that tried this name and the demo's password."""
    visitor = Visitor(url)
    visitor.submit("/sign-in/", login=username, password=PASSWORD)
    return visitor


def _refused(settings: dict[str, str]) -> str:
    """The output of a launcher that does not start."""
    with _launcher(settings) as (process, printed):
        assert LAST_LINE not in printed, f"it started: {printed}"
        assert process.wait(60) == 1
        return printed


def _evaluated(expression: str, settings: dict[str, str]) -> Any:
    """The value of an expression about the launcher, in a process of its own: tests import no tools."""
    code = f"import json; from tools import listening, run; print(json.dumps({expression}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=settings, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def _accounts(database: Path) -> list[tuple[str, str, int, int]]:
    """Everything that opens the desk: user name, password hash, superuser, active."""
    with closing(sqlite3.connect(database)) as opened:
        query = "SELECT username, password, is_superuser, is_active FROM auth_user ORDER BY username"
        return opened.execute(query).fetchall()


@pytest.fixture
def real_desk(tmp_path: Path, template: DeskTemplate) -> Path:
    """The database of a real desk: an `admin` who is no superuser, and no `support`."""
    database = tmp_path / "desk.sqlite3"
    template.copy_database(database)
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("UPDATE auth_user SET username = 'susan' WHERE username = 'support'")
        opened.execute("UPDATE auth_user SET is_superuser = 0, is_staff = 0 WHERE username = 'admin'")
    return database


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one desk, which is started again and again."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def demo(folder: Path, running_sandbox: SandboxServer) -> Launch:
    """The first start, by `make run` without a key; ended as by a terminal, whose Ctrl-C goes to the whole group."""
    settings = _environment(folder, running_sandbox.url, NO_KEY, **QUICK)
    with _launcher(settings, ("make", "run")) as (make, printed):
        launcher, *_ = _descendants(make.pid)
        seen = _seen(settings, settings["SITE_URL"], launcher, printed, kill_worker=True)
        for _ in range(2):  # for users who press it again
            os.killpg(make.pid, signal.SIGINT)
        make.wait(timeout=120)
    return seen


@pytest.fixture(scope="module")
def after_demo(demo: Launch, folder: Path, running_sandbox: SandboxServer) -> Launch:
    """The second start in the same folder, with a key, on another loopback address and without SITE_URL."""
    settings = _environment(folder, running_sandbox.url, KEY, HOST="127.0.0.2", **QUICK)
    del settings["SITE_URL"]
    return _launch(settings, f"http://127.0.0.2:{settings['PORT']}")


def test_demo_lets_its_accounts_in(demo: Launch) -> None:
    assert demo.let_in == {"admin": True, "support": True}
    assert f"admin    {PASSWORD}" in demo.printed


def test_demo_shows_contacts(demo: Launch) -> None:
    assert demo.rows > 0


def test_ctrl_c_stops_desk_and_sandbox(demo: Launch) -> None:
    wait_until(lambda: not _listens(demo.settings["PORT"]) and not _listens(demo.settings["SANDBOX_PORT"]))


def test_one_worker_runs_and_another_one_after_its_death(demo: Launch) -> None:
    first, second = demo.workers
    assert len(first) == len(second) == 1
    assert first != second


def test_worker_ends_with_the_launcher(demo: Launch) -> None:
    assert not any(b"desk_worker" in _command_line(pid) for workers in demo.workers for pid in workers)


def test_real_key_after_demo_lets_no_demo_account_in(after_demo: Launch, folder: Path) -> None:
    assert after_demo.let_in == {"admin": False, "support": False}
    assert _accounts(folder / "desk.sqlite3") == []


def test_real_key_is_greeted_with_account_and_missing_admin(after_demo: Launch) -> None:
    assert "Meridian Group" in after_demo.printed
    assert "organization key, 12 profiles" in after_demo.printed
    assert "manage.py desk_admin NAME" in after_demo.printed


def test_launcher_makes_files_that_its_user_alone_can_open(demo: Launch, after_demo: Launch) -> None:
    database = ["{}.sqlite3", "{}.sqlite3-wal", "{}.sqlite3-shm"]
    for launch, name in ((demo, "demo"), (after_demo, "desk")):
        assert {".env", *(file.format(name) for file in database)} <= set(launch.modes)
        assert set(launch.modes.values()) == {"0o600"}


def test_secret_key_is_made_and_kept(demo: Launch, after_demo: Launch, folder: Path) -> None:
    (line,) = [line for line in (folder / ".env").read_text().splitlines() if line.startswith("SECRET_KEY=")]
    assert len(line) > 60


def test_demo_password_is_in_no_process_list(demo: Launch) -> None:
    assert PASSWORD.encode() not in demo.command_lines


def test_demo_password_is_in_no_server_environment(demo: Launch) -> None:
    assert demo.server_environments
    assert PASSWORD.encode() not in demo.server_environments


@pytest.mark.exhaustive  # a third start: tests/test_preflight.py has what it prints, and that it goes on
def test_rejected_key_starts_and_says_so(after_demo: Launch, folder: Path, running_sandbox: SandboxServer) -> None:
    settings = _environment(folder, running_sandbox.url, "sandbox-revoked")
    printed = _launch(settings, settings["SITE_URL"]).printed
    assert "REJECTED" in printed
    assert "change SENT_API_KEY in the environment, then start again" in printed


def test_desk_on_other_loopback_address_is_asked_and_found_there(after_demo: Launch) -> None:
    assert after_demo.health == 200
    assert f"Contact Desk is at http://127.0.0.2:{after_demo.settings['PORT']}" in after_demo.printed


def test_start_without_key_leaves_real_admin_as_is(real_desk: Path, tmp_path: Path) -> None:
    before = _accounts(real_desk)
    printed = _refused(_environment(tmp_path, NO_API, NO_KEY))
    assert "SENT_API_KEY is not set, and the desk’s database has accounts." in printed
    assert "Traceback" not in printed
    assert _accounts(real_desk) == before
    assert not (tmp_path / "demo.sqlite3").exists()


@pytest.mark.exhaustive  # the database of this version's demo is refused by the same check below
def test_real_key_on_database_of_former_demo_is_refused(
    tmp_path: Path, template: DeskTemplate, running_sandbox: SandboxServer
) -> None:
    """As left by a version that had one database for both: `admin` and `support` with the demo's password."""
    template.copy_database(tmp_path / "desk.sqlite3")
    settings = _environment(tmp_path, running_sandbox.url, KEY)
    printed = _refused(settings)
    assert "demo accounts that can sign in (admin, support)" in printed
    assert "Traceback" not in printed


def test_deactivated_demo_accounts_do_not_stop_real_key(
    tmp_path: Path, template: DeskTemplate, running_sandbox: SandboxServer
) -> None:
    template.copy_database(tmp_path / "desk.sqlite3")
    settings = _environment(tmp_path, running_sandbox.url, KEY, SECRET_KEY=SECRET_KEY)
    manage(settings, "demo_accounts", "--deactivate")
    assert "organization key" in manage(settings, "preflight")
    assert [account[3] for account in _accounts(tmp_path / "desk.sqlite3") if account[0] in {"admin", "support"}] == [
        0,
        0,
    ]


def test_real_key_on_demo_database_is_refused(demo: Launch, folder: Path, running_sandbox: SandboxServer) -> None:
    database = f"sqlite:///{folder / 'demo.sqlite3'}"
    printed = _refused(_environment(folder, running_sandbox.url, KEY, DATABASE_URL=database))
    assert "demo accounts that can sign in (admin, support)" in printed


def test_demo_ignores_settings_named_by_files(tmp_path: Path) -> None:
    """A setting's file wins over its value: by it the demo would write its accounts into the desk's database."""
    settings = _environment(tmp_path, NO_API, NO_KEY, DATABASE_URL_FILE=str(tmp_path / "database_url"))
    changed = _evaluated("run.demo_environment(8001)", settings)
    assert changed["DATABASE_URL"] == f"sqlite:///{ROOT / 'demo.sqlite3'}"
    assert (changed["DATABASE_URL_FILE"], changed["SENT_API_URL_FILE"], changed["SENT_API_KEY_FILE"]) == ("", "", "")


@pytest.mark.parametrize(
    ("given", "has_key"), [({"SENT_API_KEY": ""}, False), ({"SENT_API_KEY": KEY}, True), ({}, True)]
)
def test_key_in_environment_goes_before_that_of_env_file(
    tmp_path: Path, given: dict[str, str], *, has_key: bool
) -> None:
    """As in the settings: with another order `SENT_API_KEY= make run` was refused for a key that .env has."""
    env_file = tmp_path / ".env"
    env_file.write_text(f"SENT_API_KEY={KEY}\n")
    settings = _environment(tmp_path, NO_API, NO_KEY, ENV_FILE=str(env_file))
    del settings["SENT_API_KEY"]
    assert _evaluated("run._has_api_key()", settings | given) is has_key


def test_first_line_comes_before_any_program_is_started(tmp_path: Path) -> None:
    first, *_ = _refused(_environment(tmp_path, NO_API, NO_KEY, PORT="0")).splitlines()
    assert first == "Starting Contact Desk."


def test_address_to_ask_is_one_that_answers(tmp_path: Path) -> None:
    hosts = ["0.0.0.0", "::", "::1", "10.1.2.3", "localhost"]  # noqa: S104  # nothing listens
    asked = _evaluated(f"[listening.address_to_ask(host) for host in {hosts}]", _environment(tmp_path, NO_API, NO_KEY))
    assert asked == ["127.0.0.1", "[::1]", "[::1]", "10.1.2.3", "localhost"]


def test_address_of_another_machine_is_refused_with_sentence(tmp_path: Path) -> None:
    assert "HOST=192.0.2.1 is not an address of this machine" in _refused(
        _environment(tmp_path, NO_API, KEY, HOST="192.0.2.1")
    )


@pytest.mark.parametrize("name", ["DEMO_PASSWORD", "SENT_API_KEY", "SECRET_KEY", "DATABASE_URL"])
def test_secret_on_command_line_of_make_is_refused(tmp_path: Path, name: str) -> None:
    settings = _environment(tmp_path, NO_API, NO_KEY)
    done = subprocess.run(
        ["make", "--dry-run", "run", f"{name}=hush-hush"],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f"everyone on this machine can read {name} in the process list. Use {name}=… make run" in done.stderr
    assert "hush-hush" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def _listens(port: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def _descendants(pid: int) -> list[int]:
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()
    ]
    return [*children, *(below for child in children for below in _descendants(child))]
