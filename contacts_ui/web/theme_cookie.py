"""Theme cookie: the theme chosen last in this browser, for the pages of somebody who is not signed in yet.

It says "dark" or "light", nothing of the person; without it the pages follow the system.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

SECONDS = 365 * 24 * 3600
_CHOSEN = frozenset({"dark", "light"})


def chosen_theme(request: HttpRequest | None) -> str | None:
    """The theme of this browser; None for the system's, and for a cookie that says anything else."""
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME) if request else None
    return theme if theme in _CHOSEN else None


def remember_theme(request: HttpRequest, response: HttpResponse, theme: str) -> None:
    """Sets the cookie to a person's theme, or removes it for the system's. Nothing where it says so already."""
    name, secure = settings.THEME_COOKIE_NAME, settings.SESSION_COOKIE_SECURE
    if theme in _CHOSEN and theme != chosen_theme(request):
        response.set_cookie(name, theme, max_age=SECONDS, secure=secure, httponly=True, samesite="Lax")
    elif theme not in _CHOSEN and name in request.COOKIES:
        response.delete_cookie(name, samesite="Lax")
