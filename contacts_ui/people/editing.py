"""Person editing: the form of one person, loaded, previewed, saved or created."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.http import QueryDict

from contacts_ui import audit
from contacts_ui.models import ProfileAccess
from contacts_ui.roles import ADMIN, set_role
from contacts_ui.text import parse_uuid

from . import password_links
from .assignments import ProfileChoices, ProfileDirectory, load_profiles, profile_choices
from .filters import MAX_SEARCH
from .forms import NewPersonForm, PersonForm, split_name
from .password_links import PasswordLink
from .permissions import NotAllowed, check_may_change, is_self, may_change, people_lock
from .person import Person, get_person

STALE_FORM = (
    "Somebody changed this person while this page was open, so nothing was saved. "
    "Load the page again to see what holds now, then make your changes anew."
)
API_DOWN = "Not saved: profiles cannot be added while the messaging service does not answer. Take the new ticks away."
UNKNOWN_PROFILE = "Not saved: a profile that was ticked is not there any more."


@dataclass(frozen=True, slots=True)
class PersonEdit:
    """The form of one person. `version`: the state it was loaded from. `refused`: why nothing was saved, a message."""

    person: Person
    form: PersonForm
    choices: ProfileChoices
    version: str
    may_change: bool
    is_self: bool
    refused: str | None = None
    saved: bool = False


def load(actor: User, person_id: int, find: str) -> PersonEdit:
    """The form of a person as stored, the profiles filtered by `find`."""
    person = get_person(person_id)
    form = PersonForm(None, person, role_fixed=is_self(actor, person))
    choices = profile_choices(load_profiles(), person.assigned, person.assigned, _find(find))
    return PersonEdit(person, form, choices, person.version, may_change(actor, person), is_self(actor, person))


def preview(actor: User, person_id: int, data: QueryDict) -> PersonEdit:
    """The form with unsaved input and selections."""
    return _bound(actor, data, get_person(person_id), load_profiles())


def save(actor: User, person_id: int, data: QueryDict) -> PersonEdit:
    """The submitted form, saved or with its errors. Raises Http404, AuditWriteError."""
    directory = load_profiles()  # before the lock: nobody waits behind a slow API
    with people_lock(actor):
        person = get_person(person_id)
        edit, selected = _bound(actor, data, person, directory), _selected_ids(data)
        try:
            check_may_change(actor, person)
            _check_current(data, person, selected, directory)
        except NotAllowed as error:
            return replace(edit, refused=str(error))
        if not edit.form.is_valid():
            return edit
        _save(edit, selected)
    return replace(edit, saved=True)


def create(actor: User, data: QueryDict) -> tuple[NewPersonForm, PasswordLink | None]:
    """The submitted form, and the new person's password link unless it has errors. Raises AuditWriteError."""
    with people_lock(actor):
        form = NewPersonForm(data, None)
        if not form.is_valid():
            return form, None
        user = User(username=form.cleaned_data["username"], email=form.cleaned_data["email"])
        user.first_name, user.last_name = split_name(form.cleaned_data["name"])
        user.set_unusable_password()
        user.save()
        if form.selected_role:
            set_role(user, form.selected_role)
        link = password_links.create(get_person(user.pk), actor)
    return form, password_links.send(link)


def _bound(actor: User, data: QueryDict, person: Person, directory: ProfileDirectory) -> PersonEdit:
    form = PersonForm(data, person, role_fixed=is_self(actor, person))
    choices = profile_choices(directory, person.assigned, _selected_ids(data), _find(data.get("find", "")))
    version = data.get("version") or person.version
    return PersonEdit(person, form, choices, version, may_change(actor, person), is_self(actor, person))


def _find(text: str) -> str:
    return text.strip()[:MAX_SEARCH]


def _selected_ids(data: QueryDict) -> frozenset[str]:
    """The selected ids, shown or hidden. Anything but an id is ignored."""
    ids = (parse_uuid(text) for text in [*data.getlist("profiles"), *data.get("kept", "").split()])
    return frozenset(found for found in ids if found)


def _check_current(data: QueryDict, person: Person, selected: frozenset[str], directory: ProfileDirectory) -> None:
    """Raises NotAllowed when the form is of an older state, or adds profiles that the API does not name now."""
    if data.get("version") != person.version:
        raise NotAllowed(STALE_FORM)
    if selected - person.assigned - directory.names.keys():
        raise NotAllowed(API_DOWN if directory.unavailable else UNKNOWN_PROFILE)


def _save(edit: PersonEdit, selected: frozenset[str]) -> None:
    person, form = edit.person, edit.form
    _save_names(person.user, form.cleaned_data["name"], form.cleaned_data["email"])
    if form.cleaned_data["role"] != person.role:
        if person.user.is_superuser and form.selected_role != ADMIN:
            person.user.is_superuser = False
            person.user.save(update_fields=["is_superuser"])
        set_role(person.user, form.selected_role)
    # One by one: the signal of each is audited.
    for removed in ProfileAccess.objects.filter(user=person.user, profile_id__in=person.assigned - selected):
        removed.delete()
    for added in sorted(selected - person.assigned):
        ProfileAccess.objects.create(user=person.user, profile_id=UUID(added))


def _save_names(user: User, name: str, email: str) -> None:
    changed = []
    if name != user.get_full_name():
        user.first_name, user.last_name = split_name(name)
        changed.append("name")
    if email != user.email:
        EmailAddress.objects.filter(user=user).delete()  # nobody signs in with an address that is gone
        user.email = email
        changed.append("e-mail")
    if changed:
        user.save(update_fields=["first_name", "last_name", "email"])
        about = f"{user.username}: {' and '.join(changed)}"
        audit.append_now(audit.AuditEvent(audit.AuditAction.PERSON_CHANGED, about=about))
