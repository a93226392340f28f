"""Person actions: what an admin does with one button, each with its audit events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from allauth.core import context
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User

from .factors import delete_factor
from .permissions import NotAllowed, check_may_change, is_self, people_lock
from .person import Person, get_person
from .sessions import end_sessions_and_record


@dataclass(frozen=True, slots=True)
class PersonAction:
    """One button. `label` and the person's name are its sentence; `text` says what ends, `undo` how to take it back.

    One without `undo` ends nothing, so nobody is asked first.
    """

    perform: Callable[[Person], str]
    label: str
    text: str = ""
    undo: str = ""
    danger: bool = False


def perform(actor: User, person_id: int, name: str) -> str:
    """Performs it in a transaction; the message for the page. Raises NotAllowed, Http404, AuditWriteError, KeyError."""
    action = ACTIONS[name]
    with people_lock(actor):
        return action.perform(_target(actor, person_id))


def person_to_confirm(actor: User, person_id: int) -> Person:
    """The person an action is about, before it is performed. Raises NotAllowed, Http404."""
    return _target(actor, person_id)


def _target(actor: User, person_id: int) -> Person:
    person = get_person(person_id)
    check_may_change(actor, person)
    if is_self(actor, person):
        raise NotAllowed("You can’t do this to yourself. Another admin can.")
    return person


def _deactivate(person: Person) -> str:
    person.user.is_active = False
    person.user.save(update_fields=["is_active"])
    _end_sessions(person)
    return f"{person.name} is deactivated and signed out everywhere."


def _activate(person: Person) -> str:
    person.user.is_active = True
    person.user.save(update_fields=["is_active"])
    return f"{person.name} reactivated."


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
    "switch-off": PersonAction(
        _deactivate,
        "Deactivate",
        "Ends all their sessions and blocks sign-in. Everything else is kept.",
        "To undo this, reactivate them here.",
        danger=True,
    ),
    "switch-on": PersonAction(_activate, "Reactivate"),
    "sign-out": PersonAction(
        _sign_out,
        "Sign out",
        "All their sessions end now. Unsaved work is lost.",
        "Nothing to undo: they can sign in again at any time.",
    ),
    "remove-factors": PersonAction(
        _reset_mfa,
        "Remove the second factors of",
        "Their passkeys, authenticator app and recovery codes stop working, and all sessions end. "
        "Until they add a new one, their password alone signs them in.",
        "This can’t be undone. They can add a new one under “Sign-in and security”.",
        danger=True,
    ),
}
