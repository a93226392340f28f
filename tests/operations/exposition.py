"""The text of /metrics as Prometheus's own parser reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

Samples = dict[str, float]


def samples_of(text: str) -> Samples:
    """Each sample's value by its name and labels: `desk_requests_total{group="page",status="2xx"}`."""
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def counters_of(samples: Samples) -> Samples:
    """Those that never go down."""
    return {name: value for name, value in samples.items() if name.partition("{")[0].endswith(COUNTER_ENDS)}


COUNTER_ENDS = ("_total", "_bucket", "_count", "_sum")
