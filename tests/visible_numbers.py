"""Which numbers can be read off a page, in whatever format, whole or in part."""

from __future__ import annotations

import re

from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer

# What is no number but has digits in a row: ids, references, times, tokens, and names of files.
NO_NUMBERS = re.compile(
    r"\bdesk_[0-9a-f]{16}\b|\breq_\w+|"
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.+]+|"
    r'name="csrfmiddlewaretoken" value="\w+"|(?:src|href)="/static/[^"]*"'
)
RUN = re.compile(r"\d(?:(?:[\s().\-/\u00a0]|%20|&nbsp;){0,2}\d)*")
WINDOW = 5  # one digit more than may be read


def first_page(sandbox: SandboxServer) -> tuple[Contact, ...]:
    """The contacts of the account's first page, with every format the API gives."""
    return SentClient(sandbox.url, "sandbox-organization").contacts(ContactQuery(page_size=50)).contacts


def formats(contact: Contact) -> set[str]:
    """Every way in which the contact's number is written."""
    first = (contact.phone_number, contact.format_e164, contact.format_international)
    return {written for written in (*first, contact.format_national, contact.format_rfc) if written}


def _windows(digits: str) -> set[str]:
    return {digits[at : at + WINDOW] for at in range(len(digits) - WINDOW + 1)}


def readable(page: str, contacts: tuple[Contact, ...]) -> set[str]:
    """The ids of the contacts of whose numbers five digits or more stand in a row in `page`."""
    runs = (re.sub(r"%20|\D", "", run) for run in RUN.findall(NO_NUMBERS.sub(" ", page)))
    shown = set().union(*(_windows(run) for run in runs))
    return {str(c.id) for c in contacts if any(shown & _windows(re.sub(r"\D", "", f)) for f in formats(c))}


def numbered(contacts: tuple[Contact, ...]) -> Contact:
    """The first contact that lacks no format."""
    return next(contact for contact in contacts if contact.format_e164 and contact.format_rfc)
