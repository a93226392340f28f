"""States of the pages of exports."""

from __future__ import annotations

from uuid import UUID

from playwright.sync_api import Page, expect

from testing.sandbox_server import SandboxServer

from .export_rows import IDS, PERSON
from .state import Reach, State, at

ASK = "/account/contacts/export/"


def _shown(name: str, more: str = "") -> Reach:
    return at(f"/exports/{IDS[name]}/{more}")


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
        ("Export contacts", "Search", "SMS", "API call", "Customers’ messages go first."),
        at(f"{ASK}?search=20&channel=sms"),
    ),
    State("export-ask-wrong", ("Not started.", "Choose among these."), _unknown_column),
    State("export-ask-list", ("List", "2 numbers", "No further calls."), _of_list),
    State("export-too-many", ("Too many contacts for one file", "412,000", "Only SMS"), _too_many),
    State("export-nothing", ("Nothing to export", "Change the filters"), _nothing),
    State(
        "export-queued", ("Waiting to start", "take turns with it", "Cancel export"), _shown("queued"), person=PERSON
    ),
    State("export-reading", ("Reading contacts", "1,920 of 4,812", "Cancel export"), _shown("reading"), person=PERSON),
    State("export-paused", ("Paused", "it goes on by itself."), _shown("paused"), person=PERSON),
    State("export-writing", ("Writing the file", "Up to a minute left."), _shown("writing"), person=PERSON),
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
    State("export-mark", ("Phone number", "99%"), at("/account/contacts/?page_size=20"), person=PERSON),
    State("export-not-found", ("Export not found", "Back to your contacts"), at(f"/exports/{UUID(int=99)}/")),
    State("export-no-file", ("There is no file to download",), _shown("failed", "file/"), person=PERSON),
    State("export-gone", ("This file is gone", "Export the list again"), _shown("expired", "file/"), person=PERSON),
)
# States that make test sees in all sizes and themes.
EXPORT_SAMPLE = frozenset({"export-ask", "export-ask-list", "export-reading", "export-ready", "export-mark"})
