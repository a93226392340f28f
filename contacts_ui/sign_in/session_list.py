"""List of a person's sessions, and ending the others: django-allauth's, by hashed keys.

django-allauth lists the keys of cookies, with which whoever reads its table could sign in. So its app is configured
without its own receivers (apps.py), and these take their place (docs/decisions, 22).
"""

from __future__ import annotations

from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_changed, password_set, user_logged_in
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.models import User
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from contacts_ui.models import Session

from .allauth_compat import get_session_user
from .hashed_sessions import SessionStore, stored_key

_USER_AGENT_LENGTH = UserSession._meta.get_field("user_agent").max_length


@receiver(user_logged_in)
def _list_new_session(request: HttpRequest, user: User, **_: Any) -> None:
    open_sessions(user)
    _list_session(request, user)


@receiver([password_changed, password_set])
def _list_changed_session(request: HttpRequest, user: User, **_: Any) -> None:
    """A new password changes the key of the session in which it was set."""
    if request.user.is_authenticated:
        _list_session(request, user)


def _list_session(request: HttpRequest, user: User) -> None:
    if not request.session.session_key:
        request.session.save()
    values = {
        "user": user,
        "ip": get_adapter().get_client_ip(request),
        "user_agent": request.headers.get("User-Agent", "")[:_USER_AGENT_LENGTH],
    }
    UserSession.objects.update_or_create(session_key=_current_key(request), defaults=values)


def open_sessions(user: User) -> list[UserSession]:
    """The sessions of a person that are still open, oldest first. Forgets those that are not."""
    listed = list(UserSession.objects.filter(user=user).order_by("created_at"))
    keys = [session.session_key for session in listed]
    stored = Session.objects.filter(expire_date__gt=timezone.now()).in_bulk(keys)
    found = []
    for session in listed:
        if session.session_key in stored and _opens(stored[session.session_key], user):
            found.append(session)
        else:
            session.end()
    return found


def end_other_sessions(request: HttpRequest) -> None:
    """Ends every session of the person but the one of this request."""
    others = UserSession.objects.filter(user=cast("User", request.user)).exclude(session_key=_current_key(request))
    for session in others:
        session.end()


def _opens(session: Session, user: User) -> bool:
    """False after a change of the password elsewhere, which makes a session worthless without deleting it."""
    store = SessionStore()
    store.update(session.get_decoded())
    return bool(get_session_user(store) == user)


def _current_key(request: HttpRequest) -> str:
    return stored_key(request.session.session_key or "")


def session_list(request: HttpRequest) -> HttpResponse:
    """The browsers in which a person is signed in; a POST signs out all but this one."""
    if request.method == "POST":
        end_other_sessions(request)
        get_adapter().add_message(request, messages.INFO, "usersessions/messages/sessions_logged_out.txt")
        return redirect("usersessions_list")
    sessions = open_sessions(cast("User", request.user))
    shown = {"sessions": sessions, "session_count": len(sessions), "current_key": _current_key(request)}
    return TemplateResponse(request, "usersessions/usersession_list.html", shown)
