"""A code of the authenticator app opens the desk once, for as long as it is valid.

django-allauth remembers a code for one period of 30 s, and takes it for three (MFA_TOTP_TOLERANCE). Here the period of
the last code is kept with the secret, and only a later one is taken (RFC 6238, 5.2).
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.core.exceptions import ValidationError
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from .allauth_compat import compare_user_code, format_hotp_value, hotp_value, yield_hotp_counters_from_time

LAST_PERIOD = "last_period"  # in the authenticator's data: of the last code that was taken


class NoReuseMixin(BaseAuthenticateForm):  # type: ignore[misc]  # django-allauth has no types
    """A form with a code in it."""

    def clean_code(self) -> str:
        """The code, if it is right and was not used before. Raises ValidationError."""
        app = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP).first()
        # Asked first, so that a code used before does not count as a right one anywhere.
        if app is not None and _was_used(app, self.cleaned_data["code"]):
            raise self._wrong(app)
        code: str = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not consume_code(self.authenticator, code):
            raise self._wrong(self.authenticator)  # who sent it at the same time was quicker
        return code

    def _wrong(self, app: Authenticator) -> ValidationError:
        """What to raise for a code that is used: written down as a wrong one."""
        self._emit_authentication_failed(app)
        error: ValidationError = get_adapter().validation_error("incorrect_code")
        return error


class SignInCodeForm(NoReuseMixin, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class ReauthenticateCodeForm(NoReuseMixin, ReauthenticateForm):  # type: ignore[misc]
    """Proof that it is still the same person."""


def consume_code(app: Authenticator, code: str) -> bool:
    """Whether `code` is valid and later than every one used so far; from here on it is used."""
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
    """The latest period near now to which `code` belongs."""
    secret = get_adapter().decrypt(app.data["secret"])
    near: list[int] = sorted(yield_hotp_counters_from_time(), reverse=True)
    codes = ((period, format_hotp_value(hotp_value(secret, period))) for period in near)
    return next((period for period, expected in codes if compare_user_code(actual=code, expected=expected)), None)


@receiver(authenticator_added)
def _first_code(request: HttpRequest, authenticator: Authenticator, **_: Any) -> None:
    """The code that proved the app when it was added is used as well."""
    if authenticator.type == Authenticator.Type.TOTP:
        consume_code(authenticator, request.POST.get("code", ""))
