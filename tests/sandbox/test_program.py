"""The program itself: starting, stopping, and flags that make no sense (README, flags)."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from testing import ROOT
from testing.sandbox_server import SandboxServer


def _run(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *flags], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_quietly(how: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--contacts", "50"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("sandbox listening on http://127.0.0.1:")
    process.send_signal(how)
    _output, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")


def test_nothing_is_written_about_spoilt_answers() -> None:
    command = [sys.executable, "-c", _SPOIL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


_SPOIL = """
import requests
from testing.sandbox_server import SandboxServer
with SandboxServer(contacts=50) as server:
    for fault in ({"kind": "reset"}, {"kind": "reset", "after": "body"}, {"kind": "truncate"},
                  {"kind": "status", "status": 500}, {"kind": "status", "status": 404}):
        server.fault(**fault)
        try:
            server.get("/v3/me")
        except requests.RequestException:
            pass
"""


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
    ],
)
def test_a_flag_that_makes_no_sense_is_refused(flags: tuple[str, str]) -> None:
    done = _run("--port", "0", *flags)
    assert done.returncode == 2
    assert flags[0] in done.stderr


def test_a_port_in_use_is_said_in_one_line() -> None:
    with SandboxServer(contacts=50) as server:
        done = _run("--port", server.url.rpartition(":")[2])
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot listen" in done.stderr


@pytest.mark.parametrize(("contacts", "profiles"), [(0, 0), (0, 3), (1, 1), (7, 2), (50, 0), (20, 40)])
def test_any_number_of_contacts_and_profiles_will_do(contacts: int, profiles: int) -> None:
    with SandboxServer(contacts=contacts, profiles=profiles, account_lists="all") as server:
        assert len(server.profiles()) == profiles
        assert len(server.contacts()) == contacts
        assert server.get("/v3/contacts", page=1, page_size=10).status_code == 200
