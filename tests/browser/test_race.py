"""Typing race: short form of bench/typing_race.py, typing faster than the API responds, on a desk of its own.

Which requests overlap is random, so only `make test-all` runs it; test_user_journeys.py and test_waiting.py cover fixed
orders of responses.
"""

from __future__ import annotations

import pytest

from bench import typing_race as race
from bench.typing_race import BACKSPACE, GAP_SECONDS, KEYS, Outcome

ROUNDS = 20


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """Outcomes of twenty rounds, run once for all tests."""
    return race.run(tmp_path_factory.mktemp("race"), rounds=ROUNDS, tabs=5, seed=11)


def test_each_round_has_ten_keys_that_type_its_text() -> None:
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
def test_rows_match_last_query_after_ten_fast_keystrokes(outcomes: list[Outcome]) -> None:
    """`wrong` also covers the search field, the address and the focus."""
    assert len(outcomes) == ROUNDS
    assert {outcome.round.text: outcome.wrong for outcome in outcomes if outcome.wrong} == {}
    assert all(1 <= outcome.rows <= race.MOST_ROWS for outcome in outcomes)


@pytest.mark.exhaustive
@pytest.mark.needs("Chromium")
def test_rounds_contain_overtaken_requests(outcomes: list[Outcome]) -> None:
    """Guards the test above: without overtaken requests it proves nothing."""
    assert sum(outcome.overtaken for outcome in outcomes) >= 3
    assert sum(outcome.asked for outcome in outcomes) > ROUNDS
