"""Actions on people: deactivation, ending sessions, MFA reset, and password links."""

from __future__ import annotations

import logging
import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.core import mail
from django.db import DatabaseError
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry, Session
from contacts_ui.roles import set_role
from testing.accounts import prove
from testing.sandbox_server import SandboxServer
from tests.test_people_edit import path_of, written

from .html import text

ACTIONS = ("switch-off", "switch-on", "sign-out", "remove-factors")


def _perform(client: Client, user: User, action: str) -> str:
    """Performs an action on a person; returns the page that follows."""
    return text(client.post(f"{path_of(user)}do/", {"do": action}, follow=True))


def _link(page: str) -> str:
    """Path of the password link on the page."""
    found = re.search(r'<code id="password-link">([^<]+)</code>', page)
    assert found, page
    return urlsplit(found[1]).path


def _is_signed_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200


# --- Deactivation and sessions -------------------------------------------------------------------


def test_deactivation_ends_session_at_next_request(
    admin_client: Client, support_client: Client, support_user: User
) -> None:
    assert _is_signed_in(support_client)
    assert "sam is deactivated and signed out everywhere." in _perform(admin_client, support_user, "switch-off")
    assert not _is_signed_in(support_client)
    assert written("person.changed") == [("mara", "sam: deactivated")]
    assert written("person.sessions_ended") == [("mara", "sam: 1 session")]


@pytest.mark.parametrize("action", ["switch-off", "sign-out", "remove-factors"])
def test_unlisted_session_ends_too(
    admin_client: Client, support_client: Client, support_user: User, action: str
) -> None:
    UserSession.objects.filter(user=support_user).delete()
    _perform(admin_client, support_user, action)
    assert Session.objects.count() == 1  # the admin's
    _perform(admin_client, support_user, "switch-on")
    assert not _is_signed_in(support_client)
    assert _is_signed_in(admin_client)


def test_session_from_sign_in_form_is_ended_and_counted_once(admin_client: Client, support_user: User) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "sam", "password": "x"})
    assert UserSession.objects.filter(user=support_user).count() == 1
    _perform(admin_client, support_user, "sign-out")
    assert not _is_signed_in(client)
    assert not UserSession.objects.filter(user=support_user).exists()
    assert written("person.sessions_ended") == [("mara", "sam: 1 session")]


def test_session_of_inactive_user_opens_nothing(support_client: Client, support_user: User) -> None:
    User.objects.filter(pk=support_user.pk).update(is_active=False)
    assert Session.objects.count() == 1
    assert support_client.get("/preferences/")["Location"].startswith("/sign-in/")


def test_deactivated_person_can_sign_in_only_after_reactivation(admin_client: Client, support_user: User) -> None:
    _perform(admin_client, support_user, "switch-off")
    assert not Client().login(username="sam", password="x")
    assert "sam reactivated." in _perform(admin_client, support_user, "switch-on")
    assert written("person.changed")[-1] == ("mara", "sam: reactivated")
    client = Client()
    client.post("/sign-in/", {"login": "sam", "password": "x"})
    assert _is_signed_in(client)


def test_repeated_deactivation_is_recorded_once(admin_client: Client, support_user: User) -> None:
    _perform(admin_client, support_user, "switch-off")
    _perform(admin_client, support_user, "switch-off")
    assert written("person.changed") == [("mara", "sam: deactivated")]


def test_sign_out_everywhere_ends_only_sessions_of_that_person(
    admin_client: Client, support_client: Client, support_user: User
) -> None:
    second = Client()
    second.force_login(support_user)
    assert "sam is signed out everywhere." in _perform(admin_client, support_user, "sign-out")
    assert (_is_signed_in(support_client), _is_signed_in(second), _is_signed_in(admin_client)) == (False, False, True)
    assert written("person.sessions_ended") == [("mara", "sam: 2 sessions")]


def test_mfa_reset_removes_and_records_each_factor(
    admin_client: Client, support_client: Client, support_user: User
) -> None:
    for kind in ("totp", "recovery_codes"):
        Authenticator.objects.create(user=support_user, type=kind, data={})
    page = _perform(admin_client, support_user, "remove-factors")
    assert "The second factors of sam are removed" in page
    assert not Authenticator.objects.exists()
    assert not _is_signed_in(support_client)
    assert written("second_factor.removed") == [("mara", "sam: TOTP Authenticator"), ("mara", "sam: Recovery codes")]


