"""Sign-in and account pages: our layout and wording in place of django-allauth's, password reset, sessions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import caches
from django.template.loader import get_template
from django.test import Client
from django.urls import URLPattern, URLResolver
from pytest_django import Settings

from contacts_ui.sign_in import urls as sign_in_urls
from testing.accounts import prove
from testing.sandbox_server import SandboxServer
from testing.totp import SECRET
from tests.html import text

TEMPLATES = Path(django_settings.BASE_DIR) / "templates"
SIGN_IN_PAGES = (
    "/sign-in/",
    "/sign-in/inactive/",
    "/sign-in/password/",
    "/sign-in/password/sent/",
    "/sign-in/password/chosen/",
)
RAW = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "attestationObject": "AA"}
INVALID_PASSKEYS = (
    '{"id": "AA"}',
    "[1]",
    "7",
    '"text"',
    "no JSON",
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": RAW}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": RAW | {"userHandle": "é"}}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}),
)
ACCOUNT_PAGES = {
    "/sign-out/": "Sign out of this browser?",
    "/you/password/": "Change your password",
    "/you/second-factor/": "Sign-in and security",
    "/you/second-factor/totp/activate/": "Add an authenticator app",
    "/you/second-factor/passkeys/": "No passkeys yet",
    "/you/second-factor/passkeys/add/": "Add a passkey",
    "/you/second-factor/recovery-codes/generate/": "Create new recovery codes",
    "/you/sessions/": "Your sessions",
}
MFA_PAGES = {
    "/you/second-factor/": "10 of 10 left",
    "/you/second-factor/totp/deactivate/": "Remove the authenticator app",
    "/you/second-factor/recovery-codes/": "Use them if you lose your device. Each works once. 10 of 10 left.",
    "/you/second-factor/recovery-codes/generate/": "Your 10 remaining codes will stop working",
    "/you/second-factor/passkeys/": "Work laptop",
    "/you/second-factor/passkeys/keys/{key}/edit/": "Rename the passkey",
    "/you/second-factor/passkeys/keys/{key}/remove/": "Remove the passkey “Work laptop”",
}


@pytest.fixture(autouse=True)
def _clear_rate_limits(db: None) -> None:
    caches["default"].clear()


@pytest.fixture
def reauthenticated_client(admin_client: Client) -> Client:
    """The admin's browser, reauthenticated by password."""
    admin_client.post("/sign-in/again/", {"password": "x"})
    return admin_client


@pytest.fixture
def passkey(admin_user: User) -> Authenticator:
    """A passkey of the admin, who also has TOTP and recovery codes."""
    TOTP.activate(admin_user, SECRET)
    RecoveryCodes.activate(admin_user)
    kind = Authenticator.Type.WEBAUTHN
    return Authenticator.objects.create(user=admin_user, type=kind, data={"name": "Work laptop", "credential": {}})


def password_reset_link(user: User) -> str:
    """The password reset link of this user."""
    return f"/sign-in/password/{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}/"


def _views(patterns: list[URLPattern | URLResolver]) -> Iterator[type]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from _views(entry.url_patterns)
        elif hasattr(entry.callback, "view_class"):
            yield entry.callback.view_class


def test_every_allauth_template_is_overridden() -> None:
    names = {str(getattr(view, "template_name", None)) for view in _views(sign_in_urls.urlpatterns)} - {"None"}
    assert len(names) > 20
    for name in names | {"429.html", "account/email/password_reset_key_message.txt"}:
        assert Path(str(get_template(name).origin.name)).is_relative_to(TEMPLATES), name  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", SIGN_IN_PAGES)
def test_sign_in_page_has_our_layout(client: Client, path: str) -> None:
    page = text(client.get(path))
    assert 'class="sign-in"' in page
    assert "css/app.css" in page


@pytest.mark.parametrize("path", ACCOUNT_PAGES)
def test_account_page_has_desk_layout(reauthenticated_client: Client, path: str) -> None:
    page = text(reauthenticated_client.get(path))
    assert ACCOUNT_PAGES[path] in page
    assert '<header class="topbar">' in page
    assert 'href="/"' in page


@pytest.mark.parametrize("path", MFA_PAGES)
def test_account_page_shows_existing_second_factors(
    reauthenticated_client: Client, passkey: Authenticator, path: str
) -> None:
    page = text(reauthenticated_client.get(path.format(key=passkey.pk)))
    assert MFA_PAGES[path] in page
    assert '<header class="topbar">' in page


@pytest.mark.parametrize("path", [*SIGN_IN_PAGES, *ACCOUNT_PAGES])
def test_no_page_mentions_signing_up(reauthenticated_client: Client, path: str) -> None:
    client = Client() if path in SIGN_IN_PAGES else reauthenticated_client
    assert not re.search(r"sign ?up|signup|register|create an account", text(client.get(path)), re.IGNORECASE)


