"""What ends something for a person asks first, names them, and says how to undo it."""

from __future__ import annotations

import re
from html import unescape

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.models import ProfileAccess
from contacts_ui.roles import role_of
from testing.sandbox_server import SandboxServer
from tests.test_people_edit import assigned, path_of, save

from .html import text


@pytest.mark.parametrize("action", ["switch-off", "sign-out", "remove-factors"])
def test_action_by_get_asks_and_names_person(
    admin_client: Client, support_client: Client, support_user: User, action: str
) -> None:
    User.objects.filter(pk=support_user.pk).update(first_name="Sam", last_name="Cruz")
    Authenticator.objects.create(user=support_user, type="totp", data={})
    page = text(admin_client.get(f"{path_of(support_user)}do/", {"do": action}))
    assert re.search(r"<h1>[^<]* Sam Cruz\?</h1>", page)
    assert "undo" in page
    assert f'name="do" value="{action}"' in page
    assert support_client.get("/preferences/").status_code == 200
    assert Authenticator.objects.exists()
    assert User.objects.get(pk=support_user.pk).is_active


def test_switching_on_by_get_does_nothing(admin_client: Client, support_user: User) -> None:
    User.objects.filter(pk=support_user.pk).update(is_active=False)
    response = admin_client.get(f"{path_of(support_user)}do/", {"do": "switch-on"})
    assert response["Location"] == path_of(support_user)
    assert not User.objects.get(pk=support_user.pk).is_active


def test_person_page_asks_before_what_ends_something(admin_client: Client, support_user: User) -> None:
    Authenticator.objects.create(user=support_user, type="totp", data={})
    page = text(admin_client.get(path_of(support_user)))
    form = page.split('class="actions__form" method="get"', 1)[1].split("</form>", 1)[0]
    assert re.findall(r'name="do" value="([\w-]+)"', form) == ["sign-out", "remove-factors", "switch-off"]
    assert 'class="actions__form" method="post"' not in page


@pytest.mark.parametrize("action", ["switch-off", "sign-out", "remove-factors"])
def test_nobody_is_asked_about_superuser_or_oneself(
    admin_client: Client, admin_user: User, root_user: User, action: str
) -> None:
    for user in (admin_user, root_user):
        assert admin_client.get(f"{path_of(user)}do/", {"do": action})["Location"] == path_of(user)


def test_role_removal_asks_first_and_names_person(admin_client: Client, support_user: User) -> None:
    response = save(admin_client, support_user, role="none", name="Sam Cruz")
    page = text(response)
    assert "<h1>Take the role Support from Sam Cruz?</h1>" in page or "<h1>Take the role Support from sam?</h1>" in page
    assert "To undo this, give them the role Support again here." in page
    assert role_of(User.objects.get(pk=support_user.pk)) == "support"


def test_question_before_a_role_says_all_that_the_form_changes(admin_client: Client, support_user: User) -> None:
    User.objects.filter(pk=support_user.pk).update(first_name="Mira", last_name="Novak")
    page = text(save(admin_client, support_user, role="none", name="Mira Nowak"))
    assert "<b>Mira Novak: role from Support to none; name from Mira Novak to Mira Nowak</b>" in page


def test_question_names_three_profiles_and_counts_the_others(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    ProfileAccess.objects.filter(user=support_user).delete()
    profiles = sorted(sandbox.profiles()[1:6], key=lambda profile: str(profile["name"]).casefold())
    for profile in profiles:
        ProfileAccess.objects.create(user=support_user, profile_id=profile["id"])
    names, ids = [profile["name"] for profile in profiles], [profile["id"] for profile in profiles]
    for kept, said in (
        ([], f"5 profiles removed: {', '.join(names[:3])} and 2 more</b>"),
        (ids[3:], f"3 profiles removed: {names[0]}, {names[1]} and {names[2]}</b>"),
        (ids[1:], f"1 profile removed: {names[0]}</b>"),
    ):
        assert said in unescape(text(save(admin_client, support_user, role="none", profiles=kept)))


def test_confirmed_role_removal_saves_whole_form(admin_client: Client, support_user: User) -> None:
    page = text(save(admin_client, support_user, role="none", name="Sam Cruz"))
    before = assigned(support_user)
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.split('<form class="panel"', 1)[1])
    sent: dict[str, list[str]] = {}
    for name, value in fields:
        sent.setdefault(name, []).append(value)
    assert admin_client.post(path_of(support_user), sent).status_code == 302
    kept = User.objects.get(pk=support_user.pk)
    assert (role_of(kept), kept.get_full_name(), assigned(kept)) == (None, "Sam Cruz", before)
