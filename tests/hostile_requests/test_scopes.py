"""Scope isolation against hostile requests: foreign ids, cached pages, spoofed htmx headers, revoked access."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from itertools import product
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.models import ProfileAccess
from contacts_ui.roles import set_role
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, RESTORE, rows, text
from tests.test_roles_and_urls import ROUTES

from .verdicts import assert_harmless, calls, held

PAGES = ("contacts/", "contacts/{contact}/", "contacts/{contact}/messages/", "contacts/{contact}/reveal/", "profiles/")
MALFORMED = (
    *(
        "x",
        "0",
        "None",
        "null",
        "-1",
        "1e9",
        "%00",
        "..",
        "%2e%2e",
        "*",
        "{uuid}",
        "%7B%7D",
        "١",
        "' OR 1=1--",
        "a" * 5000,
    ),
    *("00000000-0000-0000-0000-00000000000", "00000000-0000-0000-0000-0000000000000", "g" * 36, "%0d%0aX-Injected:1"),
    *("0000000000000000000000000000000000", "urn:uuid:00000000-0000-0000-0000-000000000000", "%ef%bc%91" * 32),
)
SPOOFS: dict[str, dict[str, str]] = {
    "a part": FRAGMENT,
    "a part without its kind": {"HX-Request": "true"},
    "the whole": {"HX-Request": "true", "HX-Request-Type": "full"},
    "back in history": RESTORE,
    "another site's page": FRAGMENT | {"HX-Current-URL": "https://evil.example/account/contacts/?page=9"},
    "a page that is none": FRAGMENT
    | {"HX-Current-URL": "http://[::1/\t", "HX-Target": "<script>", "HX-Trigger": "%00"},
    "boosted": {"HX-Request": "true", "HX-Boosted": "true", "HX-Prompt": "x"},
}
# What differs between two renderings: the reference of the request, and CSRF tokens.
CHANCE = re.compile(r'\bdesk_\w+|(?<=name="csrfmiddlewaretoken" value=")\w+')


@dataclass(frozen=True, slots=True)
class Sides:
    """A profile of the support user, a foreign profile, and a contact that only the foreign one has."""

    mine: str
    theirs: str
    foreign: str


@pytest.fixture(scope="module")
def sides(running_sandbox: SandboxServer) -> Sides:
    """Own and foreign profile, given that profiles 1, 2 and 3 are assigned, and a foreign contact."""
    profiles = [profile["id"] for profile in running_sandbox.profiles()]
    seen = set().union(*(held(running_sandbox, profile_id) for profile_id in profiles[1:4]))
    theirs = next(profile_id for profile_id in profiles if held(running_sandbox, profile_id).keys() - seen)
    numbered = (contact for contact, number in held(running_sandbox, theirs).items() if number and contact not in seen)
    return Sides(profiles[1], theirs, next(numbered))


@pytest.fixture(scope="module")
def mine(sides: Sides) -> str:
    """A profile of the support user."""
    return sides.mine


@pytest.mark.parametrize("page", PAGES)
def test_unassigned_and_unknown_profiles_get_same_404_without_call(
    support_client: Client, desk_api: SandboxServer, sides: Sides, page: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    methods = (support_client.get, support_client.post)[: 2 if "reveal" in page else 1]
    for ask, headers in product(methods, ({}, FRAGMENT, RESTORE)):
        said = {}
        for profile_id in (sides.theirs, str(uuid4()), "account"):
            path = f"/{'' if profile_id == 'account' else 'p/'}{profile_id}/{page.format(contact=sides.foreign)}"
            answer = ask(path, headers=headers)
            assert_harmless(answer, 404, desk_api)
            assert "Profile not found" in text(answer)
            assert sides.foreign not in text(answer).replace(path, "")
            said[profile_id] = CHANCE.sub("", text(answer).replace(profile_id, "its own id"))
        theirs, none, _account = said.values()
        assert theirs == none
    assert {call["path"] for call in desk_api.requests()} <= {"/v3/me"}
    assert "desk.number.revealed" not in caplog.messages


@pytest.mark.parametrize("page", PAGES[1:4])
def test_contact_of_other_scope_is_not_found_in_own_scope(
    support_client: Client, admin_client: Client, desk_api: SandboxServer, sides: Sides, page: str
) -> None:
    path = f"/p/{sides.mine}/{page.format(contact=sides.foreign)}"
    for client in (support_client, admin_client):  # the admin may see the contact, but not in this scope
        for headers in ({}, FRAGMENT):
            answer = (client.post if "reveal" in page else client.get)(path, headers=headers)
            assert_harmless(answer, 404, desk_api)
            assert "Contact not found" in text(answer)
            assert (held(desk_api, sides.theirs)[sides.foreign] or "")[2:] not in text(answer)
    assert {call["profile"] for call in desk_api.requests() if sides.foreign in call["path"]} == {sides.mine}


@pytest.mark.slow
def test_page_cached_for_one_scope_is_not_served_to_another(
    admin_client: Client, support_client: Client, caching_api: SandboxServer, sides: Sides
) -> None:
    pages = [page.format(contact=sides.foreign) for page in PAGES[:3]]
    for page in pages:
        assert admin_client.get(f"/p/{sides.theirs}/{page}").status_code == 200
    for page in pages:
        assert_harmless(support_client.get(f"/p/{sides.theirs}/{page}"), 404, caching_api)
    for page in pages[1:]:
        assert_harmless(support_client.get(f"/p/{sides.mine}/{page}"), 404, caching_api)


@pytest.mark.parametrize("path", ["/p/{}/contacts/", "/account/contacts/{}/", "/account/contacts/{}/reveal/"])
def test_malformed_id_is_refused_without_api_call(admin_client: Client, desk_api: SandboxServer, path: str) -> None:
    for id_ in MALFORMED:
        answer = admin_client.get(path.format(id_))
        assert answer.status_code in {404, 301} or (answer.status_code == 400 and "%00" in id_), id_
        assert not answer.has_header("X-Injected"), id_
        assert "Traceback" not in text(answer), id_
        assert answer.get("Location", "/").startswith("/"), id_
    assert calls(desk_api) == []


@pytest.mark.parametrize("page", [*PAGES[:3], PAGES[4]])
def test_spoofed_htmx_headers_get_page_or_fragment_of_same_scope(
    support_client: Client, desk_api: SandboxServer, mine: str, page: str
) -> None:
    contact = next(iter(held(desk_api, mine)))
    for spoof, headers in SPOOFS.items():
        answer = support_client.get(f"/p/{mine}/{page.format(contact=contact)}", headers=headers)
        assert_harmless(answer, 200, desk_api, mine)
        whole = "<html" in text(answer)
        assert ("X-Fragment" in answer) != whole, spoof
        assert ("X-Page" in answer) == whole, spoof
        assert answer["X-Desk-Profile"] == mine, spoof
        assert "HX-Request" in answer["Vary"], spoof
        pushed = answer.get("HX-Push-Url", answer.get("HX-Replace-Url", "/"))
        assert pushed.startswith("/p/") or pushed == "/", spoof


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/", "/gateway/", "/people/", "/audit/", "/preferences/", "/sign-in/", "/nowhere/", "/you/sessions/"]
)
def test_spoofed_htmx_headers_keep_status_of_other_pages(admin_client: Client, path: str) -> None:
    plain = admin_client.get(path)
    for spoof, headers in SPOOFS.items():
        spoofed = admin_client.get(path, headers=headers)
        assert spoofed.status_code == plain.status_code, spoof
        assert "Traceback" not in text(spoofed), spoof
        assert rows(spoofed) == [], spoof


def test_spoofed_htmx_headers_show_nothing_to_anonymous_visitor(desk_api: SandboxServer, db: None, mine: str) -> None:
    for spoof, headers in SPOOFS.items():
        answer = Client().get(f"/p/{mine}/contacts/", headers=headers)
        assert rows(answer) == [], spoof
        assert answer.status_code in {302, 401, 204} or "sign-in" in str(answer.headers).lower(), spoof
    assert calls(desk_api) == []


@pytest.mark.parametrize("how", ["assignment", "role", "account"])
def test_revoked_access_ends_at_next_request_despite_cache(
    support_client: Client, support_user: User, caching_api: SandboxServer, mine: str, how: str
) -> None:
    contact = next(iter(held(caching_api, mine)))
    paths = [f"/p/{mine}/{page.format(contact=contact)}" for page in (*PAGES[:3], PAGES[4])]
    for path, headers in product(paths, ({}, FRAGMENT)):
        assert support_client.get(path, headers=headers).status_code == 200
    _revoke(support_user, mine, how)
    caching_api.reset_requests()
    for path, headers in product(paths, ({}, FRAGMENT)):
        answer = support_client.get(path, headers=headers)
        assert rows(answer) == []
        assert contact not in text(answer).replace(path, "")
        assert answer.status_code in ({302, 204, 401} if how == "account" else {404})
    assert calls(caching_api) == []


def _revoke(user: User, profile_id: str, how: str) -> None:
    if how == "assignment":
        ProfileAccess.objects.filter(user=user, profile_id=UUID(profile_id)).delete()
    elif how == "role":
        set_role(user, None)
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)


def test_routes_of_exports_are_those_that_are_attacked() -> None:
    """Their cases are in test_exports.py: foreign scope, other role, export file of another user."""
    exports = {route for route in ROUTES if "export" in route or "download" in route}
    assert {route for route in exports if not route.startswith(("audit/", "you/"))} == {
        "account/contacts/export/",
        "p/<uuid:profile_id>/contacts/export/",
        "exports/",
        *(f"exports/<uuid:export_id>/{ending}" for ending in ("", "mark/", "file/")),
    }
