"""Spellings benchmark: numbers cut anywhere, written as in 24 countries and pasted back, with and without an index.

The second corpus (testing/corpus/cuts.py) of a running sandbox, and the first one (spellings.json, held_out.json), each
by the search plan with a complete number index, by the plan without one, and by plain `search=`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import msgspec

from contacts_ui.sent_api.types import Contact
from testing import django_setup  # noqa: F401  # before the index, whose package has a model

from contacts_ui.number_index import ScopeIndex  # isort: skip
from testing.corpus.cuts import contacts_of, cut_corpus
from testing.corpus.evaluate import (
    Case,
    Outcome,
    corpus,
    guided,
    judged,
    mean_calls,
    plain,
    planned,
    share_found,
)
from testing.sandbox_server import SandboxServer

from .statistics import Threshold, show_table, show_thresholds

SEED = 31  # of a sandbox that no weight and no rule was made on
KINDS = ("complete", "fragment", "pasted")
COLUMNS = ("", "cases", "with index: found %", "calls", "most", "wrong first", "without: found %", "calls", "plain: %")
Outcomes = Sequence[Outcome]
Compared = tuple[Outcomes, Outcomes, Outcomes]  # of the same cases: with an index, without, by plain search


def main() -> int:
    """Prints tables and thresholds; exit code 0 when every threshold is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=3000, help="contacts of the sandbox, a fifth are the account's")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--every", type=int, default=1, help="use every so manieth contact")
    options = parser.parse_args()
    with SandboxServer(contacts=options.contacts, seed=options.seed, account_lists="own") as server:
        cut = _compare(server, cut_corpus(server, every=options.every))
    print(f"Second corpus: sandbox of {options.contacts:,} contacts, seed {options.seed}.")
    _show(cut)
    for name in ("spellings", "held_out"):
        first = corpus(name)
        with first.sandbox() as server:
            compared = _compare(server, first.cases)
        print(f"\nFirst corpus, {name}: seed {first.seed}.")
        _show(compared, by_spelling=False)
    print()
    return show_thresholds(_thresholds(cut))


def _compare(server: SandboxServer, cases: Sequence[Case]) -> Compared:
    known = ScopeIndex.of((msgspec.convert(row, Contact) for row in contacts_of(server)), complete=True)
    with_index, without, by_plain = (judged(server, cases, plan) for plan in (guided(known), planned, plain))
    return with_index, without, by_plain


def _show(compared: Compared, *, by_spelling: bool = True) -> None:
    groups = list(dict.fromkeys(outcome.case.how for outcome in compared[0])) if by_spelling else []
    rows = [_row(how, _chosen(compared, how=how)) for how in groups]
    kinds = [kind for kind in KINDS if any(outcome.case.kind == kind for outcome in compared[0])]
    rows += [_row(f"**{kind}**", _chosen(compared, kind=kind)) for kind in kinds]
    show_table(COLUMNS, rows)


def _chosen(compared: Compared, *, how: str | None = None, kind: str | None = None) -> Compared:
    one, two, three = (
        [each for each in outcomes if how in (None, each.case.how) and kind in (None, each.case.kind)]
        for outcomes in compared
    )
    return one, two, three


def _row(name: str, compared: Compared) -> tuple[object, ...]:
    with_index, without, by_plain = compared
    return (
        name,
        len(with_index),
        _percent(with_index),
        f"{mean_calls(with_index):.2f}",
        max(outcome.calls for outcome in with_index),
        sum(outcome.wrong for outcome in with_index),
        _percent(without),
        f"{mean_calls(without):.2f}",
        _percent(by_plain),
    )


def _percent(outcomes: Outcomes) -> str:
    return f"{100 * share_found(outcomes):.1f}"


def _thresholds(compared: Compared) -> list[Threshold]:
    with_index, without, by_plain = compared
    found = {kind: [100 * share_found(each) for each in _chosen(compared, kind=kind)] for kind in KINDS}
    missed = sum(theirs.found and not ours.found for ours, theirs in zip(without, by_plain, strict=True))
    missed_with = sum(theirs.found and not ours.found for ours, theirs in zip(with_index, by_plain, strict=True))
    return [
        Threshold("with an index: % of fragments found", found["fragment"][0], 99.5, at_least=True),
        Threshold("with an index: % of complete numbers found", found["complete"][0], 99.5, at_least=True),
        Threshold("with an index: % of pasted text found", found["pasted"][0], 100, at_least=True),
        Threshold("with an index: wrong contacts first", sum(outcome.wrong for outcome in with_index), 0),
        Threshold("with an index: API calls a search, mean", mean_calls(with_index), 1.15),
        Threshold("with an index: API calls a search, most", max(outcome.calls for outcome in with_index), 3),
        Threshold("with an index: missed, though plain search finds it", missed_with, 0),
        Threshold("without: missed, though plain search finds it", missed, 0),
        Threshold("without: % of complete numbers found", found["complete"][1], 97, at_least=True),
        Threshold("without: API calls a search, most", max(outcome.calls for outcome in without), 3),
    ]


if __name__ == "__main__":
    sys.exit(main())
