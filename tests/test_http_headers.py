"""Whole site: health checks, required sign-in, security headers, templates, vendored files, settings."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django import Settings

from contacts_ui.observability.json_logs import JsonFormatter
from contacts_ui.people.sessions import end_sessions
from contacts_ui.web.scripts import BUNDLE
from testing.sandbox_server import SandboxServer

from .html import text

BASE = Path(django_settings.BASE_DIR)


def test_healthz_needs_no_sign_in_database_or_api_call(desk_api: SandboxServer) -> None:
    # No `db` fixture: pytest-django fails the test if the database is touched.
    assert Client().get("/healthz").status_code == 200
    assert sandbox_calls(desk_api) == []


@pytest.mark.parametrize("host", ["10.0.0.5:8000", "anything.example", "localhost"])
def test_healthz_answers_under_any_host_name(host: str) -> None:
    assert Client(headers={"host": host}).get("/healthz").status_code == 200


def test_healthz_does_not_load_session(desk_api: SandboxServer) -> None:
    client = Client()
    client.cookies["session"] = "a" * 32
    assert client.get("/healthz").status_code == 200


def test_healthz_tells_version_to_programs_of_this_machine() -> None:
    assert text(Client().get("/healthz")) == f"ok\nversion {django_settings.DESK_VERSION}\n"


@pytest.mark.parametrize(
    "stranger",
    [
        {"REMOTE_ADDR": "203.0.113.9"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
)
def test_healthz_does_not_tell_version_to_strangers(stranger: dict[str, str]) -> None:
    assert text(Client().get("/healthz", **stranger)) == "ok\n"  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/account/contacts/", "/people/", "/you/second-factor/"])
def test_version_is_at_foot_of_page(admin_client: Client, path: str) -> None:
    foot = f'<footer class="page-foot">Contact Desk {django_settings.DESK_VERSION}</footer>'
    assert foot in text(admin_client.get(path))


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/password/", "/sign-in/inactive/", "/nowhere/", "/readyz"])
def test_version_is_on_no_page_for_strangers(db: None, path: str) -> None:
    assert django_settings.DESK_VERSION.partition("+")[0] not in text(
        Client().get(path, follow=True, REMOTE_ADDR="203.0.113.9")
    )


def sandbox_calls(sandbox: SandboxServer) -> list[str]:
    """Paths of all API calls."""
    return [call["path"] for call in sandbox.requests()]


@pytest.mark.parametrize(
    "path",
    ["/", "/account/contacts/", "/account/profiles/", "/p/6ba7b810-9dad-11d1-80b4-00c04fd430c8/contacts/", "/nowhere/"],
)
def test_other_pages_require_sign_in(db: None, path: str) -> None:
    response = Client().get(path)
    assert response.status_code in {302, 404}
    if response.status_code == 302:
        assert response["Location"].startswith("/sign-in/?next=")


def test_wrong_password_is_reported(admin_user: User) -> None:
    response = Client().post("/sign-in/", {"login": "mara", "password": "wrong"})
    assert "do not match" in text(response)


def test_signing_out_ends_session(admin_client: Client) -> None:
    assert admin_client.post("/sign-out/").status_code == 302
    assert admin_client.get("/account/contacts/").status_code == 302


def test_signing_out_twice_redirects_to_sign_in(admin_client: Client) -> None:
    admin_client.post("/sign-out/")
    assert admin_client.post("/sign-out/")["Location"] == "/sign-in/"


def test_sign_out_clears_site_data_but_no_cookies(admin_client: Client) -> None:
    response = admin_client.post("/sign-out/")
    assert response["Clear-Site-Data"] == '"cache", "storage"'


def test_ended_session_clears_site_data_at_next_request(admin_client: Client, admin_user: User) -> None:
    end_sessions(admin_user)
    assert "Clear-Site-Data" in admin_client.get("/account/contacts/").headers


def test_timed_out_session_clears_site_data(admin_client: Client, settings: Settings) -> None:
    admin_client.get("/preferences/")
    settings.SESSION_LONGEST_SECONDS = -1
    assert "Clear-Site-Data" in admin_client.get("/preferences/").headers


def test_no_site_data_is_cleared_while_session_lasts(admin_client: Client, admin_user: User) -> None:
    visitor = Client()
    responses = [admin_client.get("/account/contacts/"), visitor.get("/sign-in/"), visitor.post("/sign-out/")]
    responses.append(visitor.post("/sign-in/", {"login": "mara", "password": "x"}))
    assert [response.status_code for response in responses] == [200, 200, 302, 302]
    assert not any(response.has_header("Clear-Site-Data") for response in responses)


def test_missing_csrf_token_shows_our_403_page(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/sign-in/", {"login": "mara", "password": "x"})
    assert response.status_code == 403
    assert "This form couldn’t be accepted" in text(response)


@pytest.mark.parametrize("target", ["/sign-in/", "/sign-out/", "/sign-in/?next=/sign-in/"])
def test_sign_in_never_redirects_to_sign_in_pages(admin_client: Client, user_without_role: User, target: str) -> None:
    response = admin_client.get("/sign-in/", {"next": target})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_sign_out_by_link_asks_first(admin_client: Client) -> None:
    assert "Sign out of this browser?" in text(admin_client.get("/sign-out/"))
    assert admin_client.get("/account/contacts/").status_code == 200


def test_every_page_has_strict_headers(admin_client: Client) -> None:
    for path in ("/account/contacts/", "/sign-in/", "/nowhere/"):
        response = admin_client.get(path)
        policy = response["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "data:" not in policy
        assert response["Referrer-Policy"] == "same-origin"
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"].endswith("no-store") or "no-store" in response["Cache-Control"]


def test_templates_have_no_inline_script_style_or_data_uri() -> None:
    for path in (BASE / "templates").rglob("*.html"):
        source = path.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|data:[a-z]+/", source), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", source), path


@pytest.mark.parametrize("address", ["/account/contacts/", "/people/new/", "/you/second-factor/passkeys/"])
def test_htmx_is_loaded_after_its_guard(admin_client: Client, address: str) -> None:
    scripts = re.findall(r'<script src="([^"]*)" defer></script>', text(admin_client.get(address)))
    assert scripts[-1].endswith("htmx.min.js")
    assert any(script.endswith(BUNDLE) for script in scripts[:-1])


def test_every_template_fragment_declares_its_context() -> None:
    for path in (BASE / "templates" / "desk").rglob("_*.html"):
        assert path.read_text().startswith("{# Needs: "), path


def test_vendored_files_match_recorded_checksums() -> None:
    vendor = BASE / "static" / "vendor"
    lines = [line.split("  ") for line in (vendor / "SHA256SUMS").read_text().splitlines()]
    kept = {name: checksum for checksum, name in lines}
    here = {path.relative_to(vendor).as_posix() for path in vendor.rglob("*") if path.is_file()} - {"SHA256SUMS"}
    assert here == set(kept)
    for name, checksum in kept.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == checksum, name


def test_every_vendored_package_has_license() -> None:
    for folder in (BASE / "static" / "vendor").iterdir():
        assert not folder.is_dir() or (folder / "LICENSE").stat().st_size > 100


def test_every_setting_is_in_env_example() -> None:
    source = (BASE / "dashboard" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    written = set(re.findall(r"^#?([A-Z_]+)=", (BASE / ".env.example").read_text(), re.MULTILINE))
    assert read
    assert read == written


def test_log_line_has_no_query_string() -> None:
    request = RequestFactory().get("/account/contacts/?phone=%2B12025550143")
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "Not Found: %s", (request.path,), None)
    record.request, record.status_code, record.number_of_rows = request, 404, 7
    line = json.loads(JsonFormatter().format(record))
    assert line["event"] == "Not Found: /account/contacts/"
    assert line["number_of_rows"] == 7
    assert "2025550143" not in str(line)
