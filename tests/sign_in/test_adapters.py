"""django-allauth adapters of the desk: who may sign in how, role mapping, rate limits and wording."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.adapter import get_adapter as account_adapter
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import caches
from django.test import Client, RequestFactory
from pytest_django import Settings

from contacts_ui.models import AuditEntry
from contacts_ui.roles import NAMES
from contacts_ui.sign_in.adapters import DeskSocialAccountAdapter
from contacts_ui.sign_in.oidc import sync_role_from_groups
from dashboard.settings import ROLE_NAMES
from testing.accounts import prove
from testing.sandbox_server import SandboxServer
from tests.html import text

PROVIDER = "oidc-0123456789ab"
GOOD = "a long new password of mine"


@pytest.fixture(autouse=True)
def _clear_rate_limits(db: None) -> None:
    caches["default"].clear()


@pytest.fixture
def sso_user(desk_api: SandboxServer, settings: Settings) -> User:
    """A user of the identity provider who also has a local password."""
    settings.OIDC_PROVIDER_ID = PROVIDER
    user = User.objects.create_user("olga", password="x", email="olga@example.org")
    SocialAccount.objects.create(user=user, provider=PROVIDER, uid="o-1")
    return user


def sign_in(username: str, typed: str = "x") -> Client:
    """A browser after a sign-in attempt."""
    client = Client()
    client.post("/sign-in/", {"login": username, "password": typed})
    return client


def is_signed_in(client: Client) -> bool:
    """Whether this browser is signed in."""
    return "_auth_user_id" in client.session


def test_role_names_of_settings_match_roles_module() -> None:
    assert set(ROLE_NAMES) == set(NAMES)


def test_sso_user_cannot_sign_in_by_password(sso_user: User) -> None:
    assert not is_signed_in(sign_in("olga"))


@pytest.mark.parametrize("today", [None, "oidc-ffffffffffff"])
def test_user_of_former_provider_cannot_sign_in_by_password(
    sso_user: User, settings: Settings, today: str | None
) -> None:
    settings.OIDC_PROVIDER_ID = today
    assert not is_signed_in(sign_in("olga"))


def test_user_of_former_provider_gets_no_reset_mail(sso_user: User, settings: Settings, mailoutbox: list[Any]) -> None:
    settings.OIDC_PROVIDER_ID = "oidc-ffffffffffff"
    Client().post("/sign-in/password/", {"email": "olga@example.org"})
    assert mailoutbox == []


def test_refused_password_of_sso_user_is_recorded(sso_user: User) -> None:
    sign_in("olga")
    assert AuditEntry.objects.filter(action="sign_in", outcome="denied", about="single sign-on only").count() == 1


def test_sso_user_cannot_set_password(sso_user: User) -> None:
    sso_user.set_unusable_password()
    sso_user.save()
    client = Client()
    client.force_login(sso_user)
    prove(client, sso_user)
    answer = client.post("/you/password/set/", {"password1": GOOD, "password2": GOOD})
    assert answer.status_code == 403
    assert not User.objects.get(username="olga").has_usable_password()


@pytest.mark.parametrize(("name", "mails"), [("olga", 0), ("paul", 1)])
def test_password_reset_mail_is_sent_only_to_local_users(
    sso_user: User, mailoutbox: list[Any], name: str, mails: int
) -> None:
    User.objects.create_user("paul", password="x", email="paul@example.org")
    answer = Client().post("/sign-in/password/", {"email": f"{name}@example.org"})
    assert answer.status_code == 302
    assert len(mailoutbox) == mails


@pytest.mark.slow
def test_correct_password_is_not_counted(desk_api: SandboxServer, admin_user: User) -> None:
    assert all(is_signed_in(sign_in("mara")) for _ in range(7))


def test_sign_in_errors_use_our_wording(desk_api: SandboxServer, admin_user: User, rf: Any) -> None:
    adapter = account_adapter()
    assert adapter.validation_error("username_password_mismatch").messages == [
        "This user name and password do not match. The password is case-sensitive."
    ]


def test_deactivated_user_is_not_signed_in(desk_api: SandboxServer, admin_user: User) -> None:
    admin_user.is_active = False
    admin_user.save()
    client = Client()
    answer = client.post("/sign-in/", {"login": "mara", "password": "x"})
    assert answer["Location"] == "/sign-in/inactive/"
    assert not is_signed_in(client)
    assert AuditEntry.objects.filter(action="sign_in", outcome="denied").exists()


def test_passkey_relying_party_is_site_and_not_request_host(settings: Settings) -> None:
    settings.SITE_URL = "https://desk.example.org:8443"
    assert mfa_adapter().get_public_key_credential_rp_entity() == {"id": "desk.example.org", "name": "Contact Desk"}


def test_new_passkeys_have_numbered_names(admin_user: User) -> None:
    names = []
    for _ in range(2):
        names.append(mfa_adapter().generate_authenticator_name(admin_user, Authenticator.Type.WEBAUTHN))
        Authenticator.objects.create(user=admin_user, type="webauthn", data={"name": names[-1]})
    assert names == ["Passkey", "Passkey 2"]


def test_sign_up_is_closed(db: None) -> None:
    assert not account_adapter().is_open_for_signup(None)
    assert Client().get("/sign-up/").status_code == 404
    assert "sign up" not in text(Client().get("/sign-in/")).lower()


def test_provider_groups_are_ignored_without_mapping(support_user: User, settings: Settings) -> None:
    settings.OIDC_ROLES = {}
    sync_role_from_groups(support_user, ["desk-admins"])
    assert [group.name for group in support_user.groups.all()] == ["support"]


def test_other_groups_are_kept_when_role_is_synced(support_user: User, settings: Settings) -> None:
    other = support_user.groups.create(name="night shift")
    settings.OIDC_ROLES = {"desk-admins": "admin"}
    sync_role_from_groups(support_user, ["desk-admins"])
    assert set(support_user.groups.values_list("name", flat=True)) == {"admin", other.name}


def test_mailed_link_uses_site_url_and_not_request_host(desk_api: SandboxServer, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    User.objects.create_user("olga", password="x", email="olga@example.org")
    Client().post("/sign-in/password/", {"email": "olga@example.org"}, headers={"host": "localhost:6666"})
    assert f"{settings.SITE_URL}/sign-in/password/" in mail.outbox[0].body
    assert "6666" not in mail.outbox[0].body


def test_provider_errors_record_at_most_sixty_rows_a_minute(db: None, rf: RequestFactory) -> None:
    for _ in range(65):
        request = rf.get("/sign-in/sso/callback/")
        DeskSocialAccountAdapter(request).on_authentication_error(request, None, exception=ValueError())
    assert AuditEntry.objects.filter(action="sign_in", outcome="denied").count() == 60


def test_password_of_session_is_not_guessed_by_changing_it(desk_api: SandboxServer, support_user: User) -> None:
    """The attack: with a stolen session, try passwords where the old one is asked for. They count as at sign-in."""
    caches["default"].clear()
    client = Client()
    client.force_login(support_user)
    for _ in range(3):
        client.post("/you/password/", {"oldpassword": "wrong", "password1": GOOD, "password2": GOOD})
        client.post("/sign-in/again/", {"password": "wrong"})
    changed = client.post("/you/password/", {"oldpassword": "x", "password1": GOOD, "password2": GOOD})
    assert "Too many attempts." in text(changed)
    assert AuditEntry.objects.filter(outcome="denied", about="wrong password", person="sam").count() == 5
    support_user.refresh_from_db()
    assert support_user.check_password("x")
