"""An admin must not become the auditor: roles, e-mail addresses and links of admins and auditors need a superuser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry
from contacts_ui.roles import role_of, set_role
from tests.test_people_edit import as_shown, path_of, save

from .html import text

ROLE = "Only a superuser can change the roles admin and auditor."
GUARDED = pytest.mark.parametrize("role", ["admin", "auditor"])
MAIL = pytest.mark.parametrize("mails", [True, False], ids=["with mail", "without mail"])


@pytest.fixture
def colleague(db: None) -> User:
    """User `cleo`, with an address; tests give her a role."""
    return User.objects.create_user("cleo", "cleo@example.org", "x")


@pytest.fixture
def mails(settings: Settings, request: pytest.FixtureRequest) -> bool:
    """Whether the desk sends mail."""
    if request.param:
        settings.EMAIL_URL = "smtp://mail.example.org"
    return bool(request.param)


def _kept(user: User) -> User:
    return User.objects.get(pk=user.pk)


def _sent_links() -> list[str]:
    return [to for message in mail.outbox for to in message.to if "/sign-in/password/" in str(message.body)]


@GUARDED
@pytest.mark.parametrize("mails", [True, False], ids=["with mail", "without mail"], indirect=True)
def test_admin_gives_no_guarded_role(admin_client: Client, support_user: User, role: str, mails: bool) -> None:
    assert ROLE in text(save(admin_client, support_user, role=role))
    assert role_of(_kept(support_user)) == "support"


@GUARDED
def test_admin_adds_nobody_with_guarded_role(admin_client: Client, role: str) -> None:
    response = admin_client.post("/people/new/", {"username": "ada", "name": "", "email": "", "role": role})
    assert response.status_code == 422
    assert ROLE in text(response)
    assert not User.objects.filter(username="ada").exists()


@GUARDED
@pytest.mark.parametrize("after", ["support", "none"])
def test_admin_takes_no_guarded_role(admin_client: Client, colleague: User, role: str, after: str) -> None:
    set_role(colleague, role)
    sent = as_shown(admin_client, colleague) | {"role": after, "confirm": "role"}
    admin_client.post(path_of(colleague), sent)
    assert role_of(_kept(colleague)) == role


@GUARDED
@pytest.mark.parametrize("mails", [True, False], ids=["with mail", "without mail"], indirect=True)
def test_admin_does_not_redirect_mail_of_guarded_person(
    admin_client: Client, colleague: User, role: str, mails: bool
) -> None:
    set_role(colleague, role)
    response = save(admin_client, colleague, email="mara@evil.example")
    assert "Only a superuser can change the e-mail of an admin or auditor" in text(response)
    admin_client.post(f"{path_of(colleague)}link/")
    assert _kept(colleague).email == "cleo@example.org"
    assert set(_sent_links()) <= {"cleo@example.org"}


@GUARDED
def test_deactivated_guarded_person_stays_guarded(admin_client: Client, colleague: User, role: str) -> None:
    set_role(colleague, role)
    admin_client.post(f"{path_of(colleague)}do/", {"do": "switch-off"})
    save(admin_client, colleague, email="mara@evil.example", role="support", confirm="role")
    admin_client.post(f"{path_of(colleague)}do/", {"do": "switch-on"})
    kept = _kept(colleague)
    assert (kept.email, role_of(kept)) == ("cleo@example.org", role)


@GUARDED
def test_admin_without_mail_makes_no_link_for_guarded_person(admin_client: Client, colleague: User, role: str) -> None:
    set_role(colleague, role)
    page = text(admin_client.post(f"{path_of(colleague)}link/", follow=True))
    assert "Only a superuser can create a link for an admin or auditor" in page
    assert "/sign-in/password/" not in page
    assert not AuditEntry.objects.filter(action="person.link_made").exists()


@GUARDED
def test_mailed_link_of_guarded_person_is_seen_by_them_alone(
    admin_client: Client, colleague: User, role: str, settings: Settings
) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    set_role(colleague, role)
    assert "/sign-in/password/" not in text(admin_client.post(f"{path_of(colleague)}link/"))
    assert _sent_links() == ["cleo@example.org"]


@GUARDED
def test_superuser_makes_link_for_guarded_person(root_client: Client, colleague: User, role: str) -> None:
    set_role(colleague, role)
    assert "/sign-in/password/" in text(root_client.post(f"{path_of(colleague)}link/"))


@GUARDED
def test_superuser_gives_and_takes_guarded_role(root_client: Client, support_user: User, role: str) -> None:
    save(root_client, support_user, role=role, confirm="role")
    assert role_of(_kept(support_user)) == role
    save(root_client, support_user, role="none", confirm="role")
    assert role_of(_kept(support_user)) is None


def test_admin_changes_their_own_address(admin_client: Client, admin_user: User) -> None:
    assert save(admin_client, admin_user, email="mara@example.org").status_code == 302
    assert _kept(admin_user).email == "mara@example.org"


def test_name_of_guarded_person_can_be_changed_by_admin(admin_client: Client, colleague: User) -> None:
    set_role(colleague, "auditor")
    assert save(admin_client, colleague, name="Cleo Stone").status_code == 302
    assert (_kept(colleague).get_full_name(), role_of(_kept(colleague))) == ("Cleo Stone", "auditor")


def test_form_says_why_guarded_fields_are_fixed(admin_client: Client, colleague: User) -> None:
    set_role(colleague, "auditor")
    page = text(admin_client.get(path_of(colleague)))
    assert ROLE in page
    assert "readonly" in page.split('id="email"', 1)[1].split(">", 1)[0]


def test_demotion_of_guarded_person_asks_first(root_client: Client, colleague: User) -> None:
    set_role(colleague, "admin")
    page = text(save(root_client, colleague, role="support"))
    assert "Take the role Admin from cleo?" in page
    assert role_of(_kept(colleague)) == "admin"


@GUARDED
def test_link_kept_by_admin_ends_with_guarded_role(admin_client: Client, support_user: User, role: str) -> None:
    page = text(admin_client.post(f"{path_of(support_user)}link/"))
    path = page[page.index("/sign-in/password/") :].split('"')[0].split("<")[0]
    assert Client().get(path).status_code == 302  # it works: to the form
    set_role(support_user, role)
    assert Client().get(path).status_code == 200


@GUARDED
def test_session_and_password_of_before_a_promotion_end(
    root_client: Client, support_user: User, role: str, desk_api: object
) -> None:
    """An admin may have prepared both, when the person was a support agent still."""
    support_user.set_password("prepared long ago")
    support_user.save()
    prepared = Client()
    prepared.force_login(support_user)
    save(root_client, support_user, role=role, confirm="role")
    page = text(root_client.get(path_of(support_user)))
    assert 'type="submit">Create password link</button>' in page
    assert "is signed out everywhere and needs a new password: create a password link." in page
    assert prepared.get("/audit/")["Location"].startswith("/sign-in/")
    assert not _kept(support_user).has_usable_password()


def test_other_change_of_role_keeps_session_and_password(root_client: Client, support_user: User) -> None:
    support_user.set_password("my own")
    support_user.save()
    save(root_client, support_user, role="exporter")
    assert _kept(support_user).has_usable_password()


@GUARDED
def test_promotion_asks_first_and_names_the_address(
    root_client: Client, support_user: User, role: str, settings: Settings
) -> None:
    """An admin may have set it, and the link for a new password goes there."""
    settings.EMAIL_URL = "smtp://mail.example.org"
    support_user.email = "somebody@example.org"
    support_user.save()
    page = text(save(root_client, support_user, role=role))
    assert f"an {role}?" in page
    assert "It’s emailed to somebody@example.org: check with them that it’s their address." in page
    assert role_of(_kept(support_user)) == "support"


def test_promotion_without_mail_names_no_address(root_client: Client, support_user: User) -> None:
    User.objects.filter(pk=support_user.pk).update(email="somebody@example.org")
    question = text(save(root_client, support_user, role="admin", email="somebody@example.org")).partition("<h1>")[2]
    assert "You create a link for it next. You send it to them yourself." in question
    assert "emailed" not in question
