"""People list: rows, search and filters, pagination, query count, and access."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from contacts_ui.roles import set_role
from testing.sandbox_server import SandboxServer

from .html import RESTORE, fragment, scopes, text

PEOPLE = "/people/"
# Who is asking, count, rows, their profiles, links, attention, first steps, quota stops.
QUERIES = 8


def _names(page: str) -> list[str]:
    """Names of the people shown, in order."""
    return re.findall(r'<a class="phone__link" href="/people/\d+/">([^<]*)</a>', page)


def _row(page: str, username: str) -> list[str]:
    """Text of each cell in the row of one person."""
    found = next(row for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if f">{username}</a>" in row)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", found, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells]


def _crowd(number: int) -> None:
    """Creates this many users in the group `support`."""
    names = (f"agent-{index:04}" for index in range(number))
    users = User.objects.bulk_create(User(username=name, email=f"{name}@example.org") for name in names)
    group, through = Group.objects.get(name="support"), User.groups.through
    through.objects.bulk_create(through(user=user, group=group) for user in users)


def test_page_lists_everybody_by_user_name(admin_client: Client, support_user: User, user_without_role: User) -> None:
    page = text(admin_client.get(PEOPLE))
    assert page.startswith("<!doctype html>")
    assert _names(page) == ["mara", "nia", "sam"]
    assert "3 people" in page


def test_row_shows_role_profiles_status_mfa_and_last_sign_in(admin_client: Client, support_user: User) -> None:
    User.objects.filter(pk=support_user.pk).update(
        email="sam@example.org", last_login=datetime.now(UTC) - timedelta(days=2, minutes=1)
    )
    Authenticator.objects.create(user=support_user, type="totp", data={})
    said = _row(text(admin_client.get(PEOPLE)), "sam")
    assert said[:3] == ["sam", "sam@example.org", "Support"]
    assert said[4:] == ["Active", "Second factor: Yes", "Signed in 2 d ago", "Activity of sam"]


def test_admin_row_says_all_profiles_and_auditor_row_none(admin_client: Client, user_without_role: User) -> None:
    set_role(user_without_role, "auditor")
    page = text(admin_client.get(PEOPLE))
    assert _row(page, "mara")[3] == "All profiles"
    assert _row(page, "nia")[3] == "— profiles"


def test_superuser_is_shown_as_admin(admin_client: Client) -> None:
    User.objects.create_superuser("root", password="x")
    assert _row(text(admin_client.get(PEOPLE)), "root")[2] == "Admin"


def test_deactivated_person_keeps_role_in_list(admin_client: Client, support_user: User) -> None:
    User.objects.filter(pk=support_user.pk).update(is_active=False)
    assert _row(text(admin_client.get(PEOPLE)), "sam")[4] == "Deactivated"


@pytest.mark.parametrize("typed", ["sam", "SAM", "sam@", "smith", "  smith   sam "])
def test_search_finds_name_user_name_and_email(admin_client: Client, support_user: User, typed: str) -> None:
    User.objects.filter(pk=support_user.pk).update(last_name="Smith", email="sam@example.org")
    assert _names(text(admin_client.get(PEOPLE, {"search": typed}))) == ["Smith"]


@pytest.mark.parametrize(
    ("role", "names"), [("support", ["sam"]), ("admin", ["mara"]), ("none", ["nia"]), ("auditor", [])]
)
def test_list_is_filtered_by_role(
    admin_client: Client, support_user: User, user_without_role: User, role: str, names: list[str]
) -> None:
    assert _names(text(admin_client.get(PEOPLE, {"role": role}))) == names


def test_list_is_filtered_by_status(admin_client: Client, support_user: User) -> None:
    User.objects.filter(pk=support_user.pk).update(is_active=False)
    assert _names(text(admin_client.get(PEOPLE, {"status": "off"}))) == ["sam"]
    assert _names(text(admin_client.get(PEOPLE, {"status": "active"}))) == ["mara"]


def test_empty_result_says_so(admin_client: Client) -> None:
    page = text(admin_client.get(PEOPLE, {"search": "zebra"}))
    assert "No matches" in page
    assert "0 people match" in page


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"role": "king"}, "Unknown role ignored"),
        ({"status": "asleep"}, "Unknown status ignored"),
        ({"page": "0"}, "There is no such page"),
        ({"page": "１２x"}, "There is no such page"),
        ({"page": "2147483648"}, "There is no such page"),
        ({"search": "x" * 101}, "The search was too long"),
        ({"search": "a\0b"}, "The search was too long or had invalid characters"),
    ],
)
def test_invalid_parameter_is_ignored_with_warning(
    admin_client: Client, support_user: User, parameters: dict[str, str], sentence: str
) -> None:
    response = admin_client.get(PEOPLE, parameters)
    assert response.status_code == 200
    assert sentence in text(response)
    assert _names(text(response)) == ["mara", "sam"]


def test_fragment_has_rows_only(admin_client: Client) -> None:
    response = fragment(admin_client, PEOPLE, current=PEOPLE, role="admin")
    assert (response["X-Fragment"], response["HX-Push-Url"]) == ("1", "/people/?role=admin")
    assert "<!doctype" not in text(response)
    assert _names(text(response)) == ["mara"]
    assert scopes(response) == {""}


def test_further_typing_replaces_history_entry(admin_client: Client) -> None:
    response = fragment(admin_client, PEOPLE, current="/people/?search=ma", search="mar")
    assert response["HX-Replace-Url"] == "/people/?search=mar"


def test_history_restore_gets_whole_page(admin_client: Client) -> None:
    assert text(admin_client.get(PEOPLE, headers=RESTORE)).startswith("<!doctype html>")


def test_page_holds_fifty_people(admin_client: Client) -> None:
    _crowd(120)
    first, third = text(admin_client.get(PEOPLE)), text(admin_client.get(PEOPLE, {"page": "3"}))
    assert (len(_names(first)), len(_names(third))) == (50, 21)
    assert 'href="/people/?page=2" rel="next"' in first
    assert "101 to 121" in re.sub(r"<[^>]+>", "", third)


def test_page_past_end_names_last_page(admin_client: Client) -> None:
    assert "The last page is 1" in text(admin_client.get(PEOPLE, {"page": "9"}))


@pytest.mark.parametrize("number", [10, 1200])
def test_query_count_is_independent_of_number_of_people(
    admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    _crowd(number)
    admin_client.get(PEOPLE)  # writes the last-seen time of the session
    with django_assert_num_queries(QUERIES):
        admin_client.get(PEOPLE)


def test_list_is_shown_while_api_fails(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="me", kind="status", status=500)
    response = admin_client.get(PEOPLE)
    assert response.status_code == 200
    assert "Profiles" in text(response)  # the kind of key is not known


def test_list_asks_api_for_kind_of_key_once(admin_client: Client, caching_api: SandboxServer) -> None:
    for _ in range(3):
        admin_client.get(PEOPLE)
    assert [request["path"] for request in caching_api.requests()] == ["/v3/me"]


@pytest.mark.parametrize("path", ["", "new/", "{id}/", "{id}/do/", "{id}/link/"])
@pytest.mark.parametrize("role", ["support", "exporter", "auditor", None])
def test_people_pages_are_for_admins_only(
    desk_api: SandboxServer, user_without_role: User, admin_user: User, role: str, path: str
) -> None:
    set_role(user_without_role, role)
    client = Client()
    client.force_login(user_without_role)
    address = PEOPLE + path.format(id=admin_user.pk)
    assert (client.get(address).status_code, client.post(address).status_code) == (403, 403 if path else 405)


@pytest.mark.parametrize("number", ["999999", "9" * 30])
@pytest.mark.parametrize("path", ["", "do/", "link/"])
def test_unknown_person_is_404(admin_client: Client, number: str, path: str) -> None:
    sent = {"do": "switch-off", "save": "1"}
    assert admin_client.post(f"{PEOPLE}{number}/{path}", sent).status_code == 404
