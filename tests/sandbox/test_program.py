"""Program: start, shutdown and command-line flags (README, flags)."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest
import requests

from sandbox.options import parse
from testing import ROOT
from testing.sandbox_server import SandboxServer


def _run(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *flags], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_faults_and_shutdown_print_nothing(signal_number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    with SandboxServer(contacts=50) as server:
        assert server.url.startswith("http://127.0.0.1:")
        for fault in FAULTS:
            server.fault(**fault)
            with suppress(requests.RequestException):
                server.get("/v3/me")
        assert len(server.fired()) == len(FAULTS)
        server.process.send_signal(signal_number)
        assert server.process.wait(60) == 0
    assert capfd.readouterr() == ("", "")


FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "reset"},
    {"kind": "reset", "after": "body"},
    {"kind": "truncate"},
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 404},
)


@pytest.mark.parametrize(
    "flags",
    [
        ("--contacts", "1000001"),
        ("--contacts", "-1"),
        ("--profiles", "few"),
        ("--latency-ms", "90-10"),
        ("--latency-ms", "fast"),
        ("--rate", "-5"),
        ("--burst", "0"),
        ("--account-lists", "some"),
        ("--phone-rows", "some"),
    ],
)
def test_invalid_flag_is_rejected(flags: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(["--port", "0", *flags])
    assert caught.value.code == 2
    assert flags[0] in capsys.readouterr().err


@pytest.mark.slow
def test_program_exits_with_the_flag_error() -> None:
    completed = _run("--port", "0", "--contacts", "-1")
    assert (completed.returncode, completed.stdout) == (2, "")
    assert "--contacts" in completed.stderr


@pytest.mark.slow
def test_port_in_use_is_reported_in_one_line() -> None:
    with SandboxServer(contacts=50) as server:
        completed = _run("--port", server.url.rpartition(":")[2])
    assert completed.returncode == 1
    assert completed.stderr.count("\n") == 1
    assert "cannot listen" in completed.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("contacts", "profiles"),
    [
        (0, 0),
        (7, 2),
        *(pytest.param(*each, marks=pytest.mark.exhaustive) for each in ((0, 3), (1, 1), (50, 0), (20, 40))),
    ],
)
def test_any_number_of_contacts_and_profiles_is_served(contacts: int, profiles: int) -> None:
    with SandboxServer(contacts=contacts, profiles=profiles) as server:
        assert len(server.profiles()) == profiles
        assert len(server.contacts()) == contacts
        assert server.get("/v3/contacts", page=1, page_size=10).status_code == 200
