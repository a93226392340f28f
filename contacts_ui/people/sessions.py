"""Session revocation: signs a person out everywhere at once."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from contacts_ui import audit
from contacts_ui.models import Session


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

    So does a sign-in that waits for its second step: whoever began it must not come in after everyone was signed out.
    It is not counted. Cost: three queries, however many people there are.
    """
    ended, _ = Session.objects.filter(user=user, expire_date__gt=timezone.now()).delete()
    Session.objects.filter(Q(user=user) | Q(waiting=user)).delete()
    UserSession.objects.filter(user=user).delete()
    return ended


def _record(user: User, ended: int) -> None:
    about = f"{user.username}: {ended} {'session' if ended == 1 else 'sessions'}"
    audit.append_now(audit.AuditEvent(audit.AuditAction.PERSON_SESSIONS_ENDED, about=about))
