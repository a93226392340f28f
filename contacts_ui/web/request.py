"""The request as our views get it, and the preferences of the person asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from contacts_ui.preferences import EffectivePreferences, preferences_for

if TYPE_CHECKING:  # the page a request is about to show, made by its view
    from .page import DeskPage


class DeskRequest(HttpRequest):
    """A request as our views get it: with htmx's details, a reference to quote, and the page it asks for."""

    user: User  # every view but sign-in and health has someone signed in
    htmx: HtmxDetails
    reference: str
    desk_page: DeskPage
    desk_preferences: EffectivePreferences


def preferences_of(request: DeskRequest) -> EffectivePreferences:
    """What the person asking prefers, as it was when the request first asked. Cost: one query a request."""
    kept: EffectivePreferences | None = getattr(request, "desk_preferences", None)
    if kept is None:
        kept = request.desk_preferences = preferences_for(request.user)
    return kept
