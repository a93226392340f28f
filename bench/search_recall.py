"""Search recall benchmark: finds the spellings of testing/corpus by search plan and by plain `search=`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from contacts_ui.phone_search import build_plan
from testing.corpus.evaluate import Case, Corpus, Kind, Outcome, corpus, judged, mean_calls, plain, planned, share_found

from .statistics import Threshold, median, percentile, show_table, show_thresholds

KINDS: tuple[tuple[Kind, str], ...] = (("complete", "complete numbers"), ("fragment", "fragments"))
SAMPLE_FRAGMENT = "5550142"
ROUNDS = 3  # the best is the cost of planning; the others include load of other processes
Pair = tuple[Outcome, Outcome]  # by search plan, by plain search


def main() -> int:
    """Prints tables and thresholds; exit code 0 when every threshold is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", action="store_true", help="use the corpus that no weight was tuned on")
    parser.add_argument("--file", help="use another corpus file written by make.mjs")
    options = parser.parse_args()
    spellings = corpus("held_out" if options.held_out else "spellings", options.file)
    first_times = _first_times(spellings)
    with spellings.sandbox() as server:
        by_plan = judged(server, spellings.cases, planned)
        by_plain = judged(server, spellings.cases, plain)
    pairs = list(zip(by_plan, by_plain, strict=True))
    print(
        f"{len(pairs)} spellings by {spellings.made_by}; "
        f"sandbox of {spellings.contacts} contacts, seed {spellings.seed}"
    )
    _show_recall(pairs)
    _show_by_spelling(pairs)
    times = [min(_timed(planned, case) for _ in range(ROUNDS)) for case in spellings.cases]
    print(f"\nPlanning: median {median(times):.2f} ms, p99 {percentile(times, 0.99):.1f} ms, most {max(times):.0f} ms.")
    print(f"A region's first time: median {median(first_times):.0f} ms, most {max(first_times):.0f} ms.\n")
    return show_thresholds(_thresholds(by_plan, times))


def _first_times(spellings: Corpus) -> list[float]:
    """Milliseconds to learn the number formats of each region, which happens once a process."""
    regions = sorted({region for case in spellings.cases for region in case.regions})
    return [_timed(build_plan, SAMPLE_FRAGMENT, [region]) for region in regions]


def _timed(function: Callable[..., object], *arguments: object) -> float:
    """Runs a function; returns milliseconds."""
    start = time.perf_counter()
    function(*arguments)
    return (time.perf_counter() - start) * 1000


def _show_recall(pairs: Sequence[Pair]) -> None:
    rows: list[tuple[object, ...]] = []
    for kind, label in KINDS:
        of_kind = [pair for pair in pairs if pair[0].case.kind == kind]
        rows += [_row(f"{label}, {size} region{'s' * (size > 1)}", _with_regions(of_kind, size)) for size in (1, 3, 10)]
        rows.append(_row(f"**{label}**", of_kind))
    show_table(("", "cases", "found %", "calls, mean", "most", "wrong first", "plain: found %", "wrong first"), rows)


def _with_regions(pairs: Iterable[Pair], size: int) -> list[Pair]:
    return [pair for pair in pairs if len(pair[0].case.regions) == size]


def _row(name: str, pairs: Sequence[Pair]) -> tuple[object, ...]:
    by_plan, by_plain = [plan for plan, _ in pairs], [plain for _, plain in pairs]
    return (
        name,
        len(pairs),
        _percent(by_plan),
        f"{mean_calls(by_plan):.2f}",
        max(outcome.calls for outcome in by_plan),
        sum(outcome.wrong for outcome in by_plan),
        _percent(by_plain),
        sum(outcome.wrong for outcome in by_plain),
    )


def _show_by_spelling(pairs: Iterable[Pair]) -> None:
    by_spelling: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_spelling[pair[0].case.how].append(pair)
    print()
    rows = [
        (
            how,
            _example(pairs[0][0].case),
            len(pairs),
            _percent(one for one, _ in pairs),
            _percent(two for _, two in pairs),
        )
        for how, pairs in by_spelling.items()
    ]
    show_table(("spelling", "such as", "cases", "found %", "plain: found %"), rows)


def _example(case: Case) -> str:
    """Typed text of a case, with unprintable characters escaped."""
    shown = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in case.typed)
    return f"`{shown}`".replace("|", "\\|")


def _percent(outcomes: Iterable[Outcome]) -> str:
    return f"{100 * share_found(outcomes):.1f}"


def _thresholds(outcomes: Sequence[Outcome], times: Sequence[float]) -> list[Threshold]:
    found = {kind: 100 * share_found(outcome for outcome in outcomes if outcome.case.kind == kind) for kind, _ in KINDS}
    return [
        Threshold("% of complete numbers found", found["complete"], 99.5, at_least=True),
        Threshold("% of fragments found", found["fragment"], 97, at_least=True),
        Threshold("wrong contacts first", sum(outcome.wrong for outcome in outcomes), 0),
        Threshold("API calls a search, mean", mean_calls(outcomes), 1.3),
        Threshold("API calls a search, most", max(outcome.calls for outcome in outcomes), 3),
        Threshold("milliseconds of planning, median", median(times), 1),
    ]


if __name__ == "__main__":
    sys.exit(main())
