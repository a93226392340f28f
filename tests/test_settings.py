"""Settings that would be unsafe or unclear are refused with a sentence; the rest follow from SITE_URL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings

BASE = Path(django_settings.BASE_DIR)


def _run(code: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in (os.environ | changes).items() if v is not None} | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "ENV_FILE": "/nonexistent",
    }
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=BASE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _value(name: str, **changes: str | None) -> str:
    return _run(f"from django.conf import settings; print(settings.{name})", **changes).stdout.strip()


@pytest.mark.parametrize(
    "url", ["http://api.sent.dm", "ftp://localhost", "api.sent.dm", "http://localhost.evil.example"]
)
def test_an_api_address_that_would_bare_the_key_is_refused(url: str) -> None:
    result = _run("from django.conf import settings; settings.DEBUG", SENT_API_URL=url)
    assert result.returncode != 0
    assert "it carries the key" in result.stderr


def test_the_desk_does_not_serve_without_a_key() -> None:
    result = _run("import dashboard.wsgi", SENT_API_KEY=None)
    assert result.returncode != 0
    assert "SENT_API_KEY is not set" in result.stderr


def test_commands_work_without_a_key() -> None:
    assert _value("SENT_API_KEY", SENT_API_KEY=None) == "None"


def test_a_secret_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file")
    assert _value("SENT_API_KEY", SENT_API_KEY=None, SENT_API_KEY_FILE=str(tmp_path / "key")) == "from-a-file"


@pytest.mark.parametrize("end", ["", "\n", "\r\n", " \n\n"])
@pytest.mark.parametrize("name", ["SECRET_KEY", "AUDIT_KEY", "SENT_API_KEY", "EMAIL_URL", "CACHE_URL"])
def test_a_secret_from_a_file_loses_what_editors_put_at_its_end(tmp_path: Path, name: str, end: str) -> None:
    secret = {"EMAIL_URL": "smtp://desk:pw@mail.example:25", "CACHE_URL": "redis://:pw@cache.example/0"}.get(
        name, "s" * 50
    )
    (tmp_path / "secret").write_bytes(f"{secret}{end}".encode())
    code = f"from django.conf import settings; print(repr(settings.{name}))"
    changes = {name: None, f"{name}_FILE": str(tmp_path / "secret")}
    assert _run(code, **changes).stdout.strip() == repr(secret)


def test_the_secret_of_single_sign_on_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")
    site = {"OIDC_ISSUER": "https://id.example.org", "OIDC_CLIENT_ID": "desk"}
    said = _value("SOCIALACCOUNT_PROVIDERS", OIDC_CLIENT_SECRET_FILE=str(tmp_path / "secret"), **site)
    assert "'secret': 'from-a-file'" in said


def test_the_secret_of_a_file_is_taken_before_that_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")
    assert _value("AUDIT_KEY", AUDIT_KEY="environment", AUDIT_KEY_FILE=str(tmp_path / "secret")) == "from-a-file"


def test_an_https_site_has_secure_cookies_and_hsts() -> None:
    site = {"SITE_URL": "https://desk.example.org"}
    assert _value("SESSION_COOKIE_NAME", **site) == "__Host-session"
    assert _value("SESSION_COOKIE_SECURE", **site) == "True"
    assert _value("SECURE_HSTS_SECONDS", **site) == "31536000"
    assert _value("ALLOWED_HOSTS", **site) == "['desk.example.org']"


def test_a_local_site_works_over_http() -> None:
    site = {"SITE_URL": "http://localhost:8000"}
    assert _value("SESSION_COOKIE_SECURE", **site) == "False"
    assert _value("SECURE_HSTS_SECONDS", **site) == "0"


def test_a_site_url_that_is_no_address_is_refused() -> None:
    assert "SITE_URL must look like" in _run("from django.conf import settings; settings.DEBUG", SITE_URL="desk").stderr


def test_without_a_key_of_its_own_the_log_is_found_again_under_a_new_secret_key() -> None:
    assert _value("AUDIT_KEY_FALLBACKS", SECRET_KEY="new", SECRET_KEY_FALLBACKS="old") == "['old']"
    assert _value("AUDIT_KEY_FALLBACKS", SECRET_KEY="new", SECRET_KEY_FALLBACKS="old", AUDIT_KEY="own") == "[]"
