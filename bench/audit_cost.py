"""Cost of one audit row, in one process: the same request with and without its row, in alternating pairs.

Usage, in the environment of a desk: python -m bench.audit_cost PAIRS PROFILE PATIENCE. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import django

if TYPE_CHECKING:
    from contacts_ui.audit import AuditEvent

BLOCK = 20  # pairs measured together, and again when other processes used the machine meanwhile
MAX_OTHER_LOAD = 0.15  # cores that other processes may use during a block

Block = dict[str, list[float]]


def main() -> int:
    """Prints `with`, `without` and `write` (seconds a pair) and `other_load` (cores of other processes, a block)."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    django.setup()
    pairs, profile, patience = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    print(json.dumps(_quietest_blocks(pairs, profile, patience)))
    return 0


def _quietest_blocks(pairs: int, profile: str, patience: float) -> Block:
    """Measures `pairs` in the blocks with the least other load; stops trying after `patience` seconds."""
    request = _list_request(profile)
    _measure_block(request, BLOCK)  # warm-up
    until, blocks = time.monotonic() + patience, list[tuple[float, Block]]()
    needed = -(-pairs // BLOCK)
    while sum(other_load <= MAX_OTHER_LOAD for other_load, _ in blocks) < needed and (
        len(blocks) < needed or time.monotonic() < until
    ):
        before, started = _other_cpu_seconds(), time.monotonic()
        block = _measure_block(request, BLOCK)
        blocks.append(((_other_cpu_seconds() - before) / (time.monotonic() - started), block))
    chosen = sorted(blocks, key=lambda block: block[0])[:needed]
    merged = {
        kind: [seconds for _, block in chosen for seconds in block[kind]] for kind in ("with", "without", "write")
    }
    return merged | {"other_load": [max(0.0, other_load) for other_load, _ in chosen]}


def _measure_block(request: Callable[[], float], pairs: int) -> Block:
    from contacts_ui.audit import append, recorder  # noqa: PLC0415  # after setup
    from contacts_ui.audit.log import append_spending  # noqa: PLC0415

    seconds: Block = {"with": [], "without": [], "write": []}

    def timed_append(event: AuditEvent) -> None:
        started = time.perf_counter()
        append(event)
        seconds["write"].append(time.perf_counter() - started)

    def timed_append_spending(event: AuditEvent, user_id: int, **shown: int) -> bool:
        started = time.perf_counter()
        done = append_spending(event, user_id, **shown)
        if done:  # else the row is written by itself
            seconds["write"].append(time.perf_counter() - started)
        return done

    try:
        for turn in range(pairs):
            # The order alternates, so that neither kind always runs on caches the other one warmed.
            for kind in ("with", "without") if turn % 2 else ("without", "with"):
                written = kind == "with"
                setattr(recorder, "append", timed_append if written else _discard)  # noqa: B010
                setattr(recorder, "append_spending", timed_append_spending if written else _not_both)  # noqa: B010
                seconds[kind].append(request())
    finally:
        setattr(recorder, "append", append)  # noqa: B010
        setattr(recorder, "append_spending", append_spending)  # noqa: B010
    return seconds


def _discard(_event: AuditEvent) -> None:
    """Replaces `append` in the requests without a row."""


def _not_both(_event: AuditEvent, _user_id: int, **_shown: int) -> bool:
    """Replaces `append_spending` there: the quota is taken by itself."""
    return False


def _other_cpu_seconds() -> float:
    """CPU seconds of all processes except this one and its database backend."""
    user, nice, system, _idle, _iowait, irq, soft, *_rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    total = sum(map(int, (user, nice, system, irq, soft))) / os.sysconf("SC_CLK_TCK")
    return total - time.process_time() - _database_cpu_seconds()


def _database_cpu_seconds() -> float:
    from django.db import connection  # noqa: PLC0415

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def _list_request(profile: str) -> Callable[[], float]:
    """Returns a function that requests one cached list as a support agent and returns the seconds it took."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client(
        HTTP_HOST=urlsplit(settings.SITE_URL).netloc, HTTP_HX_REQUEST="true", HTTP_HX_REQUEST_TYPE="partial"
    )
    client.force_login(User.objects.get(username="agent-0"))

    def request() -> float:
        started = time.perf_counter()
        response = client.get(f"/p/{profile}/contacts/")
        if response.status_code != 200:
            raise RuntimeError(f"status {response.status_code}")
        return time.perf_counter() - started

    return request


if __name__ == "__main__":
    sys.exit(main())
