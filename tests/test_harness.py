"""Test harness: retry on a taken port, and started programs end with their parent process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from testing import ROOT
from testing.processes import ProgramEnded, on_free_port, running_program
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

# Starts a program, prints its process id, and waits to be killed.
PARENT = """
import sys, time
from testing.processes import start_program
print(start_program([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
time.sleep(600)
"""


def _alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_started_program_ends_when_its_parent_is_killed(number: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert _alive(child)
        parent.send_signal(number)
    wait_until(lambda: not _alive(child))


def test_port_taken_meanwhile_is_replaced_by_another(tmp_path: Path) -> None:
    tried: list[int] = []

    @contextmanager
    def start(port: int) -> Iterator[int]:
        tried.append(port)
        with socket.socket() as taken:
            if len(tried) == 1:
                taken.bind(("127.0.0.1", port))
            command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
            with running_program(command, health=f"http://127.0.0.1:{port}/", log=tmp_path / "log"):
                yield port

    with on_free_port(start) as port:
        assert tried == [tried[0], port]
        assert port != tried[0]


def test_program_that_ends_at_once_is_named_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no way')"]
    with (
        pytest.raises(ProgramEnded, match="no way"),
        running_program(command, health="http://127.0.0.1:9/", log=tmp_path / "log"),
    ):
        pytest.fail("it never started")


@pytest.mark.slow
def test_sandbox_that_ends_at_once_says_how() -> None:
    with pytest.raises(ProgramEnded, match="ended with 2 before"):
        SandboxServer(contacts=-1)
