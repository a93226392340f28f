"""Required second factor (REQUIRE_MFA): every page redirects to the MFA setup until one is added."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.sign_in.second_factor import OPEN_VIEWS
from testing.resolver import all_views
from testing.totp import SECRET
from tests.html import FRAGMENT, text

MFA_SETUP = "/you/second-factor/"
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


def redirects_to_mfa_setup(client: Client, path: str) -> bool:
    """Whether `path` redirects to the MFA setup page."""
    response = client.get(path)
    return response.status_code == 302 and response["Location"] == MFA_SETUP


@pytest.fixture
def for_admins(settings: Settings) -> None:
    """Admins must have a second factor."""
    settings.REQUIRE_MFA = "admins"


@pytest.fixture
def for_all(settings: Settings) -> None:
    """Everyone must have a second factor."""
    settings.REQUIRE_MFA = "all"


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_view_but_the_open_ones_redirects_to_mfa_setup(
    for_admins: None, root_client: Client, root_user: User, method: str
) -> None:
    # A superuser, and a proof of a moment ago: nothing but the missing factor keeps them out.
    opened = set()
    for name, path in all_views():
        if name in {"account_logout", "openid_connect_callback"}:
            continue
        response = root_client.generic(method, path)
        if not (response.status_code == 302 and response["Location"] == MFA_SETUP):
            opened.add(name)
    assert opened <= OPEN_VIEWS
    assert len(all_views()) > 100  # Django's admin is among them


def test_factor_tables_in_django_admin_are_not_open(for_admins: None, root_client: Client) -> None:
    for path in ("/admin/mfa/authenticator/", "/admin/mfa/authenticator/add/"):
        assert redirects_to_mfa_setup(root_client, path)


def test_open_views_exist() -> None:
    assert {name for name, _ in all_views()} >= OPEN_VIEWS


@pytest.mark.parametrize("path", PAGES)
def test_page_redirects_to_mfa_setup_without_second_factor(for_admins: None, admin_client: Client, path: str) -> None:
    assert redirects_to_mfa_setup(admin_client, path)


def test_mfa_setup_page_says_why(for_admins: None, admin_client: Client) -> None:
    page = text(admin_client.get(MFA_SETUP))
    assert "Add a passkey or an authenticator app to continue." in page
    assert "Back to your contacts" not in page


@pytest.mark.slow
def test_pages_for_adding_second_factor_stay_open(for_admins: None, admin_client: Client) -> None:
    assert admin_client.get("/sign-in/again/").status_code == 200
    admin_client.post("/sign-in/again/", {"password": "x"})
    for path in (f"{MFA_SETUP}totp/activate/", f"{MFA_SETUP}totp/picture/", f"{MFA_SETUP}passkeys/add/"):
        assert admin_client.get(path).status_code == 200, path


def test_sign_out_stays_open(for_admins: None, admin_client: Client) -> None:
    assert admin_client.post("/sign-out/")["Location"] == "/sign-in/"


@pytest.mark.parametrize("kind", [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])
def test_totp_or_passkey_opens_desk(
    for_admins: None, admin_client: Client, admin_user: User, kind: Authenticator.Type
) -> None:
    Authenticator.objects.create(user=admin_user, type=kind, data={"name": "Phone"})
    assert admin_client.get("/account/contacts/").status_code == 200


def test_recovery_codes_alone_do_not_open_desk(for_admins: None, admin_client: Client, admin_user: User) -> None:
    RecoveryCodes.activate(admin_user)
    assert redirects_to_mfa_setup(admin_client, "/account/contacts/")


def test_removing_last_second_factor_redirects_at_once(
    for_admins: None, admin_client: Client, admin_user: User
) -> None:
    app = TOTP.activate(admin_user, SECRET).instance
    assert admin_client.get("/account/contacts/").status_code == 200
    app.delete()
    assert redirects_to_mfa_setup(admin_client, "/account/contacts/")


def test_requirement_for_admins_exempts_support(for_admins: None, support_client: Client) -> None:
    assert support_client.get("/", follow=True).status_code == 200


def test_new_admin_must_add_second_factor_on_next_request(
    for_admins: None, support_client: Client, support_user: User
) -> None:
    User.objects.filter(pk=support_user.pk).update(is_superuser=True)
    assert redirects_to_mfa_setup(support_client, "/")


def test_requirement_for_all_includes_support(for_all: None, support_client: Client) -> None:
    assert redirects_to_mfa_setup(support_client, "/")


def test_requirement_none_exempts_admins(settings: Settings, admin_client: Client) -> None:
    settings.REQUIRE_MFA = "none"
    assert admin_client.get("/account/contacts/").status_code == 200


def test_fragment_redirects_whole_page(for_admins: None, admin_client: Client) -> None:
    response = admin_client.get("/account/contacts/", headers=FRAGMENT)
    assert response.status_code == 204
    assert response["HX-Redirect"] == MFA_SETUP
    assert response["X-Fragment"] == "1"


def test_theme_can_be_changed_before_mfa_setup(for_admins: None, admin_client: Client) -> None:
    assert admin_client.post("/preferences/theme/", {"theme": "dark", "next": MFA_SETUP})["Location"] == MFA_SETUP


def test_sso_sign_in_is_exempt(for_admins: None, admin_client: Client) -> None:
    session = admin_client.session
    session["account_authentication_methods"] = [{"method": "socialaccount"}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    assert admin_client.get("/account/contacts/").status_code == 200


def test_anonymous_visitor_is_sent_to_sign_in(for_all: None, db: None) -> None:
    assert Client().get("/account/contacts/")["Location"].startswith("/sign-in/?next=")
