"""CSRF protection and allowed methods of every URL, and headers against framing and cross-origin access."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from testing.sandbox_server import SandboxServer
from tests.html import text

from .verdicts import assert_harmless

# Every route that accepts POST with a CSRF token. A new one fails a test below until it is listed here.
POSTED = {
    "account/contacts/<uuid:contact_id>/reveal/",
    "p/<uuid:profile_id>/contacts/<uuid:contact_id>/reveal/",
    "account/contacts/export/",
    "p/<uuid:profile_id>/contacts/export/",
    "exports/<uuid:export_id>/",
    "account/views/new/",
    "account/views/<int:view_id>/",
    "account/views/<int:view_id>/delete/",
    "account/views/<int:view_id>/default/",
    "account/profiles/pin/",
    "p/<uuid:profile_id>/views/new/",
    "p/<uuid:profile_id>/views/<int:view_id>/",
    "p/<uuid:profile_id>/views/<int:view_id>/delete/",
    "p/<uuid:profile_id>/views/<int:view_id>/default/",
    "p/<uuid:profile_id>/profiles/pin/",
    "preferences/",
    "preferences/theme/",
    "preferences/steps/",
    "people/new/",
    "people/masking/",
    "people/<int:person_id>/",
    "people/<int:person_id>/do/",
    "people/<int:person_id>/link/",
    "audit/",
    "lookup/",
    "lookup/<uuid:lookup_id>/",
}
_ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
_FILLED = (
    (r"\(\?P<uidb36>[^)]*\)-\(\?P<key>[^)]*\)/\$", "1-key/"),
    (r"<uuid:\w+>", _ID),
    (r"<int:\w+>", "1"),
    (r"<(?:path|str):\w+>|<\w+>", "1"),
    (r"\(\?P<url>\.\*\)\$|\(\?P<\w+>[^)]*\)", "x"),
    (r"[$^]", ""),
)
METHODS = ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "BREW", "GET\x00")


def _routes(patterns: list[URLPattern | URLResolver], before: str = "") -> list[str]:
    found = []
    for entry in patterns:
        route = before + str(entry.pattern).lstrip("^")
        found += _routes(entry.url_patterns, route) if isinstance(entry, URLResolver) else [route]
    return found


ROUTES = tuple(dict.fromkeys(_routes(get_resolver().url_patterns)))
OURS = tuple(route for route in ROUTES if not route.startswith("admin/"))
ADMIN_PAGES = tuple(route for route in ROUTES if route.startswith("admin/"))


def _path(route: str) -> str:
    for pattern, value in _FILLED:
        route = re.sub(pattern, value, route)
    return f"/{route}"


@pytest.fixture
def strict(desk_api: SandboxServer, admin_user: User) -> Client:
    """An admin's browser with CSRF checks enforced, as on a real desk."""
    User.objects.filter(pk=admin_user.pk).update(is_superuser=True, is_staff=True)
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    return client


@pytest.mark.slow
@pytest.mark.parametrize("routes", [OURS, ADMIN_PAGES], ids=["ours", "Django's admin"])
def test_post_without_csrf_token_is_refused_everywhere(
    strict: Client, desk_api: SandboxServer, routes: tuple[str, ...]
) -> None:
    before = User.objects.count()
    for route in routes:
        answer = strict.post(_path(route), {"theme": "dark", "username": "x", "password": "x"})
        assert_harmless(answer, 403, desk_api)
        assert "This form couldn’t be accepted" in text(answer), route
        assert User.objects.count() == before, route
    assert [call for call in desk_api.requests() if call["method"] != "GET"] == []


def test_forged_csrf_token_is_refused(strict: Client, desk_api: SandboxServer) -> None:
    strict.cookies["csrf"] = "y" * 32
    for token in ("", "x", "x" * 32, "x" * 64, "\x00", "é" * 32, "x" * 5000):
        answer = strict.post("/preferences/theme/", {"theme": "dark", "csrfmiddlewaretoken": token})
        assert_harmless(answer, 403, desk_api)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:8000.evil.example", "http://\x00"]
)
def test_valid_csrf_token_from_other_origin_is_refused(strict: Client, desk_api: SandboxServer, origin: str) -> None:
    page = text(strict.get("/preferences/"))
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
    form = {"theme": "dark", "csrfmiddlewaretoken": token}
    assert_harmless(strict.post("/preferences/theme/", form, headers={"origin": origin}), 403, desk_api)
    assert strict.post("/preferences/theme/", form).status_code == 302


@pytest.mark.slow
def test_post_routes_are_those_listed(admin_client: Client) -> None:
    ours = [route for route in OURS if not route.startswith(("sign-", "you/"))]
    taking = {route for route in ours if admin_client.post(_path(route)).status_code != 405}
    assert taking == POSTED


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_unknown_method_is_refused(strict: Client, desk_api: SandboxServer, method: str) -> None:
    for route in OURS:
        answer = strict.generic(method, _path(route))
        assert_harmless(answer, 405, desk_api)
    assert [call for call in desk_api.requests() if call["path"].startswith("/v3/contacts")] == []


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_header_cannot_override_method(strict: Client, desk_api: SandboxServer, header: str) -> None:
    assert_harmless(strict.get("/preferences/theme/", headers={header: "POST"}), 405, desk_api)
    assert_harmless(strict.get("/preferences/theme/", {"_method": "POST"}, headers={header: "POST"}), 405, desk_api)


@pytest.mark.parametrize(
    "path", ["/account/contacts/", "/sign-in/", "/nowhere/", "/admin/", "/preferences/", "/people/"]
)
def test_page_forbids_framing_and_cross_origin_access(admin_client: Client, path: str) -> None:
    answer = admin_client.get(path)
    assert answer["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "camera" not in answer["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in answer
