"""Saved views: who is offered them, what they hold, the URL they stand for, and the default view."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts_ui.access import scope_for
from contacts_ui.contacts.saved_views import MAX_OWN, MAX_SHARED
from contacts_ui.contacts.view_form import SavedViewForm
from contacts_ui.models import AuditEntry, Preferences, ProfileAccess, SavedView
from testing.sandbox_server import SandboxServer

from .html import RESTORE, fragment, rows, text

LIST, VIEWS = "/account/contacts/", "/account/views/"
METHODS = dict.fromkeys(("GET", "HEAD", "POST", "OPTIONS"), 404) | dict.fromkeys(("PUT", "PATCH", "DELETE"), 405)
SMS = {"name": "By SMS", "channel": "sms", "place": "here", "audience": "me"}


@pytest.fixture
def profile(sandbox: SandboxServer) -> str:
    """A profile that is assigned to the support agent."""
    return str(sandbox.profiles()[1]["id"])


@pytest.fixture
def colleague(desk_api: SandboxServer, db: None, profile: str) -> Client:
    """Browser of another support agent with the same profile."""
    return _client("olga", "support", profile)


def _client(username: str, role: str, *profiles: str) -> Client:
    user = User.objects.create_user(username, password="x")
    user.groups.add(Group.objects.get(name=role))
    for profile_id in profiles:
        ProfileAccess.objects.create(user=user, profile_id=UUID(profile_id))
    client = Client()
    client.force_login(user)
    return client


def _view(owner: User, **fields: object) -> SavedView:
    return SavedView.objects.create(**({"owner": owner, "name": "By SMS", "channel": "sms"} | fields))


def _names(client: Client, path: str = VIEWS) -> list[str]:
    """Names of the views on the page of views, "All contacts" left out."""
    page = text(client.get(path)).split("<main")[1]
    return re.findall(r'class="phone__link" href="[^"]+">([^<]+)</a>', page)[1:]


def _chips(page: str) -> dict[str, str]:
    """Name and URL of each view above the table."""
    bar = page.partition('id="views"')[2].partition("</nav>")[0]
    found = re.findall(r'class="view-chip" href="([^"]+)" hx-get="([^"]+)".*?<span>(.*?)</span>', bar)
    assert all(href == get for href, get, _ in found)
    return {name: href.replace("&amp;", "&") for href, _, name in found}


def _current(page: str) -> list[str]:
    """Names of the views that are marked as the one shown."""
    bar = page.partition('id="views"')[2].partition("</nav>")[0]
    return re.findall(r'aria-current="true"><span>(.*?)</span>', bar)


# --- Saving ----------------------------------------------------------------------------------------


def test_saved_view_leads_to_ordinary_url_and_is_marked_there(admin_client: Client) -> None:
    response = admin_client.post(f"{VIEWS}new/", SMS | {"page_size": "20", "columns": ["created", "region"]})
    assert response["Location"] == f"{LIST}?channel=sms&page_size=20&columns=region+created"
    page = text(admin_client.get(response["Location"]))
    assert _current(page) == ["By SMS"]
    assert _chips(page) == {"All contacts": f"{LIST}?view=all", "By SMS": response["Location"]}


def test_form_starts_with_filters_of_list_and_without_its_search(admin_client: Client) -> None:
    page = text(admin_client.get(f"{LIST}?search=2025550&channel=whatsapp&page_size=100&columns=region&page=1"))
    (url,) = re.findall(r'href="([^"]+)" data-save-view', page)
    assert url == f"{VIEWS}new/?channel=whatsapp&amp;page_size=100&amp;columns=region"
    form = text(admin_client.get(url.replace("&amp;", "&"))).split("<main")[1]
    assert re.findall(r'value="(\w+)" checked', form) == ["here", "me", "whatsapp", "100", "these", "region"]


def test_view_that_others_see_is_recorded_and_own_one_is_not(admin_client: Client) -> None:
    everyone = SMS | {"audience": "everyone"}
    admin_client.post(f"{VIEWS}new/", SMS)
    path = f"{VIEWS}{SavedView.objects.get().pk}/"
    for sent in (everyone, everyone, SMS, everyone):
        assert admin_client.post(path, sent).status_code == 302
    admin_client.post(f"{path}delete/")
    events = AuditEntry.objects.filter(action="view.changed").order_by("pk")
    deeds = ["shared", "changed", "no longer shared", "shared", "deleted"]
    assert [(entry.about, entry.scope) for entry in events] == [(f"By SMS: {deed}", "account") for deed in deeds]


@pytest.mark.parametrize(
    "name",
    ["", "  ", "+44 7700 900123", "Q4 2026", "1-2-3-4", "٠١٢٣", "四四七九", "❹❹❼❾", "⑩⑪", "x" * 61, "a\0b", "\u200b"],
)
def test_name_with_number_or_nothing_is_refused(admin_client: Client, name: str) -> None:
    response = admin_client.post(f"{VIEWS}new/", SMS | {"name": name})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in text(response)
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"channel": ""}, {"channel": "fax"}, {"page_size": "7"}, {"columns": "phone"}, {"place": "x"}, {"audience": ""}],
)
def test_view_of_nothing_or_nonsense_is_refused(admin_client: Client, wrong: dict[str, str]) -> None:
    assert admin_client.post(f"{VIEWS}new/", SMS | wrong).status_code == 422
    assert not SavedView.objects.exists()


def test_second_view_of_same_name_is_refused(admin_client: Client) -> None:
    assert [admin_client.post(f"{VIEWS}new/", SMS).status_code for _ in range(2)] == [302, 422]
    assert [admin_client.post(f"{VIEWS}new/", SMS | {"place": "any"}).status_code for _ in range(2)] == [302, 422]
    assert SavedView.objects.count() == 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [100, pytest.param(1000, marks=pytest.mark.exhaustive)])
def test_random_views_hold_no_run_of_four_digits(admin_user: User, desk_api: SandboxServer, number: int) -> None:
    """Whatever is sent, searches and numbers included: what is stored has no run of four digits."""
    dice, scope = random.Random(16), scope_for(admin_user, None)
    parts = [
        "sms",
        "",
        "+447700900123",
        "0044 7700",
        "12",
        "a",
        "４４７７",
        "20",
        "100",
        "region",
        "here",
        "any",
        "me",
        "7",
    ]
    fields = ("name", "channel", "page_size", "place", "audience", "search", "phone", "role", "scope")
    good = {"channel": "sms", "page_size": "50", "place": "here", "audience": "everyone"}
    saved = tried = 0
    while saved < number:
        tried += 1
        values = {field: dice.choice(parts) for field in fields}
        values |= {field: value for field, value in good.items() if dice.random() < 0.95}
        sent = QueryDict(urlencode(values | {"name": values["name"] + dice.choice(parts)}))
        form = SavedViewForm(sent, user=admin_user, scope=scope, view=SavedView(owner=admin_user))
        if form.is_valid() and form.save():
            saved += 1
            (stored,) = SavedView.objects.values_list(
                "name", "scope", "channel", "page_size", "columns", "audience", "role"
            )
            assert not re.search(r"\d{4}", str(stored)), stored
            SavedView.objects.all().delete()
    assert tried > 1.5 * number


def test_own_views_end_at_limit(admin_client: Client, admin_user: User) -> None:
    SavedView.objects.bulk_create(SavedView(owner=admin_user, name=f"v{n}", channel="sms") for n in range(MAX_OWN))
    assert f"You have {MAX_OWN} views." in text(admin_client.post(f"{VIEWS}new/", SMS))
    assert SavedView.objects.count() == MAX_OWN


def test_shared_views_end_at_limit_of_profile(admin_client: Client, colleague: Client, profile: str) -> None:
    owners = [User.objects.create_user(f"o{n}") for n in range(2)]
    SavedView.objects.bulk_create(
        SavedView(owner=owners[n % 2], name=f"v{n}", scope=profile, channel="sms", audience="everyone")
        for n in range(MAX_SHARED)
    )
    here = f"/p/{profile}/views/new/"
    assert "views are shared here already" in text(colleague.post(here, SMS | {"audience": "role"}))
    assert "views are shared here already" in text(
        admin_client.post(here, SMS | {"audience": "everyone", "place": "any"})
    )
    assert colleague.post(here, SMS).status_code == 302
    assert admin_client.post(f"{VIEWS}new/", SMS | {"audience": "everyone"}).status_code == 302


def test_other_rows_a_page_leave_view_marked(admin_client: Client, admin_user: User) -> None:
    _view(admin_user)
    _view(admin_user, name="By SMS, short", page_size=20)
    for query, marked in (("channel=sms", "By SMS"), ("channel=sms&page_size=100&page=2", "By SMS")):
        assert _current(text(admin_client.get(f"{LIST}?{query}"))) == [marked]
    assert _current(text(admin_client.get(f"{LIST}?channel=sms&page_size=20"))) == ["By SMS, short"]
    assert _current(text(admin_client.get(f"{LIST}?page_size=20"))) == ["All contacts"]
    for query in ("channel=whatsapp", "search=55&channel=sms", "channel=sms&columns=region"):
        assert _current(text(admin_client.get(f"{LIST}?{query}"))) == []


# --- Who sees and changes what -----------------------------------------------------------------------


@pytest.mark.parametrize(("method", "status"), METHODS.items())
def test_private_view_of_other_person_is_absent_by_every_method(
    admin_client: Client, support_user: User, method: str, status: int
) -> None:
    """The response is that of a view that does not exist, but for the reference to quote. 405 is that of every URL."""
    view = _view(support_user)
    for path in ("", "delete/", "default/"):
        answers = [admin_client.generic(method, f"{VIEWS}{number}/{path}") for number in (view.pk, view.pk + 1)]
        assert {answer.status_code for answer in answers} == {status}, path
        assert len({re.sub(r"desk_\w+|nonce\S+", "", text(answer)) for answer in answers}) == 1
    view.refresh_from_db()


def test_private_view_of_other_person_is_on_no_page(admin_client: Client, support_user: User) -> None:
    _view(support_user)
    for path in (VIEWS, LIST, "/account/go/"):
        assert "By SMS" not in text(admin_client.get(path))


@pytest.mark.parametrize(
    ("shared", "seen_by"),
    [
        ({"audience": "me"}, set()),
        ({"audience": "role", "role": "support"}, {"support"}),
        ({"audience": "role", "role": "exporter"}, {"exporter"}),
        ({"audience": "everyone"}, {"support", "exporter", "admin"}),
    ],
)
def test_shared_view_is_offered_to_its_audience_alone(
    desk_api: SandboxServer, support_user: User, profile: str, shared: dict[str, str], seen_by: set[str]
) -> None:
    _view(support_user, scope=profile, **shared)
    clients = {role: _client(role, role, profile) for role in ("support", "exporter", "admin")}
    assert {role for role, client in clients.items() if _names(client, f"/p/{profile}/views/")} == seen_by


def test_view_of_one_profile_is_offered_in_no_other(
    support_client: Client, support_user: User, sandbox: SandboxServer, profile: str
) -> None:
    here, everywhere = _view(support_user, scope=profile), _view(support_user, name="Everywhere")
    other = sandbox.profiles()[2]["id"]
    assert _names(support_client, f"/p/{profile}/views/") == ["By SMS", "Everywhere"]
    assert _names(support_client, f"/p/{other}/views/") == ["Everywhere"]
    assert support_client.get(f"/p/{other}/views/{here.pk}/").status_code == 404
    assert support_client.get(f"/p/{other}/views/{everywhere.pk}/").status_code == 200


def test_view_goes_with_profile_that_is_taken_away(support_client: Client, support_user: User, profile: str) -> None:
    view = _view(support_user, scope=profile)
    assert support_client.get(f"/p/{profile}/views/{view.pk}/").status_code == 200
    ProfileAccess.objects.filter(user=support_user, profile_id=UUID(profile)).delete()
    assert support_client.get(f"/p/{profile}/views/{view.pk}/").status_code == 404
    assert "By SMS" not in text(support_client.get("/go/", follow=True))


def test_shared_view_is_changed_by_owner_and_admin_alone(
    support_client: Client, colleague: Client, admin_client: Client, support_user: User, profile: str
) -> None:
    view = _view(support_user, scope=profile, audience="role", role="support")
    path = f"/p/{profile}/views/{view.pk}/"
    changed = SMS | {"audience": "role", "channel": "whatsapp"}
    assert [client.post(path, changed).status_code for client in (colleague, admin_client)] == [404, 404]
    SavedView.objects.update(audience="everyone")
    statuses = [client.post(path, changed).status_code for client in (colleague, admin_client, support_client)]
    assert statuses == [404, 302, 302]
    view.refresh_from_db()
    assert (view.channel, view.role, view.owner) == ("whatsapp", "support", support_user)


def test_only_admin_shares_with_every_profile(support_client: Client, admin_client: Client, profile: str) -> None:
    sent = SMS | {"audience": "everyone", "place": "any"}
    assert "Only an admin can share" in text(support_client.post(f"/p/{profile}/views/new/", sent))
    assert admin_client.post(f"{VIEWS}new/", sent).status_code == 302
    assert _names(support_client, f"/p/{profile}/views/") == ["By SMS"]


def test_owner_is_column_of_views_for_admins_alone(admin_client: Client, support_client: Client, profile: str) -> None:
    here = f"/p/{profile}/views/new/"
    assert [">Owner</label>" in text(client.get(here)) for client in (admin_client, support_client)] == [True, False]
    assert support_client.post(here, SMS | {"columns": "owner"}).status_code == 422


def test_single_account_reads_no_word_of_profiles(
    admin_client: Client, admin_user: User, use_key: Callable[[str], None]
) -> None:
    use_key("sandbox-user")
    assert admin_client.post(f"{VIEWS}new/", SMS | {"audience": "everyone"}).status_code == 302
    view = SavedView.objects.get()
    for path in (VIEWS, f"{VIEWS}new/", f"{VIEWS}{view.pk}/", f"{VIEWS}{view.pk}/delete/", "/account/go/", LIST):
        page = text(admin_client.get(path)).split("<body")[1]
        assert "profile" not in re.sub(r'data-profile-id|"/[^"]*"|profile"?\]', "", page).lower(), path


def test_markup_in_name_is_escaped(admin_client: Client, admin_user: User) -> None:
    view = _view(admin_user, name="<b>x</b>")
    for path in (LIST, VIEWS, "/account/go/", f"{VIEWS}{view.pk}/", f"{VIEWS}{view.pk}/delete/"):
        page = text(admin_client.get(path))
        assert "<b>x" not in page
        assert "&lt;b&gt;x" in page


# --- Links outlive views --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("number", [25, pytest.param(100, marks=pytest.mark.exhaustive)])
def test_editing_and_deleting_changes_none_of_links(
    admin_client: Client, admin_user: User, caching_api: SandboxServer, number: int
) -> None:
    dice = random.Random(1)
    for index in range(25):
        columns = dice.sample(["region", "channels", "created", "updated"], dice.randint(0, 3)) or None
        channel, size = dice.choice(["sms", "whatsapp", None]), 20
        _view(admin_user, name=f"v{index}", channel=channel, page_size=size, columns=columns)
    links = re.findall(r'phone__link" href="([^"]+)"', text(admin_client.get(VIEWS)))[1:]
    urls = [f"{url.replace('&amp;', '&')}&page={page}" for url in links for page in range(1, number // 25 + 1)]
    assert len(urls) == number

    def shown() -> list[tuple[list[str], list[str]]]:
        pages = [fragment(admin_client, url) for url in urls]
        return [(rows(page), re.findall(r'scope="col" class="c-(\w+)"', text(page))) for page in pages]

    before = shown()
    for index, view in enumerate(SavedView.objects.all()):
        if index % 2:
            assert admin_client.post(f"{VIEWS}{view.pk}/delete/").status_code == 302
        else:
            changed = SMS | {"name": f"new{index}", "channel": "whatsapp"}
            assert admin_client.post(f"{VIEWS}{view.pk}/", changed).status_code == 302
    assert SavedView.objects.count() == 13
    assert shown() == before


@pytest.mark.slow
def test_views_cost_one_query_and_no_call(admin_client: Client, admin_user: User, caching_api: SandboxServer) -> None:
    admin_client.get(LIST)

    def page() -> tuple[int, int, str]:
        caching_api.reset_requests()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            body = text(admin_client.get(f"{LIST}?channel=sms"))
        of_views = [query for query in asked.captured_queries if "FROM contacts_ui_savedview" in query["sql"]]
        return len(asked), len(of_views), body

    page()
    before = page()
    others = [User.objects.create_user(f"o{n}") for n in range(2)]
    made = [SavedView(owner=admin_user, name=f"v{n:03}", channel="sms") for n in range(MAX_OWN)]
    made += [
        SavedView(owner=others[n % 2], name=f"w{n:03}", page_size=20, audience="everyone") for n in range(MAX_SHARED)
    ]
    SavedView.objects.bulk_create(made)
    after = page()
    assert (before[:2], after[:2]) == ((before[0], 1), (before[0], 1))
    assert caching_api.requests() == []
    assert "All 150 views" in after[2]
    assert list(_chips(after[2])) == ["All contacts", *(f"v{n:03}" for n in range(9))]


def test_list_of_views_asks_for_all_owners_at_once(admin_client: Client, caching_api: SandboxServer) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin_client.get("/account/views/").status_code == 200
        return len(asked)

    queries()
    without = queries()
    for number in range(3):
        _view(User.objects.create_user(f"o{number}"), audience="everyone")
    assert queries() == without + 1


def test_fragment_does_not_load_views(admin_client: Client, admin_user: User) -> None:
    _view(admin_user)
    with CaptureQueriesContext(connection) as asked:
        assert "By SMS" not in text(fragment(admin_client, f"{LIST}?channel=sms"))
    assert not [query for query in asked.captured_queries if "savedview" in query["sql"]]


def test_count_is_shown_where_known_with_its_time(
    admin_client: Client, admin_user: User, caching_api: SandboxServer
) -> None:
    _view(admin_user)
    _view(admin_user, name="By WhatsApp", channel="whatsapp")
    admin_client.get("/")
    caching_api.reset_requests()
    assert " contacts at " not in text(admin_client.get(VIEWS))
    assert caching_api.requests() == []
    admin_client.get(f"{LIST}?channel=sms&page_size=20")
    page = text(admin_client.get(VIEWS))
    assert re.findall(r"SMS · (\d+) contacts at \d\d:\d\d UTC", page)
    assert page.count(" contacts at ") == 1
    assert len([call for call in caching_api.requests() if call["path"] != "/v3/me"]) == 1


def test_failed_list_keeps_its_views(admin_client: Client, admin_user: User, sandbox: SandboxServer) -> None:
    _view(admin_user)
    sandbox.fault(route="contacts", kind="status", status=500)
    assert list(_chips(text(admin_client.get(LIST)))) == ["All contacts", "By SMS"]


# --- Default view ----------------------------------------------------------------------------------


@pytest.fixture
def default(admin_client: Client, admin_user: User) -> SavedView:
    """A view that the admin has made the default."""
    view = _view(admin_user)
    assert admin_client.post(f"{VIEWS}{view.pk}/default/").status_code == 302
    return view


def test_bare_url_leads_to_default_view(admin_client: Client, default: SavedView) -> None:
    assert admin_client.get(LIST)["Location"] == f"{LIST}?channel=sms"


@pytest.mark.parametrize("query", ["?view=all", "?search=", "?search=&channel=", "?page=1", "?utm=1"])
def test_any_parameter_leads_past_default_view(admin_client: Client, default: SavedView, query: str) -> None:
    page = text(admin_client.get(f"{LIST}{query}"))
    assert _current(page) == ["All contacts"]


def test_fragment_and_history_restore_never_open_default_view(admin_client: Client, default: SavedView) -> None:
    answer = fragment(admin_client, LIST, current=f"{LIST}?channel=sms")
    assert (answer.status_code, answer["HX-Push-Url"]) == (200, f"{LIST}?view=all")
    assert admin_client.get(LIST, headers=RESTORE).status_code == 200


def test_list_without_filters_has_its_own_url_beside_default_view(admin_client: Client, default: SavedView) -> None:
    page = text(admin_client.get(f"{LIST}?channel=sms"))
    assert re.findall(r'class="chip" href="([^"]+)"', page) == [f"{LIST}?view=all"]
    switcher = text(admin_client.get("/account/profiles/?view=all"))
    assert "/contacts/?view=all" in switcher


def test_default_view_of_other_profile_has_no_effect(
    admin_client: Client, default: SavedView, profile: str, admin_user: User
) -> None:
    SavedView.objects.update(scope=profile)
    assert admin_client.get(LIST).status_code == 200
    assert admin_client.get(f"/p/{profile}/contacts/").status_code == 302


def test_default_view_is_gone_with_its_view(admin_client: Client, default: SavedView, admin_user: User) -> None:
    assert admin_client.post(f"{VIEWS}{default.pk}/delete/").status_code == 302
    assert Preferences.objects.get(user=admin_user).default_view is None
    assert admin_client.get(LIST).status_code == 200


def test_default_view_is_taken_back(admin_client: Client, default: SavedView) -> None:
    assert "Remove default" in text(admin_client.get(VIEWS))
    admin_client.post(f"{VIEWS}{default.pk}/default/", {"off": "1"})
    assert admin_client.get(LIST).status_code == 200


def test_default_view_that_is_no_longer_shared_has_no_effect(
    support_client: Client, admin_user: User, profile: str
) -> None:
    view = _view(admin_user, audience="everyone")
    assert support_client.post(f"/p/{profile}/views/{view.pk}/default/").status_code == 302
    assert support_client.get(f"/p/{profile}/contacts/").status_code == 302
    SavedView.objects.update(audience="me")
    assert support_client.get(f"/p/{profile}/contacts/").status_code == 200


# --- Columns in a URL ---------------------------------------------------------------------------------


def test_ticking_columns_starts_from_the_current_ones(admin_client: Client, admin_user: User) -> None:
    Preferences.objects.create(user=admin_user, columns=["owner", "opt_out"])
    form = text(admin_client.get(f"{VIEWS}new/?channel=sms")).split("<main")[1]
    assert re.findall(r'name="column\w+" value="(\w+)" checked', form) == ["own", "owner", "opt_out"]
    assert admin_client.post(f"{VIEWS}new/", SMS | {"column_choice": "own", "columns": ["opt_out"]}).status_code == 302
    assert SavedView.objects.get().columns is None


def test_chosen_columns_are_kept_and_none_is_refused(admin_client: Client) -> None:
    response = admin_client.post(f"{VIEWS}new/", SMS | {"column_choice": "these"})
    assert "Choose at least one, or “Each person’s own”." in text(response)
    admin_client.post(f"{VIEWS}new/", SMS | {"column_choice": "these", "columns": ["region", "opt_out"]})
    assert SavedView.objects.get().columns == ["region", "opt_out"]


def test_view_shared_in_the_account_says_that_only_admins_see_it(
    admin_client: Client, support_client: Client, admin_user: User, profile: str
) -> None:
    assert "Admins only: others don’t have " in text(admin_client.get(f"{VIEWS}new/"))
    assert "Admins only" not in text(support_client.get(f"/{profile}/views/new/"))
    view = _view(admin_user, scope="account", audience="everyone")
    assert "Admins only" in text(admin_client.get(VIEWS))
    SavedView.objects.filter(pk=view.pk).update(scope=None)
    assert "Admins only" not in text(admin_client.get(VIEWS))


def test_columns_of_url_replace_preferred_ones(admin_client: Client, admin_user: User) -> None:
    Preferences.objects.create(user=admin_user, columns=["opt_out"])
    page = text(fragment(admin_client, f"{LIST}?columns=updated+region+nonsense"))
    assert re.findall(r'scope="col" class="c-(\w+)"', page) == ["phone", "region", "updated"]
    assert "There is no such column" in page


def test_links_and_forms_of_list_keep_columns(admin_client: Client) -> None:
    page = text(admin_client.get(f"{LIST}?columns=region&channel=sms"))
    links = re.findall(r'<a href="([^"]+)" rel="\w+"', page)
    assert links
    assert all("columns=region" in link for link in links)
    assert '<input type="hidden" form="filters" name="columns" value="region">' in page
    assert '<input type="hidden" name="columns" value="region">' in page


@pytest.mark.parametrize("search", ["", "&search=555-000"])
def test_clearing_filters_of_view_brings_own_columns_back(admin_client: Client, search: str) -> None:
    page = text(fragment(admin_client, f"{LIST}?channel=whatsapp&columns=region{search}"))
    found = re.findall(r'class="(?:chip|btn)" href="([^"]+)"[^>]*>([^<]*)<', page)
    links = {label or "chip": url for url, label in found}
    clears_search, all_channels = links.pop("Clear the search", None), links.pop("All channels", None)
    assert set(links) == ({"chip", "Clear search and filters"} if search else {"chip"})
    assert not [url for url in links.values() if "columns" in url]
    assert clears_search == (f"{LIST}?channel=whatsapp&amp;columns=region" if search else None)
    assert all_channels == (f"{LIST}?search=555-000&amp;as=555-000&amp;columns=region" if search else None)


def _switched_to(client: Client, current: str) -> set[str]:
    """The filters that the links of the switcher carry, as a page and as htmx loads it."""
    path = current.partition("contacts/")[0] + "profiles/"
    pages = (client.get(f"{path}?{current.partition('?')[2]}"), fragment(client, path, current=current))
    links = re.findall(r'class="menu-item" href="/p/[^"]+/contacts/([^"]*)"', "".join(map(text, pages)))
    assert links
    return {link.replace("&amp;", "&") for link in links}


@pytest.mark.parametrize(
    ("scope", "columns", "goes_along"),
    [(None, ["region"], True), ("account", ["region"], False), (None, ["created"], False)],
    ids=["view for every profile", "view of this list", "no view"],
)
def test_columns_go_along_only_with_view_for_every_profile(
    admin_client: Client, admin_user: User, scope: str | None, columns: list[str], goes_along: bool
) -> None:
    _view(admin_user, scope=scope, columns=columns)
    kept = "&columns=region" if goes_along else ""
    assert _switched_to(admin_client, f"{LIST}?channel=sms&columns=region") == {f"?channel=sms{kept}"}
    searched = f"{LIST}?search=555&channel=sms&columns=region"
    assert _switched_to(admin_client, searched) == {f"?search=555&channel=sms{kept}"}
    assert _switched_to(admin_client, f"{LIST}?columns=region") == {""}


@pytest.mark.parametrize("columns", ["region", "owner"])
def test_looked_up_rows_have_the_columns_of_their_head(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, columns: str
) -> None:
    Preferences.objects.create(user=admin_user, columns=["owner"] if columns == "region" else [])
    known = [number for number in sandbox.contacts(None).values() if number][:2]
    page = text(admin_client.get(LIST, {"search": "\n".join(known), "columns": columns}))
    cells = [re.findall(r'role="cell" class="c-(\w+)', row) for row in page.split('<tr role="row" data-contact-id')[1:]]
    assert cells == [re.findall(r'scope="col" class="c-(\w+)"', page)] * 2
