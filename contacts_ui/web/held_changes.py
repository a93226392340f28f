"""Held changes: what a request that waits for a proof would change, in words, for the pages that ask for it.

Made anew for each page: somebody else may have changed the person meanwhile. A form that only names what it does (an
export, a link) has its label, and nothing here.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.http import QueryDict
from django.urls import Resolver404, resolve

from contacts_ui.people.actions import ACTIONS
from contacts_ui.people.changes import changes_of_masking, changes_of_new_person, changes_of_person
from contacts_ui.roles import ADMIN, role_of
from contacts_ui.sign_in.step_up import HeldRequest


def asked_next(user: User, url: str) -> str | None:
    """What the page at this address asks about before it does it: an action of a person's page. None for any other, and
    for who may not do it. Cost: one query.
    """
    try:
        parts = urlsplit(url)
        match = resolve(parts.path)
    except (Resolver404, ValueError):  # the address comes from a parameter
        return None
    action = ACTIONS.get(QueryDict(parts.query).get("do") or "")
    if match.view_name != "person-do" or action is None or role_of(user) != ADMIN:
        return None
    person = User.objects.filter(pk=match.kwargs["person_id"]).first()
    return f"{action.label} {person.get_full_name() or person.username}" if person else None


def changes_of(user: User, held: HeldRequest) -> str | None:
    """The changes of a held form about people; None for any other request, and for who may not send it (any more)."""
    if held.method != "POST" or role_of(user) != ADMIN:
        return None
    try:
        match = resolve(urlsplit(held.url).path)
    except Resolver404:
        return None
    data = QueryDict(mutable=True)
    for name, value in held.fields:
        data.appendlist(name, value)
    if match.view_name == "person-edit":
        return changes_of_person(user, match.kwargs["person_id"], data)
    if match.view_name == "person-new":
        return changes_of_new_person(data)
    return changes_of_masking(user, data) if match.view_name == "people-masking" else None
