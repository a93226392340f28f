"""Exports in Chromium: asked for, watched, downloaded and opened; by keyboard, and without scripts."""

from __future__ import annotations

import csv
import hashlib
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from contacts_ui.models import Export, Snapshot
from testing.accounts import insert, user_id
from testing.processes import start_program, stop_program
from testing.running_desk import Desk, manage
from testing.sandbox_server import SandboxServer
from tests.browser.page_helpers import ROWS, choose_channel, contact_api_calls, install_clock, wait_for_results

from .conftest import NewContext

LIST = "/account/contacts/"


@pytest.fixture(scope="module")
def worker(shared_desk: Desk) -> Iterator[None]:
    """A worker of the desk."""
    process = start_program([sys.executable, "manage.py", "desk_worker"], env=shared_desk.settings)
    yield
    stop_program(process)


@pytest.fixture
def reading(desk: Desk) -> Iterator[UUID]:
    """An export of the admin that is being read; the lease of its copy keeps the worker and its sweeps away from it."""
    export_id, now = uuid4(), datetime.now(UTC)
    times = {"created_at": now, "expires_at": now + timedelta(hours=2), "lease_until": now + timedelta(hours=1)}
    copy = Snapshot(id=uuid4(), purpose="export", state="running", wrapped_key=b"none", **times)
    known = {"scope_title": "Meridian Group", "kind": "list", "format": "csv", "state": "reading", "total": 4812}
    export = Export(
        id=export_id, person_id=user_id(desk, "admin"), wrapped_key=b"none", snapshot=copy, **known, **times
    )
    insert(desk, copy, export)
    yield export_id
    desk.sql("DELETE FROM contacts_ui_export WHERE id = ?", export_id.hex)
    desk.sql("DELETE FROM contacts_ui_snapshot WHERE id = ?", copy.pk.hex)


def downloaded(page: Page, folder: Path) -> Path:
    """Presses Download and waits for the file, whose digest the page shows."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").press("Enter")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == page.locator(".export__digest .mono").inner_text()
    return path


def numbers_of(sandbox: SandboxServer) -> set[str]:
    """The numbers of the account's contacts, in E.164."""
    return {number for number in sandbox.contacts().values() if number}


def test_list_is_exported_by_keyboard_and_opens_in_excel(
    new_context: NewContext, sandbox: SandboxServer, worker: None, tmp_path: Path
) -> None:
    page = new_context.signed_in("admin", at=LIST)
    page.locator("#export-link").press("Enter")
    page.get_by_role("button", name=re.compile("^Export ")).press("Enter")
    expect(page.get_by_role("heading", name="Ready")).to_be_visible()
    book = openpyxl.load_workbook(downloaded(page, tmp_path))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    column = rows[0].index("E.164")
    assert {str(row[column]) for row in rows[1:] if row[column]} == numbers_of(sandbox)
    assert "About" in book.sheetnames
    expect(page.locator("main").get_by_text("2 downloads left")).to_be_visible()  # without a reload


