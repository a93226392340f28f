"""Search recall and cost on a corpus of spellings made by another implementation, on a running sandbox (issue 5)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from testing.corpus.evaluate import Kind, Outcome, corpus, judged, mean_calls, planned, share_found

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=[4, pytest.param(1, marks=pytest.mark.exhaustive)], ids=["some", "all"])
def outcomes(request: pytest.FixtureRequest) -> list[Outcome]:
    """Outcome of the search plan for every fourth spelling of the corpus; for all of them in `make test-all`."""
    spellings = corpus()
    with spellings.sandbox() as server:
        return judged(server, spellings.cases[:: request.param], planned)


def test_corpus_has_required_size_and_regions() -> None:
    cases = corpus().cases
    assert len(cases) >= 600
    assert len({case.region for case in cases}) >= 30
    assert {len(case.regions) for case in cases} == {1, 3, 10}
    assert all(case.region in case.regions for case in cases)


def test_complete_numbers_are_found_in_any_spelling(outcomes: list[Outcome]) -> None:
    complete = _of("complete", outcomes)
    assert share_found(complete) >= 0.995, _listed(outcome for outcome in complete if not outcome.found)


def test_fragments_are_found_in_any_spelling(outcomes: list[Outcome]) -> None:
    fragments = _of("fragment", outcomes)
    assert share_found(fragments) >= 0.97, _listed(outcome for outcome in fragments if not outcome.found)


def test_first_result_is_never_wrong_contact(outcomes: list[Outcome]) -> None:
    """The first row of a whole number is the contact; that of a fragment contains its digits."""
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    assert not wrong, _listed(wrong)


def test_mean_search_cost_is_at_most_1_3_calls(outcomes: list[Outcome]) -> None:
    assert mean_calls(outcomes) <= 1.3


def test_no_search_costs_more_than_three_calls(outcomes: list[Outcome]) -> None:
    assert max(outcome.calls for outcome in outcomes) <= 3


def _of(kind: Kind, outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.case.kind == kind]


def _listed(outcomes: Iterable[Outcome]) -> str:
    return "\n".join(sorted(map(str, outcomes)))
