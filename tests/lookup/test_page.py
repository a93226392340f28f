"""Page /lookup/: who gets it, what it shows in each state, what it asks and what it records."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry, GroupPolicy, Preferences, ProfileAccess, QuotaWindow
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, text

from .conftest import Owners

LOOKUP = "/lookup/"
NOBODYS = "+14155550100"


def said(page: str) -> dict[str, list[str]]:
    """The names of scopes by the word that is said of them."""
    found: dict[str, list[str]] = {"here": [], "unanswered": [], "absent": []}
    for word, cell in re.findall(r'data-answer="(\w+)"><[^>]*>([^<]*)<', page):
        found[word].append(cell.strip().replace("&amp;", "&").replace("&#39;", "'"))
    return found


def asked(sandbox: SandboxServer) -> list[tuple[str, str | None]]:
    """The calls for contacts: query and profile."""
    return [(call["query"], call["profile"]) for call in sandbox.requests() if call["path"] == "/v3/contacts"]


@pytest.fixture
def names(sandbox: SandboxServer) -> dict[str | None, str]:
    """The names of profiles by their ids."""
    return {profile["id"]: profile["name"] for profile in sandbox.profiles()} | {None: "Meridian Group"}


@pytest.fixture
def shared(known_owners: Owners, sandbox: SandboxServer) -> str:
    """A number that two of the agent's profiles have, and one that is not theirs."""
    first = {profile["id"] for profile in sandbox.profiles()[1:4]}
    return next(number for number, owners in known_owners.items() if 2 <= len(owners & first) < 3 and owners - first)


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_number_is_here_where_it_is_and_nowhere_else(
    support_client: Client, known_owners: Owners, names: dict[str | None, str], shared: str, headers: dict[str, str]
) -> None:
    mine = list(names)[1:4]
    page = text(support_client.post(LOOKUP, {"number": shared}, headers=headers, follow=True))
    having = {names[each] for each in mine if each in known_owners[shared]}
    assert set(said(page)["here"]) == having
    assert set(said(page)["absent"]) == {names[each] for each in mine} - having


def test_admin_sees_account_and_every_profile(
    admin_client: Client, known_owners: Owners, names: dict[str | None, str], shared: str
) -> None:
    page = text(admin_client.post(LOOKUP, {"number": shared}, follow=True))
    assert set(said(page)["here"]) == {names[each] for each in known_owners[shared]}
    assert len(said(page)["here"]) + len(said(page)["absent"]) == 13


def test_number_of_account_alone_is_not_said_of_profiles(
    admin_client: Client, known_owners: Owners, names: dict[str | None, str]
) -> None:
    number = next(number for number, owners in known_owners.items() if owners == {None})
    assert said(text(admin_client.post(LOOKUP, {"number": number}, follow=True)))["here"] == [names[None]]


def test_unknown_number_is_not_here(admin_client: Client) -> None:
    page = text(admin_client.post(LOOKUP, {"number": NOBODYS}, follow=True))
    assert "Not in any of your profiles" in page
    assert len(said(page)["absent"]) == 13


def test_form_asks_nothing(support_client: Client, sandbox: SandboxServer) -> None:
    page = text(support_client.get(LOOKUP))
    assert "Which profile has this number?" in page
    assert "Looks in 3 profiles" in page
    assert asked(sandbox) == []
    assert not AuditEntry.objects.filter(action="number.looked_up").exists()


@pytest.mark.parametrize("number", ["", "abc", "12", "+", "+44", "9" * 300, "+4420\x00", "<b>1</b>"])
def test_text_without_whole_number_asks_nothing(support_client: Client, sandbox: SandboxServer, number: str) -> None:
    page = text(support_client.post(LOOKUP, {"number": number}, follow=True))
    assert "This number is not complete" in page or "Enter a phone number" in page
    assert asked(sandbox) == []
    assert not QuotaWindow.objects.exists()


def test_number_is_in_no_address(support_client: Client, shared: str) -> None:
    response = support_client.post(LOOKUP, {"number": shared}, follow=True)
    digits = shared[1:]
    assert not any(digits in value for value in re.findall(r'(?:href|action|hx-get|hx-post)="([^"]*)"', text(response)))
    assert digits not in str(response.headers)


def test_dead_api_is_no_answer_with_reason(support_client: Client, sandbox: SandboxServer, shared: str) -> None:
    sandbox.fault(route="contacts", kind="status", status=503, times=20)
    page = text(support_client.post(LOOKUP, {"number": shared}, follow=True))
    assert len(said(page)["unanswered"]) == 3
    assert said(page)["absent"] == []
    assert "The messaging service returned an error." in page
    assert "No profile with an answer has it" in page


