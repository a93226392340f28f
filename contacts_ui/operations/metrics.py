"""Metrics: a Prometheus collector over the counters of this host and the facts of the database.

At most 60 series, and no label from people, paths, profiles or keys. What cannot be read is left out, never 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from contacts_ui.gateway import LifetimeCounts
from contacts_ui.gateway.lifetime import BUCKETS, CLASSES, GROUPS, OUTCOMES

from .facts import DatabaseFacts, Facts, read_facts

SOURCES = {"fresh": "hit", "stale": "stale", "shared": "coalesced", "api": "call_ok"}


def metrics_text() -> bytes:
    """The metrics of this host now, as Prometheus reads them. Raises CountersUnreadable. Cost: that of `read_facts`."""
    registry = CollectorRegistry()
    registry.register(DeskCollector(read_facts()))
    return generate_latest(registry)


class DeskCollector(Collector):
    """The facts of one moment as metric families."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def collect(self) -> Iterator[Metric]:
        """The families, in the order of the page."""
        yield from _calls(self._facts.counts)
        yield from _gateway(self._facts)
        yield from _people(self._facts.counts)
        if self._facts.database is not None:
            yield from _background(self._facts.database)
        yield _gauges("desk_build_info", "The version that serves.", "version", {settings.DESK_VERSION: 1})


def _calls(host: LifetimeCounts) -> Iterator[Metric]:
    counts = host.counts
    calls = {outcome: counts[f"call_{outcome}"] for outcome in OUTCOMES}
    yield _counters("desk_api_calls", "Calls of the messaging API that ended, by outcome.", "outcome", calls)
    seconds = HistogramMetricFamily("desk_api_call_seconds", "Seconds of a call of the messaging API.")
    total, buckets = 0.0, []
    for index, bound in enumerate((*map(str, BUCKETS), "+Inf")):
        total += counts[f"seconds_{index}"]
        buckets.append((bound, total))
    seconds.add_metric([], buckets, counts["seconds"])
    yield seconds
    answers = {source: counts[name] for source, name in SOURCES.items()}
    yield _counters("desk_answers", "Answers, by where they came from.", "source", answers)
    yield _gauge("desk_api_calls_in_flight", "Calls under way now.", host.in_flight)
    foreign, unnamed = counts["foreign_rows"], counts["missing_echo"]
    yield _counter("desk_foreign_answers", "Answers refused because they spoke of another profile.", foreign)
    yield _counter("desk_unnamed_profile_answers", "Answers for a profile that did not name it.", unnamed)


def _gateway(facts: Facts) -> Iterator[Metric]:
    counts, status = facts.counts.counts, facts.status
    granted = counts["upstream_call"] + counts["budget_unused"]
    yield _counter("desk_budget_granted", "Calls that the desk's budget granted.", granted)
    yield _counter("desk_budget_refused", "Calls that the desk's budget refused.", counts["budget_refused"])
    yield _gauge("desk_budget_left", "Calls that would be granted now.", status.calls_left)
    if facts.counts.organization_left is not None:
        left = facts.counts.organization_left
        yield _gauge("desk_organization_calls_left", "Calls left to the organization, as the API last said.", left)
    yield _gauge("desk_circuit_open", "1 while the messaging API is not called.", status.circuit_breaker.is_open)
    yield _gauge("desk_key_rejected", "1 while the messaging API rejects the key.", status.key_rejected)


def _people(host: LifetimeCounts) -> Iterator[Metric]:
    counts = host.counts
    requests = CounterMetricFamily("desk_requests", "Requests answered, by kind.", labels=["group", "status"])
    for group in GROUPS:
        for status in CLASSES:
            requests.add_metric([group, status], counts[f"{group}_{status}"])
    yield requests
    audit = {result: counts[f"audit_{result}"] for result in ("written", "unwritable")}
    yield _counters("desk_audit_events", "Events of the audit log.", "result", audit)
    sign_ins = {outcome: counts[f"sign_in_{outcome}"] for outcome in ("ok", "refused", "limited")}
    yield _counters("desk_sign_ins", "Sign-ins and attempts, by outcome.", "outcome", sign_ins)


def _background(database: DatabaseFacts) -> Iterator[Metric]:
    """What all hosts share: the same at each."""
    yield _gauge("desk_sessions", "Sessions of signed-in people.", database.sessions)
    yield _gauges("desk_snapshots", "Snapshots by state; failed ones of a day.", "state", database.snapshots)
    yield _gauges("desk_exports", "Exports by state; failed ones of a day.", "state", database.exports)
    beat = _age(database.heartbeat) if database.heartbeat else 0.0
    yield _gauge("desk_oldest_heartbeat_seconds", "Since the oldest sign of life of work under way, 0 for none.", beat)
    if database.worker_seen is not None:
        yield _gauge("desk_worker_seen_seconds", "Since a worker last said that it runs.", _age(database.worker_seen))


def _age(at: datetime) -> float:
    return max(0.0, (datetime.now(UTC) - at).total_seconds())


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(name, text, value=value)


def _counters(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
