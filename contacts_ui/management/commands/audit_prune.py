"""`manage.py audit_prune`: retention of the audit log. Deletes rows past their age, and records that."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from contacts_ui.audit import AuditAction, AuditEvent, AuditWriteError, append
from contacts_ui.models import AuditEntry

DEFAULT_DAYS = 365
MIN_DAYS = 30
AT_ONCE = 5_000  # rows a transaction: short enough that no writer waits long


class Command(BaseCommand):
    """Deletes rows older than --days in batches, oldest first."""

    help = "Delete rows of the audit log older than --days. One row about it is written first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--days, and the flag that allows fewer than MIN_DAYS."""
        parser.add_argument(
            "--days", type=int, default=DEFAULT_DAYS, help=f"keep so many days (default {DEFAULT_DAYS})"
        )
        parser.add_argument("--fewer-than-30", action="store_true", help=f"allow --days below {MIN_DAYS}")

    def handle(self, *_args: Any, days: int, fewer_than_30: bool, **_options: Any) -> None:
        """Idempotent, and safe to interrupt: the next run deletes what is left."""
        if days < 0 or (days < MIN_DAYS and not fewer_than_30):
            raise CommandError(f"--days {days} keeps too little: at least {MIN_DAYS}, or add --fewer-than-30.")
        try:
            before = datetime.now(UTC) - timedelta(days=days)
        except OverflowError:
            raise CommandError(f"--days {days} is longer ago than there are days.") from None
        count = AuditEntry.objects.filter(at__lt=before).count()
        try:
            about = f"older than {days} days, before {before:%Y-%m-%d %H:%M} UTC"
            append(AuditEvent(AuditAction.AUDIT_PRUNED, rows=count, about=about))
        except AuditWriteError as error:
            raise CommandError("Nothing was deleted: it could not be recorded.") from error
        deleted = 0
        while batch := delete_batch(before):
            deleted += batch
        self.stdout.write(f"{deleted} rows older than {days} days were deleted.")


def delete_batch(before: datetime) -> int:
    """Deletes at most AT_ONCE of the oldest rows; how many. The only SQL that deletes from the audit log."""
    table = connection.ops.quote_name(AuditEntry._meta.db_table)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL desk.audit_retention = 'on'")  # the trigger checks it
        oldest = f"SELECT id FROM {table} WHERE at < %s ORDER BY at LIMIT %s"  # noqa: S608  # our own table's name
        adapted = connection.ops.adapt_datetimefield_value(before)
        cursor.execute(f"DELETE FROM {table} WHERE id IN ({oldest})", [adapted, AT_ONCE])  # noqa: S608
        return int(cursor.rowcount)
