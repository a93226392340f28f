"""Exports service: what pages may ask of exports. Nothing here calls the API but where its "Cost:" says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.auth.models import User

from contacts_ui.models import UNFINISHED_EXPORTS, Export
from contacts_ui.roles import ADMIN, role_of
from contacts_ui.sealing.sealer import SealError

from .columns import CHOICES as COLUMNS
from .details import open_details, sealer_of
from .downloads import Download, finish_download, may_download, open_download
from .errors import ExportExpired, ExportNotFound
from .lifecycle import KEPT_ROWS, cancel
from .looked_up import sealed_rows
from .price import MAX_DOWNLOADS, Price, Progress, price, progress, unfinished_count
from .requests import FORMATS, MOST_UNFINISHED, Format, request_export, request_lookup_export
from .rights import may_export
from .searching import filters_of, question_of

__all__ = [
    "COLUMNS",
    "FORMATS",
    "MAX_DOWNLOADS",
    "MOST_UNFINISHED",
    "Download",
    "ExportDetails",
    "Format",
    "Price",
    "Progress",
    "all_exports",
    "cancel",
    "details_of",
    "export_for",
    "exports_of",
    "filters_of",
    "finish_download",
    "may_download",
    "may_export",
    "open_download",
    "price",
    "progress",
    "question_of",
    "request_export",
    "request_lookup_export",
    "sealed_rows",
    "unfinished_count",
    "unfinished_of",
]


@dataclass(frozen=True, slots=True)
class ExportDetails:
    """What was asked for, as it was opened: (label, value) of each filter, the names of the columns."""

    filters: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]


def exports_of(user: User) -> tuple[Export, ...]:
    """The person's exports of the last 30 days, newest first. Cost: one query."""
    mine = Export.objects.filter(person=user, created_at__gt=datetime.now(UTC) - KEPT_ROWS)
    return tuple(mine.select_related("snapshot").order_by("-created_at"))


def all_exports(limit: int = 200) -> tuple[Export, ...]:
    """Everybody's, newest first, for admins. Cost: one query."""
    return tuple(Export.objects.select_related("snapshot").order_by("-created_at")[:limit])


def unfinished_of(user: User) -> Export | None:
    """The person's oldest unfinished export, for the mark in the header. Cost: one query by index."""
    unfinished = Export.objects.filter(person=user, state__in=UNFINISHED_EXPORTS)
    return unfinished.select_related("snapshot").order_by("created_at").first()


def export_for(user: User, export_id: UUID) -> Export:
    """An export that the person may see: their own, while their role exports; anybody's for admins.

    Raises ExportNotFound, the same for every reason. Cost: two queries.
    """
    export = Export.objects.select_related("snapshot").filter(pk=export_id).first()
    if export is None or not may_export(user) or (export.person_id != user.pk and role_of(user) != ADMIN):
        raise ExportNotFound
    return export


def details_of(user: User, export: Export) -> ExportDetails | None:
    """What was asked for; None for anybody but who asked, and once it has expired. Cost: nothing."""
    if export.person_id != user.pk:
        return None
    try:
        details = open_details(sealer_of(export), export)
    except (ExportExpired, SealError):
        return None
    return ExportDetails(details.filters, details.columns)
