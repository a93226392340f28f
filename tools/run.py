"""Launcher of `make run` and `make dev`: writes .env, migrates, and starts the desk, with a sandbox without an API key.

Usage: python -m tools.run [--dev]. PORT, HOST, SANDBOX_PORT, SANDBOX_ARGS, DEMO_PASSWORD, ENV_FILE and every
setting of `.env.example` are read from the environment. Runs in the foreground until Ctrl-C, then stops what it
started.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import ClassVar

import environ

from dashboard.start import BAD_SETTING, keep_files_private

ROOT = Path(__file__).resolve().parent.parent
DOTENV = Path(os.environ.get("ENV_FILE", ROOT / ".env"))
DEMO_KEY = "sandbox-organization"
START_SECONDS = 60
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
    port, sandbox_port = _port("PORT", 8000), _port("SANDBOX_PORT", 8001)
    created_dotenv = _ensure_dotenv()
    host = os.environ.get("HOST") or _dotenv().get("HOST") or "127.0.0.1"
    demo = not _has_api_key()
    settings = _environment(port, sandbox_port, demo=demo, dev=dev)
    settings["HOST"] = host  # the settings refuse what is not safe where it listens
    _require_free(port)
    if demo:
        if sandbox_port == port:
            raise RuntimeError("PORT and SANDBOX_PORT are the same; choose two")
        _require_free(sandbox_port)
        extra = shlex.split(os.environ.get("SANDBOX_ARGS", ""))
        command = [sys.executable, "-m", "sandbox", "--port", str(sandbox_port), *extra]
        running.append(_start(command, settings, quiet=True))
    _manage(settings, "migrate", "--verbosity", "0")
    if not dev:
        _manage(settings, "collectstatic", "--noinput", "--verbosity", "0")
    if demo:
        _wait_for_http(f"http://127.0.0.1:{sandbox_port}/_sandbox/health", running)
        _manage(settings, "demo_accounts")
    running.append(_start(_server_command(host, port, dev=dev), settings))
    _wait_for_http(f"http://127.0.0.1:{port}/healthz", running)
    _print_welcome(settings, demo=demo, created_dotenv=created_dotenv, password=settings.get("DEMO_PASSWORD"))
    parent = os.getppid()
    while all(process.poll() is None for process in running):
        if os.getppid() != parent:  # make was killed: Ctrl-C cannot reach this process any more
            raise Stop
        time.sleep(0.5)
    raise RuntimeError("one of its programs stopped; the lines above say why")


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


class _Dotenv(environ.Env):  # type: ignore[misc]  # django-environ has no types
    """Reads `.env` as the settings do, but into a dict of its own instead of os.environ."""

    ENVIRON: ClassVar[dict[str, str]] = {}


def _dotenv() -> dict[str, str]:
    """Values of `.env`; a comment after an equals sign counts as empty."""
    _Dotenv.read_env(DOTENV, overwrite=True)
    return {name: value for name, value in _Dotenv.ENVIRON.items() if value.strip() and value.strip()[0] != "#"}


def _has_api_key() -> bool:
    """True when SENT_API_KEY or SENT_API_KEY_FILE is set, in the environment or in `.env`."""
    return any(os.environ.get(name) or _dotenv().get(name) for name in ("SENT_API_KEY", "SENT_API_KEY_FILE"))


def _environment(port: int, sandbox_port: int, *, demo: bool, dev: bool) -> dict[str, str]:
    """Environment of the started programs. SITE_URL defaults to localhost and the port."""
    settings = dict(os.environ)
    settings.setdefault("SITE_URL", _dotenv().get("SITE_URL") or f"http://localhost:{port}")
    # glibc gives threads their own arenas: 64 threads would each hold on to freed memory.
    settings.setdefault("MALLOC_ARENA_MAX", "2")
    if dev:
        settings["DEBUG"] = "true"
    if demo:
        settings["SENT_API_URL"] = f"http://127.0.0.1:{sandbox_port}"
        settings["SENT_API_KEY"] = DEMO_KEY
        settings["DEMO_PASSWORD"] = settings.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
    return settings


def _server_command(host: str, port: int, *, dev: bool) -> list[str]:
    if dev:
        return [sys.executable, "manage.py", "runserver", f"{host}:{port}"]
    # 2 workers x 64 threads, which dashboard/rsgi.py starts.
    # No access log: query strings contain phone numbers.
    return [
        str(Path(sys.executable).with_name("granian")),
        *("--interface", "rsgi", "--no-ws", "--http", "1", "--host", host, "--port", str(port)),
        *("--workers", "2", "--no-access-log", "--log-level", "error"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "5"),
        "dashboard.wsgi:server",
    ]


def _start(command: list[str], settings: Mapping[str, str], *, quiet: bool = False) -> subprocess.Popen[bytes]:
    # Own session: Ctrl-C reaches only the launcher, which stops the other programs in order.
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(settings),
        start_new_session=True,
        stdout=subprocess.DEVNULL if quiet else None,
    )


def _manage(settings: Mapping[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    status = subprocess.run(command, cwd=ROOT, env=dict(settings), check=False).returncode
    if status == BAD_SETTING:
        raise BadSetting
    if status:
        raise RuntimeError(f"manage.py {arguments[0]} failed; the lines above say why")


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise RuntimeError(f"port {port} is in use. Choose others: make run PORT=8010 SANDBOX_PORT=8011") from None


def _wait_for_http(url: str, running: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in running):
            raise RuntimeError("one of its programs stopped at once; the lines above say why")
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            request = urllib.request.Request(url, headers={"Host": "localhost"})
            with urllib.request.urlopen(request, timeout=2):
                return
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within {START_SECONDS} s")


def _print_welcome(settings: Mapping[str, str], *, demo: bool, created_dotenv: bool, password: str | None) -> None:
    lines = ["", f"Contact Desk is at {settings['SITE_URL']}"]
    if demo:
        lines += [
            "It shows made-up contacts from the sandbox. Sign in as",
            f"  support  {password}   (three profiles)",
            f"  admin    {password}   (everything)",
        ]
    if created_dotenv:
        lines.append("Your settings are in .env, made just now.")
    lines.append("Ctrl-C stops it.")
    print("\n".join(lines), flush=True)


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
