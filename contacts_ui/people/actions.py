"""Person actions: what an admin does with one button, each with its audit events."""

from __future__ import annotations

from collections.abc import Callable

from allauth.core import context
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User

from .factors import delete_factor
from .permissions import NotAllowed, check_may_change, is_self, people_lock
from .person import Person, get_person
from .sessions import end_sessions_and_record

PersonAction = Callable[[Person], str]


def perform(actor: User, person_id: int, name: str) -> str:
    """Performs it in a transaction; the message for the page. Raises NotAllowed, Http404, AuditWriteError, KeyError."""
    action = ACTIONS[name]
    with people_lock(actor):
        person = get_person(person_id)
        check_may_change(actor, person)
        if is_self(actor, person):
            raise NotAllowed("You cannot do this to yourself. Another admin can.")
        return action(person)


def _deactivate(person: Person) -> str:
    person.user.is_active = False
    person.user.save(update_fields=["is_active"])
    _end_sessions(person)
    return f"{person.name} is switched off and signed out everywhere."


def _activate(person: Person) -> str:
    person.user.is_active = True
    person.user.save(update_fields=["is_active"])
    return f"{person.name} may come in again."


def _sign_out(person: Person) -> str:
    ended = _end_sessions(person)
    return f"{person.name} is signed out everywhere." if ended else f"{person.name} was not signed in anywhere."


def _reset_mfa(person: Person) -> str:
    factors = list(Authenticator.objects.filter(user=person.user))
    for factor in factors:
        delete_factor(context.request, factor)
    _end_sessions(person)
    if not factors:
        return f"{person.name} had no second factor. They are signed out everywhere."
    return f"The second factors of {person.name} are removed, and they are signed out everywhere."


def _end_sessions(person: Person) -> int:
    return end_sessions_and_record(person.user)


ACTIONS: dict[str, PersonAction] = {
    "switch-off": _deactivate,
    "switch-on": _activate,
    "sign-out": _sign_out,
    "remove-factors": _reset_mfa,
}
