"""Preferences views: the form of a person's own preferences, and the theme button."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from contacts_ui.access import CONTACT_ROLES, sees_owners
from contacts_ui.preferences import dismiss_steps, is_theme, preferences_form, save_theme
from contacts_ui.quota import Remaining, remaining
from contacts_ui.roles import role_of
from contacts_ui.sign_in.redirects import safe_redirect_path
from contacts_ui.web.htmx import FRAGMENT_HEADER
from contacts_ui.web.navigation import sees_several
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of
from contacts_ui.web.theme_cookie import remember_theme


@require_http_methods(["GET", "HEAD", "POST"])
def preferences_edit(request: DeskRequest) -> HttpResponse:
    """The form of the person's own preferences; after saving it redirects to itself. Cost: no API call; for an admin
    one in five minutes.
    """
    data = request.POST if request.method == "POST" else None
    mask_forced, owners = preferences_of(request).mask_forced, sees_owners(request.user)
    form = preferences_form(request.user, data, mask_forced=mask_forced, sees_owners=owners)
    if form.is_valid():
        form.save()
        messages.success(request, " ".join(f"{sentence}." for sentence in ("Saved", *form.completed())))
        return redirect("preferences")
    desk = DeskPage(request, "preferences/edit.html", "preferences/_form.html", None)
    flashes = [str(message) for message in messages.get_messages(request)]
    response = desk.response(form=form, messages=flashes, hour=_hour(request), sees_several=sees_several(request, None))
    response.status_code = 422 if form.is_bound else 200
    return response


def _hour(request: DeskRequest) -> Remaining | None:
    """What the person may still be shown in this hour, None for a role that sees no contacts. Cost: one query."""
    return remaining(request.user.pk) if role_of(request.user) in CONTACT_ROLES else None


@require_POST
def steps_dismiss(request: DeskRequest) -> HttpResponse:
    """Hides the first steps of a new desk, and goes back to the People page. Cost: no API call."""
    dismiss_steps(request.user)
    return redirect("people-list")


@require_POST
def theme_edit(request: DeskRequest) -> HttpResponse:
    """Saves the theme and redirects to the page whose button was pressed; 204 for htmx. Cost: no API call."""
    theme = request.POST.get("theme", "")
    if not is_theme(theme):
        raise BadRequest("no such theme")
    save_theme(request.user, theme)
    response = HttpResponse(status=204, headers={FRAGMENT_HEADER: "1"})
    if not request.htmx:
        response = HttpResponseRedirect(safe_redirect_path(request.POST.get("next", "")) or reverse("home"))
    remember_theme(request, response, theme)
    return response
