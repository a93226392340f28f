"""Launcher of `make run` and `make dev`: writes .env, migrates, and starts desk and worker; without a key a sandbox.

Usage: python -m tools.run [--dev]. PORT, HOST, SANDBOX_PORT, SANDBOX_ARGS, DEMO_PASSWORD, ENV_FILE and every
setting of `.env.example` are read from the environment. Runs in the foreground until Ctrl-C, then stops what it
started. The demo has a database file of its own, beside the desk's (docs/decisions, 21).
"""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

import environ

from dashboard.env import dotenv_values
from dashboard.start import BAD_SETTING, keep_files_private

from .listening import LOCAL, address_to_ask, require_free, site_host, wait_for_http

ROOT = Path(__file__).resolve().parent.parent
DOTENV = Path(os.environ.get("ENV_FILE", ROOT / ".env"))
DEMO_KEY = "sandbox-organization"
DEMO_DATABASE = "demo.sqlite3"
WORKER_RESTART_SECONDS = 5.0  # at least, between two starts of the worker
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(Exception):  # control flow, no error
    """Request to stop: SIGINT, SIGTERM, SIGHUP, or the death of the parent process."""


class BadSetting(Exception):
    """A command refused a setting, and has said so in one sentence."""


def main() -> int:
    """Runs the launcher; returns the exit status."""
    parser = argparse.ArgumentParser(description="Start Contact Desk.")
    parser.add_argument("--dev", action="store_true", help="reload on changes, show errors in full")
    dev = parser.parse_args().dev
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    keep_files_private()  # also in what it starts: database, static files, counters
    running: list[subprocess.Popen[bytes]] = []
    try:
        return _run(running, dev=dev)
    except Stop:
        return 0
    except BadSetting:
        return 1
    except (OSError, RuntimeError) as error:
        print(f"Contact Desk did not start: {error}", file=sys.stderr, flush=True)
        return 1
    finally:
        _stop_programs(running)


def _run(running: list[subprocess.Popen[bytes]], *, dev: bool) -> int:
    _say("Starting Contact Desk.")
    port, sandbox_port = _port("PORT", 8000), _port("SANDBOX_PORT", 8001)
    created_dotenv = _ensure_dotenv()
    host = os.environ.get("HOST") or _dotenv().get("HOST") or "127.0.0.1"
    demo = not _has_api_key()
    settings = _environment(host, port, dev=dev)
    settings |= {"HOST": host, "PORT": str(port)}  # the settings refuse what is not safe where it listens
    require_free(host, port)
    if demo:
        _refuse_real_desk(settings)
        settings |= demo_environment(sandbox_port)
        _start_sandbox(settings, running, port=port, sandbox_port=sandbox_port)
    _say("Preparing the database.")
    _manage(settings, "migrate", "--verbosity", "0")
    report = _demo_report(settings, sandbox_port, running) if demo else _preflight_report(settings)
    if not dev:
        _say("Collecting static files.")
        _manage(settings, "collectstatic", "--noinput", "--verbosity", "0")
    _say("Starting the server.")
    running.append(_start(_server_command(host, port, dev=dev), settings))
    wait_for_http(f"http://{address_to_ask(host)}:{port}/healthz", running)
    running.append(_start(_worker_command(dev=dev), settings))
    lines = ["", f"Contact Desk is at {settings['SITE_URL']}", *report]
    if created_dotenv:
        lines.append(f"Your settings are in {DOTENV}, made just now.")
    _say("\n".join([*lines, "Ctrl-C stops it."]))
    parent, worker_started = os.getppid(), time.monotonic()
    while all(process.poll() is None for process in running[:-1]):
        if os.getppid() != parent:  # make was killed: Ctrl-C cannot reach this process any more
            raise Stop
        if running[-1].poll() is not None and time.monotonic() > worker_started + WORKER_RESTART_SECONDS:
            running[-1], worker_started = _start(_worker_command(dev=dev), settings), time.monotonic()
        time.sleep(0.5)
    raise RuntimeError("one of its programs stopped; the lines above say why")


def _say(text: str) -> None:
    print(text, flush=True)


def _stop(_number: int, _frame: FrameType | None) -> None:
    _ignore_stop_signals()
    raise Stop


