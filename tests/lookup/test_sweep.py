"""Sweep: the lookup that the worker makes, profile by profile; stopped, resumed, killed, taken away."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from contacts_ui.access import scopes_across
from contacts_ui.audit import search_hashes
from contacts_ui.contacts import lookup_run, lookup_sweep
from contacts_ui.contacts.lookup_store import lookup_of, progress_of
from contacts_ui.contacts.scope_answers import ScopeAnswer, question_about
from contacts_ui.gateway import Gateway
from contacts_ui.models import AuditEntry, GroupPolicy, NumberLookup, NumberLookupAnswer, ProfileAccess, QuotaWindow
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.audit.conftest import unwritable
from tests.html import FRAGMENT, text

from .conftest import Owners
from .test_page import LOOKUP, NOBODYS, asked, said

pytestmark = pytest.mark.slow  # each asks for many profiles

__all__ = ["unwritable"]


@pytest.fixture
def own_api(
    desk_api: SandboxServer, own_lists: SandboxServer, settings: Settings, use_key: Callable[[str], None]
) -> SandboxServer:
    """A desk whose account's list does not hold its profiles' rows, so that only a sweep answers for many."""
    own_lists.clear()
    settings.SENT_API_URL = own_lists.url
    use_key(settings.SENT_API_KEY)
    return own_lists


@pytest.fixture
def agent(support_client: Client, support_user: User, own_api: SandboxServer) -> Client:
    """The support agent, with seven profiles of twelve."""
    for profile in own_api.profiles()[4:8]:
        ProfileAccess.objects.create(user=support_user, profile_id=UUID(profile["id"]))
    return support_client


@pytest.fixture
def shared(known_owners: Owners, sandbox: SandboxServer) -> str:
    """A number that some of the agent's profiles have, and some others."""
    mine = {profile["id"] for profile in sandbox.profiles()[1:8]}
    return next(number for number, owners in known_owners.items() if len(owners & mine) > 1 and owners - mine - {None})


def started(client: Client, number: str) -> str:
    """Starts a sweep; the path of its page."""
    response = client.post(LOOKUP, {"number": number, "start": "1"})
    assert response.status_code == 302
    return str(response["Location"])


def test_sweep_is_offered_with_its_price_and_asks_nothing_yet(
    agent: Client, own_api: SandboxServer, shared: str
) -> None:
    page = text(agent.post(LOOKUP, {"number": shared}, follow=True))
    assert "Ask 7 profiles: 7 API calls, about 5 seconds" in page
    assert said(page) == {"here": [], "unanswered": [], "absent": []}
    assert len(asked(own_api)) <= 6  # the account's list was tried, and proved to be its own alone
    assert not NumberLookup.objects.exclude(state="shown").exists()


def test_price_counts_forms_and_share_of_budget(settings: Settings) -> None:
    settings.SENT_BUDGET_PER_MINUTE = 120
    assert lookup_sweep.price_of(214, 1) == lookup_sweep.Price(214, 214, 215)
    assert lookup_sweep.price_of(214, 1).minutes == 4
    assert lookup_sweep.price_of(214, 2).calls == 428


def test_sweep_answers_for_each_profile_of_the_person(
    agent: Client, own_api: SandboxServer, known_owners: Owners, shared: str
) -> None:
    path = started(agent, shared)
    assert "0 of 7 asked" in text(agent.get(path))
    run_tasks()
    page = text(agent.get(path))
    names = {profile["id"]: profile["name"] for profile in own_api.profiles()[1:8]}
    assert set(said(page)["here"]) == {name for key, name in names.items() if key in known_owners[shared]}
    assert len(said(page)["absent"]) + len(said(page)["here"]) == 7
    assert "7 of 7 asked" in page
    assert "hx-trigger" not in page.partition('id="lookup-progress"')[2].partition(">")[0]
    called = {profile for query, profile in asked(own_api) if "phone=" in query}
    assert called == set(names)


def test_sweep_that_finds_nobody_says_so(agent: Client) -> None:
    path = started(agent, "+14155550100")
    assert "not in any of your profiles" not in text(agent.get(path))
    run_tasks()
    assert "7 of 7 asked: not in any of your profiles" in text(agent.get(path))


