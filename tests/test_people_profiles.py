"""Profiles of the People section: status, who has them, those that nobody has; masking of roles and groups."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from contacts_ui.models import AuditEntry, GroupPolicy, ProfileAccess
from testing.sandbox_server import SandboxServer

from .html import text

PROFILES, MASKING = "/people/profiles/", "/people/masking/"


def _rows(page: str) -> list[str]:
    return re.findall(r'<a class="phone__link" href="/people/profiles/([^/]+)/">', page)


def test_page_lists_profiles_with_number_of_people(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    page = text(admin_client.get(PROFILES))
    assert set(_rows(page)) == {profile["id"] for profile in sandbox.profiles()}
    assert page.count(">Nobody</span>") == len(sandbox.profiles()) - 3


def test_profiles_that_nobody_has_are_a_filter(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    assigned = {profile["id"] for profile in sandbox.profiles()[1:4]}
    shown = _rows(text(admin_client.get(PROFILES, {"who": "nobody"})))
    assert shown
    assert not assigned & set(shown)


@pytest.mark.parametrize("parameters", [{"page": "99"}, {"page": "-1"}, {"page": "²"}, {"page": "9" * 5000}])
def test_bad_page_number_shows_an_existing_page(admin_client: Client, parameters: dict[str, str]) -> None:
    response = admin_client.get(PROFILES, parameters)
    assert response.status_code == 200
    assert _rows(text(response))


def test_profile_is_found_by_name(admin_client: Client, sandbox: SandboxServer) -> None:
    profile = sandbox.profiles()[2]
    assert profile["id"] in _rows(text(admin_client.get(PROFILES, {"find": profile["name"].upper()})))
    assert "No matches" in text(admin_client.get(PROFILES, {"find": "zebra"}))


def test_query_count_is_independent_of_number_of_profiles(
    admin_client: Client, caching_api: SandboxServer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    admin_client.get(PROFILES)
    with django_assert_num_queries(2):  # who is asking, assignments
        admin_client.get(PROFILES)


def test_profile_page_names_who_has_it(
    admin_client: Client, support_user: User, user_without_role: User, sandbox: SandboxServer
) -> None:
    first, second = sandbox.profiles()[1], sandbox.profiles()[5]
    page = text(admin_client.get(f"{PROFILES}{first['id']}/"))
    assert f'href="/people/{support_user.pk}/">sam</a>' in page
    assert "nia" not in page
    assert "Nobody has this profile" in text(admin_client.get(f"{PROFILES}{second['id']}/"))


def test_people_with_profile_are_paged(admin_client: Client, sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[5]["id"]
    people = User.objects.bulk_create(User(username=f"user-{number:03d}") for number in range(60))
    ProfileAccess.objects.bulk_create(ProfileAccess(user=person, profile_id=profile_id) for person in people)
    first = text(admin_client.get(f"/people/profiles/{profile_id}/"))
    assert (first.count(">user-"), "Page 1 of 2" in first, "60 people have it" in first) == (50, True, True)
    assert f'href="/people/profiles/{profile_id}/?page=2" rel="next"' in first
    last = text(admin_client.get(f"/people/profiles/{profile_id}/", {"page": "9"}))
    assert (last.count(">user-"), "user-059" in last) == (10, True)


def test_deactivated_holder_is_marked(admin_client: Client, support_user: User, sandbox: SandboxServer) -> None:
    User.objects.filter(pk=support_user.pk).update(is_active=False)
    assert ">Deactivated</span>" in text(admin_client.get(f"{PROFILES}{sandbox.profiles()[1]['id']}/"))


def test_unknown_profile_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(f"{PROFILES}6ba7b810-9dad-11d1-80b4-00c04fd430c8/").status_code == 404


def test_single_account_has_no_profile_pages(
    admin_client: Client, sandbox: SandboxServer, use_key: Callable[[str], None]
) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    use_key("sandbox-user")
    assert admin_client.get(PROFILES).status_code == 404
    assert admin_client.get(f"{PROFILES}{profile_id}/").status_code == 404
    assert "Profiles" not in text(admin_client.get(MASKING))


def test_page_says_why_while_api_is_down(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="me", kind="status", status=500, times=3)
    response = admin_client.get(PROFILES)
    assert response.status_code == 503
    assert "No matches" not in text(response)


# --- Masking --------------------------------------------------------------------------------------


def _id(name: str) -> int:
    return Group.objects.get(name=name).pk


def test_masking_of_a_role_is_saved_and_recorded(admin_client: Client) -> None:
    assert admin_client.post(MASKING, {"masked": [_id("support")]}).status_code == 302
    assert GroupPolicy.objects.get(group__name="support").mask_numbers
    assert AuditEntry.objects.filter(action="policy.changed", about="support: numbers are masked").count() == 1
    assert re.search(r'value="\d+" checked><span>Support', text(admin_client.get(MASKING)))
    admin_client.post(MASKING, {})
    assert not GroupPolicy.objects.get(group__name="support").mask_numbers


def test_saving_without_change_records_nothing(admin_client: Client) -> None:
    admin_client.post(MASKING, {})
    assert not AuditEntry.objects.filter(action="policy.changed").exists()


@pytest.mark.parametrize("name", ["admin", "night shift"])
def test_admin_does_not_lift_a_mask_of_their_own(admin_client: Client, admin_user: User, name: str) -> None:
    group, _ = Group.objects.get_or_create(name=name)
    admin_user.groups.add(group)
    GroupPolicy.objects.create(group=group, mask_numbers=True)
    admin_client.post(MASKING, {})
    assert GroupPolicy.objects.get(group=group).mask_numbers
    assert "Only a superuser can change this." in text(admin_client.get(MASKING))


def test_superuser_changes_every_mask(root_client: Client) -> None:
    root_client.post(MASKING, {"masked": [_id("admin"), _id("exporter")]})
    masked = GroupPolicy.objects.filter(mask_numbers=True).values_list("group__name", flat=True)
    assert set(masked) == {"admin", "exporter"}


@pytest.mark.parametrize("junk", ["x", "-1", "²", "9" * 40])
def test_junk_in_masking_form_changes_nothing(admin_client: Client, junk: str) -> None:
    assert admin_client.post(MASKING, {"masked": [junk]}).status_code == 302
    assert not GroupPolicy.objects.filter(mask_numbers=True).exists()
