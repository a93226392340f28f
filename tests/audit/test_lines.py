"""Log lines: plain words, links, filters by a click, views of the log hidden, presets."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from html import unescape
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern
from pytest_django import DjangoAssertNumQueries

from contacts_ui import urls
from contacts_ui.audit import labels
from contacts_ui.audit.folds import deeds_of
from contacts_ui.audit.lines import LogLine, log_lines
from contacts_ui.models import AuditEntry, Preferences
from testing.sandbox_server import SandboxServer
from tests.audit.conftest import Write
from tests.html import text

PAGE = "/audit/"


def _line(entry: AuditEntry) -> LogLine:
    (line,) = log_lines(deeds_of([entry]), links=True)
    return line


def _labels(page: str) -> list[str]:
    return re.findall(r'<td role="cell" class="audit-what"><a [^>]*>([^<]+)</a>', page)


# --- Words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "outcome", "label"),
    [
        ("sign_in", "denied", "Failed to sign in"),
        ("sign_in", "ok", "Signed in"),
        ("contact.opened", "denied", "Tried to open a contact"),
        ("contacts.searched", "failed", "Tried to search contacts"),
        ("page.denied", "denied", "Access denied"),
        ("messages.read", "ok", "Viewed message history"),
        ("number.also_in", "ok", "Saw “Also in” of a contact"),
        ("policy.changed", "ok", "Changed masking"),
        ("view.changed", "ok", "Changed a shared view"),
    ],
)
def test_label_says_what_was_only_tried(
    auditor_client: Client, written: Write, action: str, outcome: str, label: str
) -> None:
    written(action=action, outcome=outcome)
    assert _labels(text(auditor_client.get(PAGE))) == [label]


@pytest.mark.parametrize(
    ("about", "shown"),
    [
        ("gateway-status", "Status"),
        ("people-list (session by a link from mara)", "People (session by a link from mara)"),
        ("a-page-of-tomorrow", "A page of tomorrow"),
        ("number-lookup", "Find a number"),
        ("mfa_index", "Sign-in and security"),
        (None, None),
    ],
)
def test_denied_page_is_named_by_its_title(written: Write, about: str | None, shown: str | None) -> None:
    assert _line(written(action="page.denied", outcome="denied", about=about)).summary == shown


def test_every_page_of_the_desk_has_a_title_of_its_own() -> None:
    patterns = (*urls.scoped, *urls.urlpatterns)
    names = {pattern.name or "" for pattern in patterns if isinstance(pattern, URLPattern)}
    assert names <= labels.PAGES.keys()


def test_profile_that_has_looked_up_number_has_words_and_link_of_its_own(written: Write) -> None:
    contact = str(uuid4())
    question = _line(written(action="number.looked_up", about="1 of 3 have it, 2 not asked just now"))
    found = _line(written(action="number.looked_up", scope="account", about=contact, rows=1))
    assert (question.label, question.summary) == ("Looked up a number", "1 of 3 profiles has it, 2 not asked just now")
    assert (found.label, found.summary) == ("Found the number in a profile", f"contact {contact[:8]}")
    assert found.parts[0].contact_urls == (f"/account/contacts/{contact}/",)


# --- Links and filters -----------------------------------------------------------------------------


def test_admin_gets_links_and_auditor_none(
    auditor_client: Client, admin_client: Client, written: Write, sandbox: SandboxServer, admin_user: User
) -> None:
    contact, profile = str(uuid4()), sandbox.profiles()[1]["id"]
    written(action="contact.opened", about=contact, scope=profile, person="mara", person_id=admin_user.pk)
    links = {f"/p/{profile}/contacts/{contact}/", f"/people/profiles/{profile}/", f"/people/{admin_user.pk}/"}
    shown = set(re.findall(r'href="([^"]+)"', text(admin_client.get(PAGE))))
    assert links <= shown
    assert not links & set(re.findall(r'href="([^"]+)"', text(auditor_client.get(PAGE))))


def test_contact_of_the_account_and_of_marked_session_is_linked(written: Write) -> None:
    contact = uuid4()
    row = written(action="messages.read", scope="account", about=f"{contact} (session by a link from mara)")
    assert _line(row).parts[0].contact_urls == (f"/account/contacts/{contact}/",)


@pytest.mark.parametrize("about", [None, "", "no id", "x" * 300, str(UUID(int=0))[:-1]])
def test_about_without_id_links_no_contact(written: Write, about: str | None) -> None:
    line = _line(written(action="contact.opened", scope="account", about=about))
    assert line.parts[0].contact_urls == ()


def test_click_on_cell_filters_by_it(auditor_client: Client, written: Write) -> None:
    written(person="sam", scope="account", action="contact.opened", outcome="denied")
    page = unescape(text(auditor_client.get(f"{PAGE}?person=sam")))
    for parameter in ("action=contact.opened.tried", "profile=account", "outcome=denied"):
        assert f'href="/audit/?person=sam&{parameter}"' in page


def test_details_are_one_disclosure_a_row(auditor_client: Client, written: Write) -> None:
    written(reference="desk_abc", address="192.0.2.1")
    written()
    page = text(auditor_client.get(PAGE))
    assert page.count("<details>") == 2
    assert re.search(r"<details>.*?desk_abc.*?</details>", page, re.DOTALL)


# --- Views of the log, total, presets, suggestions --------------------------------------------------


def test_views_of_log_are_hidden_unless_asked(auditor_client: Client, written: Write) -> None:
    written(action="audit.read", about="row one")
    for query, shown in (("", False), ("?reads=1", True), ("?action=audit.read", True), ("?person=ada", False)):
        page = text(auditor_client.get(f"{PAGE}{query}"))
        assert ("Viewed the audit log</a>" in page) is shown, query
        assert ("Show them" in page) is not shown or "Nothing is recorded" in page or "No entry" in page, query


def test_export_has_the_rows_of_the_page(auditor_client: Client, written: Write) -> None:
    written(action="audit.read", about="a view")
    assert b"a view" not in b"".join(auditor_client.get("/audit/export/").streaming_content)  # type: ignore[attr-defined]
    assert b"a view" in b"".join(auditor_client.get("/audit/export/?reads=1").streaming_content)  # type: ignore[attr-defined]


def test_total_is_shown_and_capped(auditor_client: Client, written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        written()
    assert '<span class="num">3</span> entries' in text(auditor_client.get(PAGE))
    monkeypatch.setattr("contacts_ui.audit.queries.MAX_COUNTED", 2)
    monkeypatch.setattr("contacts_ui.views.audit_log.MAX_COUNTED", 2)
    assert 'More than <span class="num">2</span> entries' in text(auditor_client.get(PAGE))


def test_preset_is_a_time_range_in_persons_zone(auditor_client: Client, auditor: User, written: Write) -> None:
    Preferences.objects.create(user=auditor, time_zone="Asia/Kolkata")
    now = datetime.now(UTC)
    written(about="row old", at=now - timedelta(days=8))
    written(about="row new", at=now)
    page = text(auditor_client.get(PAGE))
    titles = dict(re.findall(r'<a class="btn" href="([^"]+)">(Today|7 days|30 days)</a>', page))
    url = next(unescape(url) for url, title in titles.items() if title == "7 days")
    page = text(auditor_client.get(url))
    assert "row new" in page
    assert "row old" not in page
    assert re.search(r'aria-current="true">7 days', page)


class _EveningOfMarch30(datetime):
    """The 30th in Berlin, the 31st in Kolkata."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        """That moment."""
        return datetime(2026, 3, 30, 21, tzinfo=UTC).astimezone(tz)


@pytest.mark.parametrize(
    ("zone", "since", "until"),
    [
        ("Asia/Kolkata", datetime(2026, 3, 29, 18, 30, tzinfo=UTC), datetime(2026, 3, 30, 18, 30, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),  # 23 hours
    ],
)
def test_yesterday_is_one_day_of_persons_zone(
    auditor_client: Client,
    auditor: User,
    written: Write,
    monkeypatch: pytest.MonkeyPatch,
    *,
    zone: str,
    since: datetime,
    until: datetime,
) -> None:
    monkeypatch.setattr("contacts_ui.audit.filter_links.datetime", _EveningOfMarch30)
    Preferences.objects.create(user=auditor, time_zone=zone)
    second = timedelta(seconds=1)
    for name, at in (("before", since - second), ("first", since), ("last", until - second), ("after", until)):
        written(about=f"row {name}", at=at)
    (url,) = re.findall(r'<a class="btn" href="([^"]+)">Yesterday</a>', text(auditor_client.get(PAGE)))
    page = text(auditor_client.get(unescape(url)))
    assert re.findall(r"<small>row (\w+)</small>", page) == ["last", "first"]
    assert 'href="/audit/" aria-current="true">Yesterday' in page


def test_people_and_profiles_are_suggested(auditor_client: Client, sandbox: SandboxServer) -> None:
    page = unescape(text(auditor_client.get(PAGE)))
    assert '<option value="ada">' in page
    assert f'<option value="{sandbox.profiles()[1]["name"]}">' in page


def test_query_count_is_independent_of_number_of_rows(
    auditor_client: Client,
    written: Write,
    caching_api: SandboxServer,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(60):
        written(person=f"person-{number}", person_id=number)
    auditor_client.get(PAGE)
    with django_assert_num_queries(7):  # who is asking, people, rows, total, the event (3)
        auditor_client.get(PAGE)