def test_page_of_running_sweep_refreshes_without_javascript(agent: Client, shared: str) -> None:
    page = text(agent.get(started(agent, shared)))
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert 'hx-trigger="every 2s"' in page


def test_number_is_not_in_address_of_sweep(agent: Client, shared: str) -> None:
    assert shared[1:] not in started(agent, shared)


def test_other_person_finds_no_such_lookup(
    agent: Client, admin_client: Client, own_api: SandboxServer, shared: str
) -> None:
    path = started(agent, shared)
    run_tasks()
    assert admin_client.get(path).status_code == admin_client.post(path, {"do": "stop"}).status_code == 404


def test_profile_taken_away_disappears_at_next_poll(
    agent: Client, support_user: User, own_api: SandboxServer, known_owners: Owners, shared: str
) -> None:
    path = started(agent, shared)
    run_tasks()
    lost = next(p for p in own_api.profiles()[1:8] if p["id"] in known_owners[shared])
    assert lost["name"] in text(agent.get(path)).replace("&amp;", "&")
    ProfileAccess.objects.filter(user=support_user, profile_id=UUID(lost["id"])).delete()
    page = text(agent.get(path, headers=FRAGMENT)).replace("&amp;", "&")
    assert lost["name"] not in page
    assert lost["id"] not in page
    assert "6 of 6 asked" in page


def test_profile_taken_away_is_not_asked_any_more(
    agent: Client, support_user: User, own_api: SandboxServer, shared: str
) -> None:
    started(agent, shared)
    lost = own_api.profiles()[3]["id"]
    ProfileAccess.objects.filter(user=support_user, profile_id=UUID(lost)).delete()
    own_api.reset_requests()
    run_tasks()
    assert lost not in {profile for _, profile in asked(own_api)}


def test_stop_stops_and_resume_goes_on(
    agent: Client, own_api: SandboxServer, shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup_run, "RUN_SECONDS", 0.0001)  # one profile a task
    path = started(agent, shared)
    lookup_run.run(NumberLookup.objects.get().pk)
    assert agent.post(path, {"do": "stop"}).status_code == 302
    before = len(asked(own_api))
    run_tasks()
    assert len(asked(own_api)) == before
    page = text(agent.get(path))
    assert "Stopped" in page
    assert "Ask the rest" in page
    agent.post(path, {"do": "resume"})
    run_tasks()
    assert "7 of 7 asked" in text(agent.get(path))
    assert len([query for query, _ in asked(own_api) if "phone=" in query]) == 7


def test_failed_profile_is_no_answer_and_is_asked_again_by_resume(agent: Client, own_api: SandboxServer) -> None:
    failing = own_api.profiles()[2]
    own_api.fault(route="contacts", kind="status", status=500, profile=failing["id"])
    path = started(agent, NOBODYS)
    run_tasks()
    page = text(agent.get(path))
    assert said(page)["unanswered"] == [failing["name"]]
    assert "Ask again: 1 API call" in page
    agent.post(path, {"do": "resume"})
    run_tasks()
    page = text(agent.get(path))
    assert said(page)["unanswered"] == []
    assert len(said(page)["absent"]) == 7


def test_short_budget_is_waited_out_and_said(
    agent: Client, own_api: SandboxServer, settings: Settings, shared: str
) -> None:
    own_api.fault(route="contacts", kind="rate_limited", retry_after="2", times=1)
    path = started(agent, shared)
    lookup_run.run(NumberLookup.objects.get().pk)
    page = text(agent.get(path))
    assert "Waiting: too many requests" in page
    assert said(page)["unanswered"] == []
    assert NumberLookup.objects.get().due_at > datetime.now(UTC)


