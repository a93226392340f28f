"""Malformed query parameters and bodies: the page answers and names the parameters it ignored."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from django.test import Client

from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, rows, text

from .verdicts import assert_harmless, calls

NO_PAGE = "There is no such page"
TOO_LONG = "This is more than 8,000 characters"

# Query string, and the warning on the page (None: valid, or ignored without a warning).
CASES: dict[str, tuple[str, str | None]] = {
    "page 0": ("page=0", NO_PAGE),
    "page -1": ("page=-1", NO_PAGE),
    "page 2^31": (f"page={2**31}", NO_PAGE),
    "page 2^64": (f"page={2**64}", NO_PAGE),
    "page 1e9": ("page=1e9", NO_PAGE),
    "page NaN": ("page=NaN", NO_PAGE),
    "page Infinity": ("page=Infinity", NO_PAGE),
    "page of 5,000 digits": (f"page={'9' * 5000}", NO_PAGE),
    "page in hexadecimal": ("page=0x10", NO_PAGE),
    "page in full-width digits": (f"page={quote('１')}", None),
    "page in Arabic digits": (f"page={quote('١')}", None),
    "page with NUL": ("page=1%00", NO_PAGE),
    "page as a list": ("page[]=2&page[0]=3", None),
    "rows 0": ("page_size=0", "Rows per page can be"),
    "rows -1": ("page_size=-1", "Rows per page can be"),
    "rows 33": ("page_size=33", "Rows per page can be"),
    "rows 1e9": ("page_size=1000000000", "Rows per page can be"),
    "an unknown channel": ("channel=%3Cscript%3E", "There is no such channel"),
    "a channel in capitals": ("channel=SMS", "There is no such channel"),
    "a channel of others": ("channel=fax", "There is no such channel"),
    "a channel with CRLF": ("channel=sms%0d%0aX-Injected:%201", "There is no such channel"),
    "repeated parameters": ("page=2&page=1&channel=fax&channel=", None),
    "900 repetitions": ("&".join(["page=2"] * 900) + "&page=1", None),
    "a search with NUL": ("search=%00555", "Null characters are not allowed"),
    "a search of NUL alone": ("search=%00", "Null characters are not allowed"),
    "a search with CRLF": ("search=555%0d%0aSet-Cookie:%20a=b", None),
    "a search with bidi signs": ("search=%E2%80%AE555%E2%80%AC", None),
    "a search with lone continuation bytes": ("search=%ff%fe555", None),
    "a search with a lone surrogate": ("search=%ED%A0%80555", None),
    "a search of markup": ("search=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", None),
    "a search of a template": ("search=%7B%7B7*7%7D%7D%7B%25%20debug%20%25%7D", None),
    "a search with NUL in it": ("search=a%00b", "Null characters are not allowed"),
    "a search of 8,001 digits": (f"search={'5' * 8_001}", TOO_LONG),
    "a search of 10 kB": (f"search={'5' * 10_000}", TOO_LONG),
    "a search of 10 kB of combining signs": (f"search={quote(chr(0x301)) * 1_700}", None),
    "a number without its country": ("phone=5550142", "isn’t a whole number"),
    "a number of a plus alone": ("phone=%2B", "isn’t a whole number"),
    "a number with NUL": ("phone=%2B44%00", "isn’t a whole number"),
    "a number of 10 kB": (f"phone=%2B{'4' * 10_000}", "isn’t a whole number"),
    "a number with CRLF": ("phone=%2B44%0d%0a20", "isn’t a whole number"),
    "a reading nobody offered": ("search=555&as=%00%0d%0a", None),
    "a batch from -1": ("search=555&from=-1", None),
    "a batch from NaN": ("search=555&from=NaN", None),
    "columns of markup": ("columns=%3Cscript%3E+region", "There is no such column"),
    "columns with NUL and CRLF": ("columns=region%00%0d%0aX:1", "There is no such column"),
    "10,000 columns": (f"columns={'region+' * 1_400}", None),
    "a view nobody saved": ("view=%00%0d%0aX:1", None),
    "refresh of anything": ("refresh=%00", None),
    "parameters nobody knows": ("__proto__=1&constructor=2&_method=DELETE&debug=1&profile_id=x", None),
    "a name with CRLF": ("%0d%0aX-Injected:1=1", None),
    "semicolons": ("page=1;page=2;search=x", NO_PAGE),
    "no value": ("page&search&channel&phone", None),
    "signs alone": ("&&&===&=", None),
}

# Cases that are refused or read as one of the others is, for make test-all.
ALIKE = {
    *("page -1", "page 2^31", "page 1e9", "page NaN", "page in hexadecimal", "page in Arabic digits"),
    *("rows -1", "rows 33", "rows 1e9", "a channel in capitals", "a channel of others"),
    *("a search of NUL alone", "a search with NUL in it", "a search of 10 kB", "a batch from NaN"),
}


@pytest.fixture(scope="module")
def mine(running_sandbox: SandboxServer) -> str:
    """A profile of the support user: the smallest one, since its rows do not matter here."""
    return str(running_sandbox.profiles()[3]["id"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.exhaustive if case in ALIKE else ()) for case in CASES]
)
def test_list_answers_any_parameters_and_names_ignored_ones(
    support_client: Client, desk_api: SandboxServer, mine: str, case: str
) -> None:
    query, said = CASES[case]
    for headers in ({}, FRAGMENT):
        desk_api.reset_requests()
        answer = support_client.get(f"/p/{mine}/contacts/?{query}", headers=headers, follow=True)
        assert_harmless(answer, 200, desk_api, mine)
        assert ("X-Fragment" in answer) == (headers == FRAGMENT)
        assert not any("injected" in name.lower() or "injected" in value.lower() for name, value in answer.items())
        assert "<img src=x" not in text(answer)
        assert "49" not in text(answer) or "{{7*7}}" in text(answer) or "7*7" not in query
        if said is not None:
            assert said in text(answer)
            assert 'class="warning"' in text(answer)
            assert rows(answer)
            assert _asked(desk_api) == ["page=1&page_size=100"]  # ignored parameters never reach the API


def _asked(sandbox: SandboxServer) -> list[str]:
    return [call["query"] for call in sandbox.requests() if call["path"] == "/v3/contacts"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_request_with_1001_parameters_is_refused(
    support_client: Client, desk_api: SandboxServer, mine: str, method: str
) -> None:
    query = urlencode([(f"a{number}", "1") for number in range(1001)])
    if method == "get":
        answer = support_client.get(f"/p/{mine}/contacts/?{query}")
    else:
        path, form = "/preferences/theme/", "application/x-www-form-urlencoded"
        answer = support_client.post(path, query, content_type=form)
    assert_harmless(answer, 400, desk_api)
    assert "This request couldn’t be read" in text(answer)
    assert calls(desk_api) == []


@pytest.mark.parametrize("path", ["/preferences/", "/preferences/theme/"])
def test_three_megabyte_form_is_refused(support_client: Client, desk_api: SandboxServer, path: str) -> None:
    body = "theme=" + "x" * 3_000_000
    answer = support_client.post(path, body, content_type="application/x-www-form-urlencoded")
    assert_harmless(answer, 413, desk_api)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=", "a/b; charset=x"])
def test_form_with_other_content_type_is_refused(support_client: Client, desk_api: SandboxServer, kind: str) -> None:
    answer = support_client.generic("POST", "/preferences/theme/", b'{"theme": "dark"}', content_type=kind)
    assert_harmless(answer, 400, desk_api)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_list_reads_no_parameters_from_body(
    support_client: Client, desk_api: SandboxServer, mine: str, method: str
) -> None:
    body, form = "search=555&page=2", "application/x-www-form-urlencoded"
    answer = getattr(support_client, method)(f"/p/{mine}/contacts/", body, content_type=form)
    assert_harmless(answer, 405, desk_api)
    assert calls(desk_api) == []


def test_body_of_get_request_is_not_read(support_client: Client, desk_api: SandboxServer, mine: str) -> None:
    answer = support_client.generic("GET", f"/p/{mine}/contacts/", "page=999", "application/x-www-form-urlencoded")
    assert_harmless(answer, 200, desk_api, mine)
    assert rows(answer)


@pytest.mark.parametrize("name", ["profile_id", "x-profile-id", "scope", "contact_id"])
def test_parameter_cannot_name_other_profile(
    support_client: Client, desk_api: SandboxServer, mine: str, name: str
) -> None:
    theirs = desk_api.profiles()[5]["id"]
    answer = support_client.get(f"/p/{mine}/contacts/", {name: theirs}, headers={"x-profile-id": theirs})
    assert_harmless(answer, 200, desk_api, mine)
    assert {call["profile"] for call in desk_api.requests() if call["path"] == "/v3/contacts"} == {mine}
