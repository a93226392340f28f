"""Fixtures: a running identity provider, and a running desk that uses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client

from testing.desk_template import DeskTemplate
from testing.running_desk import Desk, running_desk
from testing.sandbox_server import SandboxServer
from tests.sign_in.provider import Provider, running_provider

OIDC = {
    "OIDC_CLIENT_ID": "desk",
    "OIDC_CLIENT_SECRET": "not a secret",
    "OIDC_NAME": "Example Work",
    "DJANGO_SETTINGS_MODULE": "tests.sign_in.desk_settings",
}
ROLES = "desk-staff=support,desk-admins=admin,desk-audit=auditor"


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A running identity provider."""
    with running_provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture(scope="session")
def sso_desk(
    running_sandbox: SandboxServer,
    provider: Provider,
    template: DeskTemplate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    """A desk that signs people in by `provider` and maps its groups to roles."""
    folder = tmp_path_factory.mktemp("sso")
    with running_desk(
        folder, running_sandbox.url, template, OIDC_ISSUER=provider.url, OIDC_ROLES=ROLES, **OIDC
    ) as desk:
        yield desk


@pytest.fixture(autouse=True)
def _reset_forged_claims(request: pytest.FixtureRequest) -> Iterator[None]:
    """Resets the claims that a test had the provider forge."""
    yield
    if "provider" in request.fixturenames:
        request.getfixturevalue("provider").forge()


@pytest.fixture
def root(desk_api: SandboxServer, root_user: User) -> Client:
    """A superuser's browser that has proved nothing since it signed in."""
    caches["default"].clear()
    client = Client()
    client.force_login(root_user)
    return client
