"""security.txt: the fields of RFC 9116, for everybody, and not there without a contact."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from testing import ROOT

from .html import text

PATH = "/.well-known/security.txt"


def _fields(page: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in page.splitlines():
        name, _, value = line.partition(": ")
        found.setdefault(name, []).append(value)
    return found


def test_stranger_reads_contacts_and_canonical_address(settings: Settings) -> None:
    # No `db` fixture: pytest-django fails the test if the database is touched.
    settings.SECURITY_CONTACT = ["mailto:security@example.org", "https://example.org/report"]
    settings.SITE_URL = "https://desk.example.org"
    response = Client().get(PATH)
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    fields = _fields(text(response))
    assert fields["Contact"] == ["mailto:security@example.org", "https://example.org/report"]
    assert fields["Canonical"] == ["https://desk.example.org/.well-known/security.txt"]
    assert fields["Preferred-Languages"] == ["en"]


def test_expiry_is_one_date_between_tomorrow_and_a_year(settings: Settings) -> None:
    settings.SECURITY_CONTACT = ["mailto:security@example.org"]
    (expires,) = _fields(text(Client().get(PATH)))["Expires"]
    left = datetime.strptime(expires, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(days=1) < left < timedelta(days=365)


def test_page_without_contact_is_not_found(db: None, settings: Settings) -> None:
    settings.SECURITY_CONTACT = []
    assert Client().get(PATH).status_code == 404


READ = "from django.conf import settings; print(*settings.SECURITY_CONTACT)"


def _setting(value: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"SECURITY_CONTACT": value, "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    return subprocess.run([sys.executable, "-c", READ], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_contacts_are_read_from_environment() -> None:
    done = _setting("security@example.org, https://example.org/report")
    assert done.stdout == "mailto:security@example.org https://example.org/report\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "value", ["security", "http://example.org", "mailto:", "javascript:alert(1)", "a@b.example\nExpires: 2000"]
)
def test_contact_that_nobody_could_use_does_not_start(value: str) -> None:
    done = _setting(value)
    assert done.returncode != 0
    assert "SECURITY_CONTACT must be e-mail addresses" in done.stderr
