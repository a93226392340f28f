"""Visible numbers: finds contacts whose phone number a page shows, in any format, whole or in part."""

from __future__ import annotations

import re

from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer

# Runs of digits that are no phone numbers: ids, references, times, tokens and file names.
NO_NUMBERS = re.compile(
    r"\bdesk_[0-9a-f]{16}\b|\breq_\w+|"
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.+]+|"
    r'name="csrfmiddlewaretoken" value="\w+"|(?:src|href)="/static/[^"]*"'
)
RUN = re.compile(r"\d(?:(?:[\s().\-/\u00a0]|%20|&nbsp;){0,2}\d)*")
WINDOW = 5  # digits; a masked number shows at most four


def first_page(sandbox: SandboxServer) -> tuple[Contact, ...]:
    """Contacts of the first page of the account, with all formats of the API."""
    return SentClient(sandbox.url, "sandbox-organization").contacts(ContactQuery(page_size=50)).contacts


def formats(contact: Contact) -> set[str]:
    """All spellings of the contact's number that the API returns."""
    first = (contact.phone_number, contact.format_e164, contact.format_international)
    return {written for written in (*first, contact.format_national, contact.format_rfc) if written}


def _windows(digits: str) -> set[str]:
    return {digits[at : at + WINDOW] for at in range(len(digits) - WINDOW + 1)}


def readable(page: str, contacts: tuple[Contact, ...]) -> set[str]:
    """Ids of the contacts of whose number `page` contains five or more consecutive digits."""
    runs = (re.sub(r"%20|\D", "", run) for run in RUN.findall(NO_NUMBERS.sub(" ", page)))
    shown = set().union(*(_windows(run) for run in runs))
    return {str(c.id) for c in contacts if any(shown & _windows(re.sub(r"\D", "", f)) for f in formats(c))}


def numbered(contacts: tuple[Contact, ...]) -> Contact:
    """First contact with all formats."""
    return next(contact for contact in contacts if contact.format_e164 and contact.format_rfc)
