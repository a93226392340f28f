"""What the desk wants of django-allauth: nobody signs up, nobody is led off the site, roles come from groups."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from contacts_ui.local_path import local_path


class DeskAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # django-allauth has no types
    """Passwords and sessions."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Admins add people; nobody adds themselves."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether `next` may lead there: to a path of this site that is not the gate itself."""
        gate = (reverse("account_login"), reverse("account_logout"))
        return bool(url) and local_path(str(url)) is not None and not str(url).startswith(gate)


class DeskSocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on."""

    def is_open_for_signup(self, _request: HttpRequest, _sociallogin: Any) -> bool:
        """Whom the identity provider lets in may come in; what they may see is another matter."""
        return True


class DeskMfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors."""
