"""What the pages of the gate need beyond django-allauth's own context."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django import template
from django.conf import settings
from django.contrib.auth.models import User

from contacts_ui.web.jinja2 import icon

register = template.Library()
register.simple_tag(icon)


@register.simple_tag
def sends_mail() -> bool:
    """Whether the desk can send a link to whoever forgot their password."""
    return bool(settings.EMAIL_URL)


@register.simple_tag
def single_sign_on() -> str:
    """What the identity provider is called, in the middle of a sentence; "" without one."""
    if not settings.OIDC_PROVIDER_ID:
        return ""
    return "single sign-on" if settings.OIDC_NAME == "Single sign-on" else settings.OIDC_NAME


@register.simple_tag
def second_factors(user: User) -> set[str]:
    """What `user` may show as a second step: totp, webauthn, recovery_codes."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
