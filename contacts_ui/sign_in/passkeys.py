"""Passkeys that are refused. django-allauth says of them that a code is wrong, and there was none; and of what is no
passkey at all (anybody may send it) its parser fails in ways that nobody catches.
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

NOT_ACCEPTED = "This passkey was not accepted. Try again, or choose another way."
# What fido2's parser raises for JSON that is something else.
_NO_PASSKEY = (AttributeError, KeyError, TypeError, ValueError)


def _credential() -> forms.JSONField:
    said = {"required": NOT_ACCEPTED, "invalid": NOT_ACCEPTED}
    return forms.JSONField(widget=forms.HiddenInput, error_messages=said)


@contextmanager
def _own_error_messages() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise (ValidationError(NOT_ACCEPTED) if error.code == "incorrect_code" else error) from None
    except _NO_PASSKEY as error:
        raise ValidationError(NOT_ACCEPTED) from error


class SecondStepPasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]  # django-allauth has no types
    """A passkey after name and password."""

    credential = _credential()

    def clean_credential(self) -> Any:
        """The passkey's row. Raises ValidationError, and says so to the audit log as of a wrong code."""
        try:
            with _own_error_messages():
                return super().clean_credential()
        except ValidationError as error:
            if error.message == NOT_ACCEPTED:  # not when there were too many tries
                # Of whoever signs in by it alone nobody is known: the name in it is anybody's to write.
                authentication_failed.send(
                    sender=Authenticator, request=context.request, user=self.user, authenticator=None
                )
            raise


class SignInPasskeyForm(SecondStepPasskeyForm, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of name and password."""

    reauthenticated = False
    passwordless = True


class ReauthenticatePasskeyForm(SecondStepPasskeyForm, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Proof that it is still the same person."""

    reauthenticated = True
    passwordless = False


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new one."""

    credential = _credential()

    def clean(self) -> Any:
        """What was sent. Raises ValidationError."""
        with _own_error_messages():
            return super().clean()
