"""Short runs of bench/workload.py and bench/rate_limit_load.py, with thresholds that fit their size."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from bench import rate_limit_load as flood
from bench import workload as agents
from bench.workload_plan import DEBOUNCE_SECONDS, Hour, plan, quiet_after

A_FEW_MINUTES = Hour(seconds=180, searches=3, moves=4, opened=6, filters=2, switches=1)
FACTOR = 10.0  # three minutes in eighteen seconds
BUDGET, BURST = 120, 10


def test_simulated_agent_hour_has_specified_actions() -> None:
    """60 searches, 40 page moves half of them back, 60 contacts, 10 filter changes, 6 profile switches."""
    cases = plan(Hour(), Random(1))
    steps = [step for case in cases for step in case.steps]
    assert len(cases) == 60
    assert sum(case.shared for case in cases) == 18
    assert sum(case.switch for case in cases) == 6
    assert [steps.count(step) for step in ("next", "previous", "open")] == [20, 20, 60]
    assert steps.count("narrow") + steps.count("widen") == 10


def test_debounce_sends_request_only_after_pause_in_typing() -> None:
    """Typing without a pause sends one request."""
    assert quiet_after([0.1, 0.2, 0.249]) == [4]
    assert quiet_after([0.1, DEBOUNCE_SECONDS, 0.1]) == [2, 4]


@pytest.mark.exhaustive
def test_short_workload_has_under_one_call_per_action_and_no_429(tmp_path: Path) -> None:
    """The cache is cold at this size, so the threshold is wider than that of the hour."""
    outcome = agents.run("full", tmp_path, A_FEW_MINUTES, agents=4, factor=FACTOR, seed=3, contacts=200_000)
    assert set(outcome.statuses) == {200}
    assert outcome.actions + outcome.not_possible == 4 * A_FEW_MINUTES.actions
    assert outcome.calls_per_action < 1
    assert outcome.refused == 0
    assert outcome.fullest_window <= BUDGET


@pytest.mark.exhaustive
def test_three_process_load_stays_within_rate_limit(tmp_path: Path) -> None:
    """The API sees no more calls than the bucket grants, and bulk gets nothing of the half of interactive."""
    seconds = 3.0
    outcome = flood.run(flood.MIXED, seconds, tmp_path, budget=BUDGET, burst=BURST)
    lasted = max(outcome.interactive) + 1
    assert outcome.refused == 0
    assert outcome.calls <= BURST + lasted * BUDGET / 60
    assert outcome.granted("interactive") >= BURST / 2
    assert outcome.granted("bulk") <= BURST / 2
    assert outcome.asked["interactive refused"] > outcome.granted("interactive")
