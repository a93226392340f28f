"""Views beside the list of people: the profiles and who has them, and for whom numbers are masked. For admins."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from contacts_ui.access import has_profiles, require_role
from contacts_ui.people.masking_policy import masked_ids, masking_choices, save_masking
from contacts_ui.people.profile_directory import holders_page, profile_row, profiles_page
from contacts_ui.roles import ADMIN
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest


@require_safe
@require_role(ADMIN)
def people_profiles(request: DeskRequest) -> HttpResponse:
    """The profiles by name, with how many people have each. Cost: one API call in five minutes (`/v3/me`)."""
    desk = DeskPage(request, "people/profiles.html", "people/profiles.html", None)
    return desk.response(page=profiles_page(reverse("people-profiles"), request.GET))


@require_safe
@require_role(ADMIN)
def people_profile(request: DeskRequest, listed_id: UUID) -> HttpResponse:
    """One profile: its status, and who has it. Cost: one API call in five minutes (`/v3/me`)."""
    desk = DeskPage(request, "people/profile.html", "people/profile.html", None)
    holders = holders_page(reverse("people-profile", args=[listed_id]), listed_id, request.GET)
    return desk.response(profile=profile_row(listed_id), holders=holders)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(ADMIN)
def people_masking(request: DeskRequest) -> HttpResponse:
    """For which roles and groups numbers are masked. Cost: one API call in five minutes, for the kind of key."""
    if request.method == "POST":
        changed = save_masking(request.user, masked_ids(request.POST))
        messages.success(request, "Saved. Applies immediately." if changed else "Nothing to save.")
        return redirect("people-masking")
    desk = DeskPage(request, "people/masking.html", "people/masking.html", None)
    flashes = [str(message) for message in messages.get_messages(request)]
    return desk.response(choices=masking_choices(request.user), has_profiles=has_profiles(), messages=flashes)
