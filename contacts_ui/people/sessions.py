"""Where someone is signed in, and how that ends at once."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone


def end_sessions(user: User) -> int:
    """Ends every session of `user`, and says how many there were. Their next click leads to the sign-in page.

    django-allauth keeps a list of sessions. One that is in nobody's list (an older one, one whose key changed) has
    to be opened to see whose it is, or it would be alive again when its person is switched on again.
    """
    ended = 0
    for session in UserSession.objects.filter(user=user):
        ended += session.exists()
        session.end()
    others = UserSession.objects.exclude(user=user).values("session_key")
    for unlisted in Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key__in=others).iterator():
        if unlisted.get_decoded().get(SESSION_KEY) == str(user.pk):
            unlisted.delete()
            ended += 1
    return ended
