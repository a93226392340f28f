"""New person: role Support by default, profiles in the same form, those of a colleague copied."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry, ProfileAccess
from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, text

NEW = "/people/new/"
ADA = {"username": "ada", "name": "Ada King", "email": "", "role": "support", "save": "1"}


def _of(user: User) -> set[str]:
    rows = ProfileAccess.objects.filter(user=user).values_list("profile_id", flat=True)
    return set(map(str, rows))


def _checked(page: str) -> set[str]:
    return set(re.findall(r'name="profiles" value="([^"]+)" checked', page))


def test_role_is_support_by_default(admin_client: Client) -> None:
    assert 'name="role" value="support" checked' in text(admin_client.get(NEW))


def test_profiles_are_assigned_with_the_account(admin_client: Client, sandbox: SandboxServer) -> None:
    chosen = [profile["id"] for profile in sandbox.profiles()[2:4]]
    page = text(admin_client.post(NEW, ADA | {"profiles": chosen}))
    ada = User.objects.get(username="ada")
    assert _of(ada) == set(chosen)
    assert "Assign profiles" not in page
    assert AuditEntry.objects.filter(action="profile.assignment", about="ada: assigned").count() == 2


def test_person_without_profiles_is_led_to_them(admin_client: Client) -> None:
    assert "Assign profiles" in text(admin_client.post(NEW, ADA))


@pytest.mark.parametrize("pressed", [{"copy": "1"}, {}])
def test_profiles_of_colleague_are_copied_and_input_is_kept(
    admin_client: Client, support_user: User, pressed: dict[str, str]
) -> None:
    typed = {name: value for name, value in ADA.items() if name != "save"}
    response = admin_client.post(NEW, typed | {"from": "SAM", "find": "", "found": ""} | pressed)
    page = text(response)
    assert response.status_code == 200
    assert _checked(page) == _of(support_user)
    assert 'value="Ada King"' in page
    assert not User.objects.filter(username="ada").exists()


def test_copying_on_the_page_of_a_person_saves_nothing(
    admin_client: Client, support_user: User, user_without_role: User
) -> None:
    path = f"/people/{user_without_role.pk}/"
    page = text(admin_client.post(path, {"from": "sam", "copy": "1", "role": "none", "version": "x"}))
    assert _checked(page) == _of(support_user)
    assert _of(user_without_role) == set()


@pytest.mark.parametrize("typed", ["Sám  ORTIZ", "sam ortiz", "Sam", "orti"])
def test_profiles_are_copied_by_user_name_or_full_name(admin_client: Client, support_user: User, typed: str) -> None:
    User.objects.filter(pk=support_user.pk).update(first_name="Sam", last_name="Ortiz")
    page = text(admin_client.post(NEW, {"from": typed, "copy": "1"}))
    assert _checked(page) == _of(support_user)
    assert f"{len(_of(support_user))} added from Sam Ortiz." in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Maya", "Nobody is called “Maya”."),
        ("Ort", "Several people are called “Ort”: use the user name."),
        ("Sam Ortiz", "Several people are called “Sam Ortiz”: use the user name."),
    ],
)
def test_name_that_is_not_of_one_person_stays_and_is_told(
    admin_client: Client, support_user: User, typed: str, said: str
) -> None:
    User.objects.filter(pk=support_user.pk).update(first_name="Sam", last_name="Ortiz")
    User.objects.create(username="sam2", first_name="Sam", last_name="Ortiz")
    page = text(admin_client.post(NEW, {"from": typed, "copy": "1"}))
    assert said in page
    assert f'value="{typed}" aria-invalid="true"' in page
    assert _checked(page) == set()


def test_copy_adds_to_what_is_selected(admin_client: Client, support_user: User, sandbox: SandboxServer) -> None:
    own, other = min(_of(support_user)), sandbox.profiles()[-1]["id"]
    page = text(admin_client.post(NEW, {"from": "sam", "copy": "1", "profiles": [own, other]}))
    assert _checked(page) == {*_of(support_user), other}
    assert f"{len(_of(support_user)) - 1} added from sam." in page


def test_copy_without_answering_api_is_told(admin_client: Client, support_user: User, sandbox: SandboxServer) -> None:
    sandbox.fault(route="me", kind="status", status=500, times=3)
    assert "so nothing was copied" in text(admin_client.post(NEW, {"from": "sam", "copy": "1"}))


def test_search_for_profile_copies_nothing(admin_client: Client, support_user: User) -> None:
    sent = {"from": "sam", "look": "1", "find": "a", "found": "a"}
    assert _checked(text(admin_client.post(NEW, sent))) == set()


def test_link_page_of_new_person_is_for_copying_and_names_user_name(admin_client: Client) -> None:
    page = text(admin_client.post(NEW, ADA))
    link = re.findall(r'id="password-link">([^<]+)<', page)[0]
    assert re.findall(r'<button class="btn btn--primary" type="button" data-copy="([^"]+)"', page) == [link]
    assert page.split("<main")[1].split("</main>")[0].count("btn--primary") == 1
    assert "Their user name is <strong>ada</strong>" in page


def test_second_factors_are_removed_only_where_there_are_any(admin_client: Client, support_user: User) -> None:
    path = f"/people/{support_user.pk}/"
    assert "Remove second factors" not in text(admin_client.get(path))
    Authenticator.objects.create(user=support_user, type="totp", data={})
    assert "Remove second factors" in text(admin_client.get(path))


def test_link_of_person_without_password_resets_nothing(admin_client: Client, support_user: User) -> None:
    path = f"/people/{support_user.pk}/"
    assert "Create reset link" in text(admin_client.get(path))
    support_user.set_unusable_password()
    support_user.save()
    page = text(admin_client.get(path))
    assert "Create reset link" not in page
    assert "Create password link" in page


@pytest.mark.parametrize("mails", [True, False])
def test_help_of_email_names_reset_only_where_links_are_mailed(
    admin_client: Client, support_user: User, settings: Settings, *, mails: bool
) -> None:
    settings.EMAIL_URL = "smtp://mail.example" if mails else ""
    for path in (NEW, f"/people/{support_user.pk}/"):
        assert ("to reset the password" in text(admin_client.get(path))) is mails


def test_people_with_profiles_are_suggested(admin_client: Client, support_user: User) -> None:
    assert '<option value="sam">' in text(admin_client.get(NEW))


def test_unknown_profile_is_refused(admin_client: Client) -> None:
    stranger = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    response = admin_client.post(NEW, ADA | {"profiles": stranger})
    assert response.status_code == 422
    assert "A selected profile no longer exists" in text(response)
    assert not User.objects.filter(username="ada").exists()


def test_profile_cannot_be_assigned_while_api_is_down(admin_client: Client, sandbox: SandboxServer) -> None:
    chosen = sandbox.profiles()[2]["id"]
    sandbox.fault(route="me", kind="status", status=500, times=3)
    assert "Profiles can’t be added" in text(admin_client.post(NEW, ADA | {"profiles": chosen}))
    assert not ProfileAccess.objects.filter(profile_id=UUID(chosen)).exists()


def test_profile_search_by_htmx_gets_list_only(admin_client: Client) -> None:
    response = admin_client.post(NEW, ADA | {"find": "zebra", "look": "1"}, headers=FRAGMENT)
    assert response["X-Fragment"] == "1"
    assert "No profile is called “zebra”." in text(response)
    assert not User.objects.filter(username="ada").exists()


def test_single_account_has_no_profiles_to_choose(admin_client: Client, use_key: Callable[[str], None]) -> None:
    use_key("sandbox-user")
    page = text(admin_client.get(NEW))
    assert 'name="find"' not in page
    assert "Can view all contacts." in page
