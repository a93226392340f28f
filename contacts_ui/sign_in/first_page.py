"""First page after signing in: the contacts, or, for an admin who is alone on a new desk, the steps to set it up."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import reverse

from contacts_ui.models import ScopeVisit
from contacts_ui.roles import ADMIN, role_of


def first_page(user: User) -> str | None:
    """The URL of the People page, where the steps are, for an admin who is alone here and has not opened contacts yet;
    None for everyone else. Cost: at most three queries, at sign-in alone.
    """
    if role_of(user) != ADMIN or ScopeVisit.objects.filter(user=user).exists():
        return None
    return None if User.objects.exclude(pk=user.pk).exists() else reverse("people-list")
