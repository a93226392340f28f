"""Forms that take a password: django-allauth's, with a longest user name, and with the limits of attempts.py."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from django.core.validators import MaxLengthValidator

LONGEST_LOGIN = 254  # characters of a user name or e-mail address: the database refuses to compare some longer ones


class SignInForm(LoginForm):  # type: ignore[misc]  # django-allauth has no types
    """User name or e-mail address, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.max_length, login.widget.attrs["maxlength"] = LONGEST_LOGIN, str(LONGEST_LOGIN)
        login.validators.append(MaxLengthValidator(LONGEST_LOGIN, "This user name is too long."))


class CountedChangePasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """A new password, with the one before."""

    def clean_oldpassword(self) -> str:
        """The password before, checked as at sign-in: wrong ones are counted and recorded. Whoever has a session alone
        must not find out its password here. Raises ValidationError.
        """
        typed = str(self.cleaned_data["oldpassword"])
        if not get_adapter().reauthenticate(self.user, typed):
            raise get_adapter().validation_error("enter_current_password")
        return typed
