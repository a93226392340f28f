"""Person creation: a new account with role, mail address and profiles from one form, and its password link."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID

from django.contrib.auth.models import User
from django.http import QueryDict

from contacts_ui.models import ProfileAccess
from contacts_ui.roles import set_role

from . import password_links
from .assignments import (
    ProfileChoices,
    ProfileCopy,
    ProfileDirectory,
    copied,
    load_profiles,
    profile_choices,
    selected_ids,
)
from .editing import API_DOWN, UNKNOWN_PROFILE
from .filters import MAX_SEARCH, NO_ROLE
from .forms import NewPersonForm, split_name
from .password_links import PasswordLink
from .permissions import may_grant, people_lock, roles_guarded
from .person import get_person


@dataclass(frozen=True, slots=True)
class NewPerson:
    """The form of a new person. `refused`: why nobody was added, a message. `link`: they were added, with this link.

    `copy`: what was copied from somebody else.
    """

    form: NewPersonForm
    choices: ProfileChoices
    copy: ProfileCopy = field(default_factory=ProfileCopy)
    refused: str | None = None
    link: PasswordLink | None = None

    @property
    def failed(self) -> bool:
        """True when something was submitted and nobody was added."""
        return bool(self.refused or self.form.errors)


def blank() -> NewPerson:
    """The empty form. Cost: one API call in five minutes."""
    return NewPerson(NewPersonForm(None, None), profile_choices(load_profiles(), (), ()))


def preview(data: QueryDict) -> NewPerson:
    """The form with unsaved input and selections, those copied from somebody included; nothing is checked yet."""
    return replace(_bound(data, load_profiles()), form=NewPersonForm(None, None, typed=data))


def create(actor: User, data: QueryDict) -> NewPerson:
    """The submitted form; the person is added unless it has errors. Raises AuditWriteError."""
    directory = load_profiles()  # before the lock: nobody waits behind a slow API
    new, selected = _bound(data, directory), selected_ids(data)
    if selected - directory.names.keys():
        return replace(new, refused=API_DOWN if directory.unavailable else UNKNOWN_PROFILE)
    with people_lock(actor):
        form = new.form
        if not form.is_valid():
            return new
        if not may_grant(actor, NO_ROLE, form.cleaned_data["role"]):
            form.add_error("role", roles_guarded(actor) or "")
            return new
        user = _add(form)
        for profile_id in sorted(selected):  # one by one: the signal of each is audited
            ProfileAccess.objects.create(user=user, profile_id=UUID(profile_id))
        link = password_links.create(get_person(user.pk), actor)
    return replace(new, link=password_links.deliver(link))


def _bound(data: QueryDict, directory: ProfileDirectory) -> NewPerson:
    copy = copied(data, directory)
    selected = selected_ids(data) | copy.added
    find = data.get("find", "").strip()[:MAX_SEARCH]
    return NewPerson(NewPersonForm(data, None), profile_choices(directory, (), selected, find), copy)


def _add(form: NewPersonForm) -> User:
    user = User(username=form.cleaned_data["username"], email=form.cleaned_data["email"])
    user.first_name, user.last_name = split_name(form.cleaned_data["name"])
    user.set_unusable_password()
    user.save()
    if form.selected_role:
        set_role(user, form.selected_role)
    return user
