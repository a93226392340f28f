"""Export views: asking for a file of a list, watching it, the list of exports. For exporters and admins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from contacts_ui.access import require_role, scope_for
from contacts_ui.contacts.filters import ContactListQuery
from contacts_ui.contacts.search import SearchResult, search
from contacts_ui.exports import service
from contacts_ui.exports.form import ExportForm
from contacts_ui.exports.looked_up import opened_lines
from contacts_ui.gateway import FetchPolicy
from contacts_ui.models import Export
from contacts_ui.roles import ADMIN, EXPORTER, role_of
from contacts_ui.scope import Scope
from contacts_ui.web.errors import stale_reason
from contacts_ui.web.export_mark import mark_of
from contacts_ui.web.htmx import PROFILE_HEADER
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

from .contact_list import audit_confirmed_number, audit_list_request, parse_list_query

if TYPE_CHECKING:
    pass

_METHODS = ["GET", "HEAD", "POST"]
START = "start"  # the field of the button that starts an export


@dataclass(frozen=True, slots=True)
class ExportLine:
    """A line of the list of exports; `progress` of an unfinished one. `mine`: the person asked for it themselves."""

    export: Export
    progress: service.Progress | None
    mine: bool


def only_asks(request: DeskRequest) -> bool:
    """True for a form that carries a list which was looked up to the page that asks, and starts nothing yet."""
    return START not in request.POST


@require_http_methods(_METHODS)
@require_role(EXPORTER, ADMIN)
def export_new(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """The page that asks what to export, with its price; POST with `start` starts it. A list that was looked up comes
    by POST, with the rows that the person has seen. Cost: that of the list's page, none while it is cached.
    """
    scope, data = scope_for(request.user, profile_id), request.POST if request.method == "POST" else request.GET
    query = parse_list_query(request, scope, data)
    started, kept = START in request.POST, request.POST.getlist("kept")
    desk = _asking_page(request, scope, query, kept)
    form = ExportForm(request.POST if started else None, masked=preferences_of(request).mask_forced)
    if started and form.is_valid():
        return redirect("export-detail", _start(request, scope, query, form, kept).pk)
    if _is_lookup(query):
        response = desk.response(form=form, **_looked_up(request, scope, query, kept))
    else:
        response = desk.response(form=form, **_price(_counted(request, scope, query)))
    response.status_code = 422 if started else 200
    return response


@require_safe
@require_role(EXPORTER, ADMIN)
def export_list(request: DeskRequest) -> HttpResponse:
    """The person's exports of the last 30 days; everybody's for admins. Cost: no API call, one query, another one
    for each that is under way.
    """
    everyone = role_of(request.user) == ADMIN
    desk = DeskPage(request, "exports/list.html", "exports/_list.html", None, everyone=everyone)
    exports = service.all_exports() if everyone else service.exports_of(request.user)
    return desk.response(lines=tuple(_line(request, export) for export in exports))


@require_http_methods(_METHODS)
@require_role(EXPORTER, ADMIN)
def export_detail(request: DeskRequest, export_id: UUID) -> HttpResponse:
    """How far an export is, then its file; POST ends it or deletes its file. Cost: three queries; for a ready
    one `/v3/me` too, cached for five minutes.
    """
    desk = DeskPage(request, "exports/detail.html", "exports/_progress.html", None, export=None, progress=None)
    export = service.export_for(request.user, export_id)
    if request.method == "POST":
        if request.POST.get("do") == "cancel":
            service.cancel(export, request.user)
        return redirect("export-detail", export_id)
    return desk.response(
        export=export,
        progress=service.progress(export),
        details=service.details_of(request.user, export),
        mine=_is_mine(request, export),
        may_download=service.may_download(request.user, export),
    )


@require_safe
@require_role(EXPORTER, ADMIN)
def export_mark(request: DeskRequest, export_id: UUID) -> HttpResponse:
    """The mark of an export in the header of other pages. Cost: no API call, two queries."""
    desk = DeskPage(request, "exports/mark.html", "exports/_mark.html", None, export_mark=None)
    export = service.export_for(request.user, export_id)
    response = desk.response(export_mark=mark_of(export))
    del response[PROFILE_HEADER]  # it is the person's, whatever profile the page is of
    return response


def _is_mine(request: DeskRequest, export: Export) -> bool:
    return export.person_id == request.user.pk


def _line(request: DeskRequest, export: Export) -> ExportLine:
    progress = service.progress(export) if export.is_unfinished else None
    return ExportLine(export, progress, _is_mine(request, export))


def _is_lookup(query: ContactListQuery) -> bool:
    return bool(query.plan and query.plan.numbers)


def _asking_page(request: DeskRequest, scope: Scope, query: ContactListQuery, kept: list[str]) -> DeskPage:
    path = f"{scope.path}contacts/export/"
    lookup: dict[str, Any] = {"kept": kept, "is_lookup": _is_lookup(query), "current_url": query.url(path)}
    return DeskPage(request, "exports/new.html", "exports/_ask.html", scope, query=query, path=path, **lookup)


def _start(request: DeskRequest, scope: Scope, query: ContactListQuery, form: ExportForm, kept: list[str]) -> Export:
    chosen = {"file_format": form.cleaned_data["file_format"], "columns": form.cleaned_data["column"]}
    if _is_lookup(query):
        return service.request_lookup_export(request.user, scope, query, kept, **chosen)
    return service.request_export(request.user, scope, query, **chosen)


def _counted(request: DeskRequest, scope: Scope, query: ContactListQuery) -> SearchResult:
    """The first page of the list, for its total; recorded as the search it is, since a count is an answer too."""
    event = audit_list_request(request, query)
    result = cast("SearchResult", search(scope, query, FetchPolicy(), request.user.pk))
    page, hashes = result.result.value, event.event.number_hashes
    event.complete(request_id=page.request_id, about="to export them")
    if result.number and preferences_of(request).mask_forced:
        audit_confirmed_number(request, page, hashes)
    return result


def _looked_up(request: DeskRequest, scope: Scope, query: ContactListQuery, kept: list[str]) -> dict[str, Any]:
    numbers = query.plan.numbers if query.plan else ()
    lines = opened_lines(request.user, scope, kept)
    known = sum(1 for number in numbers if number in lines)
    return {"total": len(numbers), "looked_up": known, "price": None, "stale_reason": None}


def _price(result: SearchResult) -> dict[str, Any]:
    page = result.result.value
    total = page.pagination.total_count
    total = len(page.contacts) if total is None and page.not_found else total
    at_hand = service.question_of(result) is None
    price = service.price(total, running=service.unfinished_count(), at_hand=at_hand)
    return {"query": result.query, "total": total, "price": price, "stale_reason": stale_reason(result.result)}
