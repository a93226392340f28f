"""Typing faster than the API answers: the short form of bench/typing_race.py, on a desk and a slow sandbox of its own.

Chance decides which requests overlap, so `make test-all` alone plays it; what is held back and let go in one order
stands in test_walk.py and test_waiting.py.
"""

from __future__ import annotations

import pytest

from bench import typing_race as race
from bench.typing_race import BACKSPACE, GAP_SECONDS, KEYS, Outcome

ROUNDS = 20


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """Twenty rounds, played once for all tests."""
    return race.run(tmp_path_factory.mktemp("race"), rounds=ROUNDS, tabs=5, seed=11)


def test_every_round_is_ten_keys_that_leave_its_text() -> None:
    numbers = [f"(0{area}) 55-{line}" for area in range(10, 60) for line in range(1000, 1010)]
    for round_ in race.plan(numbers, 50, seed=1):
        left = ""
        for key in round_.keys:
            left = left[:-1] if key == BACKSPACE else left + key
        assert left == round_.text
        assert len(round_.keys) == len(round_.gaps) == KEYS
        assert min(round_.gaps) >= GAP_SECONDS[0]


@pytest.mark.exhaustive
@pytest.mark.needs("Chromium")
def test_the_last_querys_rows_stand_after_ten_fast_keystrokes(outcomes: list[Outcome]) -> None:
    """And the box, the address and the focus are those of the last query too."""
    assert len(outcomes) == ROUNDS
    assert {outcome.round.text: outcome.wrong for outcome in outcomes if outcome.wrong} == {}
    assert all(1 <= outcome.rows <= race.MOST_ROWS for outcome in outcomes)


@pytest.mark.exhaustive
@pytest.mark.needs("Chromium")
def test_requests_were_overtaken_while_they_were_in_flight(outcomes: list[Outcome]) -> None:
    """Without that the test above would prove nothing."""
    assert sum(outcome.overtaken for outcome in outcomes) >= 3
    assert sum(outcome.asked for outcome in outcomes) > ROUNDS
