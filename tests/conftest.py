"""Shared fixtures: one running sandbox per worker, and a gateway whose state is reset between tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker, Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.gateway.observers import OBSERVERS
from contacts_ui.models import NumberIndex, ProfileAccess
from contacts_ui.number_index import maintenance, registry, traffic
from testing.accounts import give_role, sign_in
from testing.background import run_tasks
from testing.desk_template import DeskTemplate, desk_template
from testing.migrated_database import migrated_database, use_copy_in_memory
from testing.postgres_server import new_database, running_postgres
from testing.running_desk import SECRET_KEY, desk_environment, manage
from testing.sandbox_server import SandboxServer

pytest_plugins = ["tests.selection"]

# Deterministic examples without a deadline; `make test-all` explores new ones (--hypothesis-profile explore).
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None, print_blob=True)
hypothesis.settings.load_profile("steady")

_namespaces = count()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxServer]:
    """Sandbox of the worker, started once: 600 contacts, 12 profiles, no rate limit."""
    with SandboxServer(contacts=600, profiles=12, seed=7, rate=0) as server:
        yield server


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder that all workers of a run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def migrated_tables(run_folder: Path, django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Path:
    """SQLite file with the desk's tables; made once, by the first worker that needs it."""
    with django_db_blocker.unblock():
        return migrated_database(run_folder)


@pytest.fixture(scope="session")
def django_db_setup(migrated_tables: Path, django_db_blocker: DjangoDbBlocker) -> None:
    """Database of the tests in this process, in the place of pytest-django's, which each worker would migrate."""
    with django_db_blocker.unblock():
        use_copy_in_memory(migrated_tables)


@pytest.fixture(scope="session")
def template(run_folder: Path, migrated_tables: Path) -> DeskTemplate:
    """Template that every running desk is copied from; made once, by the first worker that needs it."""
    folder = run_folder / "desk-template"
    environment = desk_environment(folder, "http://127.0.0.1:9", 0, SECRET_KEY=SECRET_KEY)
    return desk_template(folder, environment, migrated_tables)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server started for the session, without a database name."""
    with running_postgres() as address:
        yield address


@pytest.fixture(scope="session")
def migrated(postgres: str) -> Callable[[], str]:
    """Makes migrated databases on that server, each a copy of one template; returns the URL."""
    manage(os.environ | {"DATABASE_URL": new_database(postgres, "migrated")}, "migrate", "--verbosity=0")
    names = (f"copy_{number}" for number in count())
    return lambda: new_database(postgres, next(names), template="migrated")


@pytest.fixture
def sandbox(running_sandbox: SandboxServer) -> SandboxServer:
    """The worker's sandbox without queued faults and logged requests."""
    running_sandbox.clear()
    return running_sandbox


@pytest.fixture(scope="session", autouse=True)
def _settings_of_tests() -> Iterator[None]:
    """Static file names without hashes, since tests in this process run without collectstatic, and no mail queue.

    Mail is sent inside the request: the queue's thread does not see what a test's transaction holds.
    """
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES=django_settings.STORAGES | {"staticfiles": plain}, MAIL_IN_BACKGROUND=False):
        yield


@pytest.fixture
def desk_api(
    sandbox: SandboxServer, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SandboxServer]:
    """The sandbox as the API of the desk, with a gateway that caches nothing and a rate limit no test reaches."""
    monkeypatch.setattr(
        "contacts_ui.views.contact_list.PAGE_TIMEOUT", 5.0
    )  # a busy machine must not count as a slow API
    monkeypatch.setattr("contacts_ui.gateway.call_policy.JITTER", (0.0, 0.0))
    monkeypatch.setattr("contacts_ui.audit.filters.PROFILE_NAMES_TIMEOUT", 5.0)
    # Own cache namespace: a late call of an earlier test stores its response where no later test reads it.
    contacts = settings.CACHES["contacts"] | {"LOCATION": f"contacts-{next(_namespaces)}"}
    changed = {  # at once: each change of one setting makes all of them be looked up anew
        "SENT_API_URL": sandbox.url,
        "SENT_DEADLINE": 5.0,
        "SENT_FRESH_SECONDS": 0.0,  # only tests of the cache use `caching_api`
        "SENT_STALE_SECONDS": 0.0,
        "SENT_BUDGET_FILE": str(tmp_path / "budget"),
        "SENT_BUDGET_PER_MINUTE": 5000,
        "SENT_BUDGET_BURST": 5000,
        "CACHES": settings.CACHES | {"contacts": contacts},
    }
    override = override_settings(**changed)
    override.enable()
    settings._to_restore.append(override)  # it takes back all changes in their order
    _reset_gateway()
    yield sandbox
    if sandbox.spoilt:
        sandbox.clear()  # responses that the gateway still waits for arrive at once
    _reset_gateway()


