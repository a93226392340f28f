"""Adding and editing people: validation, profile assignments, stale forms, permissions and audit events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.test import Client
from pytest_django import Settings

from contacts_ui.audit import AuditEvent
from contacts_ui.audit import log as audit_log
from contacts_ui.gateway import get_gateway
from contacts_ui.models import AuditEntry, ProfileAccess
from contacts_ui.roles import role_of, set_role
from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, text

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer


def path_of(user: User) -> str:
    """The page of one person."""
    return f"/people/{user.pk}/"


def as_shown(client: Client, user: User, find: str = "") -> dict[str, Any]:
    """Form data of the page as a browser would send it unchanged."""
    return as_sent(text(client.get(path_of(user), {"find": find} if find else {})))


def as_sent(page: str) -> dict[str, Any]:
    """Form data of a page that was fetched already."""
    form = page.split('id="person"', 1)[1].split("</form>", 1)[0]
    sent: dict[str, Any] = {"profiles": re.findall(r'name="profiles" value="([^"]+)" checked', form), "save": "1"}
    for name in ("version", "found", "kept"):
        sent[name] = re.findall(rf'name="{name}" value="([^"]*)"', form)[0]
    for name in ("name", "email"):
        sent[name] = re.findall(rf'name="{name}" type="\w+" maxlength="\d+" value="([^"]*)"', form)[0]
    sent["role"] = re.findall(r'name="role" value="(\w+)" checked', form)[0]
    return sent


def save(client: Client, user: User, **changes: Any) -> Answer:
    """Saves the form with these changes."""
    return client.post(path_of(user), as_shown(client, user) | changes)


def assigned(user: User) -> set[str]:
    """Ids of the assigned profiles."""
    return {str(known) for known in ProfileAccess.objects.filter(user=user).values_list("profile_id", flat=True)}


def written(action: str) -> list[tuple[str | None, str | None]]:
    """Audit rows of an action as (person, about), in order; without those of the test itself, which have no person."""
    rows = AuditEntry.objects.filter(action=action, person__isnull=False).order_by("pk")
    return list(rows.values_list("person", "about"))


def _new(client: Client, **typed: str) -> Answer:
    asked = {"username": "ada", "name": "Ada Lovelace", "email": "Ada@Example.org", "role": "support"}
    return client.post("/people/new/", asked | typed)


# --- Adding ----------------------------------------------------------------------------------------


def test_added_person_has_role_and_no_password(admin_client: Client) -> None:
    assert _new(admin_client).status_code == 200
    ada = User.objects.get(username="ada")
    assert (ada.get_full_name(), ada.email, role_of(ada)) == ("Ada Lovelace", "ada@example.org", "support")
    assert not ada.has_usable_password()


def test_added_person_without_role_sees_nothing(admin_client: Client) -> None:
    assert _new(admin_client, role="none").status_code == 200
    ada = User.objects.get(username="ada")
    assert role_of(ada) is None
    client = Client()
    client.force_login(ada)
    assert client.get("/account/contacts/").status_code == 404
    assert written("role.changed") == []


def test_addition_is_recorded_once(admin_client: Client) -> None:
    _new(admin_client)
    assert written("person.changed") == [("mara", "ada: added")]
    assert written("person.link_made") == [("mara", "ada")]
    assert written("role.changed") == [("mara", "ada: support, was no role")]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"username": "SAM"}, "This user name is already taken."),
        ({"username": "sam@example.org"}, "This user name is already taken."),
        ({"email": "SAM@example.org"}, "This e-mail address is already in use."),
        ({"email": "sam at home"}, "Enter a valid e-mail address."),
        ({"username": ""}, "Enter a user name."),
        ({"username": "a b"}, "Use letters, digits and"),
        ({"role": "king"}, "Choose one of these roles."),
        ({"role": ""}, "Choose one of these roles."),
    ],
)
def test_invalid_field_is_reported_and_input_is_kept(
    admin_client: Client, support_user: User, typed: dict[str, str], sentence: str
) -> None:
    User.objects.filter(pk=support_user.pk).update(email="Sam@Example.org")
    response = _new(admin_client, **typed)
    assert response.status_code == 422
    assert sentence in text(response)
    assert 'value="Ada Lovelace"' in text(response)
    assert User.objects.count() == 2


# --- Editing ---------------------------------------------------------------------------------------


def test_saving_unchanged_form_changes_nothing(admin_client: Client, support_user: User) -> None:
    before = assigned(support_user)
    assert save(admin_client, support_user).status_code == 302
    assert assigned(support_user) == before
    kinds = ("role.changed", "profile.assignment", "person.changed")
    assert AuditEntry.objects.filter(action__in=kinds, person="mara").count() == 0


def test_name_and_email_change_is_recorded_without_values(admin_client: Client, support_user: User) -> None:
    save(admin_client, support_user, name="  Sam  de la   Cruz ", email="Sam@Example.org")
    support_user.refresh_from_db()
    assert (support_user.get_full_name(), support_user.email) == ("Sam de la Cruz", "sam@example.org")
    assert written("person.changed") == [("mara", "sam: name and e-mail")]


def test_replaced_email_address_is_deleted(admin_client: Client, support_user: User) -> None:
    EmailAddress.objects.create(user=support_user, email="old@example.org", verified=True)
    save(admin_client, support_user, email="new@example.org")
    assert not EmailAddress.objects.filter(email="old@example.org").exists()


def test_email_address_of_other_person_is_taken(
    admin_client: Client, support_user: User, user_without_role: User
) -> None:
    EmailAddress.objects.create(user=user_without_role, email="nia@example.org")
    response = save(admin_client, support_user, email="NIA@example.org", name="Typed")
    assert "This e-mail address is already in use." in text(response)
    assert 'value="Typed"' in text(response)


def test_saved_role_replaces_previous_role(admin_client: Client, support_user: User) -> None:
    save(admin_client, support_user, role="exporter")
    assert list(support_user.groups.values_list("name", flat=True)) == ["exporter"]
    assert written("role.changed") == [("mara", "sam: exporter, was support")]


def test_role_applies_from_next_request(root_client: Client, support_client: Client, support_user: User) -> None:
    assert support_client.get("/people/").status_code == 403
    save(root_client, support_user, role="admin", confirm="role")
    support_client.force_login(User.objects.get(pk=support_user.pk))  # a promotion ends all sessions
    assert support_client.get("/people/").status_code == 200
    save(root_client, support_user, role="support", confirm="role")
    assert support_client.get("/people/").status_code == 403


def test_assignments_apply_from_next_request(
    admin_client: Client, support_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    ids = [profile["id"] for profile in sandbox.profiles()]
    assert support_client.get(f"/p/{ids[1]}/contacts/").status_code == 200
    save(admin_client, support_user, profiles=[ids[2], ids[3], ids[7]])
    assert support_client.get(f"/p/{ids[1]}/contacts/").status_code == 404
    assert support_client.get(f"/p/{ids[7]}/contacts/").status_code == 200


def test_each_assignment_change_is_recorded_once(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    ids = [profile["id"] for profile in sandbox.profiles()]
    save(admin_client, support_user, profiles=[ids[2], ids[3], ids[7]])
    assert written("profile.assignment") == [("mara", "sam: taken away"), ("mara", "sam: assigned")]
    scopes = AuditEntry.objects.filter(action="profile.assignment", person="mara").order_by("pk")
    assert list(scopes.values_list("scope", flat=True)) == [ids[1], ids[7]]


@pytest.mark.parametrize("role", ["admin", "auditor", "none"])
def test_role_without_assignments_has_its_own_warning(admin_client: Client, user_without_role: User, role: str) -> None:
    set_role(user_without_role, None if role == "none" else role)
    assert f"not-applicable--{role}" in text(admin_client.get(path_of(user_without_role)))


# --- Profile assignments ---------------------------------------------------------------------------


def test_profile_search_keeps_ticked_profiles_out_of_sight(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    before, other = assigned(support_user), sandbox.profiles()[8]
    sent = as_shown(admin_client, support_user, find=other["name"].upper())
    sent["profiles"] = [*sent["profiles"], other["id"]]
    assert admin_client.post(path_of(support_user), sent | {"find": sent["found"]}).status_code == 302
    assert assigned(support_user) == before | {other["id"]}


@pytest.mark.parametrize("by", ["the button", "Enter"])
def test_profile_search_without_javascript_saves_and_loses_nothing(
    admin_client: Client, support_user: User, sandbox: SandboxServer, by: str
) -> None:
    before, other = assigned(support_user), sandbox.profiles()[8]
    sent = as_shown(admin_client, support_user)
    sent |= {"profiles": [*sent["profiles"], other["id"]], "name": "Typed", "find": "zebra"}
    del sent["save"]
    response = admin_client.post(path_of(support_user), sent | ({"look": "1"} if by == "the button" else {}))
    page = text(response)
    assert response.status_code == 200
    assert "No profile is called “zebra”." in page
    assert assigned(support_user) == before
    again = as_sent(page)
    assert again["name"] == "Typed"
    assert set(again["kept"].split()) == before | {other["id"]}


def test_profile_search_by_htmx_gets_list_only(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    sent = as_shown(admin_client, support_user) | {"find": sandbox.profiles()[8]["name"]}
    response = admin_client.post(path_of(support_user), sent, headers=FRAGMENT)
    assert response["X-Fragment"] == "1"
    assert re.findall(r"<span>([^<]+)</span></label>", text(response)) == [sandbox.profiles()[8]["name"]]
    assert "3</span> selected" in text(response)


@pytest.mark.slow
def test_thousand_assigned_profiles_are_edited_without_loss(
    admin_client: Client, user_without_role: User, settings: Settings
) -> None:
    with SandboxServer(contacts=0, profiles=1000) as many:
        settings.SENT_API_URL = many.url
        get_gateway.cache_clear()
        ids = [profile["id"] for profile in many.profiles()]
        ProfileAccess.objects.bulk_create(ProfileAccess(user=user_without_role, profile_id=UUID(one)) for one in ids)
        page = text(admin_client.get(path_of(user_without_role)))
        assert len(page) < 300_000
        assert "500 of 1,000 shown: find the others by name." in page
        sent = as_sent(page)
        sent["profiles"] = sent["profiles"][1:]
        assert admin_client.post(path_of(user_without_role), sent).status_code == 302
        assert len(assigned(user_without_role)) == 999


def test_assignments_are_shown_by_id_and_kept_when_api_is_down(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    before = assigned(support_user)
    sandbox.fault(route="me", kind="status", status=500, times=9)
    page = text(admin_client.get(path_of(support_user)))
    assert "The messaging service isn’t answering, so profiles can’t be added now." in page
    assert set(as_sent(page)["profiles"]) == before
    assert save(admin_client, support_user, role="exporter").status_code == 302
    assert assigned(support_user) == before


def test_assignments_cannot_be_added_when_api_is_down(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    before, other = assigned(support_user), sandbox.profiles()[8]["id"]
    sandbox.fault(route="me", kind="status", status=500, times=9)
    response = save(admin_client, support_user, profiles=[*before, other], name="Typed")
    assert response.status_code == 422
    assert "Profiles can’t be added while the messaging service isn’t answering" in text(response)
    assert assigned(support_user) == before


def test_assignments_can_be_removed_when_api_is_down(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    sandbox.fault(route="me", kind="status", status=500, times=9)
    save(admin_client, support_user, profiles=[])
    assert assigned(support_user) == set()


def test_assignment_unknown_to_api_is_kept(admin_client: Client, support_user: User) -> None:
    foreign = uuid4()
    ProfileAccess.objects.create(user=support_user, profile_id=foreign)
    assert f"{foreign}<small> ID, not known now</small>" in text(admin_client.get(path_of(support_user)))
    save(admin_client, support_user, name="Typed")
    assert str(foreign) in assigned(support_user)


def test_unknown_profile_cannot_be_assigned(admin_client: Client, support_user: User) -> None:
    response = save(admin_client, support_user, profiles=[str(uuid4()), "no id"])
    assert "A selected profile no longer exists" in text(response)
    assert len(assigned(support_user)) == 3


# --- Permissions and stale forms -------------------------------------------------------------------


def test_stale_form_is_refused(admin_client: Client, support_user: User) -> None:
    old = as_shown(admin_client, support_user)
    save(admin_client, support_user, role="exporter")
    response = admin_client.post(path_of(support_user), old | {"name": "Typed"})
    assert response.status_code == 422
    assert "Someone changed this person while this page was open" in text(response)
    assert 'value="Typed"' in text(response)
    assert role_of(User.objects.get(pk=support_user.pk)) == "exporter"


def test_sign_in_of_person_does_not_make_form_stale(admin_client: Client, support_user: User) -> None:
    old = as_shown(admin_client, support_user)
    Client().force_login(support_user)
    assert admin_client.post(path_of(support_user), old | {"name": "Typed"}).status_code == 302


def test_own_role_cannot_be_changed(admin_client: Client, admin_user: User) -> None:
    sent = as_shown(admin_client, admin_user) | {"role": "support", "name": "Mara Ellis"}
    assert admin_client.post(path_of(admin_user), sent).status_code == 302
    kept = User.objects.get(pk=admin_user.pk)
    assert (role_of(kept), kept.get_full_name()) == ("admin", "Mara Ellis")


def test_admin_cannot_change_superuser(admin_client: Client) -> None:
    root = User.objects.create_superuser("root", "root@example.org", "x")
    response = save(admin_client, root, email="mine@example.org", role="support")
    assert "Only a superuser can change a superuser." in text(response)
    root.refresh_from_db()
    assert (root.email, root.is_superuser) == ("root@example.org", True)


def test_superuser_can_demote_superuser(admin_client: Client, admin_user: User) -> None:
    User.objects.filter(pk=admin_user.pk).update(is_superuser=True)
    root = User.objects.create_superuser("root", password="x")
    save(admin_client, root, role="support", confirm="role")
    assert role_of(User.objects.get(pk=root.pk)) == "support"
    assert ("mara", "root: no longer superuser") in written("role.changed")


def test_two_admins_cannot_demote_each_other(
    admin_client: Client, admin_user: User, user_without_role: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_role(user_without_role, "admin")
    sent = as_shown(admin_client, user_without_role) | {"role": "support"}
    # Simulates the race: after the role check of this request, its user is demoted.
    monkeypatch.setattr("contacts_ui.people.editing.load_profiles", _then(lambda: set_role(admin_user, "support")))
    assert admin_client.post(path_of(user_without_role), sent).status_code == 403
    assert role_of(User.objects.get(pk=user_without_role.pk)) == "admin"


def _then(effect: Any) -> Any:
    from contacts_ui.people.assignments import load_profiles

    def known() -> Any:
        effect()
        return load_profiles()

    return known


def test_unrecordable_edit_is_not_saved(
    admin_client: Client, support_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, before = as_shown(admin_client, support_user), assigned(support_user)

    def broken(event: AuditEvent) -> Any:
        if event.action == "profile.assignment":
            raise DatabaseError
        return values(event)

    values = audit_log._values
    monkeypatch.setattr(audit_log, "_values", broken)
    response = admin_client.post(path_of(support_user), sent | {"role": "exporter", "profiles": [], "name": "Typed"})
    assert response.status_code == 503
    kept = User.objects.get(pk=support_user.pk)
    assert (role_of(kept), kept.get_full_name(), assigned(kept)) == ("support", "", before)
