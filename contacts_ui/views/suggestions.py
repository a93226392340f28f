"""Suggestions view: the options of an input's datalist for what is typed. For auditors and admins."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from contacts_ui.access import require_role
from contacts_ui.audit.filters import profile_names
from contacts_ui.people.suggestions import people_to_copy, suggested_people, suggested_profiles
from contacts_ui.roles import ADMIN, AUDITOR
from contacts_ui.text import single_line
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest

MAX_TEXT = 150  # characters of a name


@require_safe
@require_role(AUDITOR, ADMIN)
def suggestion_list(request: DeskRequest) -> HttpResponse:
    """The names that fit the text in the parameter of the input: `person`, `from` (to copy profiles from) or `profile`.

    Cost: one query; for profiles none, and one API call in five minutes.
    """
    desk = DeskPage(request, "shared/_suggestions.html", "shared/_suggestions.html", None)
    name = next((name for name in ("person", "from", "profile") if name in request.GET), None)
    if name is None:
        raise Http404
    typed = single_line(request.GET[name])[:MAX_TEXT]
    if name == "profile":
        return desk.response(suggestions=suggested_profiles(profile_names().values(), typed))
    return desk.response(suggestions=(suggested_people if name == "person" else people_to_copy)(typed))
