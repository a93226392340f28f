"""Notices by mail: a person is told when their e-mail, password, second factor or role changes, by whomever.

They go to the address the person had, and to a new one as well. Signals send them, so that Django's admin, single
sign-on and commands do so too. Without EMAIL_URL there are none. A mail that fails stops nothing: it is logged.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from allauth.core import context
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction
from django.db.models.signals import m2m_changed, post_save, pre_save
from django.dispatch import receiver

from contacts_ui.roles import role_change_in_progress, role_changed
from contacts_ui.sign_in import mail_queue

log = logging.getLogger(__name__)

_SUBJECT = "Contact Desk: {what}"
_TEXT = """Hello {name},

{sentence}

It was done by {actor}. If you did not expect this, tell an auditor or another admin at once.

Your user name is {username}.
"""
_BEFORE = "_desk_notice_before"


def send_notice(user: User, what: str, sentence: str, *addresses: str) -> None:
    """Mails it to these addresses, or to the one the person has, once the change is committed."""
    recipients = sorted({address.lower() for address in (addresses or (user.email,)) if address})
    if not settings.EMAIL_URL or not recipients:
        return
    name, actor = user.get_full_name() or user.username, _actor(user)
    text = _TEXT.format(name=name, sentence=sentence, actor=actor, username=user.username)
    send = partial(_send, _SUBJECT.format(what=what), text, recipients)
    transaction.on_commit(lambda: mail_queue.enqueue(send))  # no page waits for a mail server


def _send(subject: str, text: str, recipients: list[str]) -> None:
    for address in recipients:  # one mail each: neither learns of the other address
        try:
            send_mail(subject, text, None, [address])
        except OSError as error:  # its text may contain the address
            log.warning("desk.people.notice_failed", extra={"error": type(error).__name__})


def _actor(user: User) -> str:
    """Who changes it, in the words of the mail: nobody is signed in when a link sets a password, or a command runs."""
    actor = getattr(context.request, "user", None)
    if actor is None or not actor.is_authenticated:
        return "somebody who is not signed in, or a command on the server"
    return "you" if actor.pk == user.pk else str(actor.get_username())


@receiver(pre_save, sender=User)
def _remember(instance: User, update_fields: frozenset[str] | None, **_: Any) -> None:
    told = {"email", "is_superuser"} & (update_fields or {"email", "is_superuser"})
    stored = User.objects.filter(pk=instance.pk).values(*told).first() if instance.pk and told else None
    instance.__dict__[_BEFORE] = stored or {}


@receiver(post_save, sender=User)
def _changed(instance: User, **_: Any) -> None:
    before = instance.__dict__.pop(_BEFORE, {})
    if instance.email != before.get("email", instance.email):
        sentence = "your e-mail address was changed. Links for a new password are sent to the new one from now on."
        send_notice(instance, "your e-mail address was changed", sentence, before["email"], instance.email)
    if instance.is_superuser != before.get("is_superuser", instance.is_superuser):
        _tell_role(instance, "superuser" if instance.is_superuser else "no longer superuser")


@receiver(role_changed)
def _role_changed(user: User, before: str | None, after: str | None, **_: Any) -> None:
    _tell_role(user, f"{after or 'none'} (it was {before or 'none'})")


@receiver(m2m_changed, sender=User.groups.through)
def _groups_changed(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_: Any) -> None:
    """Groups set in Django's admin or by a command; roles.set_role has a signal of its own."""
    if action not in {"post_add", "post_remove", "pre_clear"} or not (pk_set or action == "pre_clear"):
        return
    if not reverse and role_change_in_progress(instance):
        return
    people: Any = (instance,)
    if reverse:
        people = instance.user_set.all() if action == "pre_clear" else User.objects.filter(pk__in=pk_set or ())
    for user in people:
        _tell_role(user, "changed: your groups on this desk are others now")


def _tell_role(user: User, role: str) -> None:
    if user.last_login is None and not user.has_usable_password():
        return  # somebody new: the mail with their link comes next
    send_notice(user, "your role was changed", f"your role on Contact Desk was changed. It is now: {role}.")


class PasswordNotice:
    """A validator of AUTH_PASSWORD_VALIDATORS that rejects nothing: Django tells validators of every new password,
    whatever set it, and not of a hash that is only brought up to date.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Accepts every password."""

    def get_help_text(self) -> str:
        """What the forms of Django's admin say about it."""
        return "Its owner gets a mail about the change, where the desk sends mail."

    def password_changed(self, _password: str, user: User | None = None) -> None:
        """Sends the notice."""
        if user is not None:
            send_notice(user, "your password was changed", "your password for Contact Desk was changed.")


@receiver(mfa_signals.authenticator_added)
@receiver(mfa_signals.authenticator_reset)
def _factor_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    sentence = f"a second factor was added to your account: {authenticator.get_type_display()}."
    send_notice(user, "a second factor was added", sentence)


@receiver(mfa_signals.authenticator_removed)
def _factor_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    sentence = f"a second factor was removed from your account: {authenticator.get_type_display()}."
    send_notice(user, "a second factor was removed", sentence)
