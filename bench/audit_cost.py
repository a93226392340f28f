"""What writing down a list view costs, in one process: the same request with and without its row, turn by turn.

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

BLOCK = 20  # pairs that are measured together, and taken again when others used the machine meanwhile
LOUD = 0.15  # cores that others may use during a block

Block = dict[str, list[float]]


def main() -> int:
    """Prints `with`, `without` and `write`, seconds a pair, and `loud`: cores that others used, block by block."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    django.setup()
    pairs, profile, patience = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    print(json.dumps(_quietest(pairs, profile, patience)))
    return 0


def _quietest(pairs: int, profile: str, patience: float) -> Block:
    """So many pairs, of the blocks in which others used least; after `patience` seconds no more are tried."""
    ask = _asking(profile)
    _block(ask, BLOCK)  # the first of everything does not count
    until, blocks = time.monotonic() + patience, list[tuple[float, Block]]()
    needed = -(-pairs // BLOCK)
    while sum(loud <= LOUD for loud, _ in blocks) < needed and (len(blocks) < needed or time.monotonic() < until):
        before, started = _others(), time.monotonic()
        found = _block(ask, BLOCK)
        blocks.append(((_others() - before) / (time.monotonic() - started), found))
    chosen = sorted(blocks, key=lambda block: block[0])[:needed]
    merged = {
        kind: [seconds for _, block in chosen for seconds in block[kind]] for kind in ("with", "without", "write")
    }
    return merged | {"loud": [max(0.0, loud) for loud, _ in chosen]}


def _block(ask: Callable[[], float], pairs: int) -> Block:
    from contacts_ui.audit import append  # noqa: PLC0415
    from contacts_ui.audit import recorder as requests  # noqa: PLC0415  # after setup

    found: Block = {"with": [], "without": [], "write": []}

    def timed(deed: AuditEvent) -> None:
        started = time.perf_counter()
        append(deed)
        found["write"].append(time.perf_counter() - started)

    try:
        for turn in range(pairs):
            # Who goes first changes, so that neither always finds what the other warmed.
            for kind in ("with", "without") if turn % 2 else ("without", "with"):
                setattr(requests, "write", timed if kind == "with" else _unwritten)  # noqa: B010  # it is not ours
                found[kind].append(ask())
    finally:
        setattr(requests, "write", append)  # noqa: B010
    return found


def _unwritten(_deed: AuditEvent) -> None:
    """In place of the row."""


def _others() -> float:
    """Seconds of processor time that everyone but this process and its database has used."""
    user, nice, system, _idle, _iowait, irq, soft, *_rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    everyone = sum(map(int, (user, nice, system, irq, soft))) / os.sysconf("SC_CLK_TCK")
    return everyone - time.process_time() - _database()


def _database() -> float:
    from django.db import connection  # noqa: PLC0415

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        used = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def _asking(profile: str) -> Callable[[], float]:
    """Asks for one list whose answer is kept, as somebody in support, and says how long it took."""
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    client = Client(
        HTTP_HOST=urlsplit(settings.SITE_URL).netloc, HTTP_HX_REQUEST="true", HTTP_HX_REQUEST_TYPE="partial"
    )
    client.force_login(User.objects.get(username="agent-0"))

    def ask() -> float:
        started = time.perf_counter()
        response = client.get(f"/p/{profile}/contacts/")
        if response.status_code != 200:
            raise RuntimeError(f"status {response.status_code}")
        return time.perf_counter() - started

    return ask


if __name__ == "__main__":
    sys.exit(main())
