"""Message summary of a contact: page, drawer fragment, cache, errors and access."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from testing.sandbox_server import SandboxServer

from .html import RESTORE, fragment, rows, scopes, text
from .test_error_pages import FAILURES, SOME, use_short_timeout

LIST = "/account/contacts/"
ROUTE = "message-summary"
FACTS = ("message_count", "first_message_at", "last_message_at", "channels_used", "channel_scores")


@pytest.fixture
def messages(desk_api: SandboxServer) -> str:
    """Path of the message summary of the account's first contact."""
    return f"{LIST}{next(iter(desk_api.contacts(None)))}/messages/"


def _asked(sandbox: SandboxServer) -> int:
    return sum(call["path"].endswith("/message-summary") for call in sandbox.requests())


def _fact(page: str, label: str) -> str:
    """The value beside `label`, without markup."""
    found = re.search(rf"<dt>{label}</dt><dd>(.*?)</dd>", page)
    assert found, label
    return re.sub("<[^>]+>", "", found[1])


def _patched(sandbox: SandboxServer, **fields: object) -> None:
    sandbox.fault(route=ROUTE, kind="patch", set={f"data.{name}": value for name, value in fields.items()})


# --- Content ---------------------------------------------------------------------------------------


def test_page_shows_count_dates_and_channels(admin_client: Client, sandbox: SandboxServer, messages: str) -> None:
    times = {"first_message_at": "2026-01-13T12:24:00Z", "last_message_at": "2026-02-01T08:00:00Z"}
    _patched(sandbox, message_count=12486, channels_used=["sms", "whatsapp"], **times)
    page = text(admin_client.get(messages))
    assert page.startswith("<!doctype html>")
    assert _fact(page, "Messages") == "12,486"
    assert _fact(page, "First") == "13 Jan 2026, 12:24 UTC"
    assert _fact(page, "Last") == "1 Feb 2026, 08:00 UTC"
    assert _fact(page, "Channels used") == "SMS, WhatsApp"


def test_channel_has_score_bar_and_percentages(admin_client: Client, sandbox: SandboxServer, messages: str) -> None:
    _patched(sandbox, channel_scores=[{"channel": "sms", "success_score": 96.4, "fail_score": 3.6}])
    page = text(admin_client.get(messages))
    assert '<rect class="score__good" width="96"' in page
    assert "96% delivered" in page
    assert "4% failed" in page


@pytest.mark.parametrize(("fail", "asked"), [(3.6, True), (0.0, False), (None, False)])
def test_page_says_what_is_known_of_why_messages_fail(
    admin_client: Client, sandbox: SandboxServer, messages: str, fail: float | None, asked: bool
) -> None:
    _patched(sandbox, channel_scores=[{"channel": "sms", "success_score": 96.4, "fail_score": fail}])
    page = text(admin_client.get(messages))
    assert ("The messaging service gives no reasons. Ask an admin to look in Sent’s dashboard" in page) is asked


def test_score_that_cannot_be_of_these_messages_is_told_apart(
    admin_client: Client, sandbox: SandboxServer, messages: str
) -> None:
    score = {"channel": "sms", "success_score": 83, "fail_score": 17}
    _patched(sandbox, message_count=1, channels_used=["sms"], channel_scores=[score])
    page = text(fragment(admin_client, messages))
    assert "SMS: the messaging service reports 83% delivered, 17% failed. That doesn’t fit 1 message," in page
    assert "<table" not in page
    assert "Why do messages fail?" not in page


@pytest.mark.parametrize(("opted_out", "fail"), [(True, 41), (True, 0), (False, 41)])
def test_opt_out_is_named_as_the_reason_only_where_messages_fail(
    admin_client: Client, caching_api: SandboxServer, messages: str, opted_out: bool, fail: int
) -> None:
    caching_api.fault(route="contact", kind="patch", set={"data.opt_out": opted_out})
    contact = text(admin_client.get(messages.removesuffix("messages/")))
    assert "fail" not in contact
    score = {"channel": "sms", "success_score": 59, "fail_score": fail}
    _patched(caching_api, message_count=160, channels_used=["sms"], channel_scores=[score])
    page = text(fragment(admin_client, messages))
    assert ("This contact opted out. That can be why." in page) is (opted_out and fail > 0)


def test_channel_is_not_praised_for_who_opted_out(
    admin_client: Client, caching_api: SandboxServer, messages: str
) -> None:
    caching_api.fault(route="contact", kind="patch", set={"data.opt_out": True})
    admin_client.get(messages.removesuffix("messages/"))
    scores = [{"channel": name, "success_score": 98, "fail_score": 2} for name in ("sms", "rcs")]
    _patched(caching_api, message_count=160, channel_scores=scores)
    page = text(fragment(admin_client, messages))
    assert "98% delivered" in page
    assert "delivers" not in page


def test_messages_never_fetch_the_contact(admin_client: Client, caching_api: SandboxServer, messages: str) -> None:
    fragment(admin_client, messages)
    contact_id = messages.split("/")[-3]
    assert not [call for call in caching_api.requests() if call["path"].endswith(contact_id)]


