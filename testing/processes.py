"""Child processes: programs started on free ports, waited for, and ended with the run that started them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import IO

import requests

from testing import ROOT

# A program that has not ended is waited for: on a busy machine a start takes as long as it takes.
START_SECONDS = 300.0
STOP_SECONDS = 30.0


def free_port() -> int:
    """A port nobody listens on now; none of those the system gives to connections, which could take it meanwhile."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start_program(
    command: list[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    user: str | None = None,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts it in a process group of its own, which ends with this process however that ends (testing/reaper.py)."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=None if env is None else dict(env),
        user=user,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )
    _reaper().tell(f"+{process.pid}")
    return process


def stop_program(process: subprocess.Popen[bytes], *, number: int = signal.SIGTERM) -> int:
    """Asks it to stop, ends its group when it does not within STOP_SECONDS; its exit code."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return process.wait()
    finally:
        if process.stdout:
            process.stdout.close()
        _reaper().tell(f"-{process.pid}")


@contextmanager
def running_program(
    command: list[str], *, health: str, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program until the block ends, once `health` answers. What it says goes to `log`."""
    with log.open("wb") as words:
        process = start_program(command, env=env, stdout=words, stderr=subprocess.STDOUT)
    try:
        wait_for_http(health, process, log)
        yield process
    finally:
        stop_program(process)


def wait_for_http(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = START_SECONDS) -> None:
    """Until `url` answers 200. Raises RuntimeError with the end of the log when the program ends or time runs out."""
    until = time.monotonic() + seconds
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < until and process.poll() is None:
            with suppress(requests.RequestException):
                if session.get(url, timeout=5).status_code == 200:
                    return
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not answer:\n{log.read_text(errors='replace')[-2000:]}")


class _Reaper:
    """The other end of testing/reaper.py."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("reaper.py"))]
        self._lock = threading.Lock()
        self._program = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, text=True, bufsize=1)

    def tell(self, line: str) -> None:
        assert self._program.stdin
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._program.stdin.write(line + "\n")


@cache
def _reaper() -> _Reaper:
    return _Reaper()
