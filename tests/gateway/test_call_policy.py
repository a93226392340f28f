"""One call to the API: a place among those in flight, leave of the budget, and a second try where it can help."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import gateway
from contacts_ui.gateway.call_policy import Caller
from contacts_ui.gateway.circuit_breaker import FAILURES, Breaker
from contacts_ui.gateway.rate_limiter import FileBudget
from contacts_ui.gateway.shared_memory import Ledger
from contacts_ui.gateway.stats import Tally
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import BudgetSpent, Crowded, NotAnswering, SentError, Unavailable, Unreachable
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.total_timeout import Deadline
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.html import rows, text

LIST = "/account/contacts/"
PER_MINUTE = 2  # so that no test lasts until the bucket fills again


class _Api:
    """Counts calls, and fails the first of them."""

    def __init__(self, error: SentError | None = None) -> None:
        self.calls, self._error = 0, error or Unavailable(status=503)

    def ask(self, _deadline: Deadline) -> str:
        self.calls += 1
        if self.calls == 1:
            raise self._error
        return "an answer"


@pytest.fixture
def breaker(tmp_path: Path) -> Breaker:
    """Closed."""
    return Breaker(Ledger(tmp_path / "ledger", FileBudget.cells(PER_MINUTE)), 3.0)


@pytest.fixture
def make(tmp_path: Path, breaker: Breaker) -> Callable[..., Caller]:
    """Makes callers with a budget of two calls a minute, two at once."""

    def made(*, burst: int = 2, seconds: float = 60.0) -> Caller:
        ledger = Ledger(tmp_path / "ledger", FileBudget.cells(PER_MINUTE))
        budget = FileBudget(ledger, PER_MINUTE, burst)
        return Caller(breaker, budget, Tally(ledger), in_flight=2, deadline_seconds=seconds)

    return made


def test_who_finds_no_place_in_flight_is_turned_away_until_one_leaves(make: Callable[..., Caller]) -> None:
    caller = make()
    caller.enter()
    caller.enter()
    with pytest.raises(Crowded):
        caller.enter()
    caller.leave()
    caller.enter()


@pytest.mark.parametrize("error", [Unavailable(status=503), Unreachable()], ids=["unavailable", "unreachable"])
def test_a_broken_call_is_tried_a_second_time(make: Callable[..., Caller], error: SentError) -> None:
    api = _Api(error)
    assert make().call(api.ask) == "an answer"
    assert api.calls == 2


@pytest.mark.parametrize(("burst", "bulk"), [(1, False), (2, True)], ids=["the last call", "the last of bulk"])
def test_without_budget_there_is_no_second_try(make: Callable[..., Caller], burst: int, bulk: bool) -> None:
    api = _Api()
    with pytest.raises(Unavailable):
        make(burst=burst).call(api.ask, bulk=bulk)
    assert api.calls == 1


def test_without_budget_there_is_no_first_try_either(make: Callable[..., Caller]) -> None:
    api, caller = _Api(), make(burst=1)
    with pytest.raises(Unavailable):
        caller.call(api.ask)
    with pytest.raises(BudgetSpent):
        caller.call(api.ask)
    assert api.calls == 1


def test_shortly_before_the_deadline_there_is_no_second_try(make: Callable[..., Caller]) -> None:
    api = _Api()
    with pytest.raises(Unavailable):
        make(seconds=0.2).call(api.ask)
    assert api.calls == 1


def test_a_failure_that_opens_the_breaker_is_not_tried_again(make: Callable[..., Caller], breaker: Breaker) -> None:
    for _ in range(FAILURES - 1):
        breaker.failed()
    api = _Api()
    with pytest.raises(Unavailable):
        make().call(api.ask)
    assert api.calls == 1


class _Slow(FileBudget):
    """A budget that is asked while somebody else takes the probe that is due."""

    def __init__(self, ledger: Ledger, breaker: Breaker) -> None:
        super().__init__(ledger, PER_MINUTE, PER_MINUTE)
        self._breaker = breaker

    def take(self, *, bulk: bool = False) -> float:
        assert self._breaker.wait() == 0.0
        return super().take(bulk=bulk)


def test_of_two_who_would_probe_at_once_one_is_turned_away(
    breaker: Breaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts_ui.gateway.circuit_breaker.FIRST_PAUSE", 0.0)  # a probe is due at once
    for _ in range(FAILURES):
        breaker.failed()
    ledger = Ledger(tmp_path / "ledger", FileBudget.cells(PER_MINUTE))
    caller = Caller(breaker, _Slow(ledger, breaker), Tally(ledger), in_flight=2, deadline_seconds=60)
    api = _Api()
    with pytest.raises(NotAnswering):
        caller.call(api.ask)
    assert api.calls == 0


def test_a_page_without_a_place_in_flight_says_so_and_asks_nothing(
    admin_client: Client, desk_api: SandboxServer, settings: Settings
) -> None:
    settings.SENT_IN_FLIGHT, settings.SENT_DEADLINE = 1, 60.0
    gateway.cache_clear()
    gateway().account()
    desk_api.reset_requests()
    desk_api.fault(route="contacts", kind="slow", seconds=60)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(gateway().contacts, Scope(None, "Account", switchable=True), ContactQuery(page=3))
        wait_until(lambda: desk_api.fired() == ["slow"])
        response = admin_client.get(LIST)
        assert response.status_code == 503
        assert "Too many people are waiting" in text(response)
        assert rows(response) == []
        assert len(desk_api.requests()) == 1
        desk_api.release()
        assert first.result(60).value.contacts
    assert len(rows(admin_client.get(LIST))) == 50
