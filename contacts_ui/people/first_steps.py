"""First steps: what an admin of a new desk does first, shown on the People page until done or dismissed."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.urls import reverse

from contacts_ui.models import ProfileAccess

from .filters import NO_PROFILES

_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One step, the page where it is done, and whether it is."""

    title: str
    text: str
    url: str
    done: bool


def first_steps(user: User, *, dismissed: bool, has_profiles: bool) -> tuple[FirstStep, ...]:
    """The steps in their order, none once all are done or they were dismissed. Cost: one query, none once dismissed."""
    if dismissed:
        return ()
    own = {"user": OuterRef("pk")}
    state = User.objects.filter(pk=user.pk).values_list(
        Exists(User.objects.exclude(pk=OuterRef("pk"))),
        Exists(ProfileAccess.objects.all()),
        Exists(Authenticator.objects.filter(**own, type__in=_FACTORS)),
        Exists(SocialAccount.objects.filter(**own)),
    )
    others, assigned, factor, provider = state[0]
    new = reverse("person-new")
    unassigned = f"{reverse('people-list')}?attention={NO_PROFILES}" if others else new  # the form has profiles too
    steps = (
        FirstStep("Add people", "Each gets a link to set a password.", new, others),
        FirstStep("Assign profiles", "People see the profiles you assign.", unassigned, assigned),
        FirstStep("Add a second factor", "It protects your account.", reverse("mfa_index"), factor or provider),
    )
    shown = tuple(step for step in steps if has_profiles or step.title != "Assign profiles")
    return () if all(step.done for step in shown) else shown
