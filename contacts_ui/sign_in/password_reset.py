"""Password reset by mail: the request takes an address and looks nothing up, the mail queue does the rest.

So the page's time, status and queries are the same for every address, whether anybody has it or not.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from . import attempts, mail_queue
from .allauth_compat import filter_users_by_email
from .oidc import is_sso_user

log = logging.getLogger(__name__)

_TEMPLATE = "account/email/password_reset_key"


class PasswordResetForm(ResetPasswordForm):  # type: ignore[misc]  # django-allauth has no types
    """The form with an e-mail address."""

    def clean_email(self) -> str:
        """The address. Nobody is looked up by it here. Raises ValidationError after too many requests."""
        email: str = get_adapter().clean_email(self.cleaned_data["email"].lower())
        try:
            attempts.begin_reset(context.request, email)
        except attempts.TooManyAttempts as refusal:
            raise refusal.validation_error() from None
        return email

    def save(self, _request: HttpRequest, **_kwargs: Any) -> str:
        """Has the mail sent after the response."""
        email: str = self.cleaned_data["email"]
        mail_queue.enqueue(partial(send_reset_mail, email))
        return email


def send_reset_mail(email: str) -> None:
    """Mails a link to everyone active who has this address and a password here; to nobody else.

    Five an hour: a stranger who asks again and again fills no mailbox, and the links that were mailed work. The link
    is made from SITE_URL and not from a request: the port in its Host may be anybody's.
    """
    for user in filter_users_by_email(email, is_active=True, prefer_verified=True, for_login=True):
        if is_sso_user(user) or not attempts.may_mail(email):
            log.info("password_reset.not_mailed", extra={"user": user.pk})
            continue
        key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
        url = settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key)
        fields = {"password_reset_url": url, "username": user.username}
        get_adapter().render_mail(_TEMPLATE, email, fields).send()
