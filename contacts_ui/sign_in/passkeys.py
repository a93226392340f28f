"""Passkey forms with their own error message, which also catch the errors of malformed credentials.

For a rejected passkey django-allauth says that a code is wrong, and there was none. On input that is no passkey at all
(anybody may send it) its parser raises errors that nobody catches.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError

from . import attempts

NOT_ACCEPTED = "This passkey was not accepted. Try again, or choose another way."
# What fido2's parser raises for JSON that is no credential. It parses JSON and CBOR within the credential: both nest.
_PARSER_ERRORS = (AttributeError, KeyError, TypeError, ValueError, RecursionError)


class CredentialField(forms.JSONField):
    """JSON of a passkey. Django's own field lets two errors of the parser through: deep nesting and huge integers."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(error_messages={"required": NOT_ACCEPTED, "invalid": NOT_ACCEPTED})

    def to_python(self, value: Any) -> Any:
        """The parsed JSON. Raises ValidationError."""
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise ValidationError(NOT_ACCEPTED, code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What the form shows again: nothing, if it cannot be parsed."""
        try:
            return super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return None


@contextmanager
def _own_error_messages() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise (ValidationError(NOT_ACCEPTED) if error.code == "incorrect_code" else error) from None
    except _PARSER_ERRORS as error:
        raise ValidationError(NOT_ACCEPTED) from error


class SecondStepPasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]  # django-allauth has no types
    """A passkey as the second factor, after name and password."""

    credential = CredentialField()

    def clean_credential(self) -> Any:
        """The passkey's row. Raises ValidationError, audited as a failed sign-in like a wrong code.

        Counted before it is parsed: what is no passkey at all must not fill the log either.
        """
        try:
            attempt = self._begin()
        except attempts.TooManyAttempts as refusal:
            raise refusal.validation_error() from None
        try:
            with _own_error_messages():
                passkey = super().clean_credential()
        except ValidationError:
            # The user is unknown when the passkey is all there is: anybody can write any name into it.
            authentication_failed.send(
                sender=Authenticator, request=context.request, user=self.user, authenticator=None
            )
            raise
        attempt.forgive()
        return passkey

    def _begin(self) -> attempts.Attempt:
        if self.user is None:
            return attempts.begin_passkey(context.request)
        return attempts.begin_factor(context.request, self.user)


class SignInPasskeyForm(SecondStepPasskeyForm, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of name and password."""

    reauthenticated = False
    passwordless = True


class ReauthenticatePasskeyForm(SecondStepPasskeyForm, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Reauthentication: proof that it is still the same person."""

    reauthenticated = True
    passwordless = False


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """Registration of a new passkey."""

    credential = CredentialField()

    def clean(self) -> Any:
        """The cleaned data. Raises ValidationError."""
        with _own_error_messages():
            return super().clean()
