"""Break glass: whoever may run commands on the server makes the first admin, or lets one in again, with a link."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict

from contacts_ui import audit
from contacts_ui.roles import ADMIN, ROLES, set_role
from contacts_ui.sign_in.oidc import is_sso_user

from . import password_links
from .actions import ACTIONS
from .filters import NO_ROLE
from .forms import NewPersonForm
from .password_links import PasswordLink
from .people_list import with_role
from .permissions import NotAllowed
from .person import Person, get_person

_TITLES = {role.name: role.title.lower() for role in ROLES}


@dataclass(frozen=True, slots=True)
class LetIn:
    """An admin who was let in: their password link, what was done for it, and whether a second factor is left."""

    link: PasswordLink
    done: tuple[str, ...]
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class Admins:
    """Whether an active admin can sign in, and the user names of those who have not chosen a password yet."""

    ready: bool
    waiting: tuple[str, ...]


def find_admins() -> Admins:
    """The active admins. Who has neither a password, a passkey nor an identity provider cannot sign in."""
    role = {"desk_role": ADMIN}  # an annotation, which the type of a user does not know
    admins = with_role(User.objects.filter(is_active=True)).filter(**role)
    has_passkey = Q(authenticator__type=Authenticator.Type.WEBAUTHN)
    has_password = ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    ready = admins.filter(has_password | has_passkey | Q(socialaccount__isnull=False))
    waiting = admins.exclude(pk__in=ready.values("pk")).order_by("username")
    return Admins(ready.exists(), tuple(waiting.values_list("username", flat=True)))


def let_in_admin(username: str, *, remove_factors: bool) -> LetIn:
    """A link for this admin, who is made or activated first. Raises NotAllowed, AuditWriteError.

    A new one is a superuser: somebody has to be able to set policies, and to change other superusers.
    """
    with transaction.atomic():
        Group.objects.select_for_update(no_key=True).get(name=ADMIN)  # as people_lock: nobody else changes people
        user = _find(username)
        person = _new_admin(username) if user is None else get_person(user.pk)
        done = ["added, with the role admin, as a superuser" if user is None else _check(person)]
        if not person.user.is_active:
            done.append(ACTIONS["switch-on"].perform(person))
        if remove_factors:
            done.append(ACTIONS["remove-factors"].perform(person))
        link = password_links.create(person)
        about = f"{person.user.username}: let in on the server, by {_operator()}"
        audit.append_now(audit.AuditEvent(audit.AuditAction.PERSON_CHANGED, about=about[:300]))
    factor = Authenticator.objects.filter(user=person.user).exists()
    return LetIn(link, tuple(filter(None, done)), factor)


def _find(username: str) -> User | None:
    named = User.objects.filter(username__iexact=username)
    return named.filter(username=username).first() or named.first()


def _check(person: Person) -> str:
    """Nothing to report of an admin who has a password here. Raises NotAllowed for everyone else."""
    if person.role != ADMIN:
        role = "no role" if person.role == NO_ROLE else f"the role {_TITLES[person.role]}"
        raise NotAllowed(f"{person.user.username} is no admin, but has {role}. Choose another name.")
    if is_sso_user(person.user):
        raise NotAllowed(
            f"{person.user.username} signs in with {settings.OIDC_NAME} and has no password here. Choose another name."
        )
    return ""


def _new_admin(username: str) -> Person:
    data = QueryDict(mutable=True)
    data.update({"username": username, "name": "", "email": "", "role": ADMIN})
    form = NewPersonForm(data, None)
    if not form.is_valid():
        raise NotAllowed(" ".join(str(error) for errors in form.errors.values() for error in errors))
    user = User(username=form.cleaned_data["username"], is_staff=True, is_superuser=True)
    user.set_unusable_password()
    user.save()
    set_role(user, ADMIN)
    return get_person(user.pk)


def _operator() -> str:
    """The user of the operating system who runs the command, before sudo."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):  # a container's user id without a name
        return f"user {os.getuid()}"
