"""Access control: roles, assigned profiles and kinds of API key give a scope. Deny by default."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, User
from django.test import Client

from contacts_ui.access import (
    CONTACT_ROLES,
    ScopeDenied,
    last_scope,
    remember_visit,
    scope_for,
    scopes_across,
    visible_profiles,
)
from contacts_ui.models import ProfileAccess
from contacts_ui.roles import ROLES, Role, role_of, set_role
from contacts_ui.sent_api.types import Profile, sorted_by_name
from contacts_ui.views import audit_log, exports, people
from testing.sandbox_server import SandboxServer

from .html import rows, text


def _ids(sandbox: SandboxServer) -> list[UUID]:
    return [UUID(profile["id"]) for profile in sandbox.profiles()]


def test_admin_sees_account_and_every_profile(desk_api: SandboxServer, admin_user: User) -> None:
    assert scope_for(admin_user, None).profile_id is None
    for profile_id in _ids(desk_api):
        assert scope_for(admin_user, profile_id).profile_id == str(profile_id)


def test_superuser_counts_as_admin(desk_api: SandboxServer, db: None) -> None:
    root = User.objects.create_superuser("root", password="x")
    assert len(visible_profiles(root)) == 13


def test_support_sees_only_assigned_profiles(desk_api: SandboxServer, support_user: User) -> None:
    ids = _ids(desk_api)
    for profile_id in ids[1:4]:
        assert scope_for(support_user, profile_id).profile_id == str(profile_id)
    for denied in (None, ids[0], *ids[4:], uuid4()):
        with pytest.raises(ScopeDenied):
            scope_for(support_user, denied)


def test_assignment_without_role_grants_nothing(desk_api: SandboxServer, user_without_role: User) -> None:
    ProfileAccess.objects.create(user=user_without_role, profile_id=_ids(desk_api)[1])
    with pytest.raises(ScopeDenied):
        scope_for(user_without_role, _ids(desk_api)[1])


def test_assigned_profile_unknown_to_key_grants_nothing(desk_api: SandboxServer, support_user: User) -> None:
    foreign = uuid4()
    ProfileAccess.objects.create(user=support_user, profile_id=foreign)
    with pytest.raises(ScopeDenied):
        scope_for(support_user, foreign)


def test_deactivated_user_sees_nothing(desk_api: SandboxServer, admin_user: User) -> None:
    admin_user.is_active = False
    assert len(visible_profiles(admin_user)) == 0


@pytest.mark.parametrize("key", ["sandbox-user", "sandbox-profile"])
def test_single_account_key_shows_account_to_support(
    desk_api: SandboxServer, use_key: Callable[[str], None], support_user: User, key: str
) -> None:
    use_key(key)
    scope = scope_for(support_user, None)
    assert (scope.profile_id, scope.switchable) == (None, False)
    with pytest.raises(ScopeDenied):
        scope_for(support_user, _ids(desk_api)[0])


@pytest.mark.parametrize("role", [None, "auditor"])
@pytest.mark.parametrize("key", ["sandbox-user", "sandbox-profile"])
def test_single_account_key_denies_auditor_and_user_without_role(
    desk_api: SandboxServer, use_key: Callable[[str], None], user_without_role: User, key: str, role: str | None
) -> None:
    use_key(key)
    set_role(user_without_role, role)
    with pytest.raises(ScopeDenied):
        scope_for(user_without_role, None)
    assert desk_api.requests() == []


@pytest.mark.parametrize("key", ["sandbox-user", "sandbox-profile"])
def test_single_account_key_has_no_switcher_and_no_profile_header(
    admin_client: Client, sandbox: SandboxServer, use_key: Callable[[str], None], key: str
) -> None:
    use_key(key)
    response = admin_client.get("/account/contacts/")
    assert rows(response)
    assert "switch profile" not in text(response)
    assert all(call["profile"] is None for call in sandbox.requests())


@pytest.mark.parametrize("kind", [None, "Organization", 5, "admin", ""])
def test_unknown_account_type_shows_nothing(desk_api: SandboxServer, support_client: Client, kind: object) -> None:
    desk_api.fault(route="me", kind="patch", set={"data.type": kind}, times=2)
    response = support_client.get("/account/contacts/")
    assert response.status_code == 502
    assert rows(response) == []
    assert {call["path"] for call in desk_api.requests()} == {"/v3/me"}


def test_user_without_profiles_is_told_who_can_assign_them(
    desk_api: SandboxServer, user_without_role: User, admin_user: User
) -> None:
    client = Client()
    client.force_login(user_without_role)
    page = text(client.get("/"))
    assert "No profiles are assigned to you yet" in page
    assert "Ask an admin (mara) to assign profiles." in page


def test_home_redirects_to_last_visited_scope(admin_client: Client, sandbox: SandboxServer) -> None:
    assert admin_client.get("/")["Location"] == "/account/contacts/"
    path = f"/p/{_ids(sandbox)[3]}/contacts/"
    admin_client.get(path)
    assert admin_client.get("/")["Location"] == path
    admin_client.get("/account/contacts/")
    assert admin_client.get("/")["Location"] == "/account/contacts/"


def test_last_scope_is_never_a_revoked_one(desk_api: SandboxServer, support_user: User) -> None:
    ids = _ids(desk_api)
    remember_visit(support_user, scope_for(support_user, ids[2]))
    ProfileAccess.objects.filter(user=support_user, profile_id=ids[2]).delete()
    scope = last_scope(support_user)
    assert scope is not None
    assert scope.profile_id in {str(ids[1]), str(ids[3])}


@pytest.mark.slow
def test_scope_is_constructed_only_in_access_module() -> None:
    makers = set()
    for path in (Path(django_settings.BASE_DIR) / "contacts_ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Scope":
                makers.add(path.name)
    assert makers == {"access.py"}


def test_roles_exist_after_migration(db: None) -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {"admin", "auditor", "exporter", "support"}


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        ((), None),
        (("a group of their own",), None),
        (("support", "exporter"), "exporter"),
        (("support", "admin"), "admin"),
        (("admin", "auditor"), "auditor"),
    ],
)
def test_one_role_counts_among_several_groups(
    user_without_role: User, groups: tuple[str, ...], role: str | None
) -> None:
    user_without_role.groups.set([Group.objects.get_or_create(name=name)[0] for name in groups])
    assert role_of(user_without_role) == role


def test_auditor_sees_no_assigned_profile(support_user: User, desk_api: SandboxServer) -> None:
    set_role(support_user, "auditor")
    with pytest.raises(ScopeDenied):
        scope_for(support_user, _ids(desk_api)[1])


def test_profile_id_is_sent_as_api_spells_it(admin_client: Client, sandbox: SandboxServer) -> None:
    shouted = sandbox.profiles()[1]["id"].upper()
    sandbox.fault(route="me", kind="patch", set={"data.profiles.1.id": shouted})
    admin_client.get(f"/p/{shouted.lower()}/contacts/")
    assert sandbox.requests()[-1]["profile"] == shouted


# --- Size ----------------------------------------------------------------------------------------


def test_profiles_are_indexed_and_sorted_once(
    admin_user: User, support_user: User, desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not at every request: a thousand profiles would cost 5 ms each time."""
    sorts = list[int]()

    def counted(profiles: Iterable[Profile]) -> tuple[Profile, ...]:
        sorts.append(1)
        return sorted_by_name(profiles)

    monkeypatch.setattr("contacts_ui.sent_api.types.sorted_by_name", counted)
    for user in (admin_user, support_user) * 2:
        visible = visible_profiles(user)
        assert [profile.id for profile in visible.by_name] == [
            each.id for each in sorted_by_name(visible.profiles.values())
        ]
        assert visible.account.profiles_by_id is visible_profiles(user).account.profiles_by_id
    assert len(sorts) == 1


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_sentence_of_role_says_what_its_views_allow(role: Role) -> None:
    allowed = {
        "export": exports.export_new,
        "the audit log": audit_log.audit_export,
        "manage people": people.people_list,
    }
    for sentence in (role.text, role.single_text):
        said = {words: words in sentence for words in allowed}
        rights = {words: role.name in view.allowed_roles for words, view in allowed.items()}  # type: ignore[attr-defined]
        rights["export"] |= rights["the audit log"]  # it is exported too
        assert said == rights
        assert ("not contacts" in sentence) == (role.name not in CONTACT_ROLES)


@pytest.mark.parametrize(
    "role", [role for role in ROLES if "look a number up" in role.text], ids=lambda role: role.name
)
def test_role_that_may_look_a_number_up_has_scopes_across(desk_api: SandboxServer, db: None, role: Role) -> None:
    user = User.objects.create_user("lou", password="x")
    set_role(user, role.name)
    for profile_id in _ids(desk_api)[:2]:
        ProfileAccess.objects.create(user=user, profile_id=profile_id)
    assert len(scopes_across(user).scopes) == 2
