"""Error pages: every API failure has its own message, status and page; none is shown as "no contacts"."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.observability.json_logs import JsonFormatter
from contacts_ui.sent_api.errors import SentError
from contacts_ui.web.errors import ERROR_PAGES
from testing.sandbox_server import SandboxServer

from .html import fragment, rows, scopes, text

LIST = "/account/contacts/"

# Failure -> fault of the sandbox, status of the page, message on it.
FAILURES: dict[str, tuple[dict[str, Any], int, str]] = {
    "key rejected": ({"kind": "status", "status": 401, "empty": True}, 502, "The API key was rejected"),
    "forbidden": ({"kind": "status", "status": 403, "empty": True}, 403, "The key may not read these contacts"),
    "invalid": (
        {"kind": "status", "status": 400, "code": "VALIDATION_001", "details": {"page": ["Too odd"]}},
        400,
        "The messaging service did not accept this",
    ),
    "rate limited": ({"kind": "rate_limited", "retry_after": "42"}, 429, "Too many requests"),
    "unavailable": ({"kind": "status", "status": 500}, 503, "The messaging service returned an error"),
    "unreachable": ({"kind": "reset", "after": "headers", "times": 2}, 503, "The messaging service cannot be reached"),
    "timed out": ({"kind": "hang", "seconds": 20}, 504, "The messaging service took too long"),
    "unexpected": ({"kind": "html", "status": 200}, 502, "The messaging service gave an answer we cannot read"),
}
SHORT_TIMEOUT = 0.5  # seconds of total timeout, for faults that hang
EACH = pytest.mark.parametrize(("fault", "status", "sentence"), FAILURES.values(), ids=FAILURES)
# Names of failures for what takes its words from the same table: a refusal, an error and a silence; others in test-all.
SOME = [
    pytest.param(name, marks=() if name in {"key rejected", "rate limited", "timed out"} else pytest.mark.exhaustive)
    for name in FAILURES
]


@pytest.fixture(autouse=True)
def _short_timeout_for_hangs(request: pytest.FixtureRequest, desk_api: SandboxServer, settings: Settings) -> None:
    if "timed out" in request.node.name:
        use_short_timeout(settings, cache_account="account_call" not in request.node.name)


def use_short_timeout(settings: Settings, *, cache_account: bool = True) -> None:
    """Sets a short total timeout. `cache_account`: first caches the account, so that only other calls time out."""
    if cache_account:
        get_gateway().account()
    settings.SENT_DEADLINE = SHORT_TIMEOUT
    get_gateway.cache_clear()


@EACH
def test_failure_has_its_own_page(
    admin_client: Client, sandbox: SandboxServer, fault: dict[str, Any], status: int, sentence: str
) -> None:
    sandbox.fault(route="contacts", **fault)
    response = admin_client.get(LIST)
    assert response.status_code == status
    assert sentence in text(response)
    assert "Request ID" in text(response)
    assert "No contacts" not in text(response)
    assert sandbox.faults()["fired"]


@EACH
def test_failure_has_its_own_fragment(
    admin_client: Client, sandbox: SandboxServer, fault: dict[str, Any], status: int, sentence: str
) -> None:
    sandbox.fault(route="contacts", **fault)
    response = fragment(admin_client, LIST, search="555")
    assert response.status_code == status
    assert response["X-Fragment"] == "1"
    assert response["Cache-Control"] == "private, no-store"
    assert sentence in text(response)
    assert "<html" not in text(response)
    assert scopes(response) == {""}


@pytest.mark.parametrize("failure", SOME)
def test_account_call_failure_has_same_error(admin_client: Client, sandbox: SandboxServer, failure: str) -> None:
    fault, status, sentence = FAILURES[failure]
    sandbox.fault(route="me", **fault)
    response = admin_client.get(LIST)
    assert response.status_code == status
    assert sentence in text(response)


def test_profile_unknown_to_api_has_its_own_error(admin_client: Client, sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    sandbox.fault(route="contacts", kind="status", status=404, code="RESOURCE_004")
    response = admin_client.get(f"/p/{profile_id}/contacts/")
    assert response.status_code == 404
    assert "The messaging service does not know this profile" in text(response)


def test_unknown_contact_has_its_own_error(admin_client: Client, sandbox: SandboxServer) -> None:
    response = admin_client.get(f"{LIST}6ba7b810-9dad-11d1-80b4-00c04fd430c8/")
    assert response.status_code == 404
    assert "Contact not found" in text(response)
    assert "Request ID" in text(response)


def test_error_page_shows_request_id_of_api(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    page = text(admin_client.get(LIST))
    assert "<code>req_" in page


def test_error_page_without_answer_shows_own_reference(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="reset", after="headers", times=2)
    assert "<code>desk_" in text(admin_client.get(LIST))


def test_rate_limit_error_counts_down(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="rate_limited", retry_after="42")
    response = admin_client.get(LIST)
    assert response["Retry-After"] == "42"
    assert '<b class="num" data-countdown="42">in 0:42</b>' in text(response)


def test_invalid_request_error_lists_fields(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", **FAILURES["invalid"][0])
    assert "<li>page: Too odd</li>" in text(admin_client.get(LIST))


def test_error_page_keeps_filters_in_form(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    page = text(admin_client.get(LIST, {"search": "555-01", "channel": "sms"}))
    assert 'value="555-01"' in page
    assert 'value="sms" checked' in page


def test_retry_link_requests_same_list(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    response = fragment(admin_client, LIST, search="555", page=1)
    assert f'href="{LIST}?search=555" data-retry' in text(response)


def test_admin_reads_where_to_replace_rejected_key(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", **FAILURES["key rejected"][0])
    page = text(admin_client.get(LIST))
    assert "Replace the key: change SENT_API_KEY in the environment, then restart the desk." in page
    assert "an admin" not in page


def test_others_read_whom_to_tell_of_rejected_key(
    support_client: Client, admin_user: User, sandbox: SandboxServer
) -> None:
    admin_user.first_name, admin_user.last_name = "Mara", "Ellis"
    admin_user.save()
    sandbox.fault(route="me", **FAILURES["key rejected"][0])
    page = text(support_client.get("/"))
    assert "Tell Mara Ellis." in page
    assert "SENT_API_KEY" not in page


@EACH
def test_admin_is_never_told_to_tell_an_admin(
    admin_client: Client, sandbox: SandboxServer, fault: dict[str, Any], status: int, sentence: str
) -> None:
    sandbox.fault(route="contacts", **fault)
    page = text(admin_client.get(LIST))
    assert sentence in page
    assert "tell an admin" not in page
    assert "ask an admin" not in page.lower()


def test_every_client_error_has_row_in_error_table() -> None:
    def family(kind: type[SentError]) -> set[type[SentError]]:
        return {kind}.union(*(family(child) for child in kind.__subclasses__()))

    assert family(SentError) - {SentError} == {kind for kind, _ in ERROR_PAGES if issubclass(kind, SentError)}


def test_error_titles_are_unique() -> None:
    assert len({problem.title for _, problem in ERROR_PAGES}) == len(ERROR_PAGES)


def test_unknown_address_is_plain_404(admin_client: Client) -> None:
    response = admin_client.get("/nowhere/")
    assert response.status_code == 404
    assert "Page not found" in text(response)


@pytest.mark.slow
def test_error_pages_and_logs_never_contain_api_key(
    admin_client: Client, sandbox: SandboxServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings.SENT_DEADLINE = SHORT_TIMEOUT
    get_gateway.cache_clear()
    for fault, _, _ in FAILURES.values():
        sandbox.fault(route="contacts", **fault)
        assert settings.SENT_API_KEY not in text(admin_client.get(LIST, {"phone": "+12025550143"}))
    written = " ".join(JsonFormatter().format(record) for record in caplog.records)
    assert "sent.call.failed" in written
    assert settings.SENT_API_KEY not in written
    assert "2025550143" not in written


def test_error_page_has_no_rows(admin_client: Client, sandbox: SandboxServer) -> None:
    admin_client.get(LIST)
    sandbox.fault(route="contacts", kind="status", status=500)
    assert rows(admin_client.get(LIST)) == []
    assert get_gateway().account().value.is_organization