def test_fragment_equals_body_of_page(admin_client: Client, caching_api: SandboxServer, messages: str) -> None:
    part = fragment(admin_client, messages)
    assert part["X-Fragment"] == "1"
    assert "<html" not in text(part)
    assert text(part).strip() in text(admin_client.get(messages))


def test_history_restore_gets_whole_page(admin_client: Client, messages: str) -> None:
    response = admin_client.get(messages, headers=RESTORE)
    assert response["X-Page"] == "1"
    assert text(response).startswith("<!doctype html>")


def test_page_links_back_to_contact(admin_client: Client, messages: str) -> None:
    assert f'href="{messages.removesuffix("messages/")}"' in text(admin_client.get(messages))


def test_page_and_fragment_carry_profile_id(admin_client: Client, sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    path = f"/p/{profile_id}/contacts/{next(iter(sandbox.contacts(profile_id)))}/messages/"
    for response in (admin_client.get(path), fragment(admin_client, path)):
        assert scopes(response) == {profile_id}
    assert {call["profile"] for call in sandbox.requests() if call["path"] != "/v3/me"} == {profile_id}


# --- Absent and invalid values ---------------------------------------------------------------------


@pytest.mark.parametrize("absence", ["null", "missing"])
def test_absent_value_is_shown_as_unknown(
    admin_client: Client, sandbox: SandboxServer, messages: str, absence: str
) -> None:
    if absence == "null":
        _patched(sandbox, **dict.fromkeys(FACTS))
    else:
        sandbox.fault(route=ROUTE, kind="patch", remove=[f"data.{name}" for name in FACTS])
    page = text(fragment(admin_client, messages))
    for label in ("Messages", "First", "Last", "Channels used"):
        assert _fact(page, label) == "— unknown"
    assert "<table" not in page


def test_zero_messages_are_not_shown_as_unknown(admin_client: Client, sandbox: SandboxServer, messages: str) -> None:
    _patched(sandbox, **(dict.fromkeys(FACTS) | {"message_count": 0}))
    page = text(fragment(admin_client, messages))
    assert _fact(page, "Messages") == "0"
    assert _fact(page, "First") == _fact(page, "Channels used") == "None yet"


@pytest.mark.parametrize(("score", "shown"), [(-5, "0%"), (150.7, "100%"), (1e300, "100%"), (0, "0%"), (99.6, "100%")])
def test_score_out_of_range_is_clamped(
    admin_client: Client, sandbox: SandboxServer, messages: str, score: float, shown: str
) -> None:
    _patched(sandbox, channel_scores=[{"channel": "rcs", "success_score": score, "fail_score": score}])
    page = text(fragment(admin_client, messages))
    assert f"{shown} delivered" in page
    assert f"{shown} failed" in page


def test_channel_without_name_or_scores_has_its_line(
    admin_client: Client, sandbox: SandboxServer, messages: str
) -> None:
    _patched(sandbox, channel_scores=[{"channel": None, "success_score": None, "fail_score": None}, {}])
    page = text(fragment(admin_client, messages))
    assert page.count("Unnamed channel") == 2
    assert "delivered</span>" not in page


@pytest.mark.parametrize("odd", [{"channel": "rcs", "success_score": "high", "fail_score": 12}, None, "rcs", ["rcs"]])
def test_invalid_score_keeps_other_channels(
    admin_client: Client, sandbox: SandboxServer, messages: str, odd: object
) -> None:
    good = {"channel": "sms", "success_score": 96, "fail_score": 4}
    _patched(sandbox, channel_scores=[odd, good])
    page = text(fragment(admin_client, messages))
    assert "96% delivered" in page
    assert ("12% failed" in page) == isinstance(odd, dict)


@pytest.mark.parametrize(
    "odd",
    [
        {"message_count": "many"},
        {"message_count": 1.5},
        {"message_count": -3},
        {"message_count": 2**70},
        {"first_message_at": "yesterday"},
        {"first_message_at": "2026-01-13T12:24:00"},
        {"first_message_at": "0001-01-01T00:00:00+14:00"},
        {"last_message_at": "9999-12-31T23:59:59-12:00"},
        {"channels_used": "sms"},
        {"channels_used": [None, 3]},
        {"channel_scores": {"sms": 1}},
        {"channel_scores": [None]},
        {"channel_scores": [{"channel": ["sms"], "success_score": "high"}]},
        {"channel_scores": [{"channel": "<script>", "success_score": True}]},
        {"contact_id": 7},
    ],
    ids=str,
)
def test_invalid_value_does_not_break_fragment(
    admin_client: Client, sandbox: SandboxServer, messages: str, odd: dict[str, object]
) -> None:
    _patched(sandbox, **odd)
    response = fragment(admin_client, messages)
    assert response.status_code == 200
    assert "<dt>Messages</dt>" in text(response)
    assert "<script>" not in text(response)


# --- API cost and cache ----------------------------------------------------------------------------


def test_contact_page_does_not_fetch_messages(admin_client: Client, sandbox: SandboxServer, messages: str) -> None:
    page = text(admin_client.get(messages.removesuffix("messages/")))
    assert f'hx-get="{messages}"' in page
    assert _asked(sandbox) == 0


def test_repeated_views_of_messages_cost_one_call(
    admin_client: Client, caching_api: SandboxServer, messages: str
) -> None:
    fragment(admin_client, messages)
    assert _asked(caching_api) == 1
    for response in (fragment(admin_client, messages), admin_client.get(messages)):
        assert response.status_code == 200
    assert _asked(caching_api) == 1


def test_messages_are_refetched_after_a_minute(
    admin_client: Client, caching_api: SandboxServer, messages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fragment(admin_client, messages)
    monkeypatch.setattr("contacts_ui.gateway.gateway.MESSAGE_SUMMARY_TTL", 0.0)  # the cached summary is stale
    fragment(admin_client, messages)
    assert _asked(caching_api) == 2


def test_messages_are_cached_longer_than_list(
    admin_client: Client, caching_api: SandboxServer, settings: Settings, messages: str
) -> None:
    fragment(admin_client, messages)
    settings.SENT_FRESH_SECONDS = 0.0
    get_gateway.cache_clear()
    fragment(admin_client, messages)
    assert _asked(caching_api) == 1


def test_stale_messages_are_labelled_when_api_fails(
    admin_client: Client, caching_api: SandboxServer, messages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fragment(admin_client, messages)
    monkeypatch.setattr("contacts_ui.gateway.gateway.MESSAGE_SUMMARY_TTL", 0.0)
    caching_api.fault(route=ROUTE, kind="status", status=500)
    part = fragment(admin_client, messages)
    assert part.status_code == 200
    assert "Showing data from" in text(part)
    assert "The messaging service returned an error." in text(part)


# --- Errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", SOME)
def test_error_is_shown_inside_fragment(
    admin_client: Client, sandbox: SandboxServer, messages: str, settings: Settings, failure: str
) -> None:
    fault, status, sentence = FAILURES[failure]
    if failure == "timed out":
        use_short_timeout(settings)
    sandbox.fault(route=ROUTE, **fault)
    part = fragment(admin_client, messages)
    assert part.status_code == status
    assert part["X-Fragment"] == "1"
    assert sentence in text(part)
    assert "<html" not in text(part)
    assert scopes(part) == {""}
    assert sandbox.faults()["fired"]


def test_error_fragment_can_be_retried_in_place(admin_client: Client, sandbox: SandboxServer, messages: str) -> None:
    sandbox.fault(route=ROUTE, kind="status", status=500)
    part = text(fragment(admin_client, messages))
    assert f'href="{messages}" data-retry hx-get="{messages}" hx-target="closest .messages"' in part
    assert "All contacts" not in part  # links elsewhere belong to the contact around it


def test_error_without_htmx_is_whole_page(admin_client: Client, sandbox: SandboxServer, messages: str) -> None:
    sandbox.fault(route=ROUTE, kind="status", status=500)
    response = admin_client.get(messages)
    assert response.status_code == 503
    assert text(response).startswith("<!doctype html>")
    assert "The messaging service returned an error" in text(response)


def test_messages_of_unknown_contact_are_not_found(admin_client: Client, desk_api: SandboxServer) -> None:
    response = fragment(admin_client, f"{LIST}{uuid4()}/messages/")
    assert response.status_code == 404
    assert response["X-Fragment"] == "1"
    assert "Contact not found" in text(response)


def test_messages_of_other_contact_are_refused(admin_client: Client, sandbox: SandboxServer, messages: str) -> None:
    _patched(sandbox, contact_id=str(uuid4()), message_count=77)
    response = fragment(admin_client, messages)
    assert response.status_code == 502
    assert "<dt>Messages</dt>" not in text(response)


def test_response_of_other_profile_is_refused(admin_client: Client, sandbox: SandboxServer) -> None:
    one, other = (profile["id"] for profile in sandbox.profiles()[1:3])
    sandbox.fault(route=ROUTE, kind="headers", set={"X-Profile-Id": other})
    response = fragment(admin_client, f"/p/{one}/contacts/{next(iter(sandbox.contacts(one)))}/messages/")
    assert response.status_code == 502
    assert "An answer for another profile was refused" in text(response)


# --- Access ----------------------------------------------------------------------------------------


def test_user_without_role_gets_404_without_api_call(
    desk_api: SandboxServer, user_without_role: User, client: Client, messages: str
) -> None:
    client.force_login(user_without_role)
    assert client.get(messages).status_code == 404
    assert _asked(desk_api) == 0


def test_anonymous_visitor_is_sent_to_sign_in(db: None, messages: str) -> None:
    response = Client().get(messages)
    assert response["Location"] == f"/sign-in/?next={messages}"


def test_post_is_not_allowed(admin_client: Client, messages: str) -> None:
    assert admin_client.post(messages).status_code == 405


def test_page_and_fragment_are_not_stored(admin_client: Client, messages: str) -> None:
    for response in (admin_client.get(messages), fragment(admin_client, messages)):
        assert response["Cache-Control"] == "private, no-store"
        assert rows(response) == []
