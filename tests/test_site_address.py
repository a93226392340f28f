"""Site address: the browser's address is compared with SITE_URL, also where a proxy passes Host without its port."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from contacts_ui.sign_in.redirects import own_url
from dashboard.site_url import parse_site
from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, rows, text

LIST = "/account/contacts/"
SITE = "https://desk.example.org:8443"


@pytest.fixture
def behind_proxy(admin_client: Client, settings: Settings) -> Client:
    """The admin's browser at SITE, behind a proxy that passes the host without its port."""
    settings.SITE_URL, settings.SITE_ORIGINS = SITE, parse_site(SITE).origins
    settings.ALLOWED_HOSTS = ["desk.example.org"]
    admin_client.defaults |= {"HTTP_HOST": "desk.example.org"}
    return admin_client


def test_filters_are_kept_at_a_switch_without_port(behind_proxy: Client) -> None:
    current = {"HX-Current-URL": f"{SITE}{LIST}?channel=sms&page=3"}
    page = text(behind_proxy.get("/account/profiles/", headers=FRAGMENT | current))
    assert 'contacts/?channel=sms"' in page


def test_next_letter_replaces_history_entry_without_port(behind_proxy: Client) -> None:
    current = {"HX-Current-URL": f"{SITE}{LIST}?search=55"}
    response = behind_proxy.get(LIST, {"search": "555"}, headers=FRAGMENT | current)
    assert response["HX-Replace-Url"] == f"{LIST}?search=555"


@pytest.mark.parametrize("header", ["HX-Current-URL", "Referer"])
def test_opened_row_makes_no_api_call_without_port(
    caching_api: SandboxServer, behind_proxy: Client, header: str
) -> None:
    contact_id = rows(behind_proxy.get(LIST, {"channel": "sms"}))[3]
    calls = len(caching_api.requests())
    page = behind_proxy.get(f"{LIST}{contact_id}/", headers={header: f"{SITE}{LIST}?channel=sms"})
    assert f'data-contact-id="{contact_id}"' in text(page)
    assert len(caching_api.requests()) == calls


@pytest.mark.parametrize(
    "url",
    [
        "https://desk.example.org/",
        "http://desk.example.org:8443/",
        "https://desk.example.org:84430/",
        "https://desk.example.org:8443@evil.example/",
        "https://evil.example/",
        "//desk.example.org:8443/",
        "http://[",
        "",
    ],
)
def test_address_of_other_site_is_not_ours(settings: Settings, url: str) -> None:
    settings.SITE_ORIGINS = parse_site(SITE).origins
    assert own_url(url) is None


@pytest.mark.parametrize(
    ("site", "url"),
    [
        (SITE, f"{SITE}/a/?b=c"),
        ("https://Desk.example.org:443/", "https://desk.example.org/"),
        ("http://localhost:8000", "http://127.0.0.1:8000/"),
        ("http://localhost:8000", "http://[::1]:8000/"),
        ("https://[fd00::5]:8443", "https://[fd00::5]:8443/"),
    ],
)
def test_own_address_is_ours_as_browsers_write_it(settings: Settings, site: str, url: str) -> None:
    settings.SITE_ORIGINS = parse_site(site).origins
    assert own_url(url) is not None


def test_redirect_to_https_names_the_port(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["desk.example.org"]
    settings.SECURE_SSL_HOST = parse_site(SITE).netloc
    response = Client(headers={"host": "desk.example.org"}).get("/sign-in/?a=b")
    assert response["Location"] == f"{SITE}/sign-in/?a=b"
