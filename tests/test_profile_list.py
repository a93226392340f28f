"""Profile switcher: page, combobox fragment, recent profiles, and search by name."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import quote
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from contacts_ui.access import recent_scopes, remember_visit, scope_for, visible_profiles
from contacts_ui.gateway import get_gateway
from contacts_ui.models import PinnedProfile, ProfileAccess
from contacts_ui.views.profile_switcher import MAX_OPTIONS
from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, RESTORE, SITE_URL, fragment, scopes, text

PATCHED_NAME = "data.profiles.4.name"


def _without_menus(page: str) -> str:
    """The page without the menus of sections and account, whose items look like profiles."""
    return re.sub(r'(?s)<nav class="popover.*?</nav>', "", page)


def _links(page: str) -> list[str]:
    return re.findall(r'<a class="menu-item" href="([^"]+/contacts/[^"]*)"', _without_menus(page))


def _groups(page: str) -> dict[str, list[str]]:
    """Links of the profiles below each heading, in order."""
    heading = r'class="popover__label"[^>]*>([^<]+)<'
    _, *parts = re.split(heading, page)
    return {title: _links(part) for title, part in zip(parts[::2], parts[1::2], strict=True)}


def _visit(user: User, *profile_ids: str | None) -> None:
    for profile_id in profile_ids:
        remember_visit(user, scope_for(user, UUID(profile_id) if profile_id else None))


def test_page_lists_account_and_every_profile_for_admin(admin_client: Client) -> None:
    assert len(_links(text(admin_client.get("/account/profiles/")))) == 13


def test_support_is_offered_only_assigned_profiles(support_client: Client, sandbox: SandboxServer) -> None:
    ids = [profile["id"] for profile in sandbox.profiles()[1:4]]
    links = _links(text(support_client.get(f"/p/{ids[0]}/profiles/")))
    assert sorted(links) == sorted(f"/p/{profile_id}/contacts/" for profile_id in ids)


def test_links_keep_filters_and_reset_page(admin_client: Client) -> None:
    page = text(admin_client.get("/account/profiles/", {"search": "555", "channel": "sms", "page": "7"}))
    assert all(link.endswith("/contacts/?search=555&amp;channel=sms") for link in _links(page))


def test_fragment_takes_filters_from_current_url(admin_client: Client) -> None:
    response = fragment(admin_client, "/account/profiles/", current="/account/contacts/?channel=sms&page=3")
    assert response["X-Fragment"] == "1"
    assert all(link.endswith("/contacts/?channel=sms") for link in _links(text(response)))
    assert scopes(response) == {""}


def test_current_profile_is_marked(admin_client: Client, sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[2]["id"]
    page = _without_menus(text(admin_client.get(f"/p/{profile_id}/profiles/")))
    current = re.findall(r'class="menu-item" href="([^"]+)" aria-current="true"', page)
    assert current == [f"/p/{profile_id}/contacts/"]


def test_find_matches_beginning_of_name_in_capitals(admin_client: Client, sandbox: SandboxServer) -> None:
    name = sandbox.profiles()[4]["name"]
    assert len(_links(text(admin_client.get("/account/profiles/", {"find": name[:6].upper()})))) >= 1


def test_unmatched_name_is_reported_escaped(admin_client: Client) -> None:
    page = text(admin_client.get("/account/profiles/", {"find": "<zzz>"}))
    assert "No profile is called “<span>&lt;zzz&gt;</span>”." in page


@pytest.mark.parametrize(
    ("name", "find"),
    [
        ("Lumière Opticians", "OPT lumiere"),
        ("Lumiere Opticians", "lumière"),
        ("Łódź Straße", "strasse lodz"),
        ("Smørrebrød", "smorrebrod"),
        ("İzmir Kıyı", "izmir kiyi"),
        ("ACME", "acmé"),
    ],
)
def test_find_ignores_case_accents_and_word_order(
    admin_client: Client, sandbox: SandboxServer, name: str, find: str
) -> None:
    sandbox.fault(route="me", kind="patch", set={PATCHED_NAME: name})
    links = _links(text(admin_client.get("/account/profiles/", {"find": find})))
    assert links == [f"/p/{sandbox.profiles()[4]['id']}/contacts/"]


def test_footer_counts_matching_profiles(admin_client: Client, sandbox: SandboxServer) -> None:
    name = sandbox.profiles()[4]["name"]
    assert "1 of 13</span> profiles, with the account" in text(admin_client.get("/account/profiles/", {"find": name}))


def test_find_form_carries_filters(admin_client: Client) -> None:
    page = text(admin_client.get("/account/profiles/", {"channel": "sms", "page_size": "20", "page": "3"}))
    assert re.findall(r'type="hidden" name="([^"]+)" value="([^"]+)"', page.split("<main")[1].split("</form>")[0]) == [
        ("channel", "sms"),
        ("page_size", "20"),
    ]


@pytest.mark.parametrize("shape", ["page", "fragment"])
def test_recent_profiles_come_first_and_only_once(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, shape: str
) -> None:
    ids = [profile["id"] for profile in sandbox.profiles()]
    _visit(admin_user, ids[5], None, ids[2])
    path = f"/p/{ids[2]}/profiles/"
    page = text(admin_client.get(path) if shape == "page" else fragment(admin_client, path))
    groups = _groups(page)
    assert list(groups) == ["Recent", "All profiles"]
    assert groups["Recent"] == ["/account/contacts/", f"/p/{ids[5]}/contacts/"]
    assert len({*groups["Recent"], *groups["All profiles"]}) == len(_links(page)) == 13


def test_recent_group_is_absent_without_other_visit(admin_client: Client, admin_user: User) -> None:
    _visit(admin_user, None)
    assert list(_groups(text(admin_client.get("/account/profiles/")))) == ["All profiles"]


def test_five_recent_scopes_are_listed_newest_first(admin_user: User, desk_api: SandboxServer) -> None:
    ids = [profile["id"] for profile in desk_api.profiles()]
    _visit(admin_user, *ids[:8])
    recent = recent_scopes(admin_user, visible_profiles(admin_user), exclude=scope_for(admin_user, UUID(ids[7])))
    assert [scope.profile_id for scope in recent] == ids[6:1:-1]


def test_revoked_profile_is_not_recent(support_user: User, desk_api: SandboxServer) -> None:
    ids = [profile["id"] for profile in desk_api.profiles()]
    _visit(support_user, ids[1], ids[2], ids[3])
    ProfileAccess.objects.filter(user=support_user, profile_id=ids[2]).delete()
    recent = recent_scopes(support_user, visible_profiles(support_user), exclude=scope_for(support_user, UUID(ids[3])))
    assert [scope.profile_id for scope in recent] == [ids[1]]


def test_recent_scopes_cost_one_query(
    admin_user: User, desk_api: SandboxServer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _visit(admin_user, *(profile["id"] for profile in desk_api.profiles()))
    choices, here = visible_profiles(admin_user), scope_for(admin_user, None)
    with django_assert_num_queries(1):
        assert len(recent_scopes(admin_user, choices, exclude=here)) == 5


def test_fragment_is_combobox_with_listbox(admin_client: Client) -> None:
    page = text(fragment(admin_client, "/account/profiles/", current="/account/contacts/"))
    ids = re.findall(r'id="([^"]+)" role="option" tabindex="-1" aria-selected="false"', page)
    assert len(set(ids)) == len(ids) == 13
    assert 'role="combobox" aria-expanded="true" aria-controls="profile-options" aria-autocomplete="list"' in page
    assert 'id="profile-options" role="listbox"' in page


def test_page_is_form_with_plain_links(admin_client: Client) -> None:
    page = text(admin_client.get("/account/profiles/"))
    assert 'role="option"' not in page
    assert 'role="combobox"' not in page
    assert '<button class="btn" type="submit">Find</button>' in page


def test_unapproved_profile_shows_its_status(admin_client: Client, sandbox: SandboxServer) -> None:
    name = sandbox.profiles()[4]["name"]
    sandbox.fault(route="me", kind="patch", set={"data.profiles.4.status": "pending_review"})
    assert f"<span>{name}</span><small>pending review</small>" in text(fragment(admin_client, "/account/profiles/"))


@pytest.fixture
def crowd(admin_client: Client, settings: Settings) -> Iterator[list[str]]:
    """The names of more profiles than are sent, sorted."""
    with SandboxServer(contacts=0, profiles=120) as many:
        settings.SENT_API_URL = many.url
        get_gateway.cache_clear()
        yield sorted((profile["name"] for profile in many.profiles()), key=str.casefold)


@pytest.mark.slow
def test_first_fifty_of_many_profiles_are_sent(admin_client: Client, crowd: list[str]) -> None:
    response = fragment(admin_client, "/account/profiles/", current="/account/contacts/?search=555&channel=sms")
    assert len(_links(text(response))) == MAX_OPTIONS == 50
    assert ">50 of 121</span> profiles, with the account: find the others by name" in text(response)
    assert len(response.content) < 20_000
    assert 'hx-get="/account/profiles/"' in text(response)


@pytest.mark.slow
def test_any_of_many_profiles_is_found_by_name(admin_client: Client, admin_user: User, crowd: list[str]) -> None:
    first, last = crowd[0], crowd[-1]
    for shape in (admin_client.get, partial(fragment, admin_client)):
        page = text(shape("/account/profiles/?find=" + quote(last)))
        assert html.escape(last) in page
        assert html.escape(first) not in page
        assert "find the others" not in page


@pytest.mark.slow
def test_pinned_and_recent_profiles_are_among_the_fifty(
    admin_client: Client, admin_user: User, crowd: list[str]
) -> None:
    by_name = get_gateway().account().value.profiles_by_name
    *_, pinned, recent = by_name
    PinnedProfile.objects.create(user=admin_user, profile_id=UUID(pinned))
    _visit(admin_user, recent, None)
    groups = _groups(text(admin_client.get("/account/profiles/")))
    assert groups["Pinned"] == [f"/p/{pinned}/contacts/"]
    assert groups["Recent"] == [f"/p/{recent}/contacts/"]
    assert len(groups["All profiles"]) == 48


def test_few_profiles_are_searched_without_the_server(admin_client: Client) -> None:
    assert "hx-get" not in text(fragment(admin_client, "/account/profiles/"))


def test_history_restore_gets_whole_page(admin_client: Client) -> None:
    assert text(admin_client.get("/account/profiles/", headers=RESTORE)).startswith("<!doctype html>")


def test_user_without_scope_gets_404(support_client: Client) -> None:
    assert support_client.get("/account/profiles/").status_code == 404


def test_list_makes_only_account_call(admin_client: Client, sandbox: SandboxServer) -> None:
    admin_client.get("/account/profiles/")
    assert {call["path"] for call in sandbox.requests()} == {"/v3/me"}


def test_failed_account_call_shows_error_page(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="me", kind="status", status=500)
    response = admin_client.get("/account/profiles/")
    assert response.status_code == 503
    assert "The messaging service returned an error" in text(response)


def test_single_account_key_has_no_switcher(admin_client: Client, use_key: Callable[[str], None]) -> None:
    use_key("sandbox-user")
    assert admin_client.get("/account/profiles/").status_code == 404


# --- Pinned profiles ---------------------------------------------------------------------------------


def _pin(client: Client, profile_id: str, **sent: str) -> None:
    assert client.post(f"/p/{profile_id}/profiles/pin/", sent).status_code == 302


@pytest.mark.parametrize("shape", ["page", "fragment"])
def test_pinned_profiles_come_first_by_name_and_only_once(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, shape: str
) -> None:
    profiles = sandbox.profiles()
    pinned = sorted((profiles[4], profiles[6]), key=lambda profile: str(profile["name"]).casefold())
    for profile in pinned[::-1]:
        _pin(admin_client, profile["id"])
    _visit(admin_user, profiles[6]["id"], profiles[2]["id"], None)
    page = text(
        admin_client.get("/account/profiles/") if shape == "page" else fragment(admin_client, "/account/profiles/")
    )
    groups = _groups(page)
    assert list(groups) == ["Pinned", "Recent", "All profiles"]
    assert groups["Pinned"] == [f"/p/{profile['id']}/contacts/" for profile in pinned]
    assert sum(map(len, groups.values())) == len({link for links in groups.values() for link in links}) == 13


def test_pin_is_taken_away(admin_client: Client, sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[4]["id"]
    _pin(admin_client, profile_id)
    _pin(admin_client, profile_id)
    assert "Unpin" in text(admin_client.get(f"/p/{profile_id}/profiles/"))
    _pin(admin_client, profile_id, off="1")
    assert "Pinned" not in _groups(text(admin_client.get(f"/p/{profile_id}/profiles/")))


def test_pin_by_htmx_answers_with_list_and_its_filters(admin_client: Client) -> None:
    headers = FRAGMENT | {"HX-Current-URL": f"{SITE_URL}/account/contacts/?channel=sms"}
    response = admin_client.post("/account/profiles/pin/", headers=headers)
    groups = _groups(text(response))
    assert (response["X-Fragment"], groups["Pinned"]) == ("1", ["/account/contacts/?channel=sms"])


def test_pin_of_one_person_is_nobody_elses(
    admin_client: Client, support_client: Client, sandbox: SandboxServer
) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    _pin(admin_client, profile_id)
    assert "Pinned" not in _groups(text(support_client.get(f"/p/{profile_id}/profiles/")))


def test_foreign_profile_cannot_be_pinned(support_client: Client, sandbox: SandboxServer) -> None:
    assert support_client.post(f"/p/{sandbox.profiles()[7]['id']}/profiles/pin/").status_code == 404


def test_oldest_pin_goes_beyond_limit(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts_ui.access.MAX_PINNED", 2)
    ids = [profile["id"] for profile in sandbox.profiles()[1:4]]
    for profile_id in ids:
        _pin(admin_client, profile_id)
    kept = PinnedProfile.objects.filter(user=admin_user).values_list("profile_id", flat=True)
    assert set(kept) == {UUID(profile_id) for profile_id in ids[1:]}
