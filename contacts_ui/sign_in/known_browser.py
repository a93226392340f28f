"""Known-browser cookie: signed, names the accounts that this browser has signed in to, and signs nobody in.

Its one use is to choose a counter of wrong passwords (attempts.py): whoever attacks an account from elsewhere does not
use up the tries of its owner's browser. Whoever steals it gains five tries in five minutes at that account.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

_SALT = "contact desk|known browser"  # no other signature of the desk is taken for this one, nor this one for another
_MOST_ACCOUNTS = 5  # of one browser: people who share a computer


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """A browser: its random name, and the ids of the users who have signed in there, the last one first."""

    name: str
    user_ids: tuple[int, ...]

    def knows(self, user: User | None) -> bool:
        """True when `user` has signed in there."""
        return user is not None and user.pk in self.user_ids


def known_browser(request: HttpRequest) -> KnownBrowser | None:
    """The browser of this request by its cookie; None without a cookie, or with one that we did not sign lately."""
    text = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME)
    if not text:
        return None
    try:
        name, user_ids = signing.loads(text, salt=_SALT, max_age=settings.KNOWN_BROWSER_SECONDS)
    except signing.BadSignature:
        return None
    return KnownBrowser(name, tuple(user_ids))


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Sets the cookie anew, `user` first."""
    before = known_browser(request) or KnownBrowser(get_random_string(22), ())
    others = [number for number in before.user_ids if number != user.pk]
    value = signing.dumps([before.name, [user.pk, *others][:_MOST_ACCOUNTS]], salt=_SALT)
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE_NAME,
        value,
        max_age=settings.KNOWN_BROWSER_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
