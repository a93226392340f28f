"""The form of one person, from what is shown to what is saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.http import QueryDict

from contacts_ui import audit
from contacts_ui.models import ProfileAccess
from contacts_ui.roles import ADMIN, give_role
from contacts_ui.web.request import DeskRequest

from .assignments import KnownProfiles, ProfileLines, known_profiles, profile_id, profile_lines
from .filters import MAX_TYPED
from .forms import NewPersonForm, PersonForm, parts_of
from .password_links import PasswordLink, mailed, make_link
from .permissions import Refused, is_self, may_change, one_at_a_time, refuse_foreign
from .person import Person, person_now

_OLD = (
    "Somebody changed this person while this page was open, so nothing was saved. "
    "Load the page again to see what holds now, then make your changes anew."
)
_WAITS = "Not saved: profiles cannot be added while the messaging service does not answer. Take the new ticks away."
_UNKNOWN = "Not saved: a profile that was ticked is not there any more."


@dataclass(frozen=True, slots=True)
class Editing:
    """The page of one person. `version` is the state the form was made from; `refused` says why nothing was saved."""

    person: Person
    form: PersonForm
    lines: ProfileLines
    version: str
    may_change: bool
    is_self: bool
    refused: str | None = None
    saved: bool = False


def opened(request: DeskRequest, person_id: int) -> Editing:
    """The person as they are, the profiles narrowed to `find`."""
    person, find = person_now(person_id), request.GET.get("find", "").strip()[:MAX_TYPED]
    form = PersonForm(None, person, role_fixed=is_self(request, person))
    return _editing(request, person, form, profile_lines(known_profiles(), person.assigned, person.assigned, find))


def looked(request: DeskRequest, person_id: int) -> Editing:
    """The same with everything that is typed and ticked and not saved yet."""
    return _sent(request, person_now(person_id), known_profiles(), _ticked(request.POST))


def edited(request: DeskRequest, person_id: int) -> Editing:
    """What was sent, saved or with what is wrong with it. Raises Http404, AuditUnwritable."""
    known, ticked = known_profiles(), _ticked(request.POST)  # before the lock: nobody waits behind a slow API
    with one_at_a_time(request):
        person = person_now(person_id)
        made = _sent(request, person, known, ticked)
        try:
            _refuse(request, made, ticked, known)
        except Refused as refused:
            return replace(made, refused=str(refused))
        if not made.form.is_valid():
            return made
        _save(request, made, ticked)
    return replace(made, saved=True)


def added(request: DeskRequest) -> tuple[NewPersonForm, PasswordLink | None]:
    """The form that was sent, and with it the new person's link unless something is wrong. Raises AuditUnwritable."""
    with one_at_a_time(request):
        form = NewPersonForm(request.POST, None)
        if not form.is_valid():
            return form, None
        user = User(username=form.cleaned_data["username"], email=form.cleaned_data["email"])
        user.first_name, user.last_name = parts_of(form.cleaned_data["name"])
        user.set_unusable_password()
        user.save()
        if form.chosen_role:
            give_role(user, form.chosen_role)
        link = make_link(request, person_now(user.pk))
    return form, mailed(link)


def _editing(request: DeskRequest, person: Person, form: PersonForm, lines: ProfileLines) -> Editing:
    version = request.POST.get("version") or person.version
    return Editing(person, form, lines, version, may_change(request, person), is_self(request, person))


def _sent(request: DeskRequest, person: Person, known: KnownProfiles, ticked: frozenset[str]) -> Editing:
    form = PersonForm(request.POST, person, role_fixed=is_self(request, person))
    find = request.POST.get("find", "").strip()[:MAX_TYPED]
    return _editing(request, person, form, profile_lines(known, person.assigned, ticked, find))


def _ticked(sent: QueryDict) -> frozenset[str]:
    """The ids that are ticked, shown or not. What is no id was never one of ours."""
    ids = (profile_id(text) for text in [*sent.getlist("profiles"), *sent.get("kept", "").split()])
    return frozenset(found for found in ids if found)


def _refuse(request: DeskRequest, made: Editing, ticked: frozenset[str], known: KnownProfiles) -> None:
    refuse_foreign(request, made.person)
    if request.POST.get("version") != made.person.version:
        raise Refused(_OLD)
    unknown = ticked - made.person.assigned - known.titles.keys()
    if unknown:
        raise Refused(_WAITS if known.down else _UNKNOWN)


def _save(request: DeskRequest, made: Editing, ticked: frozenset[str]) -> None:
    person, form = made.person, made.form
    _save_names(request, person.user, form.cleaned_data["name"], form.cleaned_data["email"])
    if form.cleaned_data["role"] != person.role:
        if person.user.is_superuser and form.chosen_role != ADMIN:
            person.user.is_superuser = False
            person.user.save(update_fields=["is_superuser"])
        give_role(person.user, form.chosen_role)
    # One by one: each is written down.
    for gone in ProfileAccess.objects.filter(user=person.user, profile_id__in=person.assigned - ticked):
        gone.delete()
    for new in sorted(ticked - person.assigned):
        ProfileAccess.objects.create(user=person.user, profile_id=UUID(new))


def _save_names(request: DeskRequest, user: User, name: str, email: str) -> None:
    changed = []
    if name != user.get_full_name():
        user.first_name, user.last_name = parts_of(name)
        changed.append("name")
    if email != user.email:
        EmailAddress.objects.filter(user=user).delete()  # nobody signs in with an address that is gone
        user.email = email
        changed.append("e-mail")
    if changed:
        user.save(update_fields=["first_name", "last_name", "email"])
        about = f"{user.username}: {' and '.join(changed)}"
        audit.write_for(request, audit.Deed("person.changed", about=about))
