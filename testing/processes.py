"""Child processes: programs started on free ports, waited for, and ended with the run that started them."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import IO, TypeVar

import requests

from testing import ROOT

# A program that has not ended is waited for: on a busy machine a start takes as long as it takes.
START_SECONDS = 300.0
STOP_SECONDS = 30.0
START_ATTEMPTS = 3

T = TypeVar("T")


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


class ProgramEnded(Exception):
    """A program ended before it was ready: its port was taken, or its log says why."""


@contextmanager
def running_program(
    command: list[str], *, health: str, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program until the block ends, once `health` answers 200. What it says goes to `log`.

    Raises ProgramEnded with the end of the log when it ends before, TimeoutError after START_SECONDS.
    """
    with log.open("wb") as words:
        process = start_program(command, env=env, stdout=words, stderr=subprocess.STDOUT)
    try:
        wait_for_http(health, process, log)
        yield process
    finally:
        stop_program(process)


@contextmanager
def on_free_port(start: Callable[[int], AbstractContextManager[T]]) -> Iterator[T]:
    """What `start` runs on a port that is free, on another one when somebody else was quicker to take it."""
    with ExitStack() as stack:
        yield _started(start, stack)


def _started(start: Callable[[int], AbstractContextManager[T]], stack: ExitStack) -> T:
    for _ in range(START_ATTEMPTS - 1):
        with suppress(ProgramEnded):
            return stack.enter_context(start(free_port()))
    return stack.enter_context(start(free_port()))


def wait_for_http(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until `url` answers 200. Raises as `running_program` does."""
    with requests.Session() as session:
        session.trust_env = False

        def answers() -> bool:
            with suppress(requests.RequestException):
                return session.get(url, timeout=5).status_code == 200
            return False

        wait_for_start(answers, process, log)


def wait_for_start(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path | None = None) -> None:
    """Until it is ready. Raises ProgramEnded when it ends before, TimeoutError after START_SECONDS."""
    until = time.monotonic() + START_SECONDS
    while True:
        is_ready = ready()
        if process.poll() is not None:  # first: somebody else may answer where it could not listen
            raise ProgramEnded(f"{process.args!r} ended with {process.returncode}:\n{_end_of(log)}")
        if is_ready:
            return
        if time.monotonic() > until:
            raise TimeoutError(f"{process.args!r} was not ready within {START_SECONDS} s:\n{_end_of(log)}")
        time.sleep(0.05)


def _end_of(log: Path | None) -> str:
    return log.read_text(errors="replace")[-2000:] if log else ""


class _Reaper:
    """The other end of testing/reaper.py."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("reaper.py"))]
        ours, self._pipe = os.pipe()
        self._program = subprocess.Popen(command, stdin=ours, start_new_session=True)
        os.close(ours)
        atexit.register(self._close)

    def _close(self) -> None:
        """Where the run ends in order nothing is left to stop, and this takes no time."""
        os.close(self._pipe)
        with suppress(subprocess.TimeoutExpired):  # it waits for children of ours, which end only after us
            self._program.wait(0.5)
        self._program.returncode = 0  # else Python complains that it still runs, as it should

    def tell(self, line: str) -> None:
        with suppress(BrokenPipeError):
            os.write(self._pipe, f"{line}\n".encode())  # short enough to be written whole


@cache
def _reaper() -> _Reaper:
    return _Reaper()
