"""Overview: seven lines in words, each with its state, since when, and what to do. For admins and for machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Literal

import msgspec
from django.conf import settings

from contacts_ui.gateway import MinuteStats
from contacts_ui.gateway.lifetime import Fault
from contacts_ui.gateway.rate_limiter import BULK_PAUSE_BELOW, PAUSE_BELOW

from .facts import MANY_REFUSED, DatabaseFacts, Facts, read_facts

State = Literal["ok", "warning", "problem"]
KNOWN_SECONDS = 60.0  # for which the API's count of the organization's calls says anything: a minute
_DATABASE = ("The database doesn’t answer.", "Start the database, or check DATABASE_URL.")


class OverviewLine(msgspec.Struct, frozen=True):
    """One line. `since` is when the state began, as far as it is known; `advice` says what to do, if anything."""

    name: str
    state: State
    text: str
    since: datetime
    advice: str | None = None


class Overview(msgspec.Struct, frozen=True):
    """The lines, and of which host its counts are. `last_hour` sums its events."""

    host: str
    version: str
    at: datetime
    counting_since: datetime
    lines: tuple[OverviewLine, ...]
    last_hour: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Said:
    """What a line says of its state."""

    state: State
    text: str
    advice: str | None = None


def overview(facts: Facts) -> Overview:
    """The overview of these facts."""
    counts = facts.counts
    return Overview(
        counts.host,
        settings.DESK_VERSION,
        datetime.now(UTC),
        _time(counts.begun),
        tuple(_line(facts, name, fault, say) for name, fault, say in _LINES),
        _sums(facts.status.last_hour),
    )


def overview_json() -> bytes:
    """The same for machines. Raises CountersUnreadable. Cost: that of `read_facts`."""
    return msgspec.json.encode(overview(read_facts()))


def _line(facts: Facts, name: str, fault: Fault, say: Callable[[Facts], _Said]) -> OverviewLine:
    said, times = say(facts), facts.counts.faults[fault]
    since = (times.ended if said.state == "ok" else times.since) or facts.counts.begun
    return OverviewLine(name, said.state, said.text, _time(since), said.advice)


def _service(facts: Facts) -> _Said:
    status, failures = facts.status, facts.status.circuit_breaker.failures
    if status.key_rejected:
        place = settings.SETTING_PLACES["SENT_API_KEY"]
        return _Said("problem", "It rejects the API key.", f"Replace the key: change {place}, then restart the desk.")
    if status.circuit_breaker.is_open:
        return _Said(
            "problem",
            "It doesn’t answer.",
            "The desk shows older contacts and tries again by itself. Ask the messaging service if this lasts.",
        )
    if failures:
        calls = "The last call failed." if failures == 1 else f"The last {failures:,} calls failed."
        return _Said("warning", calls, "Nothing yet. The desk stops asking after five in a row.")
    called = any(facts.counts.counts[name] for name in ("call_ok", "call_refused", "call_limited"))
    return _Said("ok", "It answers." if called else "It wasn’t called yet.")


def _production(facts: Facts) -> _Said:
    counts = facts.counts
    left, limit, at = counts.organization_left, counts.organization_limit, counts.organization_at
    if left is None or limit is None or at is None:
        return _Said("ok", "The messaging service hasn’t said.")
    if datetime.now(UTC).timestamp() - at > KNOWN_SECONDS:
        return _Said("ok", "The desk made no call in the last minute.")
    text = (
        f"{left:,} of {limit:,} calls left this minute, by the messaging service’s count. "
        "This desk shares them with everything else your organization sends."
    )
    advice = "Messages come first. If this lasts, lower SENT_BUDGET_PER_MINUTE or ask for a higher limit."
    if left < PAUSE_BELOW * limit:
        return _Said("problem", f"{text} The desk makes no calls for now.", advice)
    if left < BULK_PAUSE_BELOW * limit:
        return _Said("warning", f"{text} Lookups and exports wait.", advice)
    bulk, each = (ceil(share * limit) for share in (BULK_PAUSE_BELOW, PAUSE_BELOW))
    return _Said("ok", f"{text} Below {bulk:,}, lookups and exports wait. Below {each:,}, the desk makes no calls.")


def _queue(facts: Facts) -> _Said:
    database = facts.database
    if database is None:
        return _Said("problem", *_DATABASE)
    waiting = f"{_several(database.waiting, 'task')} waiting." if database.waiting else "Nothing is waiting."
    if database.worker_is_silent:
        return _Said("problem", f"No worker is running. {waiting}", "Start manage.py desk_worker.")
    if database.queue_is_late:
        return _Said("warning", f"The worker is behind. {waiting}", "Start another worker if this lasts.")
    return _Said("ok", f"A worker is running. {waiting}")


def _cache(facts: Facts) -> _Said:
    if not facts.cache_answers:
        return _Said("warning", "Redis doesn’t answer.", "Start Redis, or check CACHE_URL. Pages are slower meanwhile.")
    sums = _sums(facts.status.last_hour)
    without = sums["hit"] + sums["stale"] + sums["coalesced"]
    answers = without + sums["upstream_call"]
    share = f" {100 * without // answers}% of answers needed no call in the last hour." if answers else ""
    return _Said("ok", f"{'Redis answers.' if settings.REDIS_URL else 'In memory.'}{share}")


def _audit(facts: Facts) -> _Said:
    if facts.counts.faults["audit"].since is None:
        refused = facts.counts.counts["audit_unwritable"]
        lost = f" {_several(int(refused), 'event')} couldn’t be recorded before." if refused else ""
        return _Said("ok", f"Events are recorded.{lost}")
    hidden = " Contacts aren’t shown meanwhile." if settings.AUDIT_REQUIRED else ""
    return _Said("problem", f"Events can’t be recorded.{hidden}", "Check that the database has space and takes writes.")


def _sign_ins(facts: Facts) -> _Said:
    database = facts.database
    if database is None:
        return _Said("problem", *_DATABASE)
    refused = database.sign_ins_refused
    text = f"{refused:,} in the last hour." if refused else "None in the last hour."
    if refused >= MANY_REFUSED:
        return _Said("warning", text, "See who in the audit log. Repeated attempts are slowed down.")
    return _Said("ok", text)


def _exports(facts: Facts) -> _Said:
    database = facts.database
    if database is None:
        return _Said("problem", *_DATABASE)
    text = _work(database)
    if database.is_silent:
        return _Said("problem", f"One has made no progress. {text}", "A worker takes it up again. Check that one runs.")
    if database.has_failed:
        failed = database.snapshots["failed"] + database.exports["failed"]
        return _Said("warning", f"{failed:,} failed in the last day. {text}", "Open Exports to see why.")
    return _Said("ok", text)


def _work(database: DatabaseFacts) -> str:
    running = database.snapshots["running"] + database.exports["running"]
    queued = database.snapshots["queued"] + database.exports["queued"]
    ready = database.exports["ready"]
    return f"{running:,} in progress, {queued:,} waiting, {_several(ready, 'file')} ready."


_LINES: tuple[tuple[str, Fault, Callable[[Facts], _Said]], ...] = (
    ("Messaging service", "service", _service),
    ("Calls left for production", "production", _production),
    ("Queue", "queue", _queue),
    ("Cache", "cache", _cache),
    ("Audit log", "audit", _audit),
    ("Refused sign-ins", "sign_in", _sign_ins),
    ("Snapshots and exports", "exports", _exports),
)


def _sums(hour: tuple[MinuteStats, ...]) -> dict[str, int]:
    return {event: sum(minute.counts[event] for minute in hour) for event in hour[0].counts}


def _several(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
