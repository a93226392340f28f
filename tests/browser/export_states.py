"""States of the pages of exports, and the rows that they show: no worker runs behind them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from playwright.sync_api import Page, expect

from contacts_ui.gateway.cache_keys import key_fingerprint
from contacts_ui.models import Export, ExportState, Snapshot, SnapshotState
from testing.accounts import insert, user_id
from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer

from .state import Reach, State, at

ASK = "/account/contacts/export/"
PERSON = "pat"  # an admin of whom no other state is
_NAMES = ("reading", "paused", "writing", "ready", "partial", "failed", "cancelled", "expired")
_IDS = {name: UUID(int=number) for number, name in enumerate(_NAMES, start=1)}
_FIRST = {"mara": "Mara Ellis", PERSON: "Pat Moreno"}


def insert_exports(desk: Desk) -> None:
    """An export in each state. A lease that lasts keeps a worker of another test away from them."""
    person, now = user_id(desk, PERSON), datetime.now(UTC)
    fingerprint = key_fingerprint(desk.settings["SENT_API_KEY"])
    later = now + timedelta(hours=20)
    snapshots = {
        name: Snapshot(
            id=_IDS[name],
            purpose="export",
            key_fingerprint=fingerprint,
            state=SnapshotState.PAUSED if name == "paused" else SnapshotState.RUNNING,
            rows=1920,
            pages=20,
            total_last=4812,
            waiting_since=now if name == "paused" else None,
            lease_until=later,
            wrapped_key=b"none",
            created_at=now,
            expires_at=later,
        )
        for name in ("reading", "paused")
    }
    insert(desk, *snapshots.values())
    for number, name in enumerate(_NAMES):
        state = {"paused": "reading", "partial": "ready"}.get(name, name)
        has_file = state == "ready"
        export = Export(
            id=_IDS[name],
            person_id=person,
            person_name=_FIRST[PERSON],
            scope_title="Meridian Group",
            key_fingerprint=fingerprint,
            snapshot=snapshots.get(name),
            kind="list",
            format="csv" if name == "partial" else "xlsx",
            state=ExportState(state),
            wrapped_key=b"none" if state in ("reading", "writing", "ready") else None,
            position=30,
            rows={"partial": 4809}.get(name, 4812),
            total=4812,
            pages=49,
            calls=49,
            duplicates=2 if name == "partial" else 0,
            whole=name == "ready",
            size=412_345 if has_file else None,
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" if has_file else None,
            file_name=f"contacts-{name}.xlsx" if has_file else None,
            created_at=now - timedelta(minutes=number),
            expires_at=later,
            lease_until=later,
            error="ServerError" if name == "failed" else None,
            request_id="req_7f3a" if name == "failed" else None,
        )
        insert(desk, export)


def _shown(name: str, more: str = "") -> Reach:
    return at(f"/exports/{_IDS[name]}/{more}")


def _too_many(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.pagination.total_count": 412_000})
    page.goto(ASK)


def _nothing(page: Page, sandbox: SandboxServer) -> None:
    page.goto(f"/p/{sandbox.profiles()[-1]['id']}/contacts/export/")


def _unknown_column(page: Page, _sandbox: SandboxServer) -> None:
    page.goto(ASK)
    page.evaluate("document.querySelector('[name=column]').value = 'salary'")
    page.get_by_role("button", name="Export").click()


def _of_list(page: Page, sandbox: SandboxServer) -> None:
    """Exports a list that was looked up."""
    number = next(number for number in sandbox.contacts().values() if number)
    page.goto(f"/account/contacts/?search=%2B12025550143,%2B{number[1:]}")
    button = page.get_by_role("button", name="Export these numbers")
    expect(button).to_be_visible()
    button.click()


EXPORT_STATES: tuple[State, ...] = (
    State(
        "export-ask",
        ("Export contacts", "Search", "SMS", "calls a minute that exports may use", "Customers’ messages go first."),
        at(f"{ASK}?search=20&channel=sms"),
    ),
    State("export-ask-wrong", ("Not started.", "Choose among these."), _unknown_column),
    State("export-ask-list", ("List", "2 numbers", "No further calls."), _of_list),
    State("export-too-many", ("Too many contacts for one file", "412,000", "Only SMS"), _too_many),
    State("export-nothing", ("Nothing to export", "Change the filters"), _nothing),
    State("export-reading", ("Reading contacts", "1,920 of 4,812", "Cancel export"), _shown("reading"), person=PERSON),
    State("export-paused", ("Paused", "It goes on by itself."), _shown("paused"), person=PERSON),
    State("export-writing", ("Writing the file", "About a minute left."), _shown("writing"), person=PERSON),
    State("export-ready", ("Ready", "complete", "Download", "SHA-256", "3 downloads"), _shown("ready"), person=PERSON),
    State(
        "export-partial",
        ("4,809 of 4,812: the list changed while it was read.", "Contacts listed twice"),
        _shown("partial"),
        person=PERSON,
    ),
    State(
        "export-failed",
        ("Failed: the messaging service gave no answer for an hour", "Request ID", "There is no file."),
        _shown("failed"),
        person=PERSON,
    ),
    State("export-cancelled", ("Cancelled", "There is no file."), _shown("cancelled"), person=PERSON),
    State("export-expired", ("The file is gone", "24 hours or 3 downloads"), _shown("expired"), person=PERSON),
    State("export-of-other", ("Only Pat Moreno can download it", "Delete the file now"), _shown("ready")),
    State("export-list", ("Everyone’s exports.", "Ready", "Paused", "Failed"), at("/exports/")),
    State("export-mark", ("Phone number", "36%"), at("/account/contacts/?page_size=20"), person=PERSON),
    State("export-not-found", ("Export not found", "Back to your contacts"), at(f"/exports/{UUID(int=99)}/")),
    State("export-no-file", ("There is no file to download",), _shown("failed", "file/"), person=PERSON),
    State("export-gone", ("This file is gone", "Export the list again"), _shown("expired", "file/"), person=PERSON),
)
# State that make test sees in all sizes and themes -> states of the same template and classes, with other sentences.
EXPORT_LOOK_ALIKES = {
    "export-reading": ("export-paused", "export-writing"),
    "export-ready": ("export-partial", "export-of-other"),
    "export-failed": ("export-cancelled", "export-expired"),
    "export-too-many": ("export-nothing",),
    "export-not-found": ("export-no-file", "export-gone"),
}
