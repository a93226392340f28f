"""People views: users with their role and assigned profiles. For admins."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from contacts_ui.access import has_profiles, require_role
from contacts_ui.audit.filters import profile_names
from contacts_ui.audit.quota_stops import people_stopped_by_quota
from contacts_ui.people.actions import ACTIONS, perform, person_to_confirm
from contacts_ui.people.assignments import copies
from contacts_ui.people.confirmation import Confirmation, confirm_action, confirm_role
from contacts_ui.people.creation import blank, create
from contacts_ui.people.creation import preview as preview_new
from contacts_ui.people.editing import PersonEdit, load, preview, save
from contacts_ui.people.filters import PeopleFilters, parse_filters
from contacts_ui.people.first_steps import FirstStep, first_steps
from contacts_ui.people.password_links import PasswordLink, issue_for_user
from contacts_ui.people.people_list import attention_counts, people_page
from contacts_ui.people.permissions import NotAllowed, roles_guarded
from contacts_ui.people.promotion import NEEDS_LINK
from contacts_ui.people.suggestions import people_to_copy
from contacts_ui.roles import ADMIN, EXPORTER, ROLES, SUPPORT
from contacts_ui.web.htmx import current_list_url, history_headers, replaces_history_entry, wants_fragment
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

_FORM = ["GET", "HEAD", "POST"]


@require_safe
@require_role(ADMIN)
def people_list(request: DeskRequest) -> HttpResponse:
    """The list of people, filtered by the URL. Cost: one API call in five minutes, for the kind of key."""
    query = parse_filters(reverse("people-list"), request.GET)
    desk = DeskPage(request, "people/list.html", "people/_rows.html", None, headers=_history_headers(request, query))
    organization = has_profiles()
    return desk.response(
        query=query,
        page=people_page(query, profile_names()),
        attention=() if wants_fragment(request) else attention_counts(query, has_profiles=organization),
        steps=() if wants_fragment(request) else _first_steps(request, has_profiles=organization),
        current_url=query.canonical_url,
        roles=ROLES,
        has_profiles=organization,
        stopped=people_stopped_by_quota(),
    )


@require_http_methods(_FORM)
@require_role(ADMIN)
def person_new(request: DeskRequest) -> HttpResponse:
    """The form for a new person, then the link to choose a password. Cost: one API call in five minutes (`/v3/me`)."""
    adding = request.method == "POST" and not is_preview(request)
    new = create(request.user, request.POST) if adding else preview_new(request.POST) if request.POST else blank()
    if new.link is not None:
        return _link_page(request, new.link, is_new=True)
    desk = DeskPage(request, "people/new.html", "people/_profiles.html", None)
    response = desk.response(
        new=new,
        choices=new.choices,
        roles=ROLES,
        roles_guarded=roles_guarded(request.user),
        sends_mail=bool(settings.EMAIL_URL),
        people_to_copy=None if wants_fragment(request) else people_to_copy(),
    )
    response.status_code = 422 if adding else 200
    return response


@require_http_methods(_FORM)
@require_role(ADMIN)
def person_edit(request: DeskRequest, person_id: int) -> HttpResponse:
    """The form of one person; a save that takes a role away or gives a guarded one asks first. Cost: one API call
    (`/v3/me`), none for five minutes after.
    """
    saving = request.method == "POST" and not is_preview(request)
    edit = _edit(request, person_id, saving=saving)
    if edit.asks_first:
        return _confirm_page(request, confirm_role(edit, request.POST))
    if edit.saved:
        done = NEEDS_LINK.format(edit.person.name) if edit.starts_anew else "Saved. Applies immediately."
        messages.success(request, done)
        return redirect("person-edit", person_id)
    return _edit_page(request, edit, 422 if saving else 200)


@require_http_methods(_FORM)
@require_role(ADMIN)
def person_action(request: DeskRequest, person_id: int) -> HttpResponse:
    """The action of a button below the form: by GET the page that asks first, by POST it is performed. Cost: no API
    call.
    """
    name = (request.POST if request.method == "POST" else request.GET).get("do", "")
    if name not in ACTIONS and request.method == "POST":
        raise BadRequest("no such button")
    try:
        if request.method == "POST":
            messages.success(request, perform(request.user, person_id, name))
        elif name in ACTIONS and ACTIONS[name].undo:
            return _confirm_page(request, confirm_action(person_to_confirm(request.user, person_id), name))
    except NotAllowed as error:
        messages.error(request, str(error))
    return redirect("person-edit", person_id)


@require_http_methods(_FORM)
@require_role(ADMIN)
def person_link(request: DeskRequest, person_id: int) -> HttpResponse:
    """A link to choose a password, mailed or shown in the response to POST alone. Cost: no API call."""
    if request.method == "POST":
        try:
            return _link_page(request, issue_for_user(request.user, person_id), is_new=False)
        except NotAllowed as error:
            messages.error(request, str(error))
    return redirect("person-edit", person_id)


def _first_steps(request: DeskRequest, *, has_profiles: bool) -> tuple[FirstStep, ...]:
    dismissed = preferences_of(request).steps_dismissed
    return first_steps(request.user, dismissed=dismissed, has_profiles=has_profiles)


def _edit(request: DeskRequest, person_id: int, *, saving: bool) -> PersonEdit:
    if request.method != "POST":
        return load(request.user, person_id, request.GET.get("find", ""))
    return save(request.user, person_id, request.POST) if saving else preview(request.user, person_id, request.POST)


def _link_page(request: DeskRequest, link: PasswordLink, *, is_new: bool) -> HttpResponse:
    desk = DeskPage(request, "people/link.html", "people/_link.html", None)
    assign = is_new and not link.person.assigned and link.person.role in {SUPPORT, EXPORTER} and has_profiles()
    url = reverse("person-edit", args=[link.person.user.pk])
    return desk.response(link=link, is_new=is_new, assign=assign, current_url=url)


def _confirm_page(request: DeskRequest, confirmation: Confirmation) -> HttpResponse:
    return DeskPage(request, "people/confirm.html", "people/_confirm.html", None).response(confirmation=confirmation)


def _edit_page(request: DeskRequest, edit: PersonEdit, status: int) -> HttpResponse:
    desk = DeskPage(request, "people/edit.html", "people/_profiles.html", None)
    flashes = [(message.level_tag, str(message)) for message in messages.get_messages(request)]
    suggested = None if wants_fragment(request) else people_to_copy()
    response = desk.response(edit=edit, choices=edit.choices, roles=ROLES, messages=flashes, people_to_copy=suggested)
    response.status_code = status
    return response


def is_preview(request: DeskRequest) -> bool:
    """True if the form only changes what it shows: by htmx, Find, Copy, or by Enter in the search box."""
    data = request.POST
    by_enter = "save" not in data and data.get("find", "") != data.get("found", "")
    return wants_fragment(request) or "look" in data or copies(data) or by_enter


def _history_headers(request: DeskRequest, filters: PeopleFilters) -> dict[str, str]:
    path, parameters = current_list_url(request)
    replaces = path == filters.path and replaces_history_entry(filters, parse_filters(path, parameters))
    return history_headers(request, filters.canonical_url, replaces=replaces)