def test_one_failed_profile_leaves_others_answered(
    support_client: Client, sandbox: SandboxServer, settings: Settings
) -> None:
    sandbox.fault(route="contacts", kind="status", status=500, profile=sandbox.profiles()[2]["id"])
    page = text(support_client.post(LOOKUP, {"number": NOBODYS}, follow=True))
    assert said(page)["unanswered"] == [sandbox.profiles()[2]["name"]]
    assert len(said(page)["absent"]) == 2


def test_dead_account_shows_form_with_typed_number(support_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="me", kind="status", status=503, times=5)
    response = support_client.post(LOOKUP, {"number": NOBODYS}, follow=True)
    assert response.status_code == 503
    assert f'value="{NOBODYS}"' in text(response)
    assert "The messaging service returned an error" in text(response)


def test_opt_outs_stand_side_by_side(
    admin_client: Client, sandbox: SandboxServer, known_owners: Owners, names: dict[str | None, str]
) -> None:
    number = next(number for number, owners in known_owners.items() if len(owners) == 2 and None not in owners)
    admin_client.post(LOOKUP, {"number": NOBODYS}, follow=True)  # what the account's list holds is known by then
    sandbox.fault(
        route="contacts", kind="patch", set={"data.contacts.0.opt_out": True, "data.contacts.1.opt_out": False}
    )
    page = text(admin_client.post(LOOKUP, {"number": number}, follow=True))
    out, rest = re.search(r"Opted out in ([^,<]*), not in ([^<]*)<", page).groups()  # type: ignore[union-attr]
    assert {out, rest} == {names[owner] for owner in known_owners[number]}


