"""Key of a single account: pages hide what only organizations have, and lose nothing that was assigned before."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.models import ProfileAccess
from testing.sandbox_server import SandboxServer

from .html import text

PAGES = [
    "/people/",
    "/people/new/",
    "/people/{person}/",
    "/people/{person}/do/?do=switch-off",
    "/people/masking/",
    "/audit/",
    "/account/contacts/",
    "/account/contacts/export/",
    "/exports/",
    "/gateway/",
    "/preferences/",
    "/you/second-factor/",
]
WORDS = ("Profiles", "every profile", "Assigned profiles", "profiles assigned", "Find a profile", "Switch profile")


@pytest.fixture(params=["sandbox-user", "sandbox-profile"])
def single(request: pytest.FixtureRequest, desk_api: SandboxServer, use_key: Callable[[str], None]) -> None:
    """A desk with the key of one account."""
    use_key(request.param)


@pytest.mark.parametrize("path", PAGES)
def test_page_names_no_profiles(admin_client: Client, support_user: User, single: None, path: str) -> None:
    page = text(admin_client.get(path.format(person=support_user.pk)))
    assert [word for word in WORDS if word in page] == []
    page = re.sub(r"<tbody.*?</tbody>", "", page, flags=re.DOTALL)  # the log keeps what was recorded
    seen = re.sub(r"<[^>]+>", " ", page.split("<body>")[1])
    assert re.findall(r"\w*rofile\w*", seen) == []


@pytest.mark.parametrize("path", PAGES[:3])
def test_page_of_organization_names_profiles(admin_client: Client, support_user: User, path: str) -> None:
    page = text(admin_client.get(path.format(person=support_user.pk)))
    assert [word for word in WORDS if word in page]


def test_link_of_new_person_leads_to_no_assignment(admin_client: Client, single: None) -> None:
    page = text(admin_client.post("/people/new/", {"username": "ada", "name": "", "email": "", "role": "support"}))
    assert "Assign profiles" not in page
    assert "Open ada" in page


def test_saving_person_keeps_assignments_of_former_key(
    admin_client: Client, support_user: User, desk_api: SandboxServer, use_key: Callable[[str], None]
) -> None:
    before = set(ProfileAccess.objects.values_list("profile_id", flat=True))
    use_key("sandbox-user")
    path = f"/people/{support_user.pk}/"
    page = text(admin_client.get(path))
    (version,) = [part.split('"')[0] for part in page.split('name="version" value="')[1:]]
    (kept,) = [part.split('"')[0] for part in page.split('name="kept" value="')[1:]]
    changed = {"version": version, "kept": kept, "name": "Sam Reed", "email": "", "role": "support", "save": "1"}
    assert admin_client.post(path, changed).status_code == 302
    support_user.refresh_from_db()
    assert support_user.get_full_name() == "Sam Reed"
    assert {UUID(profile) for profile in kept.split()} == before
    assert set(ProfileAccess.objects.values_list("profile_id", flat=True)) == before


def test_person_without_role_is_told_to_ask_for_one(single: None, user_without_role: User, admin_user: User) -> None:
    client = Client()
    client.force_login(user_without_role)
    page = text(client.get("/"))
    assert "Ask an admin (mara) to give you a role." in page
    assert "rofile" not in page.split("<main")[1].split("</main>")[0].replace("data-profile-id", "")


def test_djangos_admin_has_no_assignments(
    admin_client: Client, support_user: User, admin_user: User, single: None
) -> None:
    admin_user.is_superuser = admin_user.is_staff = True
    admin_user.save()
    page = text(admin_client.get(f"/admin/auth/user/{support_user.pk}/change/"))
    assert "sam" in page
    assert "profile_accesses-TOTAL_FORMS" not in page
