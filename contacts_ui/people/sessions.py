"""Session revocation: signs a person out everywhere at once."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from contacts_ui import audit
from contacts_ui.sign_in.allauth_compat import LOGIN_SESSION_KEY


def end_sessions_and_record(user: User) -> int:
    """Ends every session of `user`, with an audit row of how many there were. Raises AuditWriteError."""
    ended = end_sessions(user)
    _record(user, ended)
    return ended


def end_session_and_record(session: UserSession) -> None:
    """Ends one session, with an audit row. Raises AuditWriteError."""
    session.end()
    _record(session.user, 1)


def end_sessions(user: User) -> int:
    """Ends every session of `user`; how many there were. Their next request redirects to the sign-in page.

    django-allauth has a table of sessions. One that is missing there (an older one, one whose key changed) has to be
    decoded to find its user, or it would be valid again when the person is activated again. So does a sign-in that
    waits for its second step: whoever began it must not come in after everyone was signed out. It is not counted.
    """
    ended = 0
    for session in UserSession.objects.filter(user=user):
        ended += session.exists()
        session.end()
    others = UserSession.objects.exclude(user=user).values("session_key")
    for unlisted in Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key__in=others).iterator():
        held = unlisted.get_decoded()
        if held.get(SESSION_KEY) == str(user.pk):
            unlisted.delete()
            ended += 1
        elif _waits_for(held, user):
            unlisted.delete()
    return ended


def _waits_for(held: dict[str, Any], user: User) -> bool:
    """True when `user` has shown a password in this session, and not yet the second factor."""
    return bool((held.get(LOGIN_SESSION_KEY) or {}).get("user_pk") == user_pk_to_url_str(user))


def _record(user: User, ended: int) -> None:
    about = f"{user.username}: {ended} {'session' if ended == 1 else 'sessions'}"
    audit.append_now(audit.AuditEvent(audit.AuditAction.PERSON_SESSIONS_ENDED, about=about))