@pytest.fixture
def caching_api(desk_api: SandboxServer, settings: Settings) -> SandboxServer:
    """`desk_api` with the cache lifetimes of production."""
    settings.SENT_FRESH_SECONDS, settings.SENT_STALE_SECONDS = 15.0, 300.0
    _reset_gateway()
    return desk_api


@pytest.fixture
def number_index(
    db: None, desk_api: SandboxServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Switches the number index on; the function builds that of a profile, or of the account, by a real snapshot.

    What passes through the gateway is taken in by the next search, and every search looks at what is stored.
    """
    settings.NUMBER_INDEX_MOST_CONTACTS, settings.NUMBER_INDEX_IN_BACKGROUND = 50_000, False
    settings.SENT_BUDGET_PER_MINUTE = settings.SENT_BUDGET_BURST = 100_000  # or background calls wait for a full bucket
    _reset_gateway()
    monkeypatch.setattr("contacts_ui.number_index.registry.CHECK_INTERVAL", 0.0)
    registry.reset()
    traffic.RECORDER.forget_waiting()
    traffic.observe()

    def build(profile_id: str | None = None) -> None:
        snapshot = maintenance.start(profile_id)
        run_tasks()
        gateway = get_gateway()
        maintenance.build_finished(gateway.api_key_fingerprint, gateway.background_account())
        assert NumberIndex.objects.filter(snapshot=snapshot.pk).exists(), snapshot

    yield build
    OBSERVERS.remove(traffic.RECORDER)
    registry.reset()


def _reset_gateway() -> None:
    """Closes the gateway with the calls it has in progress, and clears its cache."""
    if get_gateway.cache_info().currsize:
        get_gateway().close()
    get_gateway.cache_clear()
    caches["contacts"].clear()


@pytest.fixture
def use_key(settings: Settings) -> Callable[[str], None]:
    """Function that replaces the API key of the desk."""

    def use(key: str) -> None:
        settings.SENT_API_KEY = key
        _reset_gateway()

    return use


@pytest.fixture
def admin_user(db: None) -> User:
    """User `mara` in the group `admin`."""
    return _create_user("mara", "admin")


@pytest.fixture
def support_user(db: None, sandbox: SandboxServer) -> User:
    """User `sam` in the group `support`, assigned to the sandbox's profiles 1, 2 and 3."""
    user = _create_user("sam", "support")
    # At once: the signals of a single one cost three rows in the audit log.
    ids = sandbox.profile_ids[1:4]
    ProfileAccess.objects.bulk_create(ProfileAccess(user=user, profile_id=UUID(each)) for each in ids)
    return user


@pytest.fixture
def user_without_role(db: None) -> User:
    """User `nia` without role and profiles."""
    return User.objects.create_user("nia", password="x")


@pytest.fixture
def admin_client(desk_api: SandboxServer, admin_user: User) -> Client:
    """Test client with the admin signed in, who proved a moment ago who they are."""
    return sign_in(Client(), admin_user)


@pytest.fixture
def root_user(db: None) -> User:
    """Superuser `root`."""
    return User.objects.create_superuser("root", password="x")


@pytest.fixture
def root_client(desk_api: SandboxServer, root_user: User) -> Client:
    """Test client with the superuser signed in, who proved a moment ago who they are."""
    return sign_in(Client(), root_user)


@pytest.fixture
def support_client(desk_api: SandboxServer, support_user: User) -> Client:
    """Test client with the support agent signed in."""
    return sign_in(Client(), support_user)


def _create_user(username: str, role: str) -> User:
    user = User.objects.create_user(username, password="x")
    give_role(user, role)
    return user