@pytest.mark.parametrize("path", ["/sign-up/", "/signup/", "/accounts/signup/", "/you/email/"])
def test_sign_up_addresses_do_not_exist(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.slow
def test_account_pages_have_no_data_url_or_inline_script(reauthenticated_client: Client) -> None:
    for path in ACCOUNT_PAGES:
        page = text(reauthenticated_client.get(path))
        assert "data:" not in page, path
        assert not re.search(r"<script(?![^>]*(\ssrc=|type=\"application/json\"))", page), path


def test_theme_applies_to_account_pages(reauthenticated_client: Client) -> None:
    reauthenticated_client.post("/preferences/theme/", {"theme": "dark"})
    for path in ACCOUNT_PAGES:
        assert 'data-theme="dark"' in text(reauthenticated_client.get(path)).split("<head>")[0], path


# --- Signing in ----------------------------------------------------------------------------------


def test_locked_account_is_told_how_long_to_wait(client: Client, admin_user: User) -> None:
    for _ in range(5):
        client.post("/sign-in/", {"login": "mara", "password": "wrong"})
    assert "Wait 5 minutes" in text(client.post("/sign-in/", {"login": "mara", "password": "x"}))


@pytest.mark.slow
def test_too_many_attempts_from_one_address_get_429_page(client: Client) -> None:
    answers = [client.post("/sign-in/", {"login": "", "password": ""}) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert "Too many attempts" in text(answers[-1])
    assert 'class="sign-in"' in text(answers[-1])


def test_empty_form_says_what_is_missing(client: Client) -> None:
    page = text(client.post("/sign-in/", {"login": "", "password": ""}))
    assert page.count("This field is required.") == 2
    assert page.count('aria-invalid="true"') == 2


def test_wrong_password_form_keeps_user_name_but_not_password(client: Client, admin_user: User) -> None:
    page = text(client.post("/sign-in/", {"login": "mara", "password": "not-this-one"}))
    assert 'value="mara"' in page
    assert "not-this-one" not in page


def test_forgotten_password_without_mail_points_to_admin(client: Client) -> None:
    assert "Ask an admin" in text(client.get("/sign-in/"))
    assert '<a href="/sign-in/password/"' not in text(client.get("/sign-in/"))
    assert "This desk doesn’t send email" in text(client.get("/sign-in/password/"))
    assert "<form" not in text(client.get("/sign-in/password/"))


def test_forgotten_password_with_mail_sends_reset_link(client: Client, admin_user: User, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example"
    User.objects.filter(pk=admin_user.pk).update(email="mara@example.org")
    assert '<a href="/sign-in/password/"' in text(client.get("/sign-in/"))
    assert client.post("/sign-in/password/", {"email": "mara@example.org"})["Location"] == "/sign-in/password/sent/"
    [sent] = mail.outbox
    assert sent.subject == "Contact Desk: Choose a new password"
    link = re.search(r"http://\S+", str(sent.body))
    assert link
    assert "Choose a password" in text(client.get(link[0].removeprefix("http://testserver"), follow=True))


def test_page_of_password_link_names_person_and_user_name(client: Client, admin_user: User) -> None:
    User.objects.filter(pk=admin_user.pk).update(first_name="Mara", last_name="<Ellis>")
    page = text(client.get(password_reset_link(admin_user), follow=True))
    assert "For Mara &lt;Ellis&gt;. Your user name is <strong>mara</strong>" in page


def test_password_reset_link_works_once(client: Client, admin_user: User) -> None:
    link = password_reset_link(admin_user)
    form = client.get(link)["Location"]
    new = {"password1": "seven long words here", "password2": "seven long words here"}
    assert client.post(form, new)["Location"] == "/people/"  # they are alone on this desk
    assert client.session["_auth_user_id"] == str(admin_user.pk)
    assert client.login(username="mara", password="seven long words here")
    assert "This link no longer works" in text(Client().get(link, follow=True))


def test_password_error_is_shown_below_its_field(client: Client, admin_user: User) -> None:
    form = client.get(password_reset_link(admin_user))["Location"]
    page = text(client.post(form, {"password1": "short", "password2": "short"}))
    assert "This password is too short" in page
    assert 'aria-describedby="id_password1-error"' in page


def test_signed_out_user_is_told_so(admin_client: Client) -> None:
    assert "You’re signed out." in text(admin_client.post("/sign-out/", follow=True))


def test_deactivated_user_is_told_to_ask_admin(client: Client, admin_user: User) -> None:
    User.objects.filter(pk=admin_user.pk).update(is_active=False)
    page = text(client.post("/sign-in/", {"login": "mara", "password": "x"}, follow=True))
    assert "This account is deactivated" in page
    assert "admin" in page


def test_second_step_offers_only_enrolled_factors(client: Client, admin_user: User) -> None:
    TOTP.activate(admin_user, SECRET)
    page = text(client.post("/sign-in/", {"login": "mara", "password": "x"}, follow=True))
    assert "your authenticator app" in page
    assert "data-passkey" not in page


def test_unfinished_second_step_can_be_restarted(client: Client, admin_user: User) -> None:
    TOTP.activate(admin_user, SECRET)
    client.post("/sign-in/", {"login": "mara", "password": "x"})
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert "Sign in</h1>" in text(client.get("/sign-in/"))


@pytest.mark.parametrize("credential", INVALID_PASSKEYS)
def test_rejected_passkey_sign_in_has_passkey_error(client: Client, credential: str) -> None:
    page = text(client.post("/you/second-factor/passkeys/login/", {"credential": credential}, follow=True))
    assert "This passkey was not accepted." in page
    assert "code" not in page


# --- Account pages -------------------------------------------------------------------------------


def test_sensitive_page_asks_for_password_again(admin_client: Client, admin_user: User) -> None:
    admin_client.logout()
    admin_client.force_login(admin_user)
    asked = admin_client.get("/you/second-factor/totp/activate/")
    page = text(admin_client.get(asked["Location"]))
    assert "Confirm it’s you" in page
    form = {"next": re.findall(r'name="next" value="([^"]+)"', page)[-1]}  # the one before it is that of the theme form
    assert "This is not your password." in text(admin_client.post("/sign-in/again/", form | {"password": "wrong"}))
    done = admin_client.post("/sign-in/again/", form | {"password": "x"})
    assert done["Location"] == "/you/second-factor/totp/activate/"


def test_totp_user_may_confirm_with_code(admin_client: Client, passkey: Authenticator) -> None:
    page = text(admin_client.get("/sign-in/again/", follow=True))
    assert "From your authenticator app" in page
    assert "Use your password" not in page


def test_qr_code_is_of_secret_being_added(reauthenticated_client: Client) -> None:
    reauthenticated_client.get("/you/second-factor/totp/activate/")
    picture = reauthenticated_client.get("/you/second-factor/totp/picture/")
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture["Cache-Control"] == "private, no-store"
    assert "<svg" in text(picture)
    session = reauthenticated_client.session
    session[SECRET_SESSION_KEY] = SECRET
    session.save()
    assert reauthenticated_client.get("/you/second-factor/totp/picture/").content != picture.content


def test_qr_code_is_not_found_when_nothing_is_being_added(reauthenticated_client: Client) -> None:
    assert reauthenticated_client.get("/you/second-factor/totp/picture/").status_code == 404


def test_qr_code_redirects_anonymous_visitor(client: Client) -> None:
    assert client.get("/you/second-factor/totp/picture/").status_code == 302


@pytest.mark.parametrize("credential", INVALID_PASSKEYS)
def test_rejected_new_passkey_has_passkey_error(reauthenticated_client: Client, credential: str) -> None:
    page = text(
        reauthenticated_client.post("/you/second-factor/passkeys/add/", {"credential": credential, "name": "Phone"})
    )
    assert "This passkey was not accepted." in page
    assert "js_data" in page


def test_changed_password_is_confirmed_on_previous_page(reauthenticated_client: Client) -> None:
    form = {"oldpassword": "x", "password1": "seven long words here", "password2": "seven long words here"}
    page = text(reauthenticated_client.post("/you/password/", form | {"next": "/you/second-factor/"}, follow=True))
    assert "Password changed." in page
    assert "Sign-in and security" in page


@pytest.mark.parametrize("path", ["/you/password/", "/you/password/set/"])
def test_sso_user_is_offered_no_password(admin_client: Client, admin_user: User, settings: Settings, path: str) -> None:
    if path.endswith("set/"):
        admin_user.set_unusable_password()
        admin_user.save()
        admin_client.force_login(admin_user)
        prove(admin_client, admin_user)
    settings.OIDC_PROVIDER_ID, settings.OIDC_NAME = "oidc-of-work", "Example Work"
    SocialAccount.objects.create(user=admin_user, provider="oidc-of-work", uid="17")
    page = text(admin_client.get(path))
    assert "You sign in with Example Work" in page
    assert 'type="password"' not in page
    assert "You sign in with" in text(admin_client.get("/you/second-factor/"))


def test_recovery_codes_are_counted_without_decryption(
    reauthenticated_client: Client, passkey: Authenticator, settings: Settings
) -> None:
    codes = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
    codes.data["used_mask"] = 0b101
    codes.save()
    settings.SECRET_KEY = "another-one-" + "y" * 50  # encrypted secrets cannot be decrypted
    settings.SECRET_KEY_FALLBACKS = ["tests-only-" + "x" * 50]  # but sessions can be read
    assert "8 of 10 left" in text(reauthenticated_client.get("/you/second-factor/"))


def test_signing_out_elsewhere_keeps_current_session(desk_api: SandboxServer, admin_user: User) -> None:
    here, there = Client(), Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/2010 Firefox/131.0"})
    for browser in (here, there):
        browser.post("/sign-in/", {"login": "mara", "password": "x"})
    page = text(here.get("/you/sessions/"))
    assert "Firefox on Windows" in page
    assert "Sign out everywhere else" in page
    said = text(here.post("/you/sessions/", follow=True))
    assert "Signed out everywhere else." in said
    assert "No other sessions." in said
    assert there.get("/preferences/").status_code == 302
    assert here.get("/preferences/").status_code == 200
