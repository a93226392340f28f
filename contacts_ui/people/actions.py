"""What an admin does to a person with one button: switch off and on, sign out, take away second factors."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed

from contacts_ui import audit
from contacts_ui.web.request import DeskRequest

from .permissions import Refused, is_self, one_at_a_time, refuse_foreign
from .person import Person, person_now
from .sessions import end_sessions

Deed = Callable[[DeskRequest, Person], str]


def do(request: DeskRequest, person_id: int, name: str) -> str:
    """Does it, all or nothing, and says so in a sentence. Raises Refused, Http404, AuditUnwritable, KeyError."""
    deed = DEEDS[name]
    with one_at_a_time(request):
        person = person_now(person_id)
        refuse_foreign(request, person)
        if is_self(request, person):
            raise Refused("You cannot do this to yourself. Another admin can.")
        return deed(request, person)


def _switch_off(request: DeskRequest, person: Person) -> str:
    person.user.is_active = False
    person.user.save(update_fields=["is_active"])
    _end(request, person)
    return f"{person.name} is switched off and signed out everywhere."


def _switch_on(_request: DeskRequest, person: Person) -> str:
    person.user.is_active = True
    person.user.save(update_fields=["is_active"])
    return f"{person.name} may come in again."


def _sign_out(request: DeskRequest, person: Person) -> str:
    ended = _end(request, person)
    return f"{person.name} is signed out everywhere." if ended else f"{person.name} was not signed in anywhere."


def _remove_factors(request: DeskRequest, person: Person) -> str:
    factors = list(Authenticator.objects.filter(user=person.user))
    for factor in factors:
        factor.delete()
        authenticator_removed.send(sender=Authenticator, request=request, user=person.user, authenticator=factor)
    _end(request, person)
    if not factors:
        return f"{person.name} had no second factor. They are signed out everywhere."
    return f"The second factors of {person.name} are removed, and they are signed out everywhere."


def _end(request: DeskRequest, person: Person) -> int:
    ended = end_sessions(person.user)
    about = f"{person.user.username}: {ended} {'session' if ended == 1 else 'sessions'}"
    audit.write_for(request, audit.Deed("person.sessions_ended", about=about))
    return ended


DEEDS: dict[str, Deed] = {
    "switch-off": _switch_off,
    "switch-on": _switch_on,
    "sign-out": _sign_out,
    "remove-factors": _remove_factors,
}
