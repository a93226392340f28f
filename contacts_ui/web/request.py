"""Request type of the desk's views, and the preferences of the signed-in person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from contacts_ui.preferences import EffectivePreferences, preferences_for

if TYPE_CHECKING:  # page.py imports this module
    from .page import DeskPage


class DeskRequest(HttpRequest):
    """A request with the attributes that middleware and views set: htmx details, a reference to quote, the page."""

    user: User  # all views but sign-in and health require a signed-in user
    htmx: HtmxDetails
    reference: str
    desk_page: DeskPage
    desk_preferences: EffectivePreferences


def preferences_of(request: DeskRequest) -> EffectivePreferences:
    """The preferences of the signed-in person, read once for each request. Cost: one query a request."""
    preferences: EffectivePreferences | None = getattr(request, "desk_preferences", None)
    if preferences is None:
        preferences = request.desk_preferences = preferences_for(request.user)
    return preferences
