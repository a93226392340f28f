"""Search on the contact list: attempts of a plan, remembered interpretations, and bulk lookup of numbers."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs

import phonenumbers
import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.models import Preferences
from testing.sandbox_server import SandboxServer

from .html import SITE_URL, fragment, rows, text

LIST = "/account/contacts/"


def _api_queries(sandbox: SandboxServer) -> list[dict[str, str]]:
    """The `search` and `phone` parameters of each API call for contacts, oldest first."""
    calls = [parse_qs(call["query"]) for call in sandbox.requests() if call["path"] == "/v3/contacts"]
    return [{name: call[name][0] for name in ("search", "phone") if name in call} for call in calls]


def _us_contact(sandbox: SandboxServer) -> tuple[str, str]:
    """Id and E.164 number of a contact of the account in the United States."""
    held = sandbox.contacts(None).items()
    return next((i, n) for i, n in held if n and n.startswith("+1") and _region(n) == "US")


def _region(number: str) -> str | None:
    return phonenumbers.region_code_for_number(phonenumbers.parse(number))


def _shown_text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def known_regions(settings: Settings) -> None:
    """The regions configured for the desk."""
    settings.DESK_REGIONS = ["US", "GB", "FR"]


@pytest.mark.parametrize(
    "spelling",
    [
        "{e164}",
        "{bare}",
        "tel:+1-{a}-{b}-{c}",
        "({a}) {b}-{c}",
        "{a}.{b}.{c}",
        "Mobile: {a} {b} {c} ext. 5",
        "00{bare}",
    ],
)
def test_whole_number_is_one_lookup_in_any_spelling(
    admin_client: Client, sandbox: SandboxServer, known_regions: None, spelling: str
) -> None:
    contact_id, number = _us_contact(sandbox)
    parts = {"e164": number, "bare": number[1:], "a": number[2:5], "b": number[5:8], "c": number[8:]}
    response = admin_client.get(LIST, {"search": spelling.format(**parts)})
    assert rows(response) == [contact_id]
    # The second call asks who else has it, in the account's list.
    assert _api_queries(sandbox) == [{"phone": number}, {"search": f"({number[2:5]}) {number[5:8]}-{number[8:]}"}]
    assert "(United States)" in _shown_text(text(response))


def test_last_seven_digits_are_searched_in_regional_format(
    admin_client: Client, sandbox: SandboxServer, settings: Settings
) -> None:
    settings.DESK_REGIONS = ["US"]
    contact_id, number = _us_contact(sandbox)
    response = admin_client.get(LIST, {"search": number[-7:]})
    assert contact_id in rows(response)
    written = f"{number[-7:-4]}-{number[-4:]}"
    assert _api_queries(sandbox) == [{"search": written}]
    assert f"Showing results for “{written}”" in _shown_text(text(response))


def test_search_stops_after_three_attempts(admin_client: Client, sandbox: SandboxServer, known_regions: None) -> None:
    page = text(admin_client.get(LIST, {"search": "9988776"}))
    assert len(_api_queries(sandbox)) == 3
    assert "It was searched as “998-8776”" in _shown_text(page)


def test_text_with_plausible_punctuation_is_searched_first(
    admin_client: Client, sandbox: SandboxServer, known_regions: None
) -> None:
    admin_client.get(LIST, {"search": "998-87"})
    assert _api_queries(sandbox)[0] == {"search": "998-87"}


def test_chosen_interpretation_is_searched_alone_and_kept_by_links(
    admin_client: Client, sandbox: SandboxServer, known_regions: None
) -> None:
    response = admin_client.get(LIST, {"search": "+44 77", "as": "077", "page_size": "20"})
    assert _api_queries(sandbox) == [{"search": "077"}]
    assert 'value="+44 77"' in text(response)  # the typed text stays in the field
    assert "search=%2B44+77&amp;as=077&amp;page_size=20" in text(response)


def test_next_page_keeps_interpretation(admin_client: Client, sandbox: SandboxServer, known_regions: None) -> None:
    page = text(admin_client.get(LIST, {"search": "+44 77", "page_size": "20"}))
    (written,) = (query["search"] for query in _api_queries(sandbox))
    assert written == "077"
    assert f"as={written}" in page or 'rel="next"' not in page
    sandbox.reset_requests()
    admin_client.get(LIST, {"search": "+44 77", "as": written, "page": "2", "page_size": "20"})
    assert _api_queries(sandbox) == [{"search": written}]


@pytest.mark.parametrize("value", ["<b>", "' OR 1", "+", "x" * 3000, "\u202e5", ""])
def test_unknown_interpretation_is_harmless(
    admin_client: Client, sandbox: SandboxServer, known_regions: None, value: str
) -> None:
    assert admin_client.get(LIST, {"search": "555", "as": value}).status_code == 200
    assert all(query == {"search": "555"} for query in _api_queries(sandbox))


def test_ambiguous_number_is_read_in_own_region_first(
    admin_client: Client, sandbox: SandboxServer, admin_user: User, settings: Settings
) -> None:
    settings.DESK_REGIONS = ["FR", "GB"]
    typed = "0123456789"  # valid in France, not in Great Britain
    admin_client.get(LIST, {"search": typed})
    assert _api_queries(sandbox)[0] == {"phone": "+33123456789"}
    Preferences.objects.create(user=admin_user, region="DE")
    sandbox.reset_requests()
    page = text(admin_client.get(LIST, {"search": typed}))
    assert _api_queries(sandbox)[0] == {"phone": "+49123456789"} or "+33 1 23 45 67 89" in page


def test_regions_are_learned_from_responses_of_their_scope(
    admin_client: Client, caching_api: SandboxServer, settings: Settings
) -> None:
    settings.DESK_REGIONS = []
    admin_client.get(LIST)
    from contacts_ui.scope import Scope

    seen = get_gateway().common_regions(Scope(None, "x", switchable=True))
    held = [_region(number) for number in caching_api.contacts(None).values() if number]
    assert seen
    assert set(seen) <= set(held)
    assert get_gateway().common_regions(Scope(caching_api.profiles()[1]["id"], "x", switchable=True)) == ()


def test_contact_opened_from_interpreted_search_costs_no_call(
    admin_client: Client, caching_api: SandboxServer, known_regions: None
) -> None:
    contact_id, number = _us_contact(caching_api)
    admin_client.get(LIST, {"search": number[-7:]})
    caching_api.reset_requests()
    referer = {"HX-Current-URL": f"{SITE_URL}{LIST}?search={number[-7:]}"}
    answer = admin_client.get(
        f"{LIST}{contact_id}/", headers={"HX-Request": "true", "HX-Request-Type": "partial", **referer}
    )
    assert answer.status_code == 200
    assert caching_api.requests() == []


def test_channel_is_dropped_with_warning_for_whole_number(
    admin_client: Client, sandbox: SandboxServer, known_regions: None
) -> None:
    contact_id, number = _us_contact(sandbox)
    response = admin_client.get(LIST, {"search": number, "channel": "whatsapp"})
    assert rows(response) == [contact_id]
    assert "Shown whatever its channels." in text(response)


def test_failure_during_search_plan_is_shown(admin_client: Client, sandbox: SandboxServer, known_regions: None) -> None:
    admin_client.get(LIST)
    sandbox.reset_requests()
    sandbox.fault(route="contacts", kind="patch", set={})
    sandbox.fault(route="contacts", kind="status", status=500)
    response = admin_client.get(LIST, {"search": "9988776"})
    assert response.status_code == 503
    assert "The messaging service returned an error" in text(response)
    assert "No contacts match" not in text(response)


def _bulk_input(sandbox: SandboxServer, known: int, unknown: int) -> str:
    held = [number for number in sandbox.contacts(None).values() if number][:known]
    return "\n".join([*held, *(f"+1202555{nth:04d}" for nth in range(9000, 9000 + unknown))])


def _looked_up(page: str) -> list[str]:
    return re.findall(r'data-looked-up="([^"]+)"', page)


def test_bulk_lookup_loads_numbers_in_batches_of_five(admin_client: Client, sandbox: SandboxServer) -> None:
    typed = _bulk_input(sandbox, 6, 2)
    first = text(admin_client.get(LIST, {"search": typed}))
    assert _looked_up(first) == ["found"] * 5
    assert len(_api_queries(sandbox)) == 5
    rest = text(fragment(admin_client, LIST, search=typed, **{"from": "5"}))
    assert _looked_up(rest) == ["found", "not-found", "not-found"]
    assert "hx-get" not in rest
    assert len(_api_queries(sandbox)) == 8


def test_invalid_number_in_bulk_lookup_is_reported(admin_client: Client, sandbox: SandboxServer) -> None:
    page = text(admin_client.get(LIST, {"search": "+12025559001, 999999999999999999, +12025559002"}))
    assert _looked_up(page) == ["not-found", "unread", "not-found"]
    assert "This is not a whole number" in page


def test_long_paste_is_looked_up_in_rounds_of_fifty(admin_client: Client, sandbox: SandboxServer) -> None:
    typed = _bulk_input(sandbox, 3, 63)
    rest = text(fragment(admin_client, LIST, search=typed, **{"from": "45"}))
    assert "50 of 66 looked up." in rest
    assert "Look up the next 16" in rest
    assert 'hx-trigger="load' not in rest
    assert 'hx-trigger="load' in text(fragment(admin_client, LIST, search=typed, **{"from": "50"}))


def test_line_without_number_is_named_and_stays_in_the_box(admin_client: Client) -> None:
    typed = "+12025559001\nnot a number\n+12025559002"
    page = text(admin_client.get(LIST, {"search": typed}))
    assert "1 line isn’t a number: “not a number”." in page
    assert f">{typed}</textarea>" in page
    assert "not+a+number" in page  # a link to this list has it too


def test_paste_that_is_too_long_is_refused_and_stays_in_the_box(admin_client: Client, sandbox: SandboxServer) -> None:
    typed = "\n".join(f"+1202555{last:04d} somebody" for last in range(400))
    page = text(admin_client.get(LIST, {"search": typed}))
    assert "This is more than 8,000 characters, so it was not searched." in page
    assert typed in page
    assert _api_queries(sandbox) == [{}]


def test_exact_lookup_asks_for_the_other_form_after_a_miss(admin_client: Client, sandbox: SandboxServer) -> None:
    page = text(admin_client.get(LIST, {"phone": "+553188887777"}))
    assert _api_queries(sandbox) == [{"phone": "+553188887777"}, {"phone": "+5531988887777"}]
    assert "It was also searched as" in page


def test_bulk_lookup_asks_for_the_other_form_after_a_miss(admin_client: Client, sandbox: SandboxServer) -> None:
    admin_client.get(LIST, {"search": "+553188887777\n+12025559001"})
    asked = [query["phone"] for query in _api_queries(sandbox)]
    assert asked == ["+553188887777", "+5531988887777", "+12025559001"]


def test_plus_that_arrives_as_a_space_is_a_plus(admin_client: Client, sandbox: SandboxServer) -> None:
    contact_id, number = _us_contact(sandbox)
    response = admin_client.get(f"{LIST}?phone={number}")  # the plus is not escaped
    assert rows(response) == [contact_id]


def test_bulk_lookup_shows_opt_out_of_each_contact(admin_client: Client, sandbox: SandboxServer) -> None:
    for said in (True, False, None):
        sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.opt_out": said})
    page = text(admin_client.get(LIST, {"search": _bulk_input(sandbox, 3, 1)}))
    cells = re.findall(r'<td role="cell" class="c-opt_out">(.*?)</td>', page)
    assert cells == ['<span class="badge badge--out">Opted out</span>', "", "—", ""]


def test_bulk_lookup_pauses_when_rate_limit_is_exhausted(
    admin_client: Client, desk_api: SandboxServer, settings: Settings
) -> None:
    settings.SENT_BUDGET_BURST, settings.SENT_BUDGET_PER_MINUTE = 6, 12
    get_gateway.cache_clear()
    page = text(admin_client.get(LIST, {"search": _bulk_input(desk_api, 3, 5)}))
    looked_up = _looked_up(page)
    assert 0 < len(looked_up) < 5
    assert "Your customers’ messages go first" in page
    assert f"from={len(looked_up)}" in page


def test_bulk_lookup_stays_in_its_scope(support_client: Client, sandbox: SandboxServer) -> None:
    one = sandbox.profiles()[1]["id"]
    foreign = [number for number in sandbox.contacts(None).values() if number]
    own = set(sandbox.contacts(one).values())
    typed = "\n".join([number for number in foreign if number not in own][:3])
    page = text(support_client.get(f"/p/{one}/contacts/", {"search": typed}))
    assert _looked_up(page) == ["not-found"] * 3
    assert {call["profile"] for call in sandbox.requests() if call["path"] == "/v3/contacts"} == {one}


@pytest.mark.parametrize("start", ["-1", "99999", "x", "50", "٣"])
def test_invalid_batch_offset_is_harmless(admin_client: Client, sandbox: SandboxServer, start: str) -> None:
    response = fragment(admin_client, LIST, search=_bulk_input(sandbox, 2, 1), **{"from": start})
    assert response.status_code == 200


def test_failed_batch_shows_error_and_retry(admin_client: Client, sandbox: SandboxServer) -> None:
    typed = _bulk_input(sandbox, 6, 0)
    sandbox.fault(route="contacts", kind="status", status=500, times=2)
    rest = fragment(admin_client, LIST, search=typed, **{"from": "5"})
    assert rest.status_code == 503
    assert "The messaging service returned an error" in text(rest)
    assert "data-retry" in text(rest)


def test_interpretation_is_remembered_across_channels_and_profiles(
    admin_client: Client, caching_api: SandboxServer, known_regions: None
) -> None:
    number = _us_contact(caching_api)[1]
    typed = number[-7:]
    admin_client.get(LIST, {"search": typed})
    caching_api.reset_requests()
    admin_client.get(LIST, {"search": typed, "channel": "whatsapp"})
    empty = next(profile["id"] for profile in caching_api.profiles() if not caching_api.contacts(profile["id"]))
    page = text(admin_client.get(f"/p/{empty}/contacts/", {"search": typed}))
    written = f"{number[-7:-4]}-{number[-4:]}"
    asked = _api_queries(caching_api)
    assert [asked[0], asked[-2]] == [{"search": written}] * 2
    assert {query["search"] for query in asked} <= {written, typed}  # and what a plain search would send
    assert "Search for" in _shown_text(page)


def test_interpretation_of_one_user_is_not_used_for_another(
    admin_client: Client, support_client: Client, caching_api: SandboxServer, settings: Settings
) -> None:
    settings.DESK_REGIONS = ["GB", "US", "FR"]
    typed = _us_contact(caching_api)[1][-7:]
    admin_client.get(LIST, {"search": typed})
    caching_api.reset_requests()
    support_client.get(f"/p/{caching_api.profiles()[1]['id']}/contacts/", {"search": typed})
    assert len(_api_queries(caching_api)) > 1


def test_interpretation_is_shared_between_processes(caching_api: SandboxServer, db: None) -> None:
    get_gateway().remember_interpretation(1, "0171 555 0142", "+441715550142")
    get_gateway.cache_clear()
    caches["contacts"].clear()  # as in another process, whose memory cache is empty
    assert get_gateway().remembered_interpretation(1, "0171 555 0142", ["171-555", "+441715550142"]) == 1
    assert get_gateway().remembered_interpretation(2, "0171 555 0142", ["171-555", "+441715550142"]) is None


def test_shared_cache_table_contains_no_number(caching_api: SandboxServer, db: None) -> None:
    get_gateway().remember_interpretation(1, "0171 555 0142", "+441715550142")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM desk_cache")
        shared = [(key, base64.b64decode(value)) for key, value in cursor.fetchall()]
    assert shared
    assert not any(b"550142" in value or b"555 0142" in value or "550142" in key for key, value in shared)


# --- Digits that stand together, of a text without punctuation ------------------------------------------


def _with_national(sandbox: SandboxServer, region: str) -> tuple[str, str]:
    """Id and digits of the national format of a contact of the account in a region."""
    found = sandbox.get("/v3/contacts", page=1, page_size=100).json()["data"]["contacts"]
    row = next(row for row in found if row["region_code"] == region and row.get("format_national"))
    return row["id"], "".join(filter(str.isdigit, row["format_national"]))


def test_grouping_that_no_region_has_is_found_by_digits_that_stand_together(
    admin_client: Client, sandbox: SandboxServer, settings: Settings
) -> None:
    settings.DESK_REGIONS = ["US"]
    contact_id, digits = _with_national(sandbox, "GB")  # 0771# ######
    sandbox.reset_requests()
    response = admin_client.get(LIST, {"search": digits[3:9]})
    assert contact_id in rows(response)
    assert len(_api_queries(sandbox)) <= 3
    assert all("<mark>" in row for row in re.findall(r'<a class="phone__link".*?</a>', text(response)))


def test_rows_that_have_not_all_digits_are_left_out(
    admin_client: Client, sandbox: SandboxServer, known_regions: None
) -> None:
    link = {"search": "9988776", "as": "*9*"}
    assert rows(admin_client.get(LIST, link)) == []  # so few digits are no interpretation
    contact_id, digits = _with_national(sandbox, "GB")
    link = {"search": digits[3:9], "as": f"*{digits[5:8]}*"}
    response = admin_client.get(LIST, link)
    held = {i: n for i, n in sandbox.contacts(None).items() if n and digits[3:9] in n}
    assert set(rows(response)) == set(held)
    assert contact_id in held
    assert f"{len(held)} result" in text(response)


def test_answer_that_is_not_all_leaves_the_literal_call(
    admin_client: Client, sandbox: SandboxServer, known_regions: None
) -> None:
    sandbox.fault(route="contacts", kind="patch", set={}, times=1)
    sandbox.fault(route="contacts", kind="patch", set={"data.pagination.total_count": 4711})
    admin_client.get(LIST, {"search": "9988776"})
    assert _api_queries(sandbox)[-1] == {"search": "9988776"}


def test_rows_of_a_part_of_the_answer_say_so(admin_client: Client, sandbox: SandboxServer) -> None:
    _, digits = _with_national(sandbox, "GB")
    sandbox.fault(route="contacts", kind="patch", set={"data.pagination.total_count": 4711})
    page = text(admin_client.get(LIST, {"search": digits[3:9], "as": f"*{digits[5:8]}*"}))
    assert "Only the first 100 contacts with these digits were looked at." in page
    assert "4,711" not in page


def test_digits_between_asterisks_are_those_of_the_text(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.reset_requests()
    admin_client.get(LIST, {"search": "9988776", "as": "*1234*"})
    assert {"search": "1234"} not in _api_queries(sandbox)


def test_short_search_says_that_country_codes_are_left_out(admin_client: Client) -> None:
    pages = {typed: text(admin_client.get("/account/contacts/", {"search": typed})) for typed in ("35", "+353", "5550")}
    said = {typed for typed, page in pages.items() if "country codes not searched" in page}
    assert said == {"35"}