def test_list_is_exported_without_scripts(
    new_context: NewContext, sandbox: SandboxServer, worker: None, tmp_path: Path
) -> None:
    page = new_context.signed_in("admin", at=f"{LIST}?channel=whatsapp", java_script_enabled=False)
    page.locator("#export-link").click()
    page.check("[name=file_format][value=csv]")
    page.get_by_role("button", name=re.compile("^Export ")).click()
    expect(page.get_by_role("heading", name="Ready")).to_be_visible()  # the page loads itself again
    with downloaded(page, tmp_path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all("WhatsApp" in row["Channels"] for row in rows)


def test_link_follows_list_that_is_shown(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=f"{LIST}?page=2")
    choose_channel(page, "whatsapp")
    wait_for_results(page)
    total = page.locator("#results > .results").get_attribute("data-total")
    link = page.locator("#export-link")
    expect(link).to_have_text(f"Export {int(total or 0):,} contacts")
    expect(link).to_have_attribute("href", f"{LIST}export/?channel=whatsapp")
    page.fill("#search", "998-8776-998")
    expect(link).to_be_hidden()
    page.fill("#search", "")
    expect(link).to_be_visible()
    assert page.locator(ROWS).count()


def test_looked_up_list_is_exported_found_and_not_found(
    new_context: NewContext, sandbox: SandboxServer, worker: None, tmp_path: Path
) -> None:
    numbers = [*sorted(numbers_of(sandbox))[:7], "+12025550143"]
    page = new_context.signed_in("admin", at=LIST)
    page.get_by_text("Look up a list").click()
    page.fill("#numbers", "\n".join(numbers))
    page.get_by_role("button", name="Look up all").click()
    expect(page.locator("#summary")).to_have_text("7 found, 1 not found")
    calls = contact_api_calls(sandbox)
    page.get_by_role("button", name="Export these numbers").click()
    expect(page.locator("main").get_by_text("No further calls.")).to_be_visible()
    page.check("[name=file_format][value=csv]")
    page.get_by_role("button", name="Export 8 numbers").click()
    expect(page.get_by_role("heading", name="Ready")).to_be_visible()
    text = downloaded(page, tmp_path).read_text(encoding="utf-8-sig")
    assert contact_api_calls(sandbox) == calls
    assert text.count("\n") == len(numbers) + 1
    assert "12025550143" in text


def test_export_is_polled_only_while_page_is_seen(new_context: NewContext, reading: UUID) -> None:
    page = new_context.signed_in("admin", at=f"/exports/{reading}/")
    expect(page.get_by_role("heading", name="Reading contacts")).to_be_visible()
    next_poll = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      const stopped = (resolve) => (event) => resolve(event.defaultPrevented);
      const wait = (resolve) => document.addEventListener("htmx:before:request", stopped(resolve), { once: true });
      return new Promise(wait);
    }"""
    assert [page.evaluate(next_poll, hidden) for hidden in (True, False)] == [True, False]


def test_sweeps_leave_an_export_that_is_read_alone(desk: Desk, reading: UUID) -> None:
    """What the tests below rest on: a worker of another test may look at this database meanwhile."""
    imports = "from contacts_ui import snapshots; from contacts_ui.exports import recovery"
    manage(desk.settings, code=f"{imports}; snapshots.sweep(); recovery.sweep()")
    assert desk.sql("SELECT state FROM contacts_ui_export WHERE id = ?", reading.hex) == [("reading",)]
    assert desk.sql("SELECT 1 FROM django_tasks_database_dbtaskresult WHERE args_kwargs LIKE ?", f"%{reading}%") == []


def test_every_tenth_is_announced_and_focus_stays(new_context: NewContext, desk: Desk, reading: UUID) -> None:
    page = new_context.signed_in("admin", at=f"/exports/{reading}/")
    page.get_by_role("button", name="Cancel export").focus()
    copy = "SELECT snapshot_id FROM contacts_ui_export WHERE id = ?"
    for position, said in ((30, "30% done"), (35, "30% done"), (70, "70% done")):
        read = f"UPDATE contacts_ui_snapshot SET rows = {4812 * position // 100 + 1} WHERE id = ({copy})"  # noqa: S608
        desk.sql(read, reading.hex)
        expect(page.locator("#export-bar")).to_have_attribute("value", str(position))
        expect(page.locator("#live")).to_have_text(said)
    expect(page.get_by_role("button", name="Cancel export")).to_be_focused()
    box = page.locator("#export-bar").bounding_box()
    assert box
    assert box["width"] > 300


def test_mark_in_header_turns_into_result(
    new_context: NewContext, sandbox: SandboxServer, desk: Desk, reading: UUID
) -> None:
    page = new_context.signed_in("admin")
    install_clock(page)
    page.goto(f"/p/{sandbox.profiles()[1]['id']}/contacts/")
    mark = page.locator("#export-mark")
    expect(mark).to_have_text(re.compile("0%"))
    desk.sql("UPDATE contacts_ui_export SET state = 'ready' WHERE id = ?", reading.hex)
    page.clock.run_for(11_000)
    expect(mark).to_have_text(re.compile("Ready"))
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.locator("#live")).to_have_text("Export ready")
