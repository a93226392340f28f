"""Retention of the audit log: the oldest rows go in batches so short that whoever writes meanwhile does not notice.

SQLite has one writer at a time and is no fair queue: whoever waits asks again after up to 100 ms. So a batch is as many
rows as take BATCH_SECONDS, and PAUSE_SECONDS follow in which nobody holds the lock. PostgreSQL blocks no writer anyhow.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction

from contacts_ui.models import AuditEntry

FIRST_BATCH = 100  # rows, before it is known how long they take
MAX_BATCH = 5_000
BATCH_SECONDS = 0.025
PAUSE_SECONDS = 0.1


def delete_before(before: datetime) -> Iterator[int]:
    """Deletes all rows older than `before`, oldest first; yields how many each batch deleted. Stopped at any batch it
    has deleted whole rows, their number hashes with them, and the next run goes on.
    """
    size = FIRST_BATCH
    while True:
        started = time.monotonic()
        deleted = _delete_batch(before, size)
        if not deleted:
            return
        size = next_size(size, time.monotonic() - started)
        yield deleted
        time.sleep(PAUSE_SECONDS)


def next_size(size: int, seconds: float) -> int:
    """How many rows the next batch has after one of `size` that took so long: at most twice as many."""
    fitting = int(size * BATCH_SECONDS / max(seconds, 1e-6))
    return max(1, min(fitting, 2 * size, MAX_BATCH))


def _delete_batch(before: datetime, size: int) -> int:
    """Deletes at most `size` of the oldest rows; how many. The only SQL that deletes from the audit log."""
    table = connection.ops.quote_name(AuditEntry._meta.db_table)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL desk.audit_retention = 'on'")  # the trigger checks it
        oldest = f"SELECT id FROM {table} WHERE at < %s ORDER BY at LIMIT %s"  # noqa: S608  # our own table's name
        adapted = connection.ops.adapt_datetimefield_value(before)
        cursor.execute(f"DELETE FROM {table} WHERE id IN ({oldest})", [adapted, size])  # noqa: S608
        return int(cursor.rowcount)
