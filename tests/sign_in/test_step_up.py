"""Step-up: rights that cost more than a session ask for a proof of five minutes ago, with the factor there is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from contacts_ui.middleware.step_up import ADMIN_OPEN, RULES
from contacts_ui.sign_in.step_up import LINK_SESSION
from testing.accounts import prove
from testing.resolver import all_views
from testing.sandbox_server import SandboxServer
from testing.totp import SECRET, code_at
from tests.html import text
from tests.sign_in.asking import asks, confirm

if TYPE_CHECKING:
    pass

RECORDS = "account_authentication_methods"
# Every view that asks, with the methods by which it does: the promise of SECURITY.md. Django's admin asks as well.
PROMISED = {
    "person-new": ("GET", "POST"),
    "person-edit": ("POST",),
    "person-do": ("GET", "POST"),
    "person-link": ("POST",),
    "people-masking": ("POST",),
    "audit-export": ("GET",),
    "export-new": (),  # by POST with `start`: tests/export_pages/test_ask.py
    "export-file": ("GET",),
    "account_set_password": ("GET", "POST"),
    "mfa_activate_totp": ("GET", "POST"),
    "mfa_deactivate_totp": ("GET", "POST"),
    "mfa_add_webauthn": ("GET", "POST"),
    "mfa_remove_webauthn": ("GET", "POST"),
    "mfa_edit_webauthn": ("GET", "POST"),
    "mfa_view_recovery_codes": ("GET", "POST"),
    "mfa_generate_recovery_codes": ("GET", "POST"),
    "mfa_download_recovery_codes": ("GET", "POST"),
}
VIEWS = all_views()


@pytest.fixture
def with_app(root_user: User) -> User:
    """The superuser with an authenticator app and recovery codes."""
    TOTP.activate(root_user, SECRET)
    RecoveryCodes.activate(root_user)
    return root_user


# --- Every URL -------------------------------------------------------------------------------------


def test_table_is_the_promise_and_names_existing_views() -> None:
    assert set(RULES) == set(PROMISED)
    assert set(PROMISED) <= {name for name, _ in VIEWS}


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_promised_views_ask_and_no_others_do(root: Client, root_user: User, method: str) -> None:
    asking = set()
    for name, path in VIEWS:
        if path.startswith(("/sign-out/", "/admin/logout/")):
            continue
        root.force_login(root_user)
        if asks(root.generic(method, path)):
            asking.add(name)
    ways = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn", "sso-reauthenticate"}  # they lead to the way there is
    ours = {name for name in asking if not name.startswith("admin:")} - ways
    assert ours == {name for name, methods in PROMISED.items() if method in methods}
    assert {name for name, _ in VIEWS if name.startswith("admin:")} - asking == ADMIN_OPEN


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_view_asks_for_the_factor_there_is(root: Client, with_app: User, method: str) -> None:
    # A password proved a moment ago, as before the factor was added, is not enough.
    prove(root, with_app)
    session = root.session
    session[RECORDS] = [record for record in session[RECORDS] if record["method"] == "password"]
    session.save()
    for name, path in VIEWS:
        if method in PROMISED.get(name, ()) or (name.startswith("admin:") and name not in ADMIN_OPEN):
            assert asks(root.generic(method, path), "/sign-in/again/code/"), name


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_other_methods_open_nothing_either(root: Client, method: str) -> None:
    for path in ("/admin/", "/admin/auth/user/", "/people/new/", "/you/second-factor/recovery-codes/"):
        assert asks(root.generic(method, path)), path


def test_django_admin_script_and_sign_out_do_not_ask(root: Client) -> None:
    assert root.get("/admin/jsi18n/").status_code == 200
    assert root.post("/admin/logout/").status_code in {200, 302}


def test_person_of_another_role_is_refused_and_not_asked(support_client: Client) -> None:
    session = support_client.session
    del session[RECORDS]
    session.save()
    for path in ("/people/new/", "/audit/export/"):
        assert support_client.get(path).status_code == 403


# --- The proof -------------------------------------------------------------------------------------


def _sign_in(code: str | None = None) -> Client:
    """A client that went through every step of the sign-in form."""
    caches["default"].clear()
    client = Client()
    client.post("/sign-in/", {"login": "root", "password": "x"})
    if code is not None:
        client.post("/sign-in/code/", {"code": code})
    assert "_auth_user_id" in client.session
    return client


def _age_records(client: Client, age: float) -> None:
    session = client.session
    session[RECORDS] = [record | {"at": time.time() - age} for record in session[RECORDS]]
    session.save()


@pytest.mark.parametrize("path", ["/people/new/", "/you/second-factor/totp/activate/", "/admin/"])
def test_full_sign_in_is_a_proof_of_that_moment(desk_api: SandboxServer, root_user: User, path: str) -> None:
    assert _sign_in().get(path).status_code == 200


@pytest.mark.parametrize("path", ["/people/new/", "/you/second-factor/totp/activate/"])
def test_sign_in_is_no_proof_after_five_minutes(desk_api: SandboxServer, root_user: User, path: str) -> None:
    client = _sign_in()
    _age_records(client, 301)
    assert asks(client.get(path))


def test_sign_in_with_password_and_code_is_a_proof(desk_api: SandboxServer, with_app: User) -> None:
    assert _sign_in(code=code_at(SECRET, time.time())).get("/people/new/").status_code == 200


def test_sign_in_before_the_factor_was_added_is_no_proof(desk_api: SandboxServer, root_user: User) -> None:
    client = _sign_in()
    TOTP.activate(root_user, SECRET)
    assert asks(client.get("/people/new/"), "/sign-in/again/code/")


def test_sign_in_of_a_marked_session_is_no_proof(desk_api: SandboxServer, root_user: User) -> None:
    client = _sign_in()
    session = client.session
    session[LINK_SESSION] = ["mara", "2100-01-01T00:00:00+00:00"]
    session.save()
    for path in ("/people/new/", "/you/second-factor/totp/activate/", "/admin/"):
        assert asks(client.get(path)), path


def test_password_of_an_sso_person_at_sign_in_is_no_proof(
    desk_api: SandboxServer, root_user: User, settings: Settings
) -> None:
    client = _sign_in()
    settings.OIDC_PROVIDER_ID = "oidc-of-work"
    SocialAccount.objects.create(user=root_user, provider="oidc-of-work", uid="17")
    assert asks(client.get("/people/new/"), "/sign-in/again/sso/")


def test_password_is_proof_for_who_has_no_factor(root: Client) -> None:
    asked = root.get("/people/new/")
    assert confirm(root, asked, password="x")["Location"] == "/people/new/"
    assert root.get("/people/new/").status_code == 200


def test_wrong_password_is_no_proof(root: Client) -> None:
    assert confirm(root, root.get("/people/new/"), password="y").status_code == 200
    assert asks(root.get("/people/new/"))


@pytest.mark.parametrize(("age", "open_"), [(299, True), (301, False)])
def test_proof_lasts_five_minutes(root: Client, root_user: User, age: int, open_: bool) -> None:
    prove(root, root_user)
    session = root.session
    session[RECORDS] = [record | {"at": time.time() - age} for record in session[RECORDS]]
    session.save()
    assert (root.get("/people/new/").status_code == 200) is open_


def test_proof_of_another_user_is_none(root: Client, root_user: User, support_user: User) -> None:
    prove(root, support_user)
    assert asks(root.get("/people/new/"))


def test_password_page_leads_to_code_of_who_has_a_factor(root: Client, with_app: User) -> None:
    assert asks(root.post("/sign-in/again/", {"password": "x", "next": "/people/new/"}), "/sign-in/again/code/")
    assert asks(root.get("/people/new/"), "/sign-in/again/code/")


def test_page_that_asks_for_factor_offers_no_password(root: Client, with_app: User) -> None:
    page = text(root.get("/sign-in/again/code/"))
    assert "Use your password" not in page


def test_only_factor_is_removed_with_that_factor_alone(root: Client, with_app: User) -> None:
    remove = "/you/second-factor/totp/deactivate/"
    asked = root.post(remove)
    root.post("/sign-in/again/", {"password": "x", "next": remove})
    root.post(remove)
    assert Authenticator.objects.filter(user=with_app, type="totp").exists()
    assert confirm(root, asked, code=code_at(SECRET, time.time())).status_code == 302
    root.post(remove)
    assert not Authenticator.objects.filter(user=with_app).exists()


def test_recovery_code_is_the_factor_of_a_lost_phone(root: Client, with_app: User) -> None:
    codes = Authenticator.objects.get(user=with_app, type="recovery_codes").wrap().get_unused_codes()
    confirm(root, root.get("/people/new/"), code=codes[0])
    assert root.get("/people/new/").status_code == 200


def test_passkey_is_asked_of_who_has_only_that(root: Client, root_user: User) -> None:
    Authenticator.objects.create(user=root_user, type="webauthn", data={"name": "Laptop"})
    assert asks(root.get("/people/new/"), "/you/second-factor/passkeys/reauthenticate/")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)  # django-allauth tells of the app once it is committed
def test_added_app_is_proof_for_its_recovery_codes(desk_api: SandboxServer, admin_client: Client) -> None:
    caches["default"].clear()
    path = "/you/second-factor/totp/activate/"
    admin_client.get(path)
    admin_client.post(path, {"code": code_at(admin_client.session[SECRET_SESSION_KEY], time.time())})
    session = admin_client.session
    session[RECORDS] = session[RECORDS][2:]  # without the proof that the fixture gave
    session.save()
    assert Authenticator.objects.filter(type="totp").exists()
    assert admin_client.get("/you/second-factor/recovery-codes/").status_code == 200


def test_sso_user_is_asked_by_the_provider(root: Client, root_user: User, settings: Settings) -> None:
    # django-allauth itself lets people without password and factor through unasked.
    User.objects.filter(pk=root_user.pk).update(password="!")
    settings.OIDC_PROVIDER_ID = "oidc-of-work"
    SocialAccount.objects.create(user=root_user, provider="oidc-of-work", uid="17")
    root.force_login(User.objects.get(pk=root_user.pk))
    assert asks(root.get("/people/new/"), "/sign-in/again/sso/")


def test_person_without_any_proof_is_refused(root: Client, root_user: User) -> None:
    root_user.set_unusable_password()
    root_user.save()
    SocialAccount.objects.create(user=root_user, provider="another", uid="1")
    root.force_login(root_user)
    assert root.get(root.get("/people/new/")["Location"]).status_code == 403
