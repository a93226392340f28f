"""The audit log: who looked at what. For auditors and admins; no contact's number is ever on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from contacts_ui import audit
from contacts_ui.access import only
from contacts_ui.audit.csv_export import log_export
from contacts_ui.audit.filters import LogQuery, log_query, marks_of_typed, profile_titles
from contacts_ui.audit.labels import OUTCOMES, SENTENCES, sentence
from contacts_ui.audit.queries import log_page
from contacts_ui.roles import ADMIN, AUDITOR
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@only(AUDITOR, ADMIN)
def audit_list(request: DeskRequest) -> HttpResponse:
    """One page of the log, newest first, filtered as the address says. A number comes by POST and goes on as its
    marks. Cost: one API call in five minutes, for the names of profiles; without an answer their ids stand there.
    """
    titles = profile_titles()
    query = _asked(request, titles)
    if request.method == "POST":
        return redirect(
            query.url(number=marks_of_typed(request.POST.get("number", ""), preferences_of(request).region))
        )
    words: dict[str, Any] = {"sentence": sentence, "sentences": SENTENCES, "outcomes": OUTCOMES}
    desk = DeskPage(request, "audit/list.html", "audit/_entries.html", None, query=query, titles=titles, **words)
    page = log_page(query.wanted, PAGE_SIZE, before=query.before, after=query.after)
    audit.note(request, "audit.read", rows=len(page.entries), marks=query.wanted.marks, about=query.about)
    return desk.response(page=page)


@require_safe
@only(AUDITOR, ADMIN)
def audit_export(request: DeskRequest) -> StreamingHttpResponse:
    """All rows that the address asks for, as a file. Cost: that of the page; its memory does not grow with the rows."""
    titles = profile_titles()
    query = _asked(request, titles)
    export = log_export(query.wanted, titles)
    audit.note(request, "audit.exported", rows=export.count, marks=query.wanted.marks, about=query.about)
    response = StreamingHttpResponse(export.chunks(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.now():%Y-%m-%d}.csv"'
    return response


def _asked(request: DeskRequest, titles: Mapping[str, str]) -> LogQuery:
    zone = preferences_of(request).zone
    return log_query(reverse("audit-list"), reverse("audit-export"), request.GET, titles, zone)
