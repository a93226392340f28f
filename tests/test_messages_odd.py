"""What was sent to a contact, when the API says less than it should, or odd things."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from testing.sandbox_server import SandboxServer
from tests.pages import fragment, text

LIST = "/account/contacts/"
ROUTE = "message-summary"
FACTS = ("message_count", "first_message_at", "last_message_at", "channels_used", "channel_scores")


@pytest.fixture
def messages(desk_api: SandboxServer) -> str:
    """The address of the messages to the account's first contact."""
    return f"{LIST}{next(iter(desk_api.contacts(None)))}/messages/"


def _fact(page: str, label: str) -> str:
    """What stands beside `label`, without markup."""
    found = re.search(rf"<dt>{label}</dt><dd>(.*?)</dd>", page)
    assert found, label
    return re.sub("<[^>]+>", "", found[1])


def _patched(sandbox: SandboxServer, **fields: object) -> None:
    sandbox.fault(route=ROUTE, kind="patch", set={f"data.{name}": value for name, value in fields.items()})


@pytest.mark.parametrize("absence", ["null", "missing"])
def test_what_the_api_does_not_say_is_a_dash(
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


def test_none_sent_is_not_unknown(admin_client: Client, sandbox: SandboxServer, messages: str) -> None:
    _patched(sandbox, **(dict.fromkeys(FACTS) | {"message_count": 0}))
    page = text(fragment(admin_client, messages))
    assert _fact(page, "Messages") == "0"
    assert _fact(page, "First") == _fact(page, "Channels used") == "None yet"


@pytest.mark.parametrize(
    ("score", "shown"), [(-5, "0 %"), (150.7, "100 %"), (1e300, "100 %"), (0, "0 %"), (99.6, "100 %")]
)
def test_a_score_out_of_range_is_brought_back(
    admin_client: Client, sandbox: SandboxServer, messages: str, score: float, shown: str
) -> None:
    _patched(sandbox, channel_scores=[{"channel": "rcs", "success_score": score, "fail_score": score}])
    page = text(fragment(admin_client, messages))
    assert f"{shown} delivered" in page
    assert f"{shown} failed" in page


def test_a_channel_without_a_name_or_scores_still_has_its_line(
    admin_client: Client, sandbox: SandboxServer, messages: str
) -> None:
    _patched(sandbox, channel_scores=[{"channel": None, "success_score": None, "fail_score": None}, {}])
    page = text(fragment(admin_client, messages))
    assert page.count("Unnamed channel") == 2
    assert "delivered</span>" not in page


@pytest.mark.parametrize("odd", [{"channel": "rcs", "success_score": "high", "fail_score": 12}, None, "rcs", ["rcs"]])
def test_an_odd_score_leaves_the_other_channels(
    admin_client: Client, sandbox: SandboxServer, messages: str, odd: object
) -> None:
    good = {"channel": "sms", "success_score": 96, "fail_score": 4}
    _patched(sandbox, channel_scores=[odd, good])
    page = text(fragment(admin_client, messages))
    assert "96 % delivered" in page
    assert ("12 % failed" in page) == isinstance(odd, dict)


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
def test_an_odd_value_costs_only_itself(
    admin_client: Client, sandbox: SandboxServer, messages: str, odd: dict[str, object]
) -> None:
    _patched(sandbox, **odd)
    response = fragment(admin_client, messages)
    assert response.status_code == 200
    assert "<dt>Messages</dt>" in text(response)
    assert "<script>" not in text(response)
