"""Gateway status page: rate limiter, circuit breaker and call counts, for admins only."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.test import Client

from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberIndex, NumberIndexAddition, Snapshot
from contacts_ui.number_index import maintenance
from testing.sandbox_server import SandboxServer

from .html import RESTORE, fragment, text

pytestmark = pytest.mark.slow  # each makes calls for its page to count

Build = Callable[..., None]


def _summary(page: str) -> str:
    found = re.search(r'<p class="status-summary">(.*?)</p>', page)
    assert found
    return found[1]


def _still(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """Stops the monotonic clock of this gateway module."""
    monkeypatch.setattr(f"contacts_ui.gateway.{module}.time", SimpleNamespace(monotonic=lambda: 6_000_030.0))


def test_page_shows_rate_limit_circuit_and_minute_counts(
    admin_client: Client, caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _still(monkeypatch, "stats")
    for _ in range(3):
        admin_client.get("/account/contacts/")
    page = text(admin_client.get("/gateway/"))
    assert ">Available now</dt><dd><span>4,998</span>" in page
    assert "<dt>Answers</dt><dd><span>Yes</span>" in page
    assert "this minute: 2 calls, 2 answers without one" in page


def test_open_circuit_is_shown_with_seconds_to_retry(
    admin_client: Client, desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _still(monkeypatch, "circuit_breaker")
    admin_client.get("/account/contacts/")
    desk_api.fault(route="contacts", kind="status", status=500, times=9)
    for _ in range(5):
        admin_client.get("/account/contacts/")
    assert "No, asked again in 5 s" in text(admin_client.get("/gateway/"))


def test_fragment_is_marked_and_without_page(admin_client: Client, desk_api: SandboxServer) -> None:
    part = fragment(admin_client, "/gateway/")
    assert part["X-Fragment"] == "1"
    assert "<html" not in text(part)


def test_history_restore_gets_whole_page(admin_client: Client, desk_api: SandboxServer) -> None:
    assert text(admin_client.get("/gateway/", headers=RESTORE)).startswith("<!doctype html>")


def test_page_is_for_admins_only(support_client: Client) -> None:
    assert support_client.get("/gateway/").status_code == 403


def test_page_costs_no_api_call(admin_client: Client, desk_api: SandboxServer) -> None:
    admin_client.get("/gateway/")
    assert desk_api.requests() == []


def test_rejected_key_is_red_and_says_where_to_change_it(admin_client: Client, desk_api: SandboxServer) -> None:
    desk_api.fault(route="me", kind="status", status=401, empty=True)
    admin_client.get("/account/contacts/")
    page = text(admin_client.get("/gateway/"))
    assert "banner--red" in page
    assert "The API key was rejected." in page
    assert "change SENT_API_KEY in the environment, then restart the desk" in page


def test_accepted_key_is_not_red(admin_client: Client, desk_api: SandboxServer) -> None:
    admin_client.get("/account/contacts/")
    page = text(admin_client.get("/gateway/"))
    assert "banner--red" not in page
    assert "<dt>Key rejected</dt><dd><span>No</span>" in page


def test_rejection_of_former_key_is_not_shown_for_new_key(
    admin_client: Client, desk_api: SandboxServer, use_key: Callable[[str], None]
) -> None:
    use_key("sandbox-revoked")
    admin_client.get("/account/contacts/")
    assert "banner--red" in text(admin_client.get("/gateway/"))
    use_key("sandbox-organization")
    assert "banner--red" not in text(admin_client.get("/gateway/"))


def test_number_index_is_said_to_be_off(admin_client: Client, desk_api: SandboxServer) -> None:
    assert "Off: NUMBER_INDEX_MOST_CONTACTS is 0." in text(admin_client.get("/gateway/"))


def test_number_index_that_knows_nothing_is_not_complete(number_index: Build, admin_client: Client) -> None:
    page = text(admin_client.get("/gateway/"))
    assert "<dt>Complete</dt><dd><span>No</span>" in page
    assert "<dt>Updated</dt><dd><span>Never</span>" in page


def test_number_index_is_shown_with_its_age_and_cost(
    number_index: Build, admin_client: Client, desk_api: SandboxServer
) -> None:
    number_index()
    NumberIndex.objects.update(built_at=datetime.now(UTC) - timedelta(hours=3, minutes=5))
    page = text(admin_client.get("/gateway/"))
    known = f"{len(desk_api.contacts()):,}"
    assert f"<dt>Contacts known</dt><dd><span>{known}</span>" in page
    assert "<dt>Complete</dt><dd><span>Yes" in page
    assert "<dt>Updated</dt><dd><span>3 h ago</span>" in page


def test_contacts_that_changed_are_counted_once_in_a_whole_list(
    number_index: Build, admin_client: Client, desk_api: SandboxServer
) -> None:
    number_index()
    index = NumberIndex.objects.get(scope="account")
    NumberIndexAddition.objects.create(index=index, mark=uuid4(), created_at=datetime.now(UTC), rows=3, sealed=b"")
    known = f"<dt>Contacts known</dt><dd><span>{len(desk_api.contacts()):,}</span>"
    assert known in text(admin_client.get("/gateway/"))


def test_too_large_organization_is_said_to_be_so(number_index: Build, admin_client: Client) -> None:
    number_index()
    NumberIndex.objects.update(seen_total=1_234_567)
    page = text(admin_client.get("/gateway/"))
    assert "This account has 1,234,567 contacts, more than the 50,000 that are read completely" in page
    assert "<dt>Complete</dt><dd><span>No</span>" in page


def test_snapshot_under_way_is_shown(number_index: Build, admin_client: Client) -> None:
    maintenance.start(None)
    Snapshot.objects.update(rows=4200)
    page = text(admin_client.get("/gateway/"))
    assert "<dt>Reading now</dt><dd><span>4,200 contacts so far</span>" in page
    assert _summary(page).endswith("Search is being prepared.")


@pytest.mark.parametrize(("rows", "percent"), [(0, 0), (2000, 40), (5000, 99)])
def test_summary_says_how_much_of_search_is_prepared(
    number_index: Build, admin_client: Client, rows: int, percent: int
) -> None:
    maintenance.start(None)
    Snapshot.objects.update(rows=rows, total_first=5000)
    summary = _summary(text(admin_client.get("/gateway/")))
    assert summary.endswith(f"Search is being prepared: {percent}%.")


def test_summary_says_that_service_answers_and_calls_used(
    number_index: Build, admin_client: Client, caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _still(monkeypatch, "stats")
    number_index()
    admin_client.get("/account/contacts/")
    before = len(caching_api.requests())
    summary = _summary(text(admin_client.get("/gateway/")))
    profiles = len(caching_api.profiles())
    assert len(caching_api.requests()) == before
    assert re.fullmatch(
        rf"The messaging service answers. This desk used \d+ of its [\d,]+ calls this minute, \d+ in the last hour. "
        rf"Search covers all {profiles} profiles\.",
        summary,
    )


def test_summary_of_desk_without_calls_claims_no_answer(admin_client: Client, desk_api: SandboxServer) -> None:
    summary = _summary(text(admin_client.get("/gateway/")))
    assert summary.startswith("The messaging service wasn’t called in the last hour. This desk used 0 of its ")
    assert summary.endswith("The search index is off.")


def test_summary_says_how_many_calls_a_limit_stopped(admin_client: Client, desk_api: SandboxServer) -> None:
    assert "because a limit was reached" not in _summary(text(admin_client.get("/gateway/")))
    for _ in range(2):
        get_gateway()._config.stats.increment("limited")
    page = text(admin_client.get("/gateway/"))
    assert " 2 calls waited or were refused in the last hour because a limit was reached. " in _summary(page)
    assert re.search(r"<dt[^>]*>Throttled</dt><dd><span>2</span>", page)
    assert re.search(r"<dt[^>]*>Waiting for the limit</dt><dd><span>Not now</span>", page)


def test_page_has_one_word_for_calls_that_wait(admin_client: Client, desk_api: SandboxServer) -> None:
    page = text(admin_client.get("/gateway/"))
    assert "Throttled or blocked" in page
    assert "held back" not in page


def test_summary_says_that_service_does_not_answer(admin_client: Client, desk_api: SandboxServer) -> None:
    admin_client.get("/account/contacts/")
    desk_api.fault(route="contacts", kind="status", status=500, times=9)
    admin_client.get("/account/contacts/")
    assert "to the messaging service failed." in _summary(text(admin_client.get("/gateway/")))
    for _ in range(5):
        admin_client.get("/account/contacts/")
    assert _summary(text(admin_client.get("/gateway/"))).startswith("The messaging service doesn’t answer.")


def test_chart_says_its_highest_value_and_its_colours(
    admin_client: Client, caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _still(monkeypatch, "stats")
    for _ in range(3):
        admin_client.get("/account/contacts/")
    page = text(admin_client.get("/gateway/"))
    assert "Most in a minute: 4<" in page
    assert "</span>Answers without a call</span>" in page
