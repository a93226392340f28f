"""What all tests share: one running sandbox a worker, and a desk's parts that remember nothing between two tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from uuid import UUID

import hypothesis
import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.models import ProfileAccess
from testing.desk_template import DeskTemplate, desk_template
from testing.running_desk import SECRET_KEY, desk_environment
from testing.sandbox_server import SandboxServer

pytest_plugins = ["tests.selection"]

# The same examples every time, however slow the machine: `make test-all` looks further (--hypothesis-profile explore).
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None, print_blob=True)
hypothesis.settings.load_profile("steady")

_namespaces = count()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxServer]:
    """One sandbox for the whole run of a worker: 600 contacts, 12 profiles, no rate limit."""
    with SandboxServer(contacts=600, profiles=12, seed=7, rate=0) as server:
        yield server


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> DeskTemplate:
    """What every running desk starts from, made once by the worker that needs it first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "desk-template"
    return desk_template(folder, desk_environment(folder, "http://127.0.0.1:9", 0, SECRET_KEY=SECRET_KEY))


@pytest.fixture
def sandbox(running_sandbox: SandboxServer) -> SandboxServer:
    """The running sandbox, with no fault queued and no call remembered."""
    running_sandbox.clear()
    return running_sandbox


@pytest.fixture(autouse=True)
def _plain_static_names(settings: Settings) -> None:
    """Static files keep their own names: nothing was collected for tests in this process."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def desk_api(
    sandbox: SandboxServer, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SandboxServer]:
    """The sandbox as the desk's API, with a gateway that remembers nothing, and a budget that never ends."""
    monkeypatch.setattr("contacts_ui.views.contact_list.PAGE_TIMEOUT", 5.0)  # a busy machine is no slow API
    monkeypatch.setattr("contacts_ui.gateway.call_policy.JITTER", (0.0, 0.0))
    settings.SENT_API_URL = sandbox.url
    monkeypatch.setattr("contacts_ui.audit.filters.PROFILE_NAMES_TIMEOUT", 5.0)
    settings.SENT_DEADLINE = 5.0
    settings.SENT_FRESH_SECONDS = settings.SENT_STALE_SECONDS = 0.0  # tests of the gateway keep answers, others ask
    settings.SENT_BUDGET_FILE = str(tmp_path / "budget")
    settings.SENT_BUDGET_PER_MINUTE = settings.SENT_BUDGET_BURST = 5000
    # A namespace of its own: what a late call of another test keeps is kept where nobody looks.
    contacts = settings.CACHES["contacts"] | {"LOCATION": f"contacts-{next(_namespaces)}"}
    settings.CACHES = settings.CACHES | {"contacts": contacts}
    _forget()
    yield sandbox
    if sandbox.spoilt:
        sandbox.clear()  # what the gateway still waits for comes at once
    _forget()


@pytest.fixture
def keeping(desk_api: SandboxServer, settings: Settings) -> SandboxServer:
    """The same, with answers kept as in production."""
    settings.SENT_FRESH_SECONDS, settings.SENT_STALE_SECONDS = 15.0, 300.0
    _forget()
    return desk_api


def _forget() -> None:
    """Ends the gateway there is, with every call it has under way, and empties what it kept."""
    if get_gateway.cache_info().currsize:
        get_gateway().close()
    get_gateway.cache_clear()
    caches["contacts"].clear()


@pytest.fixture
def use_key(settings: Settings) -> Callable[[str], None]:
    """Gives the desk another key from here on."""

    def use(key: str) -> None:
        settings.SENT_API_KEY = key
        _forget()

    return use


@pytest.fixture
def admin_user(db: None) -> User:
    """Someone in the group `admin`."""
    return _person("mara", "admin")


@pytest.fixture
def support_user(db: None, sandbox: SandboxServer) -> User:
    """Someone in the group `support` with the sandbox's profiles 1, 2 and 3."""
    user = _person("sam", "support")
    for profile in sandbox.profiles()[1:4]:
        ProfileAccess.objects.create(user=user, profile_id=UUID(profile["id"]))
    return user


@pytest.fixture
def nobody(db: None) -> User:
    """Someone signed in without role or profile."""
    return User.objects.create_user("nia", password="x")


@pytest.fixture
def admin_client(desk_api: SandboxServer, admin_user: User) -> Client:
    """A browser with the admin signed in."""
    return _signed_in(admin_user)


@pytest.fixture
def support_client(desk_api: SandboxServer, support_user: User) -> Client:
    """A browser with the support agent signed in."""
    return _signed_in(support_user)


def _person(username: str, role: str) -> User:
    user = User.objects.create_user(username, password="x")
    user.groups.add(Group.objects.get(name=role))
    return user


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
