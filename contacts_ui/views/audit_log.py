"""Audit log views: the page of entries and its CSV export. For auditors and admins; no phone number is on them."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from contacts_ui import audit
from contacts_ui.access import has_profiles, require_role
from contacts_ui.audit.csv_export import csv_export
from contacts_ui.audit.filters import AuditFilters, hashes_for_input, parse_filters, profile_names
from contacts_ui.audit.labels import OUTCOMES
from contacts_ui.audit.lines import log_lines
from contacts_ui.audit.names import name_choices
from contacts_ui.audit.queries import MAX_COUNTED, count_entries, entries_page
from contacts_ui.people.suggestions import suggested_people, suggested_profiles
from contacts_ui.roles import ADMIN, AUDITOR, role_of
from contacts_ui.web.htmx import current_address, history_headers
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

PAGE_SIZE = 50  # rows


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(AUDITOR, ADMIN)
def audit_list(request: DeskRequest) -> HttpResponse:
    """One page of the log, newest first, filtered by the URL. A number is sent by POST, which redirects to its hashes.
    Cost: one API call in five minutes, for the names of profiles; without a response their ids are shown.
    """
    names = profile_names()
    query = _parse_filters(request, names)
    if request.method == "POST":
        preferences = preferences_of(request)
        if preferences.mask_forced:  # rows name contacts: a hit tells whose number it is
            audit.count_reveals(request, 1)
        return redirect(query.url(number=hashes_for_input(request.POST.get("number", ""), preferences.region)))
    organization = has_profiles()
    desk = DeskPage(
        request,
        "audit/list.html",
        "audit/_log.html",
        None,
        headers=_history_headers(request, query.canonical_url),
        query=query,
        profile_names=names,
        has_profiles=organization,
        people=suggested_people(),
        profiles=suggested_profiles(names.values()),
        action_labels=name_choices(has_profiles=organization),
        outcomes=OUTCOMES,
    )
    page = entries_page(query.entry_filter, PAGE_SIZE, before=query.before, after=query.after)
    audit.record(
        request,
        audit.AuditAction.AUDIT_READ,
        rows=len(page.entries),
        number_hashes=query.entry_filter.number_hashes,
        about=query.about,
    )
    lines = log_lines(page.deeds, links=role_of(request.user) == ADMIN)
    total = count_entries(query.entry_filter)
    return desk.response(page=page, lines=lines, total=min(total, MAX_COUNTED), more=total > MAX_COUNTED)


@require_safe
@require_role(AUDITOR, ADMIN)
def audit_export(request: DeskRequest) -> StreamingHttpResponse:
    """All rows that pass the filters of the URL, as CSV. Cost: that of the page, and memory for slow readers."""
    names = profile_names()
    query = _parse_filters(request, names)
    export = csv_export(query.entry_filter, names)
    audit.record(
        request,
        audit.AuditAction.AUDIT_EXPORTED,
        rows=export.count,
        number_hashes=query.entry_filter.number_hashes,
        about=query.about,
    )
    response = StreamingHttpResponse(export.chunks(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.now():%Y-%m-%d}.csv"'
    return response


def _history_headers(request: DeskRequest, url: str) -> dict[str, str]:
    shown = current_address(request)
    same = shown is not None and url == (f"{shown.path}?{shown.query}" if shown.query else shown.path)
    return history_headers(request, url, replaces=same)


def _parse_filters(request: DeskRequest, names: Mapping[str, str]) -> AuditFilters:
    zone = preferences_of(request).zone
    return parse_filters(reverse("audit-list"), reverse("audit-export"), request.GET, names, zone)
