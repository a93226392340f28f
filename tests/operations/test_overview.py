"""The overview: seven lines in words, on the Status page and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client, override_settings
from django_tasks_db.models import DBTaskResult

from contacts_ui.audit import AuditAction, AuditEvent, append
from contacts_ui.gateway import get_gateway
from contacts_ui.models import Snapshot
from contacts_ui.observability.worker_seen import worker_lives
from contacts_ui.operations.facts import MANY_REFUSED
from contacts_ui.snapshots.lease import lease_time
from testing.sandbox_server import SandboxServer
from tests.html import text

NAMES = (
    "Messaging service",
    "Calls left for production",
    "Queue",
    "Cache",
    "Audit log",
    "Refused sign-ins",
    "Snapshots and exports",
)

Json = dict[str, Any]
Lines = Callable[[], dict[str, Json]]


@pytest.fixture
def lines(machine: Callable[[str], HttpResponse]) -> Lines:
    """The lines of the overview by name, as a machine reads them, with a worker that runs."""
    worker_lives()

    def read() -> dict[str, Json]:
        return {line["name"]: line for line in json.loads(machine("/gateway/state/").content)["lines"]}

    return read


def test_overview_has_seven_lines_in_order(lines: Lines) -> None:
    assert tuple(lines()) == NAMES


def test_fresh_desk_has_no_problem(lines: Lines) -> None:
    assert {name: line["state"] for name, line in lines().items()} == dict.fromkeys(NAMES, "ok")


def test_json_speaks_of_its_host_and_version(machine: Callable[[str], HttpResponse]) -> None:
    answer = json.loads(machine("/gateway/state/").content)
    assert answer["host"]
    assert answer["version"] == django_settings.DESK_VERSION
    assert answer["last_hour"]["upstream_call"] == 0


def test_admin_reads_json_without_token(admin_client: Client) -> None:
    answer = admin_client.get("/gateway/state/")
    assert answer["Content-Type"] == "application/json"
    assert [line["name"] for line in json.loads(answer.content)["lines"]] == list(NAMES)


def test_stranger_with_wrong_token_is_sent_to_sign_in(db: None, desk_api: SandboxServer, metrics_token: str) -> None:
    answer = Client().get("/gateway/state/", headers={"Authorization": f"Bearer {metrics_token}x"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_overview_costs_no_api_call(lines: Lines, desk_api: SandboxServer, admin_client: Client) -> None:
    lines()
    admin_client.get("/gateway/")
    assert desk_api.requests() == []


def test_service_that_does_not_answer_is_a_problem_since_then(
    lines: Lines, admin_client: Client, desk_api: SandboxServer
) -> None:
    admin_client.get("/account/contacts/")
    assert lines()["Messaging service"]["text"] == "It answers."
    began = datetime.now(UTC)
    desk_api.fault(route="contacts", kind="status", status=500, times=9)
    admin_client.get("/account/contacts/")
    assert lines()["Messaging service"]["state"] == "warning"
    for _ in range(5):
        admin_client.get("/account/contacts/")
    line = lines()["Messaging service"]
    assert (line["state"], line["text"]) == ("problem", "It doesn’t answer.")
    assert began <= datetime.fromisoformat(line["since"]) <= datetime.now(UTC)


def test_service_that_recovers_is_ok_since_then(lines: Lines, admin_client: Client, desk_api: SandboxServer) -> None:
    admin_client.get("/account/contacts/")
    desk_api.fault(route="contacts", kind="status", status=500)
    admin_client.get("/account/contacts/")
    recovers = datetime.now(UTC)
    admin_client.get("/account/contacts/")
    line = lines()["Messaging service"]
    assert line["state"] == "ok"
    assert datetime.fromisoformat(line["since"]) >= recovers


def test_rejected_key_is_a_problem_with_its_place(lines: Lines, admin_client: Client, desk_api: SandboxServer) -> None:
    began = datetime.now(UTC)
    desk_api.fault(route="me", kind="status", status=401, empty=True)
    admin_client.get("/account/contacts/")
    line = lines()["Messaging service"]
    assert (line["state"], line["text"]) == ("problem", "It rejects the API key.")
    assert "SENT_API_KEY" in line["advice"]
    assert datetime.fromisoformat(line["since"]) >= began


@pytest.mark.parametrize(("left", "state"), [(150, "ok"), (15, "warning"), (3, "problem")])
def test_calls_left_for_production_are_told(lines: Lines, left: int, state: str) -> None:
    get_gateway()._config.stats.lifetime.record_organization(left, 200)
    line = lines()["Calls left for production"]
    assert line["state"] == state
    assert line["text"].startswith(f"{left} of 200 calls left this minute, by the messaging service’s count. ")
    assert "with everything else your organization sends." in line["text"]


@pytest.mark.parametrize("name", ["Below 20, lookups and exports wait.", "Below 10, the desk makes no calls."])
def test_calls_left_for_production_name_where_ok_ends(lines: Lines, name: str) -> None:
    get_gateway()._config.stats.lifetime.record_organization(150, 200)
    assert name in lines()["Calls left for production"]["text"]


@pytest.mark.parametrize(("left", "state"), [(20, "ok"), (19, "warning"), (10, "warning"), (9, "problem")])
def test_state_of_calls_left_ends_where_it_is_said(lines: Lines, left: int, state: str) -> None:
    get_gateway()._config.stats.lifetime.record_organization(left, 200)
    assert lines()["Calls left for production"]["state"] == state


def test_worker_that_was_never_seen_is_a_problem(lines: Lines) -> None:
    caches["default"].clear()
    line = lines()["Queue"]
    assert (line["state"], line["advice"]) == ("problem", "Start manage.py desk_worker.")


def test_late_task_is_a_warning(lines: Lines) -> None:
    late = datetime.now(UTC) - timedelta(minutes=9)
    task = DBTaskResult.objects.create(
        args_kwargs={}, task_path="x", queue_name="default", backend_name="default", run_after=late
    )
    assert task.status == "READY"
    line = lines()["Queue"]
    assert line["state"] == "warning"
    assert line["text"] == "The worker is behind. 1 task waiting."


def test_redis_that_does_not_answer_is_a_warning(lines: Lines) -> None:
    redis = {"BACKEND": "contacts_ui.sealing.caches.SealedRedisCache", "LOCATION": "redis://127.0.0.1:9"}
    with override_settings(CACHES=django_settings.CACHES | {"contacts": redis}):
        line = lines()["Cache"]
    assert (line["state"], line["text"]) == ("warning", "Redis doesn’t answer.")


def test_many_refused_sign_ins_are_a_warning(lines: Lines) -> None:
    append(AuditEvent(AuditAction.SIGN_IN, "denied"))
    assert lines()["Refused sign-ins"]["text"] == "1 in the last hour."
    for _ in range(MANY_REFUSED):
        append(AuditEvent(AuditAction.SIGN_IN, "denied"))
    assert lines()["Refused sign-ins"]["state"] == "warning"


def test_silent_snapshot_is_a_problem(lines: Lines) -> None:
    now = datetime.now(UTC)
    lease = {"created_at": now, "expires_at": now, "key_fingerprint": "x", "purpose": "index"}
    snapshot = Snapshot.objects.create(state="running", lease_until=now + lease_time(), **lease)
    assert lines()["Snapshots and exports"]["text"] == "1 in progress, 0 waiting, 0 files ready."
    Snapshot.objects.filter(pk=snapshot.pk).update(lease_until=now - timedelta(seconds=5))
    assert lines()["Snapshots and exports"]["state"] == "problem"


def test_failed_snapshot_is_a_warning_for_a_day(lines: Lines) -> None:
    now = datetime.now(UTC)
    failed = {"created_at": now, "expires_at": now, "key_fingerprint": "x", "purpose": "index", "state": "failed"}
    snapshot = Snapshot.objects.create(finished_at=now, **failed)
    assert lines()["Snapshots and exports"]["text"].startswith("1 failed in the last day. ")
    Snapshot.objects.filter(pk=snapshot.pk).update(finished_at=now - timedelta(hours=25))
    assert lines()["Snapshots and exports"]["state"] == "ok"


def test_database_that_does_not_answer_is_said_and_not_guessed(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr("contacts_ui.operations.facts._read_database", refuse)
    found = lines()
    for name in ("Queue", "Refused sign-ins", "Snapshots and exports"):
        assert found[name]["text"] == "The database doesn’t answer."


def test_page_has_lines_with_state_and_host(admin_client: Client, desk_api: SandboxServer) -> None:
    page = text(admin_client.get("/gateway/"))
    for name in NAMES:
        assert f"<h3>{name}</h3>" in page
    assert "No worker is running. Nothing is waiting." in page
    assert "Start manage.py desk_worker." in page
    assert f"those of this host, {get_gateway().counts().host}, counted since" in page


def test_chart_has_axes_with_round_values(
    admin_client: Client, caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts_ui.gateway.stats.time", SimpleNamespace(monotonic=lambda: 6_000_030.0))
    admin_client.get("/account/contacts/")
    page = text(admin_client.get("/gateway/"))
    assert 'values" aria-hidden="true"><span>2</span><span>1</span><span>0</span></div>' in page
    assert "<span>60 min ago</span><span>45</span><span>30</span><span>15</span><span>Now</span>" in page