def _ignore_stop_signals() -> None:
    """Ignores further stop signals: a second Ctrl-C must not leave programs running."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise RuntimeError(f"{name} must be a port number, not {text!r}")
    return int(text)


def _ensure_dotenv() -> bool:
    """Creates a missing `.env` from the example, with its own secret key and mode 0600; True when it did."""
    if DOTENV.exists():
        return False
    example = (ROOT / ".env.example").read_text()
    text = example.replace("SECRET_KEY=\n", f"SECRET_KEY={secrets.token_urlsafe(50)}\n", 1)
    descriptor = os.open(DOTENV, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return True


def _dotenv() -> dict[str, str]:
    return dotenv_values(DOTENV)


def _has_api_key() -> bool:
    """True when SENT_API_KEY or SENT_API_KEY_FILE is set. The environment goes before `.env`, empty values included."""
    given = {**_dotenv(), **os.environ}
    return any(given.get(name) for name in ("SENT_API_KEY", "SENT_API_KEY_FILE"))


def _environment(host: str, port: int, *, dev: bool) -> dict[str, str]:
    """Environment of the started programs. SITE_URL defaults to where the desk listens."""
    # Only demo_accounts is given the password: it does not have to be in the environment of a server.
    settings = {name: value for name, value in os.environ.items() if name != "DEMO_PASSWORD"}
    settings.setdefault("SITE_URL", _dotenv().get("SITE_URL") or f"http://{site_host(host)}:{port}")
    # glibc gives threads their own arenas: 64 threads would each hold on to freed memory.
    settings.setdefault("MALLOC_ARENA_MAX", "2")
    if dev:
        settings["DEBUG"] = "true"
    return settings


def demo_environment(sandbox_port: int) -> dict[str, str]:
    """What differs in the demo. A file named for one of these settings would win over it, so none is."""
    own = _desk_database()
    database = (own.parent if own else ROOT) / DEMO_DATABASE
    changed = {
        "SENT_API_URL": f"http://{LOCAL}:{sandbox_port}",
        "SENT_API_KEY": DEMO_KEY,
        "DATABASE_URL": f"sqlite:///{database}",
    }
    return changed | {f"{name}_FILE": "" for name in changed}


def _desk_database() -> Path | None:
    """The SQLite file of the desk itself; None when its database is elsewhere."""
    url = os.environ.get("DATABASE_URL") or _dotenv().get("DATABASE_URL") or f"sqlite:///{ROOT / 'desk.sqlite3'}"
    config = environ.Env.db_url_config(url)
    in_file = os.environ.get("DATABASE_URL_FILE") or _dotenv().get("DATABASE_URL_FILE")
    return None if in_file or not config["ENGINE"].endswith("sqlite3") else ROOT / config["NAME"]


def _refuse_real_desk(settings: Mapping[str, str]) -> None:
    """A desk with accounts whose key got lost must not come up as a demo under the same address."""
    database = _desk_database()
    if database is None or database.exists():
        _manage(settings, "demo_accounts", "--check")


def _start_sandbox(
    settings: Mapping[str, str], running: list[subprocess.Popen[bytes]], *, port: int, sandbox_port: int
) -> None:
    if sandbox_port == port:
        raise RuntimeError("PORT and SANDBOX_PORT are the same; choose two")
    require_free(LOCAL, sandbox_port)
    _say("SENT_API_KEY is not set, so this is the demo. Starting the sandbox.")
    extra = shlex.split(os.environ.get("SANDBOX_ARGS", ""))
    command = [sys.executable, "-m", "sandbox", "--port", str(sandbox_port), *extra]
    running.append(_start(command, settings, quiet=True))


def _demo_report(settings: Mapping[str, str], sandbox_port: int, running: list[subprocess.Popen[bytes]]) -> list[str]:
    """Makes the demo accounts; says how to sign in."""
    _say("Making the demo accounts.")
    wait_for_http(f"http://{LOCAL}:{sandbox_port}/_sandbox/health", running)
    password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
    _manage({**settings, "DEMO_PASSWORD": password}, "demo_accounts", "--verbosity", "0")
    return [
        "It shows made-up contacts from the sandbox. Sign in as",
        f"  support  {password}   (three profiles)",
        f"  admin    {password}   (everything)",
    ]


def _preflight_report(settings: Mapping[str, str]) -> list[str]:
    """Whose the key is and what is missing, by one call of the API."""
    _say("Asking the messaging service whose the API key is.")
    return _manage(settings, "preflight").splitlines()


def _server_command(host: str, port: int, *, dev: bool) -> list[str]:
    if dev:
        return [sys.executable, "manage.py", "runserver", f"{f'[{host}]' if ':' in host else host}:{port}"]
    return [sys.executable, "-m", "dashboard.server"]  # where HOST and PORT say


def _worker_command(*, dev: bool) -> list[str]:
    """The one worker of background tasks; it ends by itself when this process was killed."""
    return [sys.executable, "manage.py", "desk_worker", "--reload" if dev else "--ends-with-parent"]


def _start(command: list[str], settings: Mapping[str, str], *, quiet: bool = False) -> subprocess.Popen[bytes]:
    # Own session: Ctrl-C reaches only the launcher, which stops the other programs in order.
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(settings),
        start_new_session=True,
        stdout=subprocess.DEVNULL if quiet else None,
    )


def _manage(settings: Mapping[str, str], command: str, *options: str) -> str:
    """Runs a command of manage.py; its output. Raises RuntimeError when it fails; its stderr is shown."""
    done = subprocess.run(
        [sys.executable, "manage.py", command, *options],
        cwd=ROOT,
        env=dict(settings),
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode == BAD_SETTING:
        raise BadSetting
    if done.returncode:
        print(done.stdout, end="", file=sys.stderr)
        raise RuntimeError(f"manage.py {command} failed; the lines above say why")
    return done.stdout


def _stop_programs(running: list[subprocess.Popen[bytes]]) -> None:
    """Sends SIGTERM to every program, last started first, and SIGKILL to those still running after ten seconds."""
    _ignore_stop_signals()
    for process in reversed(running):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    for process in reversed(running):
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
