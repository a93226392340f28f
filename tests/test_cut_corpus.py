"""Second corpus on a running sandbox: cut anywhere, written as in 24 countries, pasted back; with an index and without.

A twenty-fourth of the contacts; all of them in `make test-all`, and in bench.spellings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
import pytest

from contacts_ui.number_index import ScopeIndex
from contacts_ui.sent_api.types import Contact
from testing.corpus.countries import COUNTRIES
from testing.corpus.cuts import contacts_of, cut_corpus
from testing.corpus.evaluate import Kind, Outcome, guided, judged, mean_calls, plain, planned, share_found
from testing.sandbox_server import SandboxServer

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Judged:
    """The same cases by the plan with a complete index, by the plan without one, and by plain search."""

    with_index: list[Outcome]
    without: list[Outcome]
    plain: list[Outcome]


@pytest.fixture(scope="module", params=[24, pytest.param(1, marks=pytest.mark.exhaustive)], ids=["some", "all"])
def outcomes(request: pytest.FixtureRequest) -> Judged:
    with SandboxServer(contacts=3000, seed=31, account_lists="own") as server:
        cases = cut_corpus(server, every=request.param)
        known = ScopeIndex.of((msgspec.convert(row, Contact) for row in contacts_of(server)), complete=True)
        return Judged(*(judged(server, cases, plan) for plan in (guided(known), planned, plain)))


def test_corpus_has_whole_numbers_of_24_countries(outcomes: Judged) -> None:
    complete = {outcome.case.region for outcome in outcomes.with_index if outcome.case.kind == "complete"}
    assert len(COUNTRIES) == 24
    assert complete == {country.region for country in COUNTRIES}


@pytest.mark.parametrize(("kind", "least"), [("fragment", 0.995), ("complete", 0.995), ("pasted", 1.0)])
def test_numbers_are_found_with_an_index(outcomes: Judged, kind: Kind, least: float) -> None:
    found = _of(kind, outcomes.with_index)
    assert share_found(found) >= least, _listed(outcome for outcome in found if not outcome.found)


@pytest.mark.parametrize(("kind", "least"), [("fragment", 0.85), ("complete", 0.97), ("pasted", 1.0)])
def test_numbers_are_found_without_an_index(outcomes: Judged, kind: Kind, least: float) -> None:
    found = _of(kind, outcomes.without)
    assert share_found(found) >= least, _listed(outcome for outcome in found if not outcome.found)


def test_nothing_is_missed_that_plain_search_finds(outcomes: Judged) -> None:
    for ours in (outcomes.with_index, outcomes.without):
        missed = [one for one, other in zip(ours, outcomes.plain, strict=True) if other.found and not one.found]
        assert not missed, _listed(missed)


def test_first_result_is_never_wrong_contact(outcomes: Judged) -> None:
    wrong = [outcome for outcome in (*outcomes.with_index, *outcomes.without) if outcome.wrong]
    assert not wrong, _listed(wrong)


def test_search_costs_few_calls(outcomes: Judged) -> None:
    assert mean_calls(outcomes.with_index) <= 1.15
    assert max(outcome.calls for outcome in (*outcomes.with_index, *outcomes.without)) <= 3


def _of(kind: Kind, outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.case.kind == kind]


def _listed(outcomes: Iterable[Outcome]) -> str:
    return "\n".join(sorted(map(str, outcomes)))
