"""Password tokens: the key of a link to set a password, which names whoever made the link.

A link that a person asked for by mail has django-allauth's token. One made by an admin ends in `.` and the admin's id
in base 36 (0: a command on the server). The id is part of what is signed, so neither can be turned into the other.
So is a guarded role: a link that an admin made and kept ends when a superuser makes its person an auditor or admin.
And it ends when its maker is no admin any more: whoever was switched off must not come back as somebody else.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator, UserTokenForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest
from django.utils.http import base36_to_int, int_to_base36

from contacts_ui.roles import ADMIN, ROLES, role_of

from .allauth_compat import INTERNAL_RESET_SESSION_KEY

_GUARDED = frozenset(role.name for role in ROLES if role.guarded)
ON_THE_SERVER = 0  # the maker of a link that a command made; no user has this id


class _TokenGenerator(EmailAwarePasswordResetTokenGenerator):  # type: ignore[misc]  # django-allauth has no types
    """django-allauth's tokens, with the maker in the salt of their HMAC; without a maker they are the same."""

    def __init__(self, maker_id: int | None = None) -> None:
        super().__init__()
        self.maker_id = maker_id
        if maker_id is not None:
            self.key_salt = f"{PasswordResetTokenGenerator.key_salt}|made by {maker_id}"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        value = str(super()._make_hash_value(user, timestamp))
        role = role_of(user)
        # Not of a link made on the server: who makes that may do everything anyway.
        return f"{value}|{role}" if self.maker_id and role in _GUARDED else value


class _AnyMaker:
    """Checks tokens of every maker and of none."""

    def check_token(self, user: User, token: str) -> bool:
        """True for a valid token. Cost: two queries for the maker of a link."""
        plain, maker_id = token.partition(".")[0], maker_of(token)
        # One spelling alone: `1` and `01` are the same number.
        valid = bool(_TokenGenerator(maker_id).check_token(user, plain)) and token == _joined(plain, maker_id)
        return valid and (not maker_id or _is_admin(maker_id))


class PasswordTokenForm(UserTokenForm):  # type: ignore[misc]
    """The form by which django-allauth checks a link (ACCOUNT_FORMS)."""

    token_generator = _AnyMaker()


def make_token(user: User, maker_id: int) -> str:
    """The token of a link that `maker_id` makes for `user`."""
    return _joined(_TokenGenerator(maker_id).make_token(user), maker_id)


def maker_of(token: str) -> int | None:
    """The id that a token names, None for a link asked for by mail. Only a token that was checked tells the truth."""
    _, separator, maker = token.partition(".")
    try:
        return base36_to_int(maker) if separator else None
    except ValueError:
        return None


def token_of(request: HttpRequest) -> str:
    """The token by which this request sets a password. The page moves it from its URL to the session; a script's
    request (X-Requested-With) may have it in the URL, and then an older one in the session does not count.
    """
    named: Any = request.resolver_match.kwargs.get("key", "") if request.resolver_match else ""
    return str(request.session.get(INTERNAL_RESET_SESSION_KEY, "") if named == "set-password" else named)


def _is_admin(user_id: int) -> bool:
    maker = User.objects.filter(pk=user_id).first()
    return maker is not None and role_of(maker) == ADMIN


def _joined(plain: str, maker_id: int | None) -> str:
    return plain if maker_id is None else f"{plain}.{int_to_base36(maker_id)}"
