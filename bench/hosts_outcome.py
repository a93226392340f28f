"""Outcome of the hosts benchmark: what agents and API saw, by fault, and its thresholds (issue 19, Done 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from testing.desk_hosts import DeskHosts
from testing.sandbox_server import Json

from .hosts_agent import Answer, Seen
from .hosts_faults import Faults, Span
from .statistics import Threshold, max_in_window, show_table
from .workload_outcome import BUDGET

LONGEST = 12.0  # seconds of any answer
LIST_ROWS = "SELECT person_id, count(*) FROM contacts_ui_auditentry WHERE action IN ({}) AND outcome = 'ok' GROUP BY 1"
LIST_ACTIONS = ("contacts.listed", "contacts.searched")
RELOAD = "reload of a host"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run. `recovery` is in seconds after each fault's end, until the last answer that was an error."""

    answers: tuple[Answer, ...]
    spans: tuple[Span, ...]
    recovery: dict[str, float]
    calls: int
    fullest: int
    refused: int
    foreign: int
    shown: int
    audited: int
    pages: int
    without_style: int
    exported: int
    export_expected: int
    export_seconds: float
    bare: tuple[str, ...]

    def during(self, name: str) -> list[Answer]:
        """Answers asked for during a fault."""
        return [each for span in self.spans if span.name == name for each in self.answers if within(span, each)]


def within(span: Span, answer: Answer) -> bool:
    """True for an answer asked for during the span."""
    return span.began <= answer.sent < span.ended


def outcome_of(desk: DeskHosts, seen: Seen, faults: Faults, export_expected: int) -> Outcome:
    """Counts; the audit log is read from the database."""
    calls: list[Json] = faults.calls + faults.api.requests()
    names = ", ".join(f"'{name}'" for name in LIST_ACTIONS)
    audited = sum(int(str(count)) for _person, count in desk.sql(LIST_ROWS.format(names)))
    answers = tuple(sorted(seen.answers))
    return Outcome(
        answers=answers,
        spans=tuple(faults.spans),
        recovery=recovery(answers, faults.spans),
        calls=len(calls),
        fullest=max_in_window((call["time"] for call in calls), 60),
        refused=sum(call["status"] == 429 for call in calls),
        foreign=len(seen.foreign),
        shown=len(seen.shown),
        audited=audited,
        pages=len(seen.pages),
        without_style=len(seen.without_style),
        exported=faults.exported,
        export_expected=export_expected,
        export_seconds=faults.export_seconds,
        bare=tuple(seen.bare),
    )


def recovery(answers: Sequence[Answer], spans: Sequence[Span]) -> dict[str, float]:
    """Seconds from a fault's end to the last error before the next fault begins; 0 without one."""
    ends = [span.began for span in spans[1:]] + [float("inf")]
    return {
        span.name: max(
            (each.done - span.ended for each in answers if span.ended <= each.sent < end and failed(each)), default=0.0
        )
        for span, end in zip(spans, ends, strict=True)
    }


def failed(answer: Answer) -> bool:
    """True for no answer, and for any of the 500s."""
    return answer.status == 0 or answer.status >= 500


def thresholds(outcome: Outcome) -> list[Threshold]:
    """One line a bar of the issue."""
    bare = [each for each in outcome.answers if failed(each) and not each.ours]
    return [
        Threshold("rows of another profile", outcome.foreign, 0),
        Threshold("lists shown without a row in the audit log", max(0, outcome.shown - outcome.audited), 0),
        Threshold("answers 429 of the API", outcome.refused, 0),
        Threshold("API calls in the fullest 60 s", outcome.fullest, BUDGET),
        Threshold("answers of 500 and more that are not the desk's own page, and none at all", len(bare), 0),
        Threshold("longest answer, s", round(longest(outcome.answers), 1), LONGEST),
        Threshold("errors during the reload of a host", sum(map(failed, outcome.during(RELOAD))), 0),
        Threshold("pages without a stylesheet", outcome.without_style, 0),
        Threshold(
            "contacts that the interrupted export lacks",
            abs(outcome.export_expected - outcome.exported) if outcome.export_seconds else 0,
            0,
        ),
    ]


def longest(answers: Sequence[Answer]) -> float:
    """Seconds of the slowest answer."""
    return max((each.done - each.sent for each in answers), default=0.0)


def show(outcome: Outcome) -> None:
    """Prints a row a fault, and one of the times without."""
    rows = []
    for span in outcome.spans:
        recovered = f"{outcome.recovery[span.name]:.1f}"
        rows.append((span.name, f"{span.ended - span.began:.0f}", *_cells(outcome.during(span.name)), recovered))
    calm = [each for each in outcome.answers if not any(within(span, each) for span in outcome.spans)]
    show_table(("fault", "s", "answers", "longest s", "recovered after s"), [*rows, ("none", "", *_cells(calm), "")])
    print(f"API calls: {outcome.calls}, {outcome.fullest} in the fullest 60 s, {outcome.refused} × 429")
    print(f"lists shown: {outcome.shown}, rows of lists in the audit log: {outcome.audited}")
    print(f"rows of another profile: {outcome.foreign}")
    print(f"whole pages: {outcome.pages}, {outcome.without_style} stylesheets missing")
    for text in outcome.bare[:5]:
        print(f"not the desk's own page: {text}")
    if outcome.export_seconds:
        of = f"{outcome.exported} of {outcome.export_expected} contacts"
        print(f"export: {of}, ready after {outcome.export_seconds:.0f} s")


def _cells(answers: Sequence[Answer]) -> tuple[str, str]:
    statuses = sorted(Counter(each.status for each in answers).items())
    return ", ".join(f"{n} × {status or 'none'}" for status, n in statuses), f"{longest(answers):.1f}"
