"""The breaker: opens after five failures in a row, one probe at a time, closes at the first answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from contacts_ui.gateway import circuit_breaker as breakers
from contacts_ui.gateway.circuit_breaker import FAILURES, Breaker
from contacts_ui.gateway.rate_limiter import FileBudget
from contacts_ui.gateway.shared_memory import Ledger


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The breaker's clock; add seconds to its only item."""
    now = [1000.0]
    monkeypatch.setattr("contacts_ui.gateway.circuit_breaker.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def breaker(tmp_path: Path, clock: list[float]) -> Breaker:
    """Closed, with probes of at most three seconds."""
    return Breaker(Ledger(tmp_path / "ledger", FileBudget.cells(60)), 3.0)


def _fail(breaker: Breaker, times: int = FAILURES) -> None:
    for _ in range(times):
        breaker.failed()


def test_four_failures_leave_it_closed(breaker: Breaker) -> None:
    _fail(breaker, FAILURES - 1)
    assert breaker.wait() == 0
    assert not breaker.state().is_open


def test_the_fifth_failure_in_a_row_opens_it(breaker: Breaker) -> None:
    _fail(breaker)
    assert breaker.wait() == breakers.FIRST_PAUSE
    assert breaker.state().is_open


def test_an_answer_in_between_starts_the_count_again(breaker: Breaker) -> None:
    _fail(breaker, FAILURES - 1)
    breaker.succeeded()
    _fail(breaker, FAILURES - 1)
    assert not breaker.state().is_open


def test_after_the_pause_one_probe_goes_and_one_only(breaker: Breaker, clock: list[float]) -> None:
    _fail(breaker)
    clock[0] += breakers.FIRST_PAUSE + 0.1
    assert breaker.wait() == 0
    assert breaker.wait() > 0


def test_a_probe_that_never_comes_back_does_not_block_the_next(breaker: Breaker, clock: list[float]) -> None:
    _fail(breaker)
    clock[0] += breakers.FIRST_PAUSE + 0.1
    breaker.wait()
    clock[0] += 3.1
    assert breaker.wait() == 0


def test_a_good_probe_closes_it(breaker: Breaker, clock: list[float]) -> None:
    _fail(breaker)
    clock[0] += breakers.FIRST_PAUSE + 0.1
    breaker.wait()
    breaker.succeeded()
    assert breaker.wait() == breaker.wait() == 0


def test_the_pause_grows_with_each_bad_probe_up_to_its_bound(breaker: Breaker, clock: list[float]) -> None:
    _fail(breaker)
    pauses = []
    for _ in range(5):
        pauses.append(breaker.state().opens_in)
        clock[0] += pauses[-1] + 0.01
        assert breaker.wait() == 0
        breaker.failed()
    assert pauses == [5.0, 10.0, 10.0, 10.0, 10.0]


def test_late_failures_of_calls_sent_before_do_not_lengthen_the_pause(breaker: Breaker) -> None:
    _fail(breaker, FAILURES + 20)
    assert breaker.state().opens_in == breakers.FIRST_PAUSE


def test_all_processes_of_a_host_share_it(breaker: Breaker, tmp_path: Path) -> None:
    _fail(breaker)
    other = Breaker(Ledger(tmp_path / "ledger", FileBudget.cells(60)), 3.0)
    assert other.state().is_open
