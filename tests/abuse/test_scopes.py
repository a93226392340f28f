"""Contacts of others: by profile, by id, from what is kept, and after an assignment is gone. Never a row."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.models import ProfileAccess
from contacts_ui.roles import give_role
from testing.sandbox_server import SandboxServer
from tests.abuse.verdicts import calls, harmless
from tests.pages import FRAGMENT, RESTORE, rows, text
from tests.test_roles_and_urls import ROUTES

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


@dataclass(frozen=True, slots=True)
class Sides:
    """A profile of the support agent, one that is not theirs, and a contact that only the other has."""

    mine: str
    theirs: str
    foreign: str


@pytest.fixture
def sides(desk_api: SandboxServer) -> Sides:
    """Profiles and a contact between which the assignment of profiles 1, 2 and 3 draws the line."""
    held = {profile["id"]: set(desk_api.contacts(profile["id"])) for profile in desk_api.profiles()}
    assigned = [profile["id"] for profile in desk_api.profiles()[1:4]]
    seen = set().union(*(held[profile_id] for profile_id in assigned))
    theirs = next(profile_id for profile_id, contacts in held.items() if contacts - seen)
    return Sides(assigned[0], theirs, next(iter(held[theirs] - seen)))


@pytest.fixture
def mine(sides: Sides) -> str:
    """The profile of the support agent."""
    return sides.mine


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
@pytest.mark.parametrize("start", ["/p/{theirs}/", f"/p/{uuid4()}/", "/account/"], ids=["theirs", "none", "account"])
@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_assigned_is_one_and_the_same_404(
    support_client: Client, sides: Sides, page: str, start: str, headers: dict[str, str]
) -> None:
    path = start.format(theirs=sides.theirs) + page.format(contact=sides.foreign)
    for method in (support_client.get, support_client.post)[: 2 if "reveal" in page else 1]:
        answer = method(path, headers=headers)
        assert "No such profile for you" in text(answer)
        assert sides.foreign not in text(answer).replace(path, "")
        assert (answer.status_code, rows(answer)) == (404, [])


def test_what_is_not_assigned_costs_no_call(support_client: Client, desk_api: SandboxServer, sides: Sides) -> None:
    for page in PAGES:
        path = f"/p/{sides.theirs}/{page.format(contact=sides.foreign)}"
        harmless(support_client.get(path), 404, desk_api)
    assert calls(desk_api) == []


@pytest.mark.parametrize("page", PAGES[1:4])
def test_a_contact_of_another_scope_is_not_found_in_ones_own(
    support_client: Client, desk_api: SandboxServer, sides: Sides, page: str
) -> None:
    path = f"/p/{sides.mine}/{page.format(contact=sides.foreign)}"
    answer = support_client.post(path) if "reveal" in page else support_client.get(path)
    harmless(answer, 404, desk_api)
    assert "Contact not found" in text(answer)
    assert {call["profile"] for call in desk_api.requests() if sides.foreign in call["path"]} <= {sides.mine}


def test_a_contact_that_is_kept_for_its_own_scope_is_not_found_in_another(
    admin_client: Client, support_client: Client, keeping: SandboxServer, sides: Sides
) -> None:
    theirs = f"/p/{sides.theirs}/contacts/"
    assert admin_client.get(f"{theirs}{sides.foreign}/").status_code == 200
    assert admin_client.get(theirs).status_code == 200
    harmless(support_client.get(f"/p/{sides.mine}/contacts/{sides.foreign}/"), 404, keeping)
    harmless(support_client.get(f"{theirs}{sides.foreign}/"), 404, keeping)


@pytest.mark.parametrize("text_", MALFORMED)
@pytest.mark.parametrize("path", ["/p/{}/contacts/", "/account/contacts/{}/", "/account/contacts/{}/reveal/"])
def test_an_id_that_is_none_is_404_and_costs_no_call(
    admin_client: Client, desk_api: SandboxServer, path: str, text_: str
) -> None:
    answer = admin_client.get(path.format(text_))
    assert answer.status_code in {404, 301} or (answer.status_code == 400 and "%00" in text_)
    assert not answer.has_header("X-Injected")
    assert "Traceback" not in text(answer)
    assert answer.get("Location", "/").startswith("/")
    assert calls(desk_api) == []


@pytest.mark.parametrize("spoof", SPOOFS)
@pytest.mark.parametrize("page", [*PAGES[:3], PAGES[4]])
def test_a_page_asked_as_if_by_htmx_is_a_whole_page_or_a_marked_part_of_the_same_scope(
    support_client: Client, desk_api: SandboxServer, mine: str, page: str, spoof: str
) -> None:
    contact = next(iter(desk_api.contacts(mine)))
    answer = support_client.get(f"/p/{mine}/{page.format(contact=contact)}", headers=SPOOFS[spoof])
    harmless(answer, 200, desk_api, mine)
    whole = "<html" in text(answer)
    assert ("X-Fragment" in answer) != whole
    assert ("X-Page" in answer) == whole
    assert answer["X-Desk-Profile"] == mine
    assert "HX-Request" in answer["Vary"]
    pushed = answer.get("HX-Push-Url", answer.get("HX-Replace-Url", "/"))
    assert pushed.startswith("/p/") or pushed == "/"


@pytest.mark.parametrize("spoof", SPOOFS)
def test_every_other_page_stays_itself_when_asked_as_if_by_htmx(
    admin_client: Client, desk_api: SandboxServer, spoof: str
) -> None:
    for path in ("/", "/gateway/", "/people/", "/audit/", "/preferences/", "/sign-in/", "/nowhere/", "/you/sessions/"):
        plain, spoofed = admin_client.get(path), admin_client.get(path, headers=SPOOFS[spoof])
        assert spoofed.status_code == plain.status_code, path
        assert "Traceback" not in text(spoofed)
        assert rows(spoofed) == []


@pytest.mark.parametrize("spoof", SPOOFS)
def test_nobody_signed_in_gets_nothing_as_if_by_htmx(desk_api: SandboxServer, db: None, mine: str, spoof: str) -> None:
    answer = Client().get(f"/p/{mine}/contacts/", headers=SPOOFS[spoof])
    assert rows(answer) == []
    assert calls(desk_api) == []
    assert answer.status_code in {302, 401, 204} or "sign-in" in str(answer.headers).lower()


@pytest.mark.parametrize("how", ["assignment", "role", "account"])
@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_what_is_taken_away_is_gone_with_the_next_request_even_when_it_is_kept(
    support_client: Client, support_user: User, keeping: SandboxServer, headers: dict[str, str], how: str
) -> None:
    mine = keeping.profiles()[1]["id"]
    contact = next(iter(keeping.contacts(mine)))
    paths = [f"/p/{mine}/{page.format(contact=contact)}" for page in (*PAGES[:3], PAGES[4])]
    for path in paths:
        assert support_client.get(path, headers=headers).status_code == 200
    _take_away(support_user, mine, how)
    keeping.reset_requests()
    for path in paths:
        answer = support_client.get(path, headers=headers)
        assert rows(answer) == []
        assert contact not in text(answer).replace(path, "")
        assert answer.status_code in ({302, 204, 401} if how == "account" else {404})
    assert calls(keeping) == []


def _take_away(user: User, profile_id: str, how: str) -> None:
    if how == "assignment":
        ProfileAccess.objects.filter(user=user, profile_id=UUID(profile_id)).delete()
    elif how == "role":
        give_role(user, None)
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)


def test_there_is_no_export_of_contacts_to_abuse() -> None:
    """When one is built, its cases belong here: another's scope, another role, a file of somebody else's."""
    exports = {route for route in ROUTES if "export" in route or "download" in route}
    assert {route for route in exports if not route.startswith(("audit/", "you/"))} == set()
