"""Template tags of the sign-in pages: values that django-allauth's context lacks."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django import template
from django.conf import settings
from django.contrib.auth.models import User
from django.template import Context

from contacts_ui.web.jinja2 import icon
from contacts_ui.web.theme_cookie import chosen_theme

register = template.Library()
register.simple_tag(icon)


@register.simple_tag(takes_context=True)
def browser_theme(context: Context) -> str:
    """The theme chosen last in this browser; "" for the system's."""
    return chosen_theme(context.get("request")) or ""


@register.simple_tag
def sends_mail() -> bool:
    """True when the desk can mail a link to people who forgot their password."""
    return bool(settings.EMAIL_URL)


@register.simple_tag
def single_sign_on() -> str:
    """The name of the identity provider within a sentence; "" without one."""
    if not settings.OIDC_PROVIDER_ID:
        return ""
    return "single sign-on" if settings.OIDC_NAME == "Single sign-on" else settings.OIDC_NAME


@register.simple_tag
def second_factors(user: User) -> set[str]:
    """The kinds of second factor that `user` has: totp, webauthn, recovery_codes."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
