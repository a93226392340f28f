"""Principal: everything about who is asking comes by one SELECT, anew at every request."""

from __future__ import annotations

from uuid import UUID

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from contacts_ui.access import assigned_profile_ids
from contacts_ui.models import ProfileAccess, ScopeVisit
from contacts_ui.principal import ACCOUNT, principal_of
from contacts_ui.roles import role_of, set_role
from testing.sandbox_server import SandboxServer
from testing.totp import SECRET

from .changes import CHANGES, PAGE, do


def who(client: Client) -> User:
    """The person of a request, as a view has them."""
    return client.get(PAGE).wsgi_request.user  # type: ignore[return-value]


@pytest.mark.parametrize("name", CHANGES)
def test_change_counts_from_next_request_on(desk_api: SandboxServer, db: None, name: str) -> None:
    change = CHANGES[name]
    assert do(change, "ada") == (change.before, change.after)


def test_person_of_request_is_an_ordinary_user(support_client: Client, support_user: User) -> None:
    user = who(support_client)
    assert isinstance(user, User)
    assert user == support_user
    assert (user.is_active, user.is_staff, user.is_superuser) == (True, False, False)
    assert isinstance(user.is_active, bool)
    assert user.date_joined == support_user.date_joined  # read when it is asked for
    user.first_name = "Sam"
    user.save()
    assert User.objects.get(username="sam").check_password("x")


def test_request_knows_role_and_profiles_without_query(
    support_client: Client, support_user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    expected = frozenset(str(row.profile_id) for row in ProfileAccess.objects.filter(user=support_user))
    user = who(support_client)
    with django_assert_num_queries(0):
        assert role_of(user) == "support"
        assert assigned_profile_ids(user) == expected


def test_role_changed_within_request_counts_at_once(support_client: Client) -> None:
    user = who(support_client)
    set_role(user, "exporter")
    assert role_of(user) == "exporter"


def test_group_named_like_a_list_of_roles_is_no_role(support_client: Client, support_user: User) -> None:
    support_user.groups.set([Group.objects.create(name="x,admin,y")])
    assert role_of(who(support_client)) is None


def test_first_of_several_roles_counts(support_client: Client, support_user: User) -> None:
    support_user.groups.add(Group.objects.get(name="auditor"), Group.objects.get(name="admin"))
    assert role_of(who(support_client)) == "auditor"


@pytest.mark.parametrize("visits", [[], [None], [UUID(int=7), None], [None, UUID(int=7)]], ids=str)
def test_last_visit_is_the_newest(support_client: Client, support_user: User, visits: list[UUID | None]) -> None:
    for hour, profile_id in enumerate(visits):
        ScopeVisit.objects.create(
            user=support_user, profile_id=profile_id, visited_at=f"2026-11-26T{hour:02d}:00:00+00:00"
        )
    principal = principal_of(who(support_client))
    assert principal is not None
    assert principal.last_visit == (str(visits[-1] or ACCOUNT) if visits else None)


def test_former_secret_key_keeps_session(support_client: Client, settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 60
    assert who(support_client).username == "sam"
    settings.SECRET_KEY_FALLBACKS = []
    assert who(support_client).username == "sam"


def test_former_secret_key_keeps_every_request_under_way(
    desk_api: SandboxServer, admin_user: User, settings: Settings
) -> None:
    first, second = Client(), Client()
    first.post("/sign-in/", {"login": "mara", "password": "x"})
    second.cookies.load(first.cookies.output(header=""))
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 60
    assert [browser.get(PAGE).status_code for browser in (first, second, first)] == [200, 200, 200]
    assert first.get("/you/sessions/").content.decode().count("This browser") == 1


def test_former_secret_key_does_not_keep_session_of_former_password(
    support_client: Client, support_user: User, settings: Settings
) -> None:
    support_user.set_password("another")
    support_user.save()
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 60
    assert support_client.get(PAGE).status_code == 302


def test_unknown_secret_key_ends_session(support_client: Client, settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 60, []
    assert support_client.get(PAGE).status_code == 302


def test_second_factor_is_known_at_next_request(admin_client: Client, admin_user: User, settings: Settings) -> None:
    settings.REQUIRE_MFA = "admins"
    assert admin_client.get(PAGE).status_code == 302
    TOTP.activate(admin_user, SECRET)
    assert admin_client.get(PAGE).status_code == 200


def test_recovery_codes_alone_are_no_second_factor(admin_client: Client, admin_user: User, settings: Settings) -> None:
    settings.REQUIRE_MFA = "admins"
    factor = TOTP.activate(admin_user, SECRET).instance
    factor.type = "recovery_codes"
    factor.save()
    assert admin_client.get(PAGE).status_code == 302
