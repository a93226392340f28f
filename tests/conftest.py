"""What all tests share: one running sandbox, emptied of faults and memories before each use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import gateway
from contacts_ui.models import ProfileAccess
from tests.sandbox_server import SandboxServer


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxServer]:
    """One sandbox for the whole run: 600 contacts, 12 profiles, no rate limit."""
    with SandboxServer(contacts=600, profiles=12, seed=7, rate=0) as server:
        yield server


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
def desk_api(sandbox: SandboxServer, settings: Settings) -> Iterator[SandboxServer]:
    """The sandbox as the desk's API, with a gateway that remembers nothing of earlier tests."""
    settings.SENT_API_URL = sandbox.url
    settings.SENT_READ_TIMEOUT = 0.5
    gateway.cache_clear()
    yield sandbox
    gateway.cache_clear()


@pytest.fixture
def use_key(settings: Settings) -> Callable[[str], None]:
    """Gives the desk another key from here on."""

    def use(key: str) -> None:
        settings.SENT_API_KEY = key
        gateway.cache_clear()

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
