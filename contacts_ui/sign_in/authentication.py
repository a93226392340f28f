"""Authentication: the person of a request is the one that was read with the session, if the session is still theirs."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoMiddleware
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from .hashed_sessions import SessionStore


class AuthenticationMiddleware(DjangoMiddleware):
    """Django's, without a query of its own for the user."""

    def process_request(self, request: HttpRequest) -> None:
        """Sets `request.user`, which is looked at when it is needed."""
        super().process_request(request)
        request.user = SimpleLazyObject(partial(current_user, request))  # type: ignore[assignment]  # as Django does


def current_user(request: HttpRequest) -> User | AnonymousUser:
    """Who is signed in. Nobody is, where they were switched off, or had another password when they signed in.

    Here the usual case alone, by what Django's get_user checks, and hashes by a former SECRET_KEY. Everything else is
    its own: sessions that have to end, strangers.
    """
    session = request.session
    data = {name: session.get(name) for name in (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY)}
    principal = session.principal if isinstance(session, SessionStore) else None
    if (
        principal is not None
        and principal.user.is_active
        and data[SESSION_KEY] == str(principal.user.pk)
        and data[BACKEND_SESSION_KEY] in settings.AUTHENTICATION_BACKENDS
    ):
        held, present = data[HASH_SESSION_KEY] or "", principal.user.get_session_auth_hash()
        if constant_time_compare(held, present) or _is_renewed(session, principal.user, held, present):
            request._cached_user = principal.user  # type: ignore[attr-defined]  # where get_user keeps it
    return get_user(request)


def _is_renewed(session: SessionBase, user: User, held: str, present: str) -> bool:
    """True when the session's hash is by a former SECRET_KEY; it gets the present one.

    Its key stays, where Django's get_user makes another: that would sign out whoever has two requests under way, and
    the session would leave the list of its person's sessions. The key does not hang on SECRET_KEY.
    """
    if not any(constant_time_compare(held, former) for former in user.get_session_auth_fallback_hash()):
        return False
    session[HASH_SESSION_KEY] = present
    return True
