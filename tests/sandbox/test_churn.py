"""Churn: a list that changes between two requests for it, the same way for the same seed."""

from __future__ import annotations

import pytest

from sandbox.churn import Churn, ChurnPlan, InvalidChurn
from testing.sandbox_server import SandboxServer
from tests.sandbox.responses import profile_id


def _churn(plan: ChurnPlan, reads: int, size: int = 100) -> Churn:
    churn = Churn.of(plan, range(size))
    for _ in range(reads):
        churn.read(None, 0, 10)
    return churn


def test_first_request_sees_list_without_reserve() -> None:
    churn = Churn.of(ChurnPlan(additions=1, reserve=40), range(100))
    assert churn.read(None, 0, 100) == (list(range(60)), 60)


def test_changes_come_between_requests_at_their_rates() -> None:
    churn = _churn(ChurnPlan(additions=0.5, deletions=0.25, changes=2, reserve=40), reads=9)
    assert churn.done == {"additions": 4, "deletions": 2, "changes": 16}
    assert len(churn.visible) == 60 + 4 - 2


def test_same_seed_tells_same_story() -> None:
    plan = ChurnPlan(additions=1, deletions=1, changes=1, reserve=20, order="-changed", seed=4)
    assert _churn(plan, 20).visible == _churn(plan, 20).visible


@pytest.mark.parametrize(("order", "position"), [("created", -1), ("-created", 0), ("changed", -1), ("-changed", 0)])
def test_addition_is_where_the_order_puts_the_newest(order: str, position: int) -> None:
    assert _churn(ChurnPlan(additions=1, reserve=40, order=order), reads=2).visible[position] == 60


def test_changed_contact_moves_in_order_of_last_change_alone() -> None:
    assert _churn(ChurnPlan(changes=1, order="created"), reads=9).visible == list(range(100))
    moved = _churn(ChurnPlan(changes=1, order="changed"), reads=2).visible
    assert moved != list(range(100))
    assert sorted(moved) == list(range(100))


def test_list_that_runs_out_of_contacts_goes_on() -> None:
    assert _churn(ChurnPlan(deletions=1, additions=1, changes=1), reads=9, size=3).visible == []


@pytest.mark.parametrize("fields", [{"order": "name"}, {"changes": -1}])
def test_impossible_plan_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidChurn):
        ChurnPlan(**fields)  # type: ignore[arg-type]


def test_churn_of_one_scope_is_seen_there_alone_until_cleared(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 2)
    before, account = len(sandbox.contacts(profile)), len(sandbox.contacts())
    sandbox.churn(profile, deletions=1, seed=1)
    answers = [sandbox.get("/v3/contacts", profile=profile, page=1, page_size=1).json() for _ in range(4)]
    assert answers[-1]["data"]["pagination"]["total_count"] == before - 3 == len(sandbox.contacts(profile))
    searched = sandbox.get("/v3/contacts", profile=profile, page=1, page_size=1, channel="sms").json()
    assert searched["data"]["pagination"]["total_count"] < before - 3
    assert sandbox.churned()[profile]["deletions"] == 4
    assert len(sandbox.contacts()) == account
    sandbox.clear()
    assert len(sandbox.contacts(profile)) == before


@pytest.mark.parametrize("body", ["[]", "{", '{"order": "name"}', '{"unknown": 1}', '{"changes": "x"}'])
def test_invalid_churn_is_refused_with_message(sandbox: SandboxServer, body: str) -> None:
    response = sandbox._session.post(f"{sandbox.url}/_sandbox/churn", data=body, timeout=10)
    assert response.status_code == 400
    assert response.json()["error"]


def test_churn_of_unknown_profile_is_refused(sandbox: SandboxServer) -> None:
    with pytest.raises(ValueError, match="no such profile"):
        sandbox.churn("00000000-0000-4000-8000-000000000000")
