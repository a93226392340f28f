"""Effective preferences: saved values, defaults, group policy for masking, and time zones."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from contacts_ui.models import GroupPolicy, Preferences
from contacts_ui.preferences import DEFAULTS, preferences_for, regions, save_theme, time_zones
from contacts_ui.web.formatting import format_datetime, format_time

from .html import text

PAGE = "/preferences/"
CHOSEN: dict[str, Any] = {
    "theme": "dark",
    "density": "compact",
    "page_size": "20",
    "columns": ["updated", "region"],
    "region": "GB",
    "mask_numbers": "on",
    "time_zone": "Europe/Vienna",
}
ZONES = ("Pacific/Kiritimati", "Asia/Kolkata", "America/Los_Angeles", "UTC")


def _mask_members_of(name: str) -> None:
    GroupPolicy.objects.create(group=Group.objects.get(name=name), mask_numbers=True)


# --- Effective values ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "held"),
    [
        ("theme", "dark"),
        ("density", "compact"),
        ("page_size", 20),
        ("columns", ("region", "updated")),
        ("region", "GB"),
        ("mask_numbers", True),
        ("time_zone", "Europe/Vienna"),
        ("shortcuts", False),
    ],
)
def test_saved_preference_applies(admin_client: Client, admin_user: User, field: str, held: object) -> None:
    assert getattr(preferences_for(admin_user), field) != held
    assert admin_client.post(PAGE, CHOSEN).status_code == 302
    assert getattr(preferences_for(admin_user), field) == held


def test_no_column_is_valid_choice(admin_client: Client, admin_user: User) -> None:
    admin_client.post(PAGE, CHOSEN | {"columns": []})
    assert preferences_for(admin_user).columns == ()


def test_no_region_is_valid_choice(admin_client: Client, admin_user: User) -> None:
    admin_client.post(PAGE, CHOSEN)
    admin_client.post(PAGE, CHOSEN | {"region": ""})
    assert preferences_for(admin_user).region is None


def test_user_without_saved_preferences_has_defaults(admin_user: User) -> None:
    assert preferences_for(admin_user) == DEFAULTS


def test_defaults_have_expected_values() -> None:
    assert (DEFAULTS.theme, DEFAULTS.page_size, DEFAULTS.density, DEFAULTS.shortcuts) == (
        "system",
        50,
        "comfortable",
        True,
    )
    assert DEFAULTS.columns == ("owner", "region", "channels", "opt_out", "created", "updated")
    assert (DEFAULTS.region, DEFAULTS.mask_numbers, DEFAULTS.zone) == (None, False, ZoneInfo("UTC"))


def test_anonymous_visitor_gets_defaults_without_query(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert preferences_for(AnonymousUser()) == DEFAULTS


def test_deleted_user_has_defaults(admin_user: User) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    gone = User.objects.get(pk=admin_user.pk)
    admin_user.delete()
    assert preferences_for(gone) == DEFAULTS


def test_unknown_theme_is_refused(admin_user: User) -> None:
    with pytest.raises(ValueError, match="no such theme"):
        save_theme(admin_user, "neon")
    assert not Preferences.objects.filter(user=admin_user).exists()


@pytest.mark.parametrize("saved", [True, False])
def test_preferences_are_read_in_one_query(
    admin_user: User, django_assert_num_queries: DjangoAssertNumQueries, saved: bool
) -> None:
    if saved:
        save_theme(admin_user, "dark")
    with django_assert_num_queries(1):
        preferences_for(admin_user)


def test_page_reads_preferences_once(admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    admin_client.get(PAGE)  # the first request of a session writes its start time
    with django_assert_num_queries(3):  # who is asking, own row, what is left of the hour
        admin_client.get(PAGE)


@pytest.mark.parametrize("name", ["Atlantis/Capital", "", "../etc/passwd", "Europe", "\0"])
def test_unknown_time_zone_is_utc(admin_user: User, name: str) -> None:
    Preferences.objects.create(user=admin_user, time_zone=name)
    assert preferences_for(admin_user).zone == ZoneInfo("UTC")


# --- Masking ---------------------------------------------------------------------------------------


def test_group_policy_masks_numbers_for_members(support_user: User) -> None:
    _mask_members_of("support")
    held = preferences_for(support_user)
    assert (held.mask_numbers, held.mask_forced) == (True, True)


def test_group_policy_does_not_affect_others(support_user: User, admin_user: User) -> None:
    _mask_members_of("support")
    assert not preferences_for(admin_user).mask_numbers


def test_policy_without_masking_forces_nothing(support_user: User) -> None:
    GroupPolicy.objects.create(group=Group.objects.get(name="support"), mask_numbers=False)
    assert not preferences_for(support_user).mask_forced


@pytest.mark.parametrize("member", [True, False])
def test_superuser_mask_is_forced_only_by_membership(db: None, member: bool) -> None:
    _mask_members_of("support")
    root = User.objects.create_superuser("root", password="x")
    root.groups.set(Group.objects.filter(name="support") if member else [])
    assert preferences_for(root).mask_forced is member


def test_forced_mask_cannot_be_switched_off(support_client: Client, support_user: User) -> None:
    _mask_members_of("support")
    assert support_client.post(PAGE, {**CHOSEN, "mask_numbers": ""}).status_code == 302
    assert preferences_for(support_user).mask_numbers


@pytest.mark.parametrize("masked", [True, False])
def test_own_mask_preference_outlives_policy(support_client: Client, support_user: User, masked: bool) -> None:
    Preferences.objects.create(user=support_user, mask_numbers=masked)
    _mask_members_of("support")
    # A browser never sends a disabled checkbox.
    support_client.post(PAGE, {name: value for name, value in CHOSEN.items() if name != "mask_numbers"})
    GroupPolicy.objects.all().delete()
    assert preferences_for(support_user).mask_numbers is masked


def test_page_says_group_decides_on_masking(support_client: Client) -> None:
    _mask_members_of("support")
    page = text(support_client.get(PAGE))
    assert re.search(r'<input type="checkbox" name="mask_numbers" checked disabled', page)
    assert "Your group always sees masked numbers." in page


def test_superuser_sets_policy_on_group_page(root_client: Client) -> None:
    group = Group.objects.get(name="support")
    address = f"/admin/auth/group/{group.pk}/change/"
    assert "Numbers are masked for its members" in text(root_client.get(address))
    forms = {"policy-TOTAL_FORMS": "1", "policy-INITIAL_FORMS": "0", "policy-0-mask_numbers": "on"}
    answer = root_client.post(address, {"name": "support", "policy-0-group": str(group.pk), **forms})
    assert answer.status_code == 302
    assert GroupPolicy.objects.get(group=group).mask_numbers


# --- Times -----------------------------------------------------------------------------------------


def test_times_are_shown_in_own_time_zone(admin_client: Client, admin_user: User) -> None:
    assert re.search(r'title="[^"]+ UTC"', text(admin_client.get("/account/contacts/")))
    Preferences.objects.create(user=admin_user, time_zone="Asia/Kolkata")
    page = text(admin_client.get("/account/contacts/"))
    assert re.search(r'title="\d+ \w+ \d+, \d\d:\d\d IST"', page)
    assert not re.search(r'title="[^"]+ UTC"', page)


def test_time_zone_does_not_leak_into_next_request(admin_client: Client, admin_user: User) -> None:
    Preferences.objects.create(user=admin_user, time_zone="Asia/Kolkata")
    admin_client.get("/account/contacts/")
    assert timezone.get_current_timezone_name() == "UTC"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("UTC", "13 Jan 2026, 23:24 UTC"),
        ("Europe/Vienna", "14 Jan 2026, 00:24 CET"),
        ("America/New_York", "13 Jan 2026, 18:24 EST"),
        ("America/Sao_Paulo", "13 Jan 2026, 20:24 UTC-03"),
    ],
)
def test_datetime_is_formatted_in_current_time_zone(zone: str, words: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        value = datetime(2026, 1, 13, 23, 24, 59, tzinfo=UTC)
        assert format_datetime(value) == words
        assert format_time(value) == words.split(", ")[1]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("end", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_extreme_datetimes_are_formatted_in_any_time_zone(zone: str, end: datetime) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert format_datetime(end)
        assert format_time(end.replace(tzinfo=ZoneInfo("Asia/Tokyo")))


# --- Choices ---------------------------------------------------------------------------------------


def test_regions_are_named_and_sorted() -> None:
    first, *others = regions()
    assert first == ("", "")
    assert ("GB", "United Kingdom") in others
    assert [name for _code, name in others] == sorted(name for _code, name in others)


def test_time_zones_are_places_and_utc() -> None:
    names = [name for name, _words in time_zones()]
    assert {"UTC", "Europe/Vienna", "America/Argentina/Buenos_Aires"} <= set(names)
    assert not [name for name in names if name.startswith("Etc/") or ("/" not in name and name != "UTC")]
    assert names == sorted(names)
