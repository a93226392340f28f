"""`manage.py audit_prune`: retention of the audit log. Deletes rows past their age, and records that."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contacts_ui.audit import AuditAction, AuditEvent, AuditWriteError, append
from contacts_ui.audit.retention import delete_before
from contacts_ui.models import AuditEntry

DEFAULT_DAYS = 365
MIN_DAYS = 30


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
        deleted = sum(delete_before(before))
        self.stdout.write(f"{deleted} rows older than {days} days were deleted.")
