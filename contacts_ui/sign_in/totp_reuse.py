"""TOTP replay protection: a code of the authenticator app is accepted once (RFC 6238, 5.2).

django-allauth remembers a code for one period of 30 s, but accepts it for three (MFA_TOTP_TOLERANCE). Here the period
of the last accepted code is stored with the secret, and only a later one is accepted.
"""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from . import attempts
from .allauth_compat import compare_user_code, format_hotp_value, hotp_value, yield_hotp_counters_from_time

LAST_PERIOD = "last_period"  # in the authenticator's data: period of the last accepted code


class NoReuseMixin(BaseAuthenticateForm):  # type: ignore[misc]  # django-allauth has no types
    """A code form that rejects a code used before."""

    def clean_code(self) -> str:
        """The code, if it is valid and was not used before. Raises ValidationError."""
        try:
            attempt = attempts.begin_factor(context.request, self.user)
        except attempts.TooManyAttempts as refusal:
            raise refusal.validation_error() from None
        app = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).first()
        # Checked first, so that a code used before counts nowhere as a valid one.
        if app is not None and _was_used(app, self.cleaned_data["code"]):
            raise self._wrong(app)
        code: str = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not consume_code(self.authenticator, code):
            raise self._wrong(self.authenticator)  # a concurrent request used it first
        attempt.forgive()
        return code

    def _wrong(self, app: Authenticator) -> ValidationError:
        """The error for a code used before, audited as a failed sign-in like a wrong one."""
        self._emit_authentication_failed(app)
        error: ValidationError = get_adapter().validation_error("incorrect_code")
        return error


class SignInCodeForm(NoReuseMixin, AuthenticateForm):  # type: ignore[misc]
    """The code as the second factor, after name and password."""


class ReauthenticateCodeForm(NoReuseMixin, ReauthenticateForm):  # type: ignore[misc]
    """Reauthentication: proof that it is still the same person."""


def consume_code(app: Authenticator, code: str) -> bool:
    """Marks `code` as used. True when it is valid and later than every code used so far."""
    with transaction.atomic():
        kept = Authenticator.objects.select_for_update().get(pk=app.pk)
        period = _period_of(kept, code)
        if period is None or period <= kept.data.get(LAST_PERIOD, -1):
            return False
        kept.data[LAST_PERIOD] = period
        kept.save(update_fields=["data"])
    app.data = kept.data
    return True


def _was_used(app: Authenticator, code: str) -> bool:
    period = _period_of(app, code)
    return period is not None and period <= app.data.get(LAST_PERIOD, -1)


def _period_of(app: Authenticator, code: str) -> int | None:
    """The latest accepted period near now that has this code, None for a wrong code."""
    secret = get_adapter().decrypt(app.data["secret"])
    near: list[int] = sorted(yield_hotp_counters_from_time(), reverse=True)
    codes = ((period, format_hotp_value(hotp_value(secret, period))) for period in near)
    return next((period for period, expected in codes if compare_user_code(actual=code, expected=expected)), None)


@receiver(authenticator_added)
def _first_code(request: HttpRequest, authenticator: Authenticator, **_: Any) -> None:
    """Marks the code that confirmed a new authenticator app as used."""
    if authenticator.type == Authenticator.Type.TOTP:
        consume_code(authenticator, request.POST.get("code", ""))
