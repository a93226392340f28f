"""Watching an export: its page in every state, the list of exports, the mark in the header, and the mail."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from contacts_ui.exports.signals import ended
from contacts_ui.models import AuditEntry, Export
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, fragment, text

from .conftest import Made

REFRESH = '<noscript><meta http-equiv="refresh"'


def page_of(client: Client, export: Export) -> str:
    """The page of the export."""
    return text(client.get(f"/exports/{export.pk}/"))


def titles(client: Client, path: str = "/preferences/") -> list[str]:
    """The links of the navigation."""
    menu = text(client.get(path)).partition('<nav class="sections"')[2].partition("</nav>")[0]
    return re.findall(r"<span>([^<]+)</span>", menu)


def test_unfinished_export_is_polled_with_and_without_script(exporter_client: Client, asked: Export) -> None:
    page = page_of(exporter_client, asked)
    assert "Waiting to start" in page
    assert "<p>Asked for on " in page
    assert "Started" not in page
    assert 'hx-trigger="every 2s"' in page
    assert REFRESH in page
    part = fragment(exporter_client, f"/exports/{asked.pk}/")
    assert part.status_code == 200
    assert 'id="export-poll"' in text(part)


@pytest.mark.parametrize("rows", [0, 32])
def test_export_that_waits_has_no_bar(exporter_client: Client, stored: Made, rows: int) -> None:
    page = page_of(exporter_client, stored("queued", rows=rows, total=32))
    assert "Waiting to start" in page
    assert "Then it takes up to a minute." in page
    assert "<progress" not in page
    assert "%" not in page.partition('id="export"')[2].partition("</main>")[0]


def test_mark_of_export_that_waits_says_so(exporter_client: Client, stored: Made) -> None:
    stored("queued", rows=32, total=32)
    page = text(exporter_client.get("/preferences/"))
    assert "Export waiting to start" in page
    assert "99%" not in page


def test_ready_export_offers_file_and_digest(exporter_client: Client, ready: Export) -> None:
    page = page_of(exporter_client, ready)
    assert f'href="/exports/{ready.pk}/file/"' in page
    assert ready.sha256
    assert ready.sha256 in page
    assert f"{ready.rows:,} contacts, complete" in page
    assert "3 downloads left" in page
    assert REFRESH not in page
    assert 'hx-trigger="every 2s"' not in page


def test_page_without_answer_of_api_says_so(
    exporter_client: Client, ready: Export, sandbox: SandboxServer, use_key: Callable[[str], None]
) -> None:
    use_key("sandbox-organization")  # what was known of the account is forgotten
    sandbox.fault(route="me", kind="status", status=503, times=9)
    for path in (f"/exports/{ready.pk}/", f"/exports/{ready.pk}/file/"):
        answer = exporter_client.get(path)
        assert answer.status_code == 503
        assert "The messaging service returned an error" in text(answer)
    ready.refresh_from_db()
    assert ready.state == "ready"


def test_incomplete_export_says_how_many(exporter_client: Client, ready: Export) -> None:
    Export.objects.filter(pk=ready.pk).update(whole=False, total=ready.rows + 3)
    assert "the list changed while it was read" in page_of(exporter_client, ready)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"snapshot": None}, "the search looked at no more"),
        ({"total": 205, "dropped_rows": 5}, "the others came without an ID"),
        ({"kind": "lookup"}, "not all of these numbers were looked up"),
    ],
)
def test_incomplete_export_says_why(
    exporter_client: Client, ready: Export, fields: dict[str, object], words: str
) -> None:
    """On its page as in its file."""
    Export.objects.filter(pk=ready.pk).update(whole=False, **fields)
    page = page_of(exporter_client, ready)
    assert words in page
    assert "the list changed while it was read" not in page


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("DiskFull", "The desk ran out of disk space"),
        ("RightsWithdrawn", "Access to these contacts was taken away"),
        ("ServerError", "The messaging service gave no answer for an hour"),
        ("SomethingNew", "The messaging service gave no answer for an hour"),
    ],
)
def test_failed_export_says_why_and_quotes_request(
    exporter_client: Client, stored: Made, error: str, words: str
) -> None:
    page = page_of(exporter_client, stored("failed", error=error, request_id="req_42"))
    assert f"Failed: {words[0].lower()}{words[1:]}" in page
    assert "req_42" in page
    assert "There is no file." in page


def test_gone_file_says_so(exporter_client: Client, stored: Made) -> None:
    assert "A file is kept for 24 hours or 3 downloads." in page_of(exporter_client, stored("expired"))


def test_person_cancels_their_export(exporter_client: Client, asked: Export) -> None:
    answer = exporter_client.post(f"/exports/{asked.pk}/", {"do": "cancel"})
    assert answer["Location"] == f"/exports/{asked.pk}/"
    assert "Cancelled" in page_of(exporter_client, asked)
    run_tasks()
    asked.refresh_from_db()
    assert (asked.state, asked.wrapped_key) == ("cancelled", None)


def test_post_without_known_action_changes_nothing(exporter_client: Client, asked: Export) -> None:
    for form in ({}, {"do": "delete"}, {"do": "\x00"}):
        assert exporter_client.post(f"/exports/{asked.pk}/", form).status_code == 302
    asked.refresh_from_db()
    assert asked.state == "queued"


def test_admin_sees_who_and_how_many_and_cancels(admin_client: Client, asked: Export) -> None:
    page = page_of(admin_client, asked)
    assert "by Erin Vale" in page or "by erin" in page
    admin_client.post(f"/exports/{asked.pk}/", {"do": "cancel"})
    asked.refresh_from_db()
    assert asked.state == "cancelled"
    assert AuditEntry.objects.filter(action="export.cancelled", person="mara").exists()


def test_admin_is_offered_no_file_of_others(admin_client: Client, ready: Export) -> None:
    page = page_of(admin_client, ready)
    assert "/file/" not in page
    assert "can download it" in page


def test_export_of_other_exporter_is_not_found(other_exporter: Client, ready: Export) -> None:
    for headers in ({}, FRAGMENT):
        for path in (f"/exports/{ready.pk}/", f"/exports/{ready.pk}/mark/"):
            answer = other_exporter.get(path, headers=headers)
            assert answer.status_code == 404
            assert ready.scope_title not in text(answer)
    other_exporter.post(f"/exports/{ready.pk}/", {"do": "cancel"})
    ready.refresh_from_db()
    assert ready.state == "ready"


def test_list_has_own_exports_and_admins_everyones(
    exporter_client: Client, other_exporter: Client, admin_client: Client, ready: Export
) -> None:
    link = f'href="/exports/{ready.pk}/"'
    shown = {
        name: link in text(client.get("/exports/"))
        for name, client in (("own", exporter_client), ("other", other_exporter), ("admin", admin_client))
    }
    assert shown == {"own": True, "other": False, "admin": True}


def test_list_without_exports_says_how_to_begin(exporter_client: Client) -> None:
    assert "No exports yet" in text(exporter_client.get("/exports/"))


# --- Navigation and mark ---------------------------------------------------------------------------


def test_navigation_has_exports_once_there_are_any(
    exporter_client: Client, other_exporter: Client, stored: Made
) -> None:
    exporter_client.get("/", follow=True)
    assert "Exports" not in titles(exporter_client)
    stored("expired")
    assert titles(exporter_client) == ["Contacts", "Find a number", "Exports"]
    assert "Exports" not in titles(other_exporter)


def test_support_agent_has_no_exports_in_navigation(support_client: Client, stored: Made) -> None:
    stored("ready")
    assert "Exports" not in titles(support_client)


@pytest.mark.slow
def test_mark_is_on_other_pages_while_export_works(exporter_client: Client, asked: Export, ask_path: str) -> None:
    path = ask_path.replace("export/", "")
    assert 'id="export-mark"' in text(exporter_client.get(path))
    assert 'id="export-mark"' not in page_of(exporter_client, asked)
    run_tasks()
    assert 'id="export-mark"' not in text(exporter_client.get(path))


def test_mark_ends_with_its_result_on_page_of_any_profile(exporter_client: Client, asked: Export) -> None:
    working = fragment(exporter_client, f"/exports/{asked.pk}/mark/")
    assert 'hx-trigger="every 10s"' in text(working)
    assert not working.has_header("X-Desk-Profile")
    run_tasks()
    done = text(fragment(exporter_client, f"/exports/{asked.pk}/mark/"))
    assert "Export ready" in done
    assert "hx-trigger" not in done


# --- Mail ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "subject"), [("ready", "your export is ready"), ("failed", "your export failed")])
def test_end_is_mailed_to_who_asked(stored: Made, settings: Settings, state: str, subject: str) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    export = stored(state, rows=4812)
    ended.send(sender=Export, export=export)
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["erin@example.org"], f"Contact Desk: {subject}")
    assert f"{settings.SITE_URL}/exports/{export.pk}/" in str(message.body)


@pytest.mark.parametrize("state", ["cancelled", "expired"])
def test_other_ends_are_not_mailed(stored: Made, settings: Settings, state: str) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    ended.send(sender=Export, export=stored(state))
    assert mail.outbox == []


def test_desk_without_mail_sends_none(stored: Made) -> None:
    ended.send(sender=Export, export=stored("ready"))
    assert mail.outbox == []


def test_paused_export_says_that_it_goes_on(exporter_client: Client, asked: Export, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=503, times=50)
    run_tasks()
    page = page_of(exporter_client, asked)
    assert '<h2 id="export-h" tabindex="-1">Paused</h2>' in page
    assert re.search(r"The messaging service returned an error\. Trying again at [^.]*: it goes on by itself\.", page)
    assert "Request ID" in page
