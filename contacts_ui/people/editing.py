"""Person editing: the form of one person, loaded, previewed or saved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.http import QueryDict

from contacts_ui import audit
from contacts_ui.models import ProfileAccess
from contacts_ui.roles import ADMIN, set_role

from .assignments import (
    ProfileChoices,
    ProfileCopy,
    ProfileDirectory,
    copied,
    load_profiles,
    profile_choices,
    selected_ids,
)
from .filters import MAX_SEARCH, NO_ROLE
from .forms import PersonForm, split_name
from .permissions import (
    EMAIL_GUARDED,
    GUARDED,
    NotAllowed,
    check_may_change,
    is_promotion,
    is_self,
    may_change,
    may_change_email,
    may_grant,
    people_lock,
    role_fixed,
    roles_guarded,
)
from .person import Person, get_person
from .promotion import start_anew

STALE_FORM = (
    "Not saved. Someone changed this person while this page was open. "
    "Reload to see the current values, then make your changes again."
)
API_DOWN = "Not saved. Profiles can’t be added while the messaging service isn’t answering. Clear the new ones."
UNKNOWN_PROFILE = "Not saved. A selected profile no longer exists."


@dataclass(frozen=True, slots=True)
class PersonEdit:
    """The form of one person. `version`: the state it was loaded from. `refused`: why nothing was saved, a message.

    `starts_anew`: it was saved, and they need a new password.
    `has_factors`: there is a second factor to remove.
    `asks_first`: nothing was saved, for the change of role was not confirmed yet.
    `role_fixed`, `email_fixed`: why the actor may not change these, None where they may. `roles_guarded`: why they may
    not give every role. `sends_mail`: password links are mailed. `copy`: what was copied from somebody else.
    """

    person: Person
    form: PersonForm
    choices: ProfileChoices
    version: str
    may_change: bool
    is_self: bool
    role_fixed: str | None = None
    roles_guarded: str | None = None
    email_fixed: str | None = None
    sends_mail: bool = False
    has_factors: bool = False
    copy: ProfileCopy = field(default_factory=ProfileCopy)
    refused: str | None = None
    asks_first: bool = False
    saved: bool = False
    starts_anew: bool = False


def load(actor: User, person_id: int, find: str) -> PersonEdit:
    """The form of a person as stored, the profiles filtered by `find`."""
    person = get_person(person_id)
    choices = profile_choices(load_profiles(), person.assigned, person.assigned, _find(find))
    return _edit(actor, person, None, choices, person.version)


def preview(actor: User, person_id: int, data: QueryDict) -> PersonEdit:
    """The form with unsaved input and selections."""
    return _bound(actor, data, get_person(person_id), load_profiles())


def save(actor: User, person_id: int, data: QueryDict) -> PersonEdit:
    """The submitted form, saved or with its errors. Raises Http404, AuditWriteError."""
    directory = load_profiles()  # before the lock: nobody waits behind a slow API
    with people_lock(actor):
        person = get_person(person_id)
        edit, selected = _bound(actor, data, person, directory), selected_ids(data)
        try:
            check_may_change(actor, person)
            _check_current(data, person, selected, directory)
        except NotAllowed as error:
            return replace(edit, refused=str(error))
        if not edit.form.is_valid():
            return edit
        refused = _refused(actor, edit)
        if refused:
            return replace(edit, refused=refused)
        if _asks_first(edit) and data.get("confirm") != "role":
            return replace(edit, asks_first=True)
        starts_anew = _save(edit, selected)
    return replace(edit, saved=True, starts_anew=starts_anew)


def _refused(actor: User, edit: PersonEdit) -> str | None:
    """Why the actor may not save this of a guarded person, None when they may."""
    person, clean = edit.person, edit.form.cleaned_data
    if clean["email"] != person.user.email and not may_change_email(actor, person):
        return f"Not saved. {EMAIL_GUARDED}"
    return None if may_grant(actor, person.role, clean["role"]) else f"Not saved. {roles_guarded(actor)}"


def _asks_first(edit: PersonEdit) -> bool:
    """True when the person ends up with less, without a role or without one that sees everything, or with a guarded
    role: their new password goes to an address that somebody has to look at.
    """
    before, after = edit.person.role, edit.form.cleaned_data["role"]
    if is_promotion(before, after):
        return True
    return before not in {after, NO_ROLE} and (after == NO_ROLE or before in GUARDED)


def _bound(actor: User, data: QueryDict, person: Person, directory: ProfileDirectory) -> PersonEdit:
    copy = copied(data, directory)
    selected = selected_ids(data) | copy.added
    choices = profile_choices(directory, person.assigned, selected, _find(data.get("find", "")))
    return replace(_edit(actor, person, data, choices, data.get("version") or person.version), copy=copy)


def _edit(actor: User, person: Person, data: QueryDict | None, choices: ProfileChoices, version: str) -> PersonEdit:
    fixed = role_fixed(actor, person)
    return PersonEdit(
        person,
        PersonForm(data, person, role_fixed=fixed is not None),
        choices,
        version,
        may_change(actor, person),
        is_self(actor, person),
        role_fixed=fixed,
        roles_guarded=roles_guarded(actor),
        email_fixed=None if may_change_email(actor, person) else EMAIL_GUARDED,
        sends_mail=bool(settings.EMAIL_URL),
        has_factors=Authenticator.objects.filter(user=person.user).exists(),
    )


def _find(text: str) -> str:
    return text.strip()[:MAX_SEARCH]


def _check_current(data: QueryDict, person: Person, selected: frozenset[str], directory: ProfileDirectory) -> None:
    """Raises NotAllowed when the form is of an older state, or adds profiles that the API does not name now."""
    if data.get("version") != person.version:
        raise NotAllowed(STALE_FORM)
    if selected - person.assigned - directory.names.keys():
        raise NotAllowed(API_DOWN if directory.unavailable else UNKNOWN_PROFILE)


def _save(edit: PersonEdit, selected: frozenset[str]) -> bool:
    """Saves the form; True when the person needs a new password now."""
    person, form, starts_anew = edit.person, edit.form, False
    _save_names(person.user, form.cleaned_data["name"], form.cleaned_data["email"])
    if form.cleaned_data["role"] != person.role:
        if person.user.is_superuser and form.selected_role != ADMIN:
            person.user.is_superuser = False
            person.user.save(update_fields=["is_superuser"])
        set_role(person.user, form.selected_role)
        starts_anew = start_anew(person, form.selected_role)
    # One by one: the signal of each is audited.
    for removed in ProfileAccess.objects.filter(user=person.user, profile_id__in=person.assigned - selected):
        removed.delete()
    for added in sorted(selected - person.assigned):
        ProfileAccess.objects.create(user=person.user, profile_id=UUID(added))
    return starts_anew


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