@pytest.mark.parametrize("key", ["sandbox-user", "sandbox-profile"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_single_account_has_no_such_page(
    admin_client: Client, use_key: Callable[[str], None], key: str, method: str
) -> None:
    use_key(key)
    response = getattr(admin_client, method)(LOOKUP, {"number": NOBODYS})
    assert response.status_code == 404
    assert "rofile" not in text(response)
    assert "/lookup/" not in text(admin_client.get("/account/contacts/", {"phone": NOBODYS}))


def test_person_without_profiles_has_no_such_page(
    client: Client, user_without_role: User, desk_api: SandboxServer
) -> None:
    client.force_login(user_without_role)
    assert client.get(LOOKUP).status_code == client.post(LOOKUP, {"number": NOBODYS}, follow=True).status_code == 404


def test_lookup_is_recorded_by_hash_and_for_each_profile(
    support_client: Client, sandbox: SandboxServer, known_owners: Owners, shared: str
) -> None:
    support_client.post(LOOKUP, {"number": shared}, follow=True)
    question, *found = AuditEntry.objects.filter(action="number.looked_up").order_by("pk")
    mine = {profile["id"] for profile in sandbox.profiles()[1:4]}
    assert (question.scope, question.outcome, question.rows) == (None, "ok", None)
    assert {entry.scope for entry in found} == known_owners[shared] & mine
    assert all(entry.marks and entry.marks == question.marks and entry.rows == 1 for entry in found)
    stored = " ".join(str(value) for entry in (question, *found) for value in vars(entry).values())
    assert shared[1:] not in stored


def test_thirty_an_hour_and_then_a_page_that_says_so(
    support_client: Client, sandbox: SandboxServer, settings: Settings
) -> None:
    settings.DESK_LOOKUPS_PER_HOUR = 2
    numbers = [NOBODYS, "+14155550101", "+14155550102"]
    answers = [support_client.post(LOOKUP, {"number": number}, follow=True) for number in numbers]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "You have looked up as many numbers as an hour allows" in text(answers[2])
    assert f'value="{numbers[2]}"' in text(answers[2])
    assert len(asked(sandbox)) == 6
    entry = AuditEntry.objects.get(action="quota.exceeded")
    assert (entry.about, entry.outcome) == ("lookups", "denied")


def test_page_says_how_many_the_hour_still_allows(support_client: Client, settings: Settings) -> None:
    settings.DESK_LOOKUPS_PER_HOUR = 2
    assert "You can look up 2 more numbers this hour." in text(support_client.get(LOOKUP))
    asked = text(support_client.post(LOOKUP, {"number": NOBODYS}, headers=FRAGMENT))
    assert '<span id="lookups-left" hx-swap-oob="innerHTML">You can look up 1 more number this hour.' in asked
    last = support_client.post(LOOKUP, {"number": "+14155550101"}, follow=True)
    assert "You can’t look up more numbers this hour." in text(last)


def test_default_is_thirty_an_hour(settings: Settings) -> None:
    assert settings.DESK_LOOKUPS_PER_HOUR == 30


def test_other_form_of_changed_plan_is_asked_too(
    support_client: Client, sandbox: SandboxServer, known_owners: Owners
) -> None:
    support_client.post(LOOKUP, {"number": "+553188887777"}, follow=True)
    phones = {query.split("phone=")[1] for query, _ in asked(sandbox)}
    assert phones == {"%2B553188887777", "%2B5531988887777"}


def test_masked_number_that_is_found_is_a_reveal_and_stays_masked(
    support_client: Client, shared: str, known_owners: Owners
) -> None:
    GroupPolicy.objects.create(group=Group.objects.get(name="support"), mask_numbers=True)
    page = text(support_client.post(LOOKUP, {"number": shared}, follow=True))
    assert said(page)["here"]
    assert f"•••• {shared[-4:]}" in page
    body = re.sub(r'value="[^"]*"', "", page)
    assert shared[1:] not in re.sub(r"\D", "", body)
    revealed = AuditEntry.objects.filter(action="number.revealed")
    assert revealed.count() == 2
    assert QuotaWindow.objects.get().numbers == 1


def test_masked_guess_takes_one_of_hours_reveals(support_client: Client) -> None:
    GroupPolicy.objects.create(group=Group.objects.get(name="support"), mask_numbers=True)
    support_client.post(LOOKUP, {"number": NOBODYS}, follow=True)
    assert QuotaWindow.objects.get().numbers == 1


def test_contact_is_looked_up_without_its_number_in_page(
    support_client: Client, support_user: User, sandbox: SandboxServer, known_owners: Owners, shared: str
) -> None:
    Preferences.objects.create(user=support_user, mask_numbers=True)
    owner = next(p["id"] for p in sandbox.profiles()[1:4] if p["id"] in known_owners[shared])
    contact = next(key for key, number in sandbox.contacts(owner).items() if number == shared)
    page = text(support_client.post(LOOKUP, {"contact": f"/p/{owner}/contacts/{contact}/"}, follow=True))
    assert len(said(page)["here"]) == 2
    assert f'href="/p/{owner}/contacts/{contact}/">' in page.partition("page-header")[2].partition("</div>\n<form")[0]
    assert shared[1:-4] not in re.sub(r"[^\d\n]", "", page)


@pytest.mark.parametrize("path", ["/people/", "nonsense", "/account/contacts/", "//evil.example/"])
def test_contact_that_is_none_is_not_found(support_client: Client, path: str) -> None:
    assert support_client.post(LOOKUP, {"contact": path}, follow=True).status_code == 404


def test_contact_of_unassigned_profile_is_not_found(support_client: Client, sandbox: SandboxServer) -> None:
    other = sandbox.profiles()[0]["id"]
    contact = next(iter(sandbox.contacts(other)))
    assert support_client.post(LOOKUP, {"contact": f"/p/{other}/contacts/{contact}/"}, follow=True).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("way", ["each", "account list", "index"])
def test_number_of_unassigned_profile_reads_like_nobodys(
    support_client: Client, support_user: User, sandbox: SandboxServer, request: pytest.FixtureRequest, way: str
) -> None:
    known_owners: Owners = request.getfixturevalue("known_owners")
    mine = {profile["id"] for profile in sandbox.profiles()[1:4]}
    if way == "index":
        request.getfixturevalue("number_index")()
    if way == "account list":
        for profile in sandbox.profiles()[4:8]:
            ProfileAccess.objects.create(user=support_user, profile_id=UUID(profile["id"]))
        mine |= {profile["id"] for profile in sandbox.profiles()[4:8]}
    hidden = next(number for number, owners in known_owners.items() if owners and not owners & mine)
    support_client.post(LOOKUP, {"number": NOBODYS}, follow=True)  # what the account's list holds is known by then
    pages, calls = [], []
    for number in (hidden, NOBODYS):
        sandbox.reset_requests()
        page = text(support_client.post(LOOKUP, {"number": number}, follow=True))
        calls.append(sorted(query.split("=")[2].split("&")[-1] for query, _ in asked(sandbox)))
        passing = r'value="[^"]*"|<h2[^>]*>[^<]*</h2>|datetime="[^"]*"|data-age="[^"]*"|just now|\d+ \w+ ago'
        passing += r"|\d+ more number"
        pages.append(re.sub(passing, "", page))
    assert pages[0] == pages[1]
    assert calls[0] == calls[1]
    assert bool(calls[0]) == (way != "index")


def test_response_with_number_is_not_kept_by_browser(support_client: Client, shared: str) -> None:
    assert "no-store" in support_client.post(LOOKUP, {"number": shared}, follow=True)["Cache-Control"]


def test_answer_of_index_says_of_when_and_offers_to_ask(
    support_client: Client, number_index: Callable[..., None], sandbox: SandboxServer
) -> None:
    number_index()
    sandbox.reset_requests()
    page = text(support_client.post(LOOKUP, {"number": NOBODYS}, follow=True))
    assert len(said(page)["absent"]) == page.count("as of <time") == 3
    assert "Check the 3 again: 3 API calls, about 5 seconds" in page
    assert asked(sandbox) == []


def test_number_that_index_names_is_proved_by_one_call_each(
    support_client: Client, number_index: Callable[..., None], sandbox: SandboxServer, shared: str
) -> None:
    number_index()
    sandbox.reset_requests()
    page = text(support_client.post(LOOKUP, {"number": shared}, follow=True))
    assert len(said(page)["here"]) == 2
    assert sorted(query.split("&")[-1] for query, _ in asked(sandbox)) == [f"phone=%2B{shared[1:]}"] * 2


def test_contact_deleted_since_index_was_built_is_not_here(
    support_client: Client, number_index: Callable[..., None], sandbox: SandboxServer, shared: str
) -> None:
    number_index()
    sandbox.fault(route="contacts", kind="status", status=404, code="RESOURCE_001", times=2)
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts": []}, times=2)  # nor by its national format
    page = text(support_client.post(LOOKUP, {"number": shared}, follow=True))
    assert said(page)["here"] == []
    assert len(said(page)["absent"]) == 3
    assert page.count("It was when its contacts were last read.") == 2


def test_contact_without_its_e164_is_found_as_it_is_written(
    support_client: Client, number_index: Callable[..., None], sandbox: SandboxServer, shared: str
) -> None:
    number_index()
    sandbox.fault(route="contacts", kind="status", status=404, code="RESOURCE_001", times=2)  # phone= knows E.164 alone
    page = text(support_client.post(LOOKUP, {"number": shared}, follow=True))
    assert len(said(page)["here"]) == 2


@pytest.fixture
def local(known_owners: Owners, sandbox: SandboxServer, support_user: User, settings: Settings) -> str:
    """A British number that one of the agent's profiles has, written locally; the agent's own country is Germany."""
    mine = {profile["id"] for profile in sandbox.profiles()[1:4]}
    Preferences.objects.update_or_create(user=support_user, defaults={"region": "DE"})
    settings.DESK_REGIONS = ["GB"]
    number = next(each for each, owners in known_owners.items() if each.startswith("+447") and owners & mine)
    return f"0{number[3:7]} {number[7:]}"


@pytest.mark.slow
def test_reading_that_is_a_contact_comes_before_one_that_is_nowhere(
    support_client: Client, number_index: Callable[..., None], local: str, sandbox: SandboxServer
) -> None:
    number_index()
    sandbox.reset_requests()
    page = text(support_client.post(LOOKUP, {"number": local}, follow=True))
    british, german = f"+44 {local[1:]}", f"+49 {local[1:]}"
    assert said(page)["here"]
    assert re.search(r'<h2 id="lookup-h"[^>]*>([^<]+)', page)[1] == british  # type: ignore[index]
    assert f"Showing results for {british}, since {german} is in none of your profiles" in page.replace("\u00a0", " ")
    assert all(local[1:5] not in query or "%2B44" in query for query, _ in asked(sandbox))


def test_reading_that_an_unfinished_index_has_comes_first(
    support_client: Client, number_index: Callable[..., None], local: str, known_owners: Owners, sandbox: SandboxServer
) -> None:
    mine = {profile["id"] for profile in sandbox.profiles()[1:4]}
    number_index(next(iter(known_owners[f"+44{local[1:].replace(' ', '')}"] & mine)))
    page = text(support_client.post(LOOKUP, {"number": local}, follow=True))
    assert said(page)["here"]
    assert "is in none of your profiles" not in page  # which nobody knows
    assert "Or did you mean" in page


@pytest.mark.parametrize("region", ["DE", "AT", "US", "GB"])
def test_digits_of_e164_are_one_number_whatever_the_country(
    support_client: Client, support_user: User, shared: str, region: str
) -> None:
    Preferences.objects.update_or_create(user=support_user, defaults={"region": region})
    page = text(support_client.post(LOOKUP, {"number": shared.removeprefix("+")}, follow=True))
    assert len(said(page)["here"]) == 2


def test_reading_of_the_own_country_stays_first_without_an_index(support_client: Client, local: str) -> None:
    page = text(support_client.post(LOOKUP, {"number": local}, follow=True))
    assert said(page)["here"] == []
    assert "Showing results for" not in page


def test_masked_number_is_looked_up_in_one_reading(
    support_client: Client, support_user: User, number_index: Callable[..., None], local: str
) -> None:
    number_index()
    Preferences.objects.filter(user=support_user).update(mask_numbers=True)
    page = text(support_client.post(LOOKUP, {"number": local}, follow=True))
    assert said(page)["here"] == []
    assert "Showing results for" not in page
