"""Form of the sign-in page: django-allauth's, with a longest user name."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from django.core.validators import MaxLengthValidator

LONGEST_LOGIN = 254  # characters of a user name or e-mail address: the database refuses to compare some longer ones


class SignInForm(LoginForm):  # type: ignore[misc]  # django-allauth has no types
    """User name or e-mail address, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.max_length, login.widget.attrs["maxlength"] = LONGEST_LOGIN, str(LONGEST_LOGIN)
        login.validators.append(MaxLengthValidator(LONGEST_LOGIN, "This user name is too long."))
