"""Readiness: which part is missing, whom it is told, and within two seconds also of a database that hangs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn

import psycopg
import pytest
import requests
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.middleware import readiness
from contacts_ui.observability import worker_seen
from dashboard.connection_limit import limit_sentence, most_connections
from testing.desk_template import DeskTemplate
from testing.running_desk import Desk, running_desk
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.html import text

STRANGER = {"REMOTE_ADDR": "203.0.113.9"}


def _away(*_: object) -> NoReturn:
    raise OperationalError


def _found(**extra: Any) -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/readyz", **extra).json()
    return found


def test_desk_with_everything_is_ready(db: None, desk_api: SandboxServer) -> None:
    worker_seen.worker_lives()
    parts = dict.fromkeys(("database", "writes", "migrations", "cache", "worker", "key"), "ok")
    assert _found() == {"ready": True, "version": django_settings.DESK_VERSION, **parts}
    assert desk_api.requests() == []


@pytest.mark.parametrize("away", [False, True])
def test_strangers_are_told_no_reason(db: None, desk_api: SandboxServer, away: bool) -> None:
    client = Client(**STRANGER)  # type: ignore[arg-type]  # as for `get`
    if not away:
        assert text(client.get("/readyz")) == "ok\n"
        return
    with connection.execute_wrapper(_away):
        response = client.get("/readyz")
    assert (response.status_code, text(response)) == (503, "not ready\n")


def test_token_of_metrics_is_told_reasons(db: None, desk_api: SandboxServer, settings: Settings) -> None:
    settings.METRICS_TOKEN = "t" * 32
    assert _found(HTTP_AUTHORIZATION=f"Bearer {'t' * 32}", **STRANGER)["ready"] is True
    for wrong in (f"Bearer {'u' * 32}", "Bearer ", ""):
        assert text(Client().get("/readyz", HTTP_AUTHORIZATION=wrong, **STRANGER)) == "ok\n"  # type: ignore[arg-type]


def test_without_token_setting_no_header_is_one(db: None, desk_api: SandboxServer, settings: Settings) -> None:
    settings.METRICS_TOKEN = None
    assert text(Client().get("/healthz", HTTP_AUTHORIZATION="Bearer None", **STRANGER)) == "ok\n"  # type: ignore[arg-type]


def test_database_that_does_not_answer_is_a_reason(db: None, desk_api: SandboxServer) -> None:
    with connection.execute_wrapper(_away):
        assert _found()["database"] == "no answer (OperationalError)"


def test_database_that_takes_no_writes_is_a_reason(db: None, desk_api: SandboxServer) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA query_only=1")
    try:
        found = _found()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only=0")
    assert (found["ready"], found["database"], found["writes"]) == (False, "ok", "no answer (OperationalError)")


def test_missing_migration_is_a_reason(db: None, desk_api: SandboxServer) -> None:
    readiness._migrated.clear()
    last = MigrationRecorder(connection).migration_qs.filter(app="contacts_ui").order_by("name").last()
    assert last is not None
    MigrationRecorder(connection).record_unapplied("contacts_ui", last.name)
    found = _found()
    assert (found["ready"], found["migrations"]) == (False, "1 not applied; run manage.py migrate")


def test_missing_worker_and_rejected_key_are_told_but_host_is_ready(db: None, desk_api: SandboxServer) -> None:
    get_gateway()._config.key_status.record_rejected()
    found = _found()
    assert found["ready"] is True
    assert (found["worker"], found["key"]) == ("no background worker", "the messaging service rejected the API key")


@pytest.mark.parametrize(("hosts", "pool", "wanted"), [(1, 16, 34), (2, 16, 68), (3, 16, 102)])
def test_connections_are_counted_over_hosts(hosts: int, pool: int, wanted: int) -> None:
    assert most_connections(hosts, pool) == wanted
    assert (limit_sentence(97, hosts, pool) is None) == (wanted <= 97)


def test_sentence_names_largest_pool_that_fits() -> None:
    sentence = limit_sentence(97, 3, 16)
    assert sentence is not None
    assert "102 connections" in sentence
    assert "DATABASE_POOL_SIZE=15," in sentence
    assert limit_sentence(97, 3, 15) is None


@pytest.fixture(scope="module")
def desk(
    migrated: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
    running_sandbox: SandboxServer,
    template: DeskTemplate,
) -> Iterator[Desk]:
    """A running desk on PostgreSQL."""
    folder = tmp_path_factory.mktemp("desk")
    with running_desk(folder, running_sandbox.url, template, DATABASE_URL=migrated()) as started:
        assert requests.get(f"{started.url}/readyz", timeout=30).json()["ready"] is True
        yield started


@contextmanager
def _database_away(desk: Desk) -> Iterator[None]:
    """Ends all connections to the desk's database, and takes no new ones until the block ends."""
    server, _, name = desk.settings["DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


@contextmanager
def _database_hangs(desk: Desk) -> Iterator[None]:
    """Stops the processes that serve the desk's connections, until the block ends."""
    server, _, name = desk.settings["DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{server}/postgres") as admin:
        rows = admin.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [name]).fetchall()
    for (pid,) in rows:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for (pid,) in rows:
            os.kill(pid, signal.SIGCONT)


def _get(desk: Desk, path: str, **headers: str) -> tuple[requests.Response, float]:
    started = time.monotonic()
    response = requests.get(f"{desk.url}{path}", headers=headers, cookies={"session": "a" * 32}, timeout=60)
    return response, time.monotonic() - started


@pytest.mark.parametrize("trouble", [_database_away, _database_hangs])
def test_trouble_of_postgres_is_told_within_two_seconds(
    desk: Desk, trouble: Callable[[Desk], AbstractContextManager[None]]
) -> None:
    with trouble(desk):
        time.sleep(readiness.REUSE_SECONDS)
        response, seconds = _get(desk, "/readyz")
        assert (response.status_code, response.json()["ready"]) == (503, False)
        assert seconds < 2
        assert _get(desk, "/healthz")[0].status_code == 200
    wait_until(lambda: _get(desk, "/readyz")[0].status_code == 200)


def test_page_without_postgres_is_the_desks_own_within_seconds(desk: Desk) -> None:
    """As a whole page, and as the fragment that the page swaps in; the session is the first to ask."""
    partial = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": f"{desk.url}/account/contacts/"}
    with _database_away(desk):
        for headers, whole in (({}, True), (partial, False)):
            response, seconds = _get(desk, "/account/contacts/", **headers)
            assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
            assert "The desk can’t reach its database" in response.text
            assert "desk_" in response.text  # the ID to quote
            assert ("<html" in response.text, response.headers.get("X-Fragment")) == (whole, None if whole else "1")
            assert seconds < 6
    wait_until(lambda: _get(desk, "/account/contacts/")[0].status_code == 200)  # the sign-in page, by the database
