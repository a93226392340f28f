"""Requests for exports: who may have one, of what, and how many at once and in a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from contacts_ui import audit, snapshots
from contacts_ui.audit import AuditAction, AuditEvent, append_now
from contacts_ui.contacts.filters import ContactListQuery
from contacts_ui.gateway import get_gateway
from contacts_ui.models import UNFINISHED_EXPORTS, Export
from contacts_ui.preferences import preferences_for
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery

from .columns import chosen
from .details import Details, Line, make_key, seal_details
from .errors import DayOfExportsUsed, ExportNotFound, NothingToExport, TooManyExports, TooManyRows
from .lifecycle import KEPT, record
from .looked_up import opened_lines
from .rights import may_export
from .searching import look
from .tasks import enqueue

Format = Literal["xlsx", "csv"]
FORMATS: tuple[tuple[Format, str], ...] = (("xlsx", "Excel"), ("csv", "CSV, for other programs"))
MOST_UNFINISHED = 3  # exports of one person
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be exported: a question to the API, or the rows in `details`. `total` rows; None: not known."""

    kind: Literal["list", "lookup"]
    details: Details
    question: ContactQuery | None
    total: int | None
    whole: bool
    number_hashes: tuple[str, ...]


def request_export(
    user: User, scope: Scope, query: ContactListQuery, *, file_format: Format, columns: Sequence[str]
) -> Export:
    """Starts the export of a list as `query` shows it, all of its pages, or returns the unfinished one of the same.

    Raises ExportNotFound (the role exports nothing), TooManyRows, TooManyExports, DayOfExportsUsed, NothingToExport,
    QuotaExceeded (whole numbers under a mask), AuditWriteError and any SentError. Cost: that of the list's first page,
    which the person has just seen: none while cached.
    """
    if not may_export(user):
        raise ExportNotFound
    listed = look(user, scope, query)
    details = Details(listed.filters, chosen(columns), contacts=listed.contacts, partial=listed.partial)
    whole = listed.contacts is not None and not listed.partial
    wanted = _Wanted("list", details, listed.question, listed.total, whole, listed.number_hashes)
    return _start(user, scope, wanted, file_format)


def request_lookup_export(
    user: User,
    scope: Scope,
    query: ContactListQuery,
    kept: Sequence[str],
    *,
    file_format: Format,
    columns: Sequence[str],
) -> Export:
    """Starts the export of pasted numbers, found and not found. `kept` are the texts of `sealed_rows`; a number of
    `query.plan.numbers` in none of them stands in the file as "Not looked up". Raises as `request_export` does.

    Cost: no API call.
    """
    if not may_export(user):
        raise ExportNotFound
    numbers = query.plan.numbers if query.plan else ()
    if not numbers:
        raise NothingToExport
    answered = opened_lines(user, scope, kept)
    lines = tuple(answered.get(raw) or Line(raw, asked=False) for raw in numbers)
    details = Details((("List", f"{len(lines):,} numbers"),), chosen(columns), lines=lines)
    whole = all(line.asked for line in lines)
    found = [line.contact for line in lines if line.contact]
    hashes = audit.hashes_of_contacts(found)
    return _start(user, scope, _Wanted("lookup", details, None, len(lines), whole, hashes), file_format)


def _start(user: User, scope: Scope, wanted: _Wanted, file_format: Format) -> Export:
    export = _row_of(user, scope, wanted, file_format)
    if wanted.total is not None and wanted.total > settings.EXPORT_MOST_ROWS:
        _refuse(export, user, "TooManyRows")
        raise TooManyRows(wanted.total, settings.EXPORT_MOST_ROWS)
    try:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)  # one request of a person at a time is counted
            if wanted.question is not None:
                owner = f"{user.pk}|{file_format}|{' '.join(wanted.details.columns)}"
                export.snapshot = snapshots.start(scope.profile_id, "export", wanted.question, owner=owner)
                if same := Export.objects.filter(snapshot=export.snapshot).first():
                    return same
            _require_room(user, wanted.total or 0, export.created_at)
            export.save(force_insert=True)
            if export.snapshot is None:
                enqueue(export)
            record(export, AuditAction.EXPORT_ASKED, rows=wanted.total, number_hashes=wanted.number_hashes)
    except (TooManyExports, DayOfExportsUsed) as error:
        _refuse(export, user, type(error).__name__)
        raise
    return export


def _row_of(user: User, scope: Scope, wanted: _Wanted, file_format: Format) -> Export:
    """The row, with its key and sealed details, which nobody has saved yet."""
    now, has_rows = datetime.now(UTC), wanted.question is None
    export = Export(
        person=user,
        person_name=user.get_username()[:150],
        profile_id=scope.profile_id.lower() if scope.profile_id else None,
        scope_title=scope.title[:200],
        key_fingerprint=get_gateway().api_key_fingerprint,
        kind=wanted.kind,
        format=file_format,
        masked=preferences_for(user).mask_forced,
        rows=(wanted.total or 0) if has_rows else 0,
        total=wanted.total,
        whole=has_rows and wanted.whole,
        created_at=now,
        expires_at=now + KEPT,
    )
    sealer = make_key(export)
    export.details = seal_details(sealer, export, wanted.details)
    return export


def _require_room(user: User, rows: int, now: datetime) -> None:
    """Raises TooManyExports or DayOfExportsUsed. What came to nothing does not count."""
    mine = Export.objects.filter(person=user)
    if mine.filter(state__in=UNFINISHED_EXPORTS).count() >= MOST_UNFINISHED:
        raise TooManyExports(MOST_UNFINISHED)
    counted = mine.filter(created_at__gt=now - DAY).filter(Q(state__in=UNFINISHED_EXPORTS) | Q(ready_at__isnull=False))
    size = Coalesce("total", F("rows"))
    used = counted.aggregate(used=Sum(size))["used"] or 0
    most = settings.EXPORT_ROWS_PER_DAY
    if used + rows <= most:
        return
    for created_at, each in counted.order_by("created_at").values_list("created_at", size):
        used -= each
        if used + rows <= most:
            raise DayOfExportsUsed(most, created_at + DAY)
    raise DayOfExportsUsed(most, now + DAY)


def _refuse(export: Export, user: User, reason: str) -> None:
    """What the audit log says of an export that was not started."""
    scope, name = export.profile_id or "account", user.get_username()
    known = {"person_id": user.pk, "person": name, "scope": scope, "rows": export.total, "about": reason}
    append_now(AuditEvent(AuditAction.EXPORT_ASKED, "denied", **known))  # type: ignore[arg-type]