def test_dead_worker_is_followed_by_another(agent: Client, own_api: SandboxServer, shared: str) -> None:
    path = started(agent, shared)
    lookup = NumberLookup.objects.get()
    assert lookup_run._claim(lookup.pk) == 1  # and then kill -9
    run_tasks()
    assert "0 of 7 asked" in text(agent.get(path))
    NumberLookup.objects.update(due_at=datetime.now(UTC) - timedelta(seconds=2))
    assert lookup_sweep.resume_silent() == 1
    assert lookup_sweep.resume_silent() in {0, 1}
    run_tasks()
    assert "7 of 7 asked" in text(agent.get(path))


def test_revived_worker_writes_nothing(agent: Client, own_api: SandboxServer, support_user: User) -> None:
    started(agent, NOBODYS)
    lookup = NumberLookup.objects.get()
    old = lookup_run._claim(lookup.pk)
    assert old is not None
    NumberLookup.objects.update(due_at=datetime.now(UTC))
    new = lookup_run._claim(lookup.pk)
    assert lookup_run._step(lookup.pk, old) is None
    assert not NumberLookupAnswer.objects.exists()
    assert lookup_run._step(lookup.pk, new or 0) == 0.0
    assert NumberLookupAnswer.objects.count() == 1


def test_answer_of_superseded_run_is_not_stored(agent: Client, own_api: SandboxServer, support_user: User) -> None:
    started(agent, NOBODYS)
    lookup, scope = NumberLookup.objects.get(), scopes_across(support_user).scopes[0]
    old = lookup_run._claim(lookup.pk) or 0
    NumberLookup.objects.update(due_at=datetime.now(UTC))
    new = lookup_run._claim(lookup.pk) or 0
    answer = ScopeAnswer(scope, "absent")
    assert not lookup_run._store(lookup.pk, old, answer)
    assert not NumberLookupAnswer.objects.exists()
    assert lookup_run._store(lookup.pk, new, answer)


def test_lookup_expires_with_its_answers(agent: Client, own_api: SandboxServer, shared: str) -> None:
    path = started(agent, shared)
    run_tasks()
    NumberLookup.objects.update(expires_at=datetime.now(UTC))
    assert agent.get(path).status_code == 404
    lookup_sweep.resume_silent()
    assert not NumberLookup.objects.exists()
    assert not NumberLookupAnswer.objects.exists()


def test_database_holds_no_number(agent: Client, own_api: SandboxServer, shared: str) -> None:
    started(agent, shared)
    run_tasks()
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        dump = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # our own tables
            dump += [repr(row) for row in cursor.fetchall()]
    assert not [row for row in dump if shared[1:] in re.sub(r"[\s().-]", "", row)]


def test_answer_moved_to_other_profile_does_not_open(agent: Client, own_api: SandboxServer, shared: str) -> None:
    path = started(agent, shared)
    run_tasks()
    first, second = NumberLookupAnswer.objects.order_by("pk")[:2]
    NumberLookupAnswer.objects.filter(pk=first.pk).update(sealed=second.sealed)
    assert "6 of 7 asked" in text(agent.get(path))


def test_start_is_recorded_by_its_number_whoever_has_it(agent: Client, own_api: SandboxServer) -> None:
    """The answer to a start is a redirect, which shows nothing: nobody's number left no row at all."""
    agent.get(started(agent, NOBODYS))
    (row,) = AuditEntry.objects.filter(action="number.looked_up")
    assert (row.about, row.outcome, row.rows) == ("started for 7", "ok", None)
    assert set(search_hashes(NOBODYS, ())) & set((row.marks or "").split())


def test_sweep_that_cannot_be_recorded_does_not_start(
    agent: Client, own_api: SandboxServer, unwritable: Callable[[], AbstractContextManager[None]]
) -> None:
    with unwritable():
        assert agent.post(LOOKUP, {"number": NOBODYS, "start": "1"}).status_code == 503
    assert not NumberLookup.objects.exists()


def test_each_found_profile_is_recorded_once(
    agent: Client, own_api: SandboxServer, known_owners: Owners, shared: str
) -> None:
    path = started(agent, shared)
    run_tasks()
    for _ in range(3):
        agent.get(path, headers=FRAGMENT)
    mine = {profile["id"] for profile in own_api.profiles()[1:8]}
    scopes = [entry.scope for entry in AuditEntry.objects.filter(action="number.looked_up") if entry.scope]
    assert sorted(scopes) == sorted(str(owner) for owner in known_owners[shared] & mine)


