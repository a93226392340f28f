"""People list: who needs attention, as filters and on the row; the state of an invitation; profiles by name."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry, ProfileAccess
from contacts_ui.roles import set_role
from testing.sandbox_server import SandboxServer

from .html import fragment, text
from .test_people import PEOPLE, _names

DAY = timedelta(days=1)


def _chips(page: str) -> dict[str, tuple[int, str]]:
    """Count and address of each kind of attention."""
    pattern = r'<a class="chip chip--amber" href="([^"]+)".*?</svg>([^<]+) <b>(\d+)</b>'
    return {label: (int(count), url) for url, label, count in re.findall(pattern, page)}


def _signed_in(*people: User) -> None:
    User.objects.filter(pk__in=[person.pk for person in people]).update(last_login=datetime.now(UTC))


def test_admin_without_second_factor_is_a_filter_and_on_the_row(admin_client: Client, support_user: User) -> None:
    page = text(admin_client.get(PEOPLE))
    count, url = _chips(page)["Admins and auditors without a second factor"]
    assert (count, url) == (1, "/people/?attention=no-factor")
    assert _names(text(admin_client.get(url))) == ["mara"]
    assert page.count(">No second factor</span>") == 1


@pytest.mark.parametrize("kept_by", ["the desk", "the provider"])
def test_admin_with_second_factor_needs_no_attention(admin_client: Client, admin_user: User, kept_by: str) -> None:
    if kept_by == "the desk":
        Authenticator.objects.create(user=admin_user, type="totp", data={})
    else:
        SocialAccount.objects.create(user=admin_user, provider="oidc-x", uid="1")
    page = text(admin_client.get(PEOPLE))
    assert "Admins and auditors without a second factor" not in _chips(page)
    assert ">No second factor</span>" not in page


def test_support_agent_without_profiles_is_a_filter_and_on_the_row(admin_client: Client, support_user: User) -> None:
    assert "No profiles" not in _chips(text(admin_client.get(PEOPLE)))
    ProfileAccess.objects.all().delete()
    page = text(admin_client.get(PEOPLE))
    assert _names(text(admin_client.get(_chips(page)["No profiles"][1]))) == ["sam"]
    assert page.count(">No profiles</span>") == 1


def test_person_who_never_signed_in_is_a_filter(admin_client: Client, admin_user: User, support_user: User) -> None:
    _signed_in(admin_user)
    assert "Never signed in" not in text(admin_client.get(PEOPLE))  # added a moment ago
    User.objects.filter(pk=support_user.pk).update(date_joined=datetime.now(UTC) - DAY)
    page = text(admin_client.get(PEOPLE))
    assert _names(text(admin_client.get(_chips(page)["Never signed in"][1]))) == ["sam"]


def test_deactivated_person_needs_no_attention(admin_client: Client, admin_user: User, support_user: User) -> None:
    _signed_in(admin_user)
    ProfileAccess.objects.all().delete()
    User.objects.filter(pk=support_user.pk).update(is_active=False)
    assert set(_chips(text(admin_client.get(PEOPLE)))) == {"Admins and auditors without a second factor"}


def test_active_filter_is_marked_and_leads_back(admin_client: Client) -> None:
    page = text(admin_client.get(PEOPLE, {"attention": "no-factor", "search": "m"}))
    assert re.search(r'href="/people/\?search=m" aria-current="true"', page)
    assert '<input type="hidden" name="attention" value="no-factor">' in page


def test_unknown_attention_is_ignored_with_warning(admin_client: Client) -> None:
    assert "Unknown filter ignored." in text(admin_client.get(PEOPLE, {"attention": "hunger"}))


@pytest.fixture
def ada(admin_client: Client) -> User:
    """Somebody new, whose link was made a moment ago."""
    admin_client.post("/people/new/", {"username": "ada", "role": "support", "save": "1"})
    return User.objects.get(username="ada")


def test_new_person_is_shown_as_invited(admin_client: Client, ada: User) -> None:
    assert re.search(r"Invited (just now|\d+ s ago)", text(admin_client.get(PEOPLE)))


def test_invited_person_is_late_once_the_link_has_ended(
    admin_client: Client, admin_user: User, ada: User, settings: Settings
) -> None:
    _signed_in(admin_user)
    User.objects.filter(pk=ada.pk).update(date_joined=datetime.now(UTC) - 3 * DAY)
    assert "Never signed in" not in _chips(text(admin_client.get(PEOPLE)))  # with a new link of today
    assert "No profiles" in _chips(text(admin_client.get(PEOPLE)))
    settings.PASSWORD_RESET_TIMEOUT = 0
    page = text(admin_client.get(PEOPLE))
    assert _names(text(admin_client.get(_chips(page)["Never signed in"][1]))) == ["ada"]


def test_link_that_is_too_old_is_an_expired_invitation(admin_client: Client, ada: User, settings: Settings) -> None:
    settings.PASSWORD_RESET_TIMEOUT = 0
    assert "Invitation expired" in text(admin_client.get(PEOPLE))


def test_invitation_by_a_marked_session_counts(admin_client: Client, ada: User, settings: Settings) -> None:
    made = AuditEntry.objects.get(action="person.link_made")
    settings.PASSWORD_RESET_TIMEOUT = 3600
    marked = AuditEntry(at=made.at, action=made.action, outcome="ok", about="eve (session by a link from mara)")
    marked.save()
    eve = User.objects.create(username="eve")
    eve.set_unusable_password()
    eve.save()
    assert text(admin_client.get(PEOPLE)).count("Invited ") == 2


def test_row_names_two_profiles_and_counts_the_others(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    names = sorted((profile["name"] for profile in sandbox.profiles()[1:4]), key=str.casefold)
    page = text(admin_client.get(PEOPLE))
    shown = re.findall(r'<a href="/people/profiles/[^"]+/">([^<]+)</a>', page)
    assert shown == [name.replace("&", "&amp;") for name in names[:2]]
    assert '+1<span class="visually-hidden"> more</span>' in page


def test_profiles_are_counted_where_names_are_not_known(
    admin_client: Client, support_user: User, sandbox: SandboxServer
) -> None:
    sandbox.fault(route="me", kind="status", status=500, times=3)
    assert "3</span>" in text(admin_client.get(PEOPLE))


def test_activity_of_person_is_one_click_away(admin_client: Client, support_user: User) -> None:
    for page in (text(admin_client.get(PEOPLE)), text(admin_client.get(f"/people/{support_user.pk}/"))):
        assert 'href="/audit/?person=sam"' in page


def test_role_filter_and_attention_go_together(admin_client: Client, support_user: User) -> None:
    set_role(support_user, "auditor")
    parameters = {"attention": "no-factor", "role": "auditor"}
    assert _names(text(fragment(admin_client, PEOPLE, **parameters))) == ["sam"]
