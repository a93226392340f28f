"""/metrics: who may read it, what it counts, and what is never in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.observability.worker_seen import worker_lives
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import SentError
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from tests.html import fragment

from .conftest import TOKEN, Scrape

MOST_SERIES = 60


def _metrics(**headers: str) -> HttpResponse:
    return Client().get("/metrics", headers=headers)  # type: ignore[return-value]


def _without_reference(response: HttpResponse) -> str:
    return re.sub(r"desk_[0-9a-f]+", "", response.content.decode())


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é\udcff"]
)
def test_wrong_token_gets_what_any_unknown_address_gets(
    db: None, desk_api: SandboxServer, metrics_token: str, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header.encode(errors="surrogateescape").decode("latin-1")}
    refused = _metrics(**headers)
    unknown = Client().get("/metricz", headers=headers)
    assert refused.status_code == unknown.status_code == 404
    assert _without_reference(refused) == _without_reference(unknown)  # type: ignore[arg-type]
    assert set(refused.headers) == set(unknown.headers)


@pytest.mark.parametrize("token", ["", "None", TOKEN])
def test_metrics_are_off_without_setting(db: None, desk_api: SandboxServer, token: str) -> None:
    assert django_settings.METRICS_TOKEN is None
    assert _metrics(Authorization=f"Bearer {token}").status_code == 404


def test_metrics_answer_any_host_name_and_are_not_kept(machine: Callable[[str], HttpResponse]) -> None:
    response = machine("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert response["Cache-Control"] == "no-store"


def test_metrics_by_post_are_an_unknown_address(db: None, desk_api: SandboxServer, metrics_token: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert Client().post("/metrics", headers=headers).status_code == 404


def test_series_are_at_most_sixty(scrape: Scrape, admin_client: Client) -> None:
    admin_client.get("/account/contacts/")
    get_gateway()._config.stats.lifetime.record_organization(150, 200)
    worker_lives()
    samples = scrape()
    assert {"desk_organization_calls_left", "desk_worker_seen_seconds"} <= set(samples)
    assert len(samples) <= MOST_SERIES, sorted(samples)


def test_metrics_cost_no_api_call(scrape: Scrape, desk_api: SandboxServer) -> None:
    scrape()
    assert desk_api.requests() == []


def test_calls_are_counted_by_outcome(scrape: Scrape, admin_client: Client, desk_api: SandboxServer) -> None:
    admin_client.get("/account/contacts/")
    before = scrape()
    admin_client.get("/account/contacts/?search=99")
    desk_api.fault(route="contacts", kind="status", status=500)
    admin_client.get("/account/contacts/?search=98")
    desk_api.fault(route="contacts", kind="status", status=429)
    admin_client.get("/account/contacts/?search=97")
    after = scrape()
    grown = {name: after[name] - before[name] for name in after if name.startswith("desk_api_calls_total")}
    assert {name: value for name, value in grown.items() if value} == {
        'desk_api_calls_total{outcome="ok"}': 1,
        'desk_api_calls_total{outcome="failed"}': 1,
        'desk_api_calls_total{outcome="limited"}': 1,
    }
    assert after["desk_api_call_seconds_count"] - before["desk_api_call_seconds_count"] == 3
    assert after["desk_budget_granted_total"] - before["desk_budget_granted_total"] == 3
    assert after["desk_api_calls_in_flight"] == 0


def test_answers_are_counted_by_source(scrape: Scrape, admin_client: Client, caching_api: SandboxServer) -> None:
    admin_client.get("/account/contacts/")
    before = scrape()
    admin_client.get("/account/contacts/")
    after = scrape()
    assert after['desk_answers_total{source="fresh"}'] - before['desk_answers_total{source="fresh"}'] == 1
    assert after['desk_answers_total{source="api"}'] == before['desk_answers_total{source="api"}']


def test_requests_are_counted_by_group_and_class(scrape: Scrape, admin_client: Client) -> None:
    admin_client.get("/preferences/")
    before = scrape()
    admin_client.get("/preferences/")
    fragment(admin_client, "/account/contacts/")
    Client().get("/sign-in/")
    admin_client.get("/nowhere/")
    after = scrape()
    grown = {name: after[name] - before[name] for name in after if name.startswith("desk_requests_total")}
    assert {name: value for name, value in grown.items() if value} == {
        'desk_requests_total{group="page",status="2xx"}': 1,
        'desk_requests_total{group="fragment",status="2xx"}': 1,
        'desk_requests_total{group="sign_in",status="2xx"}': 1,
        'desk_requests_total{group="other",status="4xx"}': 1,
    }


def test_sign_ins_are_counted_by_outcome(scrape: Scrape, support_user: User) -> None:
    before = scrape()
    browser = Client()
    for _ in range(7):
        browser.post("/sign-in/", {"login": "sam", "password": "wrong"})
    Client(REMOTE_ADDR="10.9.8.7").post("/sign-in/", {"login": "sam", "password": "x"})
    after = scrape()
    outcomes = {name: after[name] - before[name] for name in after if name.startswith("desk_sign_ins_total")}
    assert list(outcomes.values()) == [1, 5, 2], outcomes


def test_audit_events_are_counted_written_and_unwritable(scrape: Scrape, admin_client: Client) -> None:
    admin_client.get("/account/contacts/")
    before = scrape()
    admin_client.get("/account/contacts/")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER full BEFORE INSERT ON contacts_ui_auditentry BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        admin_client.get("/account/contacts/")
        cursor.execute("DROP TRIGGER full")
    after = scrape()
    written, unwritable = 'desk_audit_events_total{result="written"}', 'desk_audit_events_total{result="unwritable"}'
    assert after[written] - before[written] == 1
    assert after[unwritable] - before[unwritable] == 1


def test_foreign_answer_and_missing_echo_are_counted(scrape: Scrape, desk_api: SandboxServer) -> None:
    profile, other = (profile["id"] for profile in desk_api.profiles()[1:3])
    scope, gateway = Scope(profile, "support", switchable=False), get_gateway()
    before = scrape()
    desk_api.fault(route="contacts", kind="headers", set={"X-Profile-Id": other})
    with suppress(SentError):
        gateway.contacts(scope, ContactQuery())
    desk_api.fault(route="contacts", kind="headers", set={"X-Profile-Id": None})
    gateway.contacts(scope, ContactQuery())
    after = scrape()
    assert after["desk_foreign_answers_total"] - before["desk_foreign_answers_total"] == 1
    assert after["desk_unnamed_profile_answers_total"] - before["desk_unnamed_profile_answers_total"] == 1


def test_refused_calls_are_counted(
    scrape: Scrape, admin_client: Client, settings: Settings, desk_api: SandboxServer
) -> None:
    admin_client.get("/account/contacts/")
    with get_gateway()._config.rate_limiter._counters.locked() as cells:  # type: ignore[attr-defined]
        cells[8] = 0.0  # no call left in the bucket
        cells[10] = cells[1] + 60  # and none granted for a minute
    before = scrape()
    admin_client.get("/account/contacts/?search=96")
    after = scrape()
    assert after["desk_budget_refused_total"] - before["desk_budget_refused_total"] == 1
    assert after["desk_budget_granted_total"] == before["desk_budget_granted_total"]


def test_unreadable_counters_are_503_and_not_zeros(machine: Callable[[str], HttpResponse]) -> None:
    Path(django_settings.SENT_BUDGET_FILE).unlink()
    response = machine("/metrics")
    assert response.status_code == 503
    assert b"desk_" not in response.content


def test_counters_of_another_version_are_503_and_kept(machine: Callable[[str], HttpResponse]) -> None:
    with get_gateway()._config.stats._counters.locked() as cells:
        cells[0] = 99.0
    assert machine("/metrics").status_code == 503
    assert get_gateway()._config.stats._counters.unlocked()[0] == 99.0


def test_metrics_without_database_leave_its_series_out(
    scrape: Scrape, monkeypatch: pytest.MonkeyPatch, admin_client: Client
) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr("contacts_ui.operations.facts._read_database", refuse)
    samples = scrape()
    assert "desk_sessions" not in samples
    assert samples["desk_circuit_open"] == 0


def test_sessions_and_worker_are_told(scrape: Scrape, admin_client: Client) -> None:
    assert "desk_worker_seen_seconds" not in scrape()
    worker_lives()
    samples = scrape()
    assert samples["desk_sessions"] == 1
    assert samples["desk_worker_seen_seconds"] < 60


@pytest.mark.slow
def test_busy_desk_has_no_id_number_or_name_in_metrics(
    machine: Callable[[str], HttpResponse], admin_client: Client, support_client: Client, desk_api: SandboxServer
) -> None:
    profile = desk_api.profiles()[1]
    contact = next(iter(desk_api.contacts()))
    for client in (admin_client, support_client):
        for path in ("contacts/", "contacts/?search=44", f"contacts/{contact}/", "profiles/"):
            client.get(f"/account/{path}")
            client.get(f"/p/{profile['id']}/{path}")
    Client().post("/sign-in/", {"login": "mara", "password": "secret-word"})
    for path in ("/metrics", "/gateway/state/"):
        text = machine(path).content.decode()
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text), path
        assert not re.search(r"\+\d{7,}", text), path
        for word in (profile["name"], "mara", "sam", "secret-word", "sandbox-organization", TOKEN, "account/"):
            assert not re.search(rf"\b{re.escape(word)}\b", text), (path, word)
