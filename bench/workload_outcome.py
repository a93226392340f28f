"""Outcome of a workload run: its API calls by kind, its thresholds, and the table of all variants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs

from sandbox.limiter import Limiter
from testing.sandbox_server import Json

from .simulated_agent import SharedHistory
from .statistics import Threshold, max_in_window, percentile, show_table

RATE, BURST = 200, 50  # the organization's limit (sent-api-v3, transport)
BUDGET, BUDGET_BURST = 120, 30
MOST_CALLS, MOST_WITH_INDEX = 0.5, 0.40  # API calls an action, of issues 3 and 15


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one run. Times of API calls are in simulated seconds."""

    actions: int
    not_possible: int
    shared: int
    calls: dict[str, int]
    refused: int
    fullest_window: int
    index_calls: int  # that read the profiles once for the number index, before the hour
    account_calls: int  # pages of the account's own list, which no agent asks for
    fullest_account_window: int  # of them
    statuses: Counter[int]
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def calls_per_action(self) -> float:
        """API calls divided by actions, which issues 3 and 15 limit; the index's own are printed apart."""
        return sum(count for kind, count in self.calls.items() if kind != "the index") / max(1, self.actions)


def outcome_of(history: SharedHistory, calls: list[Json], factor: float, index_calls: int) -> Outcome:
    actions = Counter(history.actions)
    impossible, repeated, alone = (
        actions.pop(name, 0) for name in ("not possible", "repeated searches", "searches without one to repeat")
    )
    of_account = [call["time"] for call in calls if call["path"] == "/v3/contacts" and not call["profile"]]
    return Outcome(
        actions=sum(actions.values()),
        not_possible=impossible,
        shared=round(100 * repeated / max(1, repeated + alone)),
        calls=_calls_by_kind(calls, factor),
        refused=sum(call["status"] == 429 for call in calls) + _over_limit(calls, factor),
        fullest_window=max_in_window((call["time"] for call in calls), 60 / factor),
        index_calls=index_calls,
        account_calls=len(of_account),
        fullest_account_window=max_in_window(of_account, 60 / factor),
        statuses=history.statuses,
        p50_ms=percentile(history.response_seconds, 0.5) * 1000,
        p95_ms=percentile(history.response_seconds, 0.95) * 1000,
        p99_ms=percentile(history.response_seconds, 0.99) * 1000,
    )


def _over_limit(calls: list[Json], factor: float) -> int:
    """Number of calls that the API's real limit (200 a minute, burst 50) would refuse in simulated time."""
    now = 0.0
    limiter = Limiter(RATE, BURST, lambda: now)
    refused = 0
    for call in calls:
        now = call["time"] * factor
        refused += not limiter.take("all").granted
    return refused


def _calls_by_kind(calls: list[Json], factor: float) -> dict[str, int]:
    """Calls by kind. /v3/me is cached for 300 s of real time, so each call counts `factor` times."""
    kinds = Counter(_kind(call) for call in calls)
    kinds["the account"] = round(kinds["the account"] * factor)
    return dict(kinds)


def _kind(call: Json) -> str:
    """Kind of an API call, from its path and query."""
    if call["path"] != "/v3/contacts":
        return "the account" if call["path"] == "/v3/me" else "one contact"
    query = parse_qs(call["query"])
    if not {"search", "phone", "channel"} & query.keys() and (query["page"] != ["1"] or query["page_size"] == ["20"]):
        return "the index"
    if query["page"] != ["1"]:
        return "a further page"
    return "one channel" if "channel" in query else "a search" if "search" in query else "a whole list"


def thresholds(outcome: Outcome, planned: int) -> list[Threshold]:
    """Thresholds of issue 3 (Done 1); with an index of issue 15 (Done 5)."""
    most = MOST_WITH_INDEX if outcome.index_calls else MOST_CALLS
    return [
        Threshold("API calls an action", round(outcome.calls_per_action, 3), most),
        Threshold("calls in the fullest 60 s", outcome.fullest_window, BUDGET),
        Threshold("answers 429 of the API", outcome.refused, 0),
        Threshold(
            "share of the planned actions that were carried out",
            round(outcome.actions / planned, 3),
            0.97,
            at_least=True,
        ),
    ]


def show(outcomes: dict[str, Outcome]) -> None:
    """Prints one table with a column for each variant."""
    kinds = ("a search", "a further page", "one channel", "a whole list", "one contact", "the account", "the index")
    columns = list(outcomes.values())

    def row(name: str, values: Iterable[object]) -> list[object]:
        return [name, *values]

    show_table(
        ("", *outcomes),
        [
            row("actions", (o.actions for o in columns)),
            row("steps the page did not offer", (o.not_possible for o in columns)),
            row("API calls", (sum(o.calls.values()) for o in columns)),
            row("API calls that read the profiles for the index, before", (o.index_calls for o in columns)),
            row("API calls an action", (f"{o.calls_per_action:.3f}" for o in columns)),
            *(row(f"… for: {kind}", (o.calls.get(kind, 0) for o in columns)) for kind in kinds),
            row("429 from the API", (o.refused for o in columns)),
            row("calls in the fullest 60 s", (o.fullest_window for o in columns)),
            row(
                "answers of the desk", (", ".join(f"{n} × {s}" for s, n in sorted(o.statuses.items())) for o in columns)
            ),
            row("repeated searches found in the profile, %", (o.shared for o in columns)),
            row("answer p50 / p99, real ms", (f"{o.p50_ms:.0f} / {o.p99_ms:.0f}" for o in columns)),
        ],
    )