def test_what_could_not_be_recorded_is_recorded_at_next_poll(
    agent: Client, own_api: SandboxServer, settings: Settings, shared: str
) -> None:
    path = started(agent, shared)
    run_tasks()
    settings.DESK_CONTACTS_PER_HOUR = 0  # refused, so nothing is shown
    assert agent.get(path).status_code == 429
    assert not NumberLookupAnswer.objects.filter(recorded=True).exists()


def test_started_sweep_takes_one_of_hours_lookups(agent: Client, settings: Settings, shared: str) -> None:
    settings.DESK_LOOKUPS_PER_HOUR = 1
    started(agent, shared)
    assert agent.post(LOOKUP, {"number": shared, "start": "1"}).status_code == 429
    assert NumberLookup.objects.count() == 1


def test_masked_sweep_takes_one_reveal_and_stays_masked(agent: Client, own_api: SandboxServer, shared: str) -> None:
    GroupPolicy.objects.create(group=Group.objects.get(name="support"), mask_numbers=True)
    path = started(agent, shared)
    run_tasks()
    page = text(agent.get(path))
    assert said(page)["here"]
    assert shared[1:-4] not in re.sub(r"\D", "", page)
    assert QuotaWindow.objects.get().numbers == 1
    assert AuditEntry.objects.filter(action="number.revealed").count() == len(said(page)["here"])


def test_profiles_visited_last_are_asked_first(
    agent: Client, support_user: User, own_api: SandboxServer, shared: str
) -> None:
    last = own_api.profiles()[5]["id"]
    agent.get(f"/p/{last}/contacts/")
    started(agent, shared)
    own_api.reset_requests()
    run_tasks()
    assert asked(own_api)[0][1] == last


def test_profiles_with_numbers_of_region_come_before_others(
    agent: Client, support_user: User, own_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scopes = scopes_across(support_user).scopes
    regions = {scopes[4].profile_id: ("DE",), scopes[2].profile_id: ("US", "FR")}
    monkeypatch.setattr(Gateway, "common_regions", lambda _self, scope: regions.get(scope.profile_id, ()))
    ordered = lookup_sweep._likeliest_first(support_user, question_about("+33612345678"), scopes)
    assert ordered[0] == scopes[2]
    assert ordered[1:] == [scope for scope in scopes if scope != scopes[2]]


def test_sweep_of_deactivated_person_ends(
    agent: Client, support_user: User, own_api: SandboxServer, shared: str
) -> None:
    started(agent, shared)
    User.objects.filter(pk=support_user.pk).update(is_active=False)
    own_api.reset_requests()
    run_tasks()
    assert asked(own_api) == []
    assert NumberLookup.objects.get().state == "done"


def test_lookup_of_another_api_key_is_gone_and_is_not_taken_further(
    agent: Client, own_api: SandboxServer, shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = started(agent, shared)
    own_api.reset_requests()
    monkeypatch.setattr(Gateway, "api_key_fingerprint", "another")
    assert agent.get(path).status_code == 404
    run_tasks()
    assert asked(own_api) == []
    assert NumberLookup.objects.get().state == "done"


def test_lookup_of_former_data_key_is_gone(
    agent: Client, support_user: User, own_api: SandboxServer, settings: Settings, shared: str
) -> None:
    path = started(agent, shared)
    settings.DATA_KEY = "another-key-of-at-least-forty-characters-length"
    assert agent.get(path).status_code == 404
    run_tasks()
    assert NumberLookup.objects.get().state == "done"


def test_progress_in_terms_of_person(support_user: User, agent: Client, own_api: SandboxServer) -> None:
    across = scopes_across(support_user)
    lookup = lookup_sweep.start(support_user, question_about(NOBODYS), across.scopes, typed=True)
    progress = progress_of(lookup_of(support_user, lookup.pk), across)
    assert (progress.left, progress.total, progress.answers) == (7, 7, ())
