"""A list that changes while it is copied: nothing is missing, or the snapshot says so."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from pytest_django import Settings

from contacts_ui import snapshots
from contacts_ui.gateway import get_gateway
from contacts_ui.models import Snapshot, SnapshotState
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.snapshots.conftest import again, ids_of

pytestmark = pytest.mark.django_db
ORDERS = ("created", "-created", "changed", "-changed")


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[SandboxServer]:
    """Instead of the worker's sandbox: one whose account lists twenty pages."""
    with SandboxServer(contacts=2000, profiles=0, seed=7, rate=0) as server:
        yield server


@pytest.fixture
def _ample_budget(desk_api: SandboxServer, settings: Settings) -> None:
    """A quarter of it is enough for three thousand calls."""
    settings.SENT_BUDGET_PER_MINUTE = settings.SENT_BUDGET_BURST = 40_000
    get_gateway.cache_clear()


def _taken(api: SandboxServer, **churn: Any) -> tuple[Snapshot, set[str]]:
    """The snapshot of a list that changes meanwhile, and the ids that it lacks of what the last request saw."""
    api.churn(**churn)
    snapshot = snapshots.start(None, "index")
    run_tasks()
    snapshot = again(snapshot)
    assert snapshot.state == SnapshotState.FINISHED
    missing = set(api.contacts()) - set(ids_of(snapshot))
    if snapshot.whole:
        assert missing == set()
        assert "of" not in snapshot.coverage
    return snapshot, missing


@pytest.mark.slow
@pytest.mark.parametrize(  # the other two orders: below
    "order", [pytest.param(order, marks=() if order[0] == "-" else pytest.mark.exhaustive) for order in ORDERS]
)
def test_changing_list_is_whole_or_says_so(desk_api: SandboxServer, order: str) -> None:
    snapshot, _ = _taken(desk_api, additions=0.7, changes=2.3, deletions=0.2, reserve=60, order=order, seed=3)
    assert snapshot.passes > 1


@pytest.mark.slow
def test_rows_that_one_pass_loses_are_found_by_the_next(desk_api: SandboxServer) -> None:
    """Changed contacts go to the end, and others slip past the position, while the total stands still."""
    snapshot, _ = _taken(desk_api, changes=1, order="changed", seed=2)
    assert (snapshot.whole, snapshot.passes) == (True, 2)


@pytest.mark.slow
def test_deletions_that_hide_missing_rows_are_noticed(desk_api: SandboxServer) -> None:
    """As many distinct ids as the list has, and yet some are missing: ids that are gone stand for them."""
    snapshot, _ = _taken(desk_api, deletions=3, order="created", seed=5)
    assert (snapshot.whole, snapshot.passes) == (False, 3)
    assert snapshot.coverage == f"{snapshot.rows:,}, while the list changed"


@pytest.mark.exhaustive
@pytest.mark.usefixtures("_ample_budget")
def test_fifty_changing_lists_are_whole_or_say_so(desk_api: SandboxServer) -> None:
    rates = [(0.1, 0.0, 0.3), (0.7, 0.0, 2.3), (0.5, 0.2, 2.0), (0.05, 0.02, 0.1), (0.0, 0.0, 5.0), (2.0, 1.0, 0.0)]
    story = list(product(ORDERS, rates, (1, 2, 3)))[:50]
    whole, first_passes, lost = 0, 0, 0
    for order, (additions, deletions, changes), seed in story:
        snapshot, missing = _taken(
            desk_api,
            additions=additions,
            deletions=deletions,
            changes=changes,
            order=order,
            seed=seed,
            reserve=150,
        )
        whole += snapshot.whole
        first_passes += snapshot.passes == 1
        lost += len(missing)
    figures = f"{whole} whole ({first_passes} after one pass), else {lost} rows missing and said so"
    sys.stdout.write(f"{len(story)} lists: {figures}\n")
