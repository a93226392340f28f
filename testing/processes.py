"""Child processes: starts programs on free ports, waits until they are ready, and ends them with this process."""

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

# Long, because a start can be slow on a busy machine; a program that exits ends the wait at once.
START_SECONDS = 300.0
STOP_SECONDS = 30.0
START_ATTEMPTS = 3

T = TypeVar("T")


def free_port() -> int:
    """Free port outside the ephemeral range, so that no outgoing connection takes it meanwhile."""
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
    """Starts a program in its own process group, which the reaper ends when this process dies (testing/reaper.py)."""
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
    """Sends a signal, then SIGKILL to the group after STOP_SECONDS; returns the exit code."""
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
    """The program exited before it was ready: its port was taken, or its log says why."""


@contextmanager
def running_program(
    command: list[str], *, health: str, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a program until the block ends, once `health` answers 200. Its output goes to `log`.

    Raises ProgramEnded with the end of the log when it exits before, TimeoutError after START_SECONDS.
    """
    with log.open("wb") as output:
        process = start_program(command, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for_http(health, process, log)
        yield process
    finally:
        stop_program(process)


@contextmanager
def on_free_port(start: Callable[[int], AbstractContextManager[T]]) -> Iterator[T]:
    """Runs `start` on a free port, and again on another one when the port was taken meanwhile."""
    with ExitStack() as stack:
        yield _started(start, stack)


def _started(start: Callable[[int], AbstractContextManager[T]], stack: ExitStack) -> T:
    for _ in range(START_ATTEMPTS - 1):
        with suppress(ProgramEnded):
            return stack.enter_context(start(free_port()))
    return stack.enter_context(start(free_port()))


def wait_for_http(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until `url` answers 200. Raises as `running_program` does."""
    with requests.Session() as session:
        session.trust_env = False

        def answers() -> bool:
            with suppress(requests.RequestException):
                return session.get(url, timeout=5).status_code == 200
            return False

        wait_for_start(answers, process, log)


def wait_for_start(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path | None = None) -> None:
    """Waits until `ready()`. Raises ProgramEnded when the process exits before, TimeoutError after START_SECONDS."""
    until = time.monotonic() + START_SECONDS
    while True:
        is_ready = ready()
        if process.poll() is not None:  # checked first: another program may answer on its port
            raise ProgramEnded(f"{process.args!r} ended with {process.returncode}:\n{_end_of(log)}")
        if is_ready:
            return
        if time.monotonic() > until:
            raise TimeoutError(f"{process.args!r} was not ready within {START_SECONDS} s:\n{_end_of(log)}")
        time.sleep(0.05)


def _end_of(log: Path | None) -> str:
    return log.read_text(errors="replace")[-2000:] if log else ""


class _Reaper:
    """Client of the reaper process (testing/reaper.py), which it starts."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("reaper.py"))]
        read_end, self._pipe = os.pipe()
        self._program = subprocess.Popen(command, stdin=read_end, start_new_session=True)
        os.close(read_end)
        atexit.register(self._close)

    def _close(self) -> None:
        """Ends the reaper at exit; after a regular run nothing is left to stop."""
        os.close(self._pipe)
        with suppress(subprocess.TimeoutExpired):  # it may wait for children that end only after this process
            self._program.wait(0.5)
        self._program.returncode = 0  # avoids the ResourceWarning about a running child

    def tell(self, line: str) -> None:
        with suppress(BrokenPipeError):
            os.write(self._pipe, f"{line}\n".encode())  # below PIPE_BUF, so the write is atomic


@cache
def _reaper() -> _Reaper:
    return _Reaper()
