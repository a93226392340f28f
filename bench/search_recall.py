"""Finding a number however it is typed: the corpus of testing/corpus by the plan, and beside it by plain `search=`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from contacts_ui.phone_search import build_plan
from testing.corpus.evaluate import Case, Corpus, Kind, Outcome, corpus, judged, mean_calls, plain, planned, share_found

from .statistics import Bar, median, percentile, show_bars, show_table

KINDS: tuple[tuple[Kind, str], ...] = (("complete", "complete numbers"), ("fragment", "fragments"))
A_FRAGMENT = "5550142"
ROUNDS = 3  # the best of them is what planning costs; the rest is what else the machine does
Both = tuple[Outcome, Outcome]  # by the plan, by plain search


def main() -> int:
    """Prints tables for the README; 0 when every bar is met."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--held-out", action="store_true", help="the corpus that nothing was tuned or tested on")
    arguments.add_argument("--file", help="another one that make.mjs wrote")
    chosen = arguments.parse_args()
    spellings = corpus("held_out" if chosen.held_out else "spellings", chosen.file)
    firsts = _first_times(spellings)
    with spellings.sandbox() as server:
        ours = judged(server, spellings.cases, planned)
        theirs = judged(server, spellings.cases, plain)
    both = list(zip(ours, theirs, strict=True))
    print(
        f"{len(both)} spellings by {spellings.made_by}; sandbox of {spellings.contacts} contacts, seed {spellings.seed}"
    )
    _show_found(both)
    _show_by_how(both)
    times = [min(_timed(planned, case) for _ in range(ROUNDS)) for case in spellings.cases]
    print(f"\nPlanning: median {median(times):.2f} ms, p99 {percentile(times, 0.99):.1f} ms, most {max(times):.0f} ms.")
    print(f"A region's first time: median {median(firsts):.0f} ms, most {max(firsts):.0f} ms.\n")
    return show_bars(_bars(ours, times))


def _first_times(spellings: Corpus) -> list[float]:
    """What it costs to get to know each region, once in the life of a process."""
    regions = sorted({region for case in spellings.cases for region in case.regions})
    return [_timed(build_plan, A_FRAGMENT, [region]) for region in regions]


def _timed(work: Callable[..., object], *given: object) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    work(*given)
    return (time.perf_counter() - start) * 1000


def _show_found(both: Sequence[Both]) -> None:
    rows: list[tuple[object, ...]] = []
    for kind, words in KINDS:
        of_kind = [pair for pair in both if pair[0].case.kind == kind]
        rows += [_row(f"{words}, {size} region{'s' * (size > 1)}", _with(of_kind, size)) for size in (1, 3, 10)]
        rows.append(_row(f"**{words}**", of_kind))
    show_table(("", "cases", "found %", "calls, mean", "most", "wrong first", "plain: found %", "wrong first"), rows)


def _with(both: Iterable[Both], size: int) -> list[Both]:
    return [pair for pair in both if len(pair[0].case.regions) == size]


def _row(name: str, both: Sequence[Both]) -> tuple[object, ...]:
    ours, theirs = [one for one, _ in both], [other for _, other in both]
    return (
        name,
        len(both),
        _percent(ours),
        f"{mean_calls(ours):.2f}",
        max(outcome.calls for outcome in ours),
        sum(outcome.wrong for outcome in ours),
        _percent(theirs),
        sum(outcome.wrong for outcome in theirs),
    )


def _show_by_how(both: Iterable[Both]) -> None:
    by_how: defaultdict[str, list[Both]] = defaultdict(list)
    for pair in both:
        by_how[pair[0].case.how].append(pair)
    print()
    rows = [
        (
            how,
            _an_example(pairs[0][0].case),
            len(pairs),
            _percent(one for one, _ in pairs),
            _percent(two for _, two in pairs),
        )
        for how, pairs in by_how.items()
    ]
    show_table(("spelling", "such as", "cases", "found %", "plain: found %"), rows)


def _an_example(case: Case) -> str:
    """Typed text with what cannot be seen made visible."""
    shown = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in case.typed)
    return f"`{shown}`".replace("|", "\\|")


def _percent(outcomes: Iterable[Outcome]) -> str:
    return f"{100 * share_found(outcomes):.1f}"


def _bars(ours: Sequence[Outcome], times: Sequence[float]) -> list[Bar]:
    found = {kind: 100 * share_found(one for one in ours if one.case.kind == kind) for kind, _ in KINDS}
    return [
        Bar("% of complete numbers found", found["complete"], 99.5, at_least=True),
        Bar("% of fragments found", found["fragment"], 97, at_least=True),
        Bar("wrong contacts first", sum(outcome.wrong for outcome in ours), 0),
        Bar("API calls a search, mean", mean_calls(ours), 1.3),
        Bar("API calls a search, most", max(outcome.calls for outcome in ours), 3),
        Bar("milliseconds of planning, median", median(times), 1),
    ]


if __name__ == "__main__":
    sys.exit(main())
