"""People of the log: whom a typed name means, and which rows are about somebody, whoever did it.

A row has the person who did something. To whom it was done stands in its text, by the name they sign in with.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from django.contrib.auth.models import User
from django.db.models import Q

from contacts_ui.text import case_variants

from .actions import AuditAction

NAMES = ("username", "first_name", "last_name")
MAX_MATCHES = 50  # people that one name may match

# Deeds done to a person: their text begins with the name of the person.
_DONE_TO = (
    AuditAction.SECOND_FACTOR_ADDED,
    AuditAction.SECOND_FACTOR_REMOVED,
    AuditAction.PASSWORD_CHANGED,
    AuditAction.ROLE_CHANGED,
    AuditAction.PROFILE_ASSIGNMENT,
    AuditAction.PERSON_CHANGED,
    AuditAction.PERSON_LINK_MADE,
    AuditAction.PERSON_SESSIONS_ENDED,
)


def named(typed: str, fields: Iterable[str] = NAMES) -> Q:
    """Each of the typed words is in one of these fields: "Nora Lind" finds who has them as first and last name."""
    fields, condition = tuple(fields), Q()
    for word in typed.split():
        anywhere = Q()
        for name, written in product(fields, case_variants(word)):
            anywhere |= Q(**{f"{name}__icontains": written})
        condition &= anywhere
    return condition


def find_people(typed: str) -> dict[int, str]:
    """User names by id of the people that a text means: of that user name, else of that e-mail address, else those
    that have its words in their names. An address is found whole: parts of it would tell it. Cost: up to three queries.
    """
    return (
        _people(Q(username__iexact=typed))
        or (_people(Q(email__iexact=typed)) if "@" in typed else {})
        or _people(named(typed))
    )


def done_to(names: Iterable[str], actions: Iterable[AuditAction] = _DONE_TO) -> Q:
    """Rows of these actions about one of the people: "sam", "sam: ...", or either with a mark."""
    texts = Q()
    for name in names:
        texts |= Q(about=name) | Q(about__startswith=f"{name}:") | Q(about__startswith=f"{name} (")
    return texts & Q(action__in=[action.value for action in actions])


def about_people(names: Iterable[str]) -> Q:
    """Rows about one of the people: what was done to them here, in Django's admin, or to an export of theirs."""
    names, by_text = tuple(names), Q()
    for name in names:
        in_admin = Q(about__contains=f"“{name}”") | Q(about__contains=f"“{name}.”")
        by_text |= Q(in_admin, action=AuditAction.ADMIN_CHANGED, about__startswith="user:")
        export = f": of {name}"  # exports/lifecycle.py
        ended = Q(about__endswith=export) | Q(about__contains=f"{export} (")
        by_text |= Q(ended, action=AuditAction.EXPORT_CANCELLED)
    every = (*_DONE_TO, AuditAction.ADMIN_CHANGED, AuditAction.EXPORT_CANCELLED)
    return Q(action__in=[action.value for action in every]) & (done_to(names) | by_text)  # all in one: for the index


def _people(condition: Q) -> dict[int, str]:
    return dict(User.objects.filter(condition).values_list("pk", "username")[:MAX_MATCHES])
