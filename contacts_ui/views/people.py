"""People: who may come in, in which role, with which profiles. For admins."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from contacts_ui.access import only
from contacts_ui.people.actions import DEEDS, do
from contacts_ui.people.editing import Editing, added, edited, looked, opened
from contacts_ui.people.filters import PeopleQuery, people_query
from contacts_ui.people.forms import NewPersonForm
from contacts_ui.people.password_links import PasswordLink, new_link
from contacts_ui.people.people_list import people_page
from contacts_ui.people.permissions import Refused
from contacts_ui.roles import ADMIN, ROLES
from contacts_ui.web.htmx import came_from, wants_fragment
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest

_FORM = ["GET", "HEAD", "POST"]


@require_safe
@only(ADMIN)
def people_list(request: DeskRequest) -> HttpResponse:
    """Everybody, narrowed as the address says. Cost: no API call."""
    query = people_query(reverse("people-list"), request.GET)
    desk = DeskPage(request, "people/list.html", "people/_rows.html", None, headers=_address(request, query))
    return desk.response(query=query, page=people_page(query), here=query.address, roles=ROLES)


@require_http_methods(_FORM)
@only(ADMIN)
def person_new(request: DeskRequest) -> HttpResponse:
    """The form of somebody new, and then their link. Cost: no API call."""
    form, link = added(request) if request.method == "POST" else (NewPersonForm(None, None), None)
    if link is not None:
        return _link_page(request, link, is_new=True)
    desk = DeskPage(request, "people/new.html", "people/_new.html", None)
    response = desk.response(form=form, roles=ROLES)
    response.status_code = 422 if form.is_bound else 200
    return response


@require_http_methods(_FORM)
@only(ADMIN)
def person_edit(request: DeskRequest, person_id: int) -> HttpResponse:
    """The form of one person. Cost: `/v3/me`, which is kept for five minutes."""
    saving = request.method == "POST" and not _only_looks(request)
    ask = edited if saving else looked if request.method == "POST" else opened
    editing = ask(request, person_id)
    if editing.saved:
        messages.success(request, "Saved. It holds from their next click on.")
        return redirect("person-edit", person_id)
    return _edit_page(request, editing, 422 if saving else 200)


@require_http_methods(_FORM)
@only(ADMIN)
def person_do(request: DeskRequest, person_id: int) -> HttpResponse:
    """One of the buttons below the form; only POST does something. Cost: no API call."""
    if request.method == "POST":
        if request.POST.get("do") not in DEEDS:
            raise BadRequest("no such button")
        try:
            messages.success(request, do(request, person_id, request.POST["do"]))
        except Refused as refused:
            messages.error(request, str(refused))
    return redirect("person-edit", person_id)


@require_http_methods(_FORM)
@only(ADMIN)
def person_link(request: DeskRequest, person_id: int) -> HttpResponse:
    """A link to choose a password, shown in the answer to POST and never again. Cost: no API call."""
    if request.method == "POST":
        try:
            return _link_page(request, new_link(request, person_id), is_new=False)
        except Refused as refused:
            messages.error(request, str(refused))
    return redirect("person-edit", person_id)


def _link_page(request: DeskRequest, link: PasswordLink, *, is_new: bool) -> HttpResponse:
    desk = DeskPage(request, "people/link.html", "people/_link.html", None)
    return desk.response(link=link, is_new=is_new, here=reverse("person-edit", args=[link.person.user.pk]))


def _edit_page(request: DeskRequest, editing: Editing, status: int) -> HttpResponse:
    desk = DeskPage(request, "people/edit.html", "people/_profiles.html", None)
    said = [(message.level_tag, str(message)) for message in messages.get_messages(request)]
    response = desk.response(editing=editing, lines=editing.lines, roles=ROLES, said=said)
    response.status_code = status
    return response


def _only_looks(request: DeskRequest) -> bool:
    """Whether the profiles are only to be narrowed: by htmx, by the button, or by Enter in the box of what to find."""
    sent = request.POST
    by_enter = "save" not in sent and sent.get("find", "") != sent.get("found", "")
    return wants_fragment(request) or "look" in sent or by_enter


def _address(request: DeskRequest, query: PeopleQuery) -> dict[str, str]:
    """Tells htmx the list's own address: a new step in the history, unless the search was only typed on."""
    if not wants_fragment(request):
        return {}
    path, parameters = came_from(request)
    before = people_query(path, parameters)
    same = before.address == query.address or (before.search and query.search and before.search != query.search)
    return {"HX-Replace-Url" if same else "HX-Push-Url": query.address}
