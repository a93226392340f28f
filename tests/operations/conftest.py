"""Shared fixtures: a desk whose metrics may be scraped."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from testing.sandbox_server import SandboxServer

from .exposition import Samples, samples_of

TOKEN = "metrics-token-" + "0123456789abcdef" * 3

Scrape = Callable[[], Samples]


@pytest.fixture
def metrics_token(settings: Settings) -> str:
    """METRICS_TOKEN of this desk."""
    settings.METRICS_TOKEN = TOKEN
    return TOKEN


@pytest.fixture
def machine(db: None, desk_api: SandboxServer, metrics_token: str) -> Callable[[str], HttpResponse]:
    """Asks for a page as a machine with the token does: without a session, by an address of its own."""
    client = Client()
    get_gateway()

    def get(path: str) -> HttpResponse:
        headers = {"Authorization": f"Bearer {metrics_token}", "Host": "10.0.0.7:8000"}
        return client.get(path, headers=headers)  # type: ignore[return-value]

    return get


@pytest.fixture
def scrape(machine: Callable[[str], HttpResponse]) -> Scrape:
    """The samples of /metrics."""

    def read() -> Samples:
        response = machine("/metrics")
        assert response.status_code == 200, response.content
        return samples_of(response.content.decode())

    return read