def test_unrecordable_action_is_not_performed(
    admin_client: Client, support_client: Client, support_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_event: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr("contacts_ui.audit.log._values", broken)
        for action in ("switch-off", "sign-out"):
            assert admin_client.post(f"{path_of(support_user)}do/", {"do": action}).status_code == 503
        assert admin_client.post(f"{path_of(support_user)}link/").status_code == 503
    assert User.objects.get(pk=support_user.pk).is_active
    assert _is_signed_in(support_client)


# --- Permissions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
def test_action_on_oneself_is_refused(admin_client: Client, admin_user: User, action: str) -> None:
    assert "You can’t do this to yourself." in _perform(admin_client, admin_user, action)
    assert User.objects.get(pk=admin_user.pk).is_active


@pytest.mark.parametrize("action", [*ACTIONS, "link"])
def test_admin_cannot_act_on_superuser(admin_client: Client, action: str) -> None:
    root = User.objects.create_superuser("root", password="x")
    address = f"{path_of(root)}{'link' if action == 'link' else 'do'}/"
    page = text(admin_client.post(address, {"do": action}, follow=True))
    assert "Only a superuser can change a superuser." in page
    assert User.objects.get(pk=root.pk).is_active
    assert not AuditEntry.objects.filter(
        action__startswith="person.", about__startswith="root:", person="mara"
    ).exists()


def test_password_link_for_oneself_is_refused(admin_client: Client, admin_user: User) -> None:
    page = text(admin_client.post(f"{path_of(admin_user)}link/", follow=True))
    assert "Change your own password" in page


def test_deactivated_person_gets_no_password_link(admin_client: Client, support_user: User) -> None:
    _perform(admin_client, support_user, "switch-off")
    page = text(admin_client.post(f"{path_of(support_user)}link/", follow=True))
    assert "sam is deactivated. Reactivate them first." in page


def test_two_admins_cannot_deactivate_each_other(
    admin_client: Client, admin_user: User, user_without_role: User
) -> None:
    set_role(user_without_role, "admin")
    other = Client()
    other.force_login(user_without_role)
    prove(other, user_without_role)
    _perform(admin_client, user_without_role, "switch-off")
    _perform(other, admin_user, "switch-off")
    assert User.objects.filter(is_active=True, groups__name="admin").get() == admin_user


def test_unknown_action_is_refused(admin_client: Client, support_user: User) -> None:
    assert admin_client.post(f"{path_of(support_user)}do/", {"do": "promote"}).status_code == 400


def test_link_by_get_redirects_to_person(admin_client: Client, support_user: User) -> None:
    assert admin_client.get(f"{path_of(support_user)}link/")["Location"] == path_of(support_user)
    assert AuditEntry.objects.filter(action="person.link_made").count() == 0


# --- Password links ------------------------------------------------------------------------------


def _choose(client: Client, path: str, password: str) -> int:
    """Opens the link and sets a password; returns the status of the last response."""
    answer = client.get(path)
    if answer.status_code == 302:
        answer = client.post(answer["Location"], {"password1": password, "password2": password})
    return answer.status_code


def test_password_link_of_new_person_works_once(admin_client: Client) -> None:
    asked = {"username": "ada", "name": "Ada", "email": "", "role": "support"}
    path = _link(text(admin_client.post("/people/new/", asked)))
    assert _choose(Client(), path, "a password of Ada’s own") == 302
    assert User.objects.get(username="ada").check_password("a password of Ada’s own")
    _choose(Client(), path, "a password of a thief’s own")
    assert User.objects.get(username="ada").check_password("a password of Ada’s own")


def test_password_link_resets_lost_password(admin_client: Client, support_user: User) -> None:
    response = admin_client.post(f"{path_of(support_user)}link/")
    assert response["Cache-Control"] == "private, no-store"
    _choose(Client(), _link(text(response)), "another long password")
    support_user.refresh_from_db()
    assert support_user.check_password("another long password")
    assert written("person.link_made") == [("mara", "sam")]


def test_password_link_is_in_no_log_and_no_audit_row(
    admin_client: Client, support_user: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        path = _link(text(admin_client.post(f"{path_of(support_user)}link/")))
    key = path.rstrip("/").rsplit("/", 1)[1].split("-", 1)[1]
    assert key not in caplog.text
    assert all(key not in str(row) for row in AuditEntry.objects.values_list())


def test_password_link_uses_site_url(admin_client: Client, support_user: User, settings: Settings) -> None:
    settings.SITE_URL = "https://desk.example.org"
    assert "https://desk.example.org/sign-in/password/" in text(admin_client.post(f"{path_of(support_user)}link/"))


def test_no_mail_is_sent_without_mail_settings(
    admin_client: Client, support_user: User, desk_api: SandboxServer
) -> None:
    User.objects.filter(pk=support_user.pk).update(email="sam@example.org")
    assert "mailed" not in text(admin_client.post(f"{path_of(support_user)}link/"))
    assert mail.outbox == []


def test_deactivation_in_django_admin_ends_sessions(
    root_client: Client, support_client: Client, support_user: User
) -> None:
    sent = {"username": "sam", "date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    sent |= {f"profile_accesses-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    assert root_client.post(f"/admin/auth/user/{support_user.pk}/change/", sent).status_code == 302
    User.objects.filter(pk=support_user.pk).update(is_active=True)
    assert not _is_signed_in(support_client)


def test_password_link_of_deactivated_person_is_refused(admin_client: Client, support_user: User) -> None:
    path = _link(text(admin_client.post(f"{path_of(support_user)}link/")))
    _perform(admin_client, support_user, "switch-off")
    client = Client()
    form = client.get(path)["Location"]
    assert client.post(form, {"password1": "a stranger's own", "password2": "a stranger's own"}).status_code == 403
    support_user.refresh_from_db()
    assert support_user.check_password("x")


def test_sso_user_gets_no_password_link(admin_client: Client, support_user: User, settings: Settings) -> None:
    settings.OIDC_PROVIDER_ID = "oidc-0123456789ab"
    SocialAccount.objects.create(user=support_user, provider="oidc-0123456789ab", uid="s-1")
    page = text(admin_client.post(f"{path_of(support_user)}link/", follow=True))
    assert "sam signs in with Single sign-on and has no password here." in page
