"""`manage.py audit_prune`: deletes rows of the audit log that are older than they need to be, and records that."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from contacts_ui.audit import AuditAction, AuditEvent, AuditWriteError, append
from contacts_ui.models import AuditEntry

DEFAULT_DAYS = 365
FEWEST_DAYS = 30
AT_ONCE = 5_000  # rows a transaction: nobody who writes waits long for one


class Command(BaseCommand):
    """Deletes what is older than so many days, in parts, oldest first."""

    help = "Delete rows of the audit log older than --days. One row about it is written first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Days, and the leave to go below what is sensible."""
        parser.add_argument(
            "--days", type=int, default=DEFAULT_DAYS, help=f"keep so many days (default {DEFAULT_DAYS})"
        )
        parser.add_argument("--fewer-than-30", action="store_true", help=f"allow --days below {FEWEST_DAYS}")

    def handle(self, *_args: Any, days: int, fewer_than_30: bool, **_options: Any) -> None:
        """Safe to run again, and to stop: what is left goes the next time."""
        if days < 0 or (days < FEWEST_DAYS and not fewer_than_30):
            raise CommandError(f"--days {days} keeps too little: at least {FEWEST_DAYS}, or add --fewer-than-30.")
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
        gone = 0
        while part := delete_some(before):
            gone += part
        self.stdout.write(f"{gone} rows older than {days} days were deleted.")


def delete_some(before: datetime) -> int:
    """Deletes at most AT_ONCE of the oldest rows; how many. The one place that asks the database for it."""
    table = connection.ops.quote_name(AuditEntry._meta.db_table)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL desk.audit_retention = 'on'")  # the trigger asks for it
        oldest = f"SELECT id FROM {table} WHERE at < %s ORDER BY at LIMIT %s"  # noqa: S608  # our own table's name
        adapted = connection.ops.adapt_datetimefield_value(before)
        cursor.execute(f"DELETE FROM {table} WHERE id IN ({oldest})", [adapted, AT_ONCE])  # noqa: S608
        return int(cursor.rowcount)
