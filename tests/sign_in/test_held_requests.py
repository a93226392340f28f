"""A request that was interrupted for a proof loses nothing, and is kept where nobody reads it."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from contacts_ui.models import AuditEntry, GroupPolicy, ProfileAccess
from contacts_ui.roles import set_role
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, text
from tests.sign_in.asking import confirm, next_of

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer


def _held_form(client: Client, answer: Answer) -> tuple[str, dict[str, list[str]]]:
    """Action and fields of the form that goes on with a request."""
    page = text(client.get(answer["Location"]))
    form = page.split('<form class="panel settings__form" method="post"', 1)[1].split("</form>", 1)[0]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form):
        fields.setdefault(name, []).append(value)
    return re.findall(r'action="([^"]+)"', form)[0], fields


def test_interrupted_post_goes_on_with_every_field(root: Client, support_user: User) -> None:
    sent = {"username": "ada", "name": "Ada Lovelace", "email": "ada@example.org", "role": "support"}
    back = confirm(root, root.post("/people/new/", sent), password="x")
    action, fields = _held_form(root, back)
    assert not User.objects.filter(username="ada").exists()
    assert action == "/people/new/"
    assert {name: values for name, values in fields.items() if name != "csrfmiddlewaretoken"} == {
        name: [value] for name, value in sent.items()
    }
    root.post(action, fields)
    assert User.objects.get(username="ada").email == "ada@example.org"


def test_interrupted_link_names_the_person(root: Client, support_user: User) -> None:
    back = confirm(root, root.post(f"/people/{support_user.pk}/link/"), password="x")
    assert "Create a link for sam" in text(root.get(back["Location"]))
    assert not AuditEntry.objects.filter(action="person.link_made").exists()


def test_page_that_asks_says_for_what_and_the_next_has_its_button_focused(root: Client, support_user: User) -> None:
    asked = root.post(f"/people/{support_user.pk}/", {"role": "support", "name": "Sam", "save": "1"})
    assert "To do: Save sam. If you leave this page, it isn’t done." in text(root.get(asked["Location"]))
    back = confirm(root, asked, password="wrong")
    assert "To do: Save sam." in text(back)
    assert "To do:" not in text(root.get("/sign-in/again/?next=/people/"))
    back = confirm(root, asked, password="x")
    assert '<button class="btn btn--primary" type="submit" autofocus>Save sam' in text(root.get(back["Location"]))


def test_page_that_asks_names_an_action_of_a_button(root: Client, support_user: User) -> None:
    asked = root.get(f"/people/{support_user.pk}/do/?do=sign-out")
    assert "To do: Sign out sam. You’re asked before it’s done." in text(root.get(asked["Location"]))
    assert "To do: Sign out sam." in text(confirm(root, asked, password="wrong"))
    for url in (f"/people/{support_user.pk}/do/?do=x", "/people/0/do/?do=sign-out", "/x?do=sign-out", "//[x"):
        assert "To do:" not in text(root.get("/sign-in/again/", {"next": url})), url


def _both_pages(root: Client, url: str, sent: dict[str, Any]) -> list[str]:
    """The page that asks for the proof, and the one after it with the button."""
    asked = root.post(url, sent)
    asks = text(root.get(asked["Location"]))
    return [html.unescape(page) for page in (asks, text(root.get(confirm(root, asked, password="x")["Location"])))]


def test_pages_of_a_proof_say_what_changes_of_a_person(root: Client, support_user: User) -> None:
    kept, one, two = (str(uuid4()) for _ in range(3))
    for profile_id in (kept, one):
        ProfileAccess.objects.create(user=support_user, profile_id=profile_id)
    sent = {"name": "Mira Novak", "email": "", "role": "exporter", "profiles": [kept, two], "save": "1"}
    User.objects.filter(pk=support_user.pk).update(first_name="Mira", last_name="Novak", email="mira@example.org")
    before = ProfileAccess.objects.filter(user=support_user).count()
    said = (
        "<b>Mira Novak: role from Support to Exporter; e-mail from mira@example.org to none; "
        f"1 profile added; {before - 1} {'profile' if before == 2 else 'profiles'} removed: "
    )
    for page in _both_pages(root, f"/people/{support_user.pk}/", sent):
        assert said in page


def test_pages_of_a_proof_say_who_is_added(root: Client) -> None:
    sent = {"username": "ada", "name": "Ada Lovelace", "email": "ada@example.org", "role": "support"}
    for page in _both_pages(root, "/people/new/", sent):
        assert "<b>Ada Lovelace (ada): role Support</b>" in page


def test_pages_of_a_proof_say_for_whom_numbers_are_masked(root: Client) -> None:
    group, night = Group.objects.get(name="support"), Group.objects.create(name="Night shift")
    GroupPolicy.objects.create(group=night, mask_numbers=True)
    for page in _both_pages(root, "/people/masking/", {"masked": [str(group.pk)]}):
        assert "<b>Masked for Support. No longer masked for Night shift</b>" in page


@pytest.mark.parametrize("sent", [{"role": "nobody"}, {"role": "support", "name": ""}])
def test_pages_of_a_proof_claim_no_change_of_a_form_without_one(
    root: Client, support_user: User, sent: dict[str, str]
) -> None:
    ProfileAccess.objects.filter(user=support_user).delete()
    for page in _both_pages(root, f"/people/{support_user.pk}/", sent | {"save": "1"}):
        assert "role from" not in page
        assert "<b>" not in page.partition('class="card settings"')[2].partition("</form>")[0]


def test_change_is_told_as_it_is_now(root: Client, support_user: User) -> None:
    """Somebody else gave the role meanwhile."""
    asked = root.post(f"/people/{support_user.pk}/", {"role": "exporter", "name": "", "save": "1"})
    assert "role from Support to Exporter" in text(root.get(asked["Location"]))
    set_role(support_user, "exporter")
    assert "role from" not in text(root.get(asked["Location"]))


def test_interrupted_export_says_whose_contacts(root: Client, sandbox: SandboxServer) -> None:
    profile = sandbox.profiles()[1]
    asked = root.post(f"/p/{profile['id']}/contacts/export/", {"file_format": "csv", "start": "1"})
    assert f"To do: Export contacts of {profile['name']}." in text(root.get(asked["Location"]))


def test_interrupted_action_names_itself_and_the_person(root: Client, support_user: User) -> None:
    back = confirm(root, root.post(f"/people/{support_user.pk}/do/", {"do": "switch-off"}), password="x")
    assert "Deactivate sam" in text(root.get(back["Location"]))
    assert User.objects.get(pk=support_user.pk).is_active


def test_looking_for_profiles_does_not_ask(root: Client, support_user: User) -> None:
    sent = {"role": "support", "find": "a", "found": ""}
    assert root.post(f"/people/{support_user.pk}/", sent, headers=FRAGMENT).status_code == 200
    assert root.post(f"/people/{support_user.pk}/", sent | {"look": "1"}).status_code == 200


def test_save_disguised_as_looking_saves_nothing(root: Client, support_user: User) -> None:
    sent = {"role": "admin", "find": "", "found": "", "save": "1"}
    root.post(f"/people/{support_user.pk}/", sent, headers=FRAGMENT)
    root.post(f"/people/{support_user.pk}/", sent | {"look": "1"})
    assert list(support_user.groups.values_list("name", flat=True)) == ["support"]


def test_download_comes_back_to_a_page_with_its_filters(root: Client) -> None:
    back = confirm(root, root.get("/audit/export/?outcome=denied"), password="x")
    page = text(root.get(back["Location"]))
    assert 'href="/audit/export/?outcome=denied"' in page
    assert root.get("/audit/export/?outcome=denied")["Content-Type"] == "text/csv; charset=utf-8"


def test_fragment_moves_the_whole_page(root: Client) -> None:
    answer = root.get("/people/new/", headers=FRAGMENT)
    assert (answer.status_code, answer["X-Fragment"]) == (204, "1")
    assert answer["HX-Redirect"] == "/sign-in/again/?next=%2Fpeople%2Fnew%2F"


def test_held_request_is_not_readable_in_database(root: Client) -> None:
    root.post("/people/new/", {"username": "ada.lovelace", "email": "ada@example.org"})
    kept = str(dict(root.session))
    assert "ada.lovelace" not in kept  # a dot is in no base64, which holds any three letters now and then
    assert root.session.session_key is not None
    assert root.session.session_key not in kept


def test_interrupted_password_is_kept_nowhere(root: Client, support_user: User) -> None:
    path = f"/admin/auth/user/{support_user.pk}/password/"
    asked = root.post(path, {"password1": "a long new password", "password2": "a long new password"})
    assert next_of(asked) == path
    assert "desk.step_up.held" not in root.session


def test_held_request_is_gone_once_it_was_sent(root: Client) -> None:
    back = confirm(root, root.post("/people/new/", {"username": "ada", "role": "support"}), password="x")
    root.post("/people/new/", {"username": "ada", "role": "support"})
    assert back["Location"] == "/you/confirmed/"
    assert root.get("/you/confirmed/").status_code == 302


def test_cancel_leads_back_to_the_person(root: Client, support_user: User) -> None:
    page = text(root.get(root.get(f"/people/{support_user.pk}/do/?do=sign-out")["Location"]))
    assert f'<a class="btn btn--quiet" href="/people/{support_user.pk}/">Cancel</a>' in page


def test_posted_request_with_forged_token_is_not_held(root_user: User, desk_api: SandboxServer) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(root_user)
    assert strict.post("/people/new/", {"username": "ada"}).status_code == 403
    assert "desk.step_up.held" not in strict.session
