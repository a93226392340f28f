"""Who must have a second factor has one before anything else, and is led to where one is added (REQUIRE_MFA)."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.html import FRAGMENT, text

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SECURITY = "/you/second-factor/"
PAGES = (
    "/",
    "/account/contacts/",
    "/people/",
    "/audit/",
    "/preferences/",
    "/you/password/",
    "/you/sessions/",
    "/admin/",
)


def led_to_security(client: Client, path: str) -> bool:
    """Whether opening `path` leads to where a second factor is added."""
    response = client.get(path)
    return response.status_code == 302 and response["Location"] == SECURITY


@pytest.fixture
def for_admins(settings: Settings) -> None:
    """Admins must have one."""
    settings.REQUIRE_MFA = "admins"


@pytest.fixture
def for_all(settings: Settings) -> None:
    """Everyone must."""
    settings.REQUIRE_MFA = "all"


@pytest.mark.parametrize("path", PAGES)
def test_nothing_opens_before_it(for_admins: None, admin_client: Client, path: str) -> None:
    assert led_to_security(admin_client, path)


def test_the_page_it_leads_to_says_why(for_admins: None, admin_client: Client) -> None:
    page = text(admin_client.get(SECURITY))
    assert "Add a passkey or an authenticator app to go on." in page
    assert "Back to your contacts" not in page


def test_what_is_needed_to_add_one_stays_open(for_admins: None, admin_client: Client) -> None:
    assert admin_client.get("/sign-in/again/").status_code == 200
    admin_client.post("/sign-in/again/", {"password": "x"})
    for path in (f"{SECURITY}totp/activate/", f"{SECURITY}totp/picture/", f"{SECURITY}passkeys/add/"):
        assert admin_client.get(path).status_code == 200, path


def test_leaving_stays_open(for_admins: None, admin_client: Client) -> None:
    assert admin_client.post("/sign-out/")["Location"] == "/sign-in/"


@pytest.mark.parametrize("kind", [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])
def test_an_app_or_a_passkey_opens_the_desk(
    for_admins: None, admin_client: Client, admin_user: User, kind: Authenticator.Type
) -> None:
    Authenticator.objects.create(user=admin_user, type=kind, data={"name": "Phone"})
    assert admin_client.get("/account/contacts/").status_code == 200


def test_recovery_codes_alone_do_not(for_admins: None, admin_client: Client, admin_user: User) -> None:
    RecoveryCodes.activate(admin_user)
    assert led_to_security(admin_client, "/account/contacts/")


def test_who_removes_their_last_one_is_led_back_at_once(
    for_admins: None, admin_client: Client, admin_user: User
) -> None:
    app = TOTP.activate(admin_user, SECRET).instance
    assert admin_client.get("/account/contacts/").status_code == 200
    app.delete()
    assert led_to_security(admin_client, "/account/contacts/")


def test_of_admins_means_nobody_else(for_admins: None, support_client: Client) -> None:
    assert support_client.get("/", follow=True).status_code == 200


def test_who_is_made_an_admin_is_asked_on_the_next_request(
    for_admins: None, support_client: Client, support_user: User
) -> None:
    User.objects.filter(pk=support_user.pk).update(is_superuser=True)
    assert led_to_security(support_client, "/")


def test_of_all_means_everyone(for_all: None, support_client: Client) -> None:
    assert led_to_security(support_client, "/")


def test_of_none_means_nobody(settings: Settings, admin_client: Client) -> None:
    settings.REQUIRE_MFA = "none"
    assert admin_client.get("/account/contacts/").status_code == 200


def test_a_fragment_gets_an_answer_that_the_browser_follows(for_admins: None, admin_client: Client) -> None:
    response = admin_client.get("/account/contacts/", headers=FRAGMENT)
    assert response.status_code == 204
    assert response["HX-Redirect"] == SECURITY
    assert response["X-Fragment"] == "1"


def test_the_theme_can_be_changed_meanwhile(for_admins: None, admin_client: Client) -> None:
    assert admin_client.post("/preferences/theme/", {"theme": "dark", "next": SECURITY})["Location"] == SECURITY


def test_whose_identity_provider_let_them_in_was_asked_there(for_admins: None, admin_client: Client) -> None:
    session = admin_client.session
    session["account_authentication_methods"] = [{"method": "socialaccount"}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    assert admin_client.get("/account/contacts/").status_code == 200


def test_strangers_are_led_to_the_gate_as_ever(for_all: None, db: None) -> None:
    assert Client().get("/account/contacts/")["Location"].startswith("/sign-in/?next=")
