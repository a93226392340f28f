"""Append-only audit log: one row for each audit event, written before the person sees the data it is about."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Literal

from django.conf import settings
from django.db import Error, connection, transaction

from contacts_ui.gateway.lifetime import count
from contacts_ui.models import AuditEntry
from contacts_ui.quota import SPEND, spend_values
from contacts_ui.text import printable

from .actions import AuditAction
from .number_hashes import MAX_HASHES

log = logging.getLogger(__name__)

Outcome = Literal["ok", "denied", "failed"]
ACCOUNT = "account"
# Plain SQL: creating a model object for each row is a third of the cost of writing it in a view (bench/audit.py).
_COLUMNS = (
    "at", "person_id", "person", "scope", "action", "outcome", "rows", "request_id", "reference", "marks", "about",
    "address",
)  # fmt: skip
_INSERT = f"""INSERT INTO {AuditEntry._meta.db_table} ({", ".join(f'"{name}"' for name in _COLUMNS)})
    VALUES ({", ".join("%s" for _ in _COLUMNS)})"""  # noqa: S608  # our own names

# For PostgreSQL, whose commit waits for the disk: one for both. SQLite changes no table within a WITH.
_SPEND_AND_INSERT = f"""WITH spent AS ({SPEND} RETURNING 1)
    INSERT INTO {AuditEntry._meta.db_table} ({", ".join(f'"{name}"' for name in _COLUMNS)})
    SELECT {", ".join("%s" for _ in _COLUMNS)} FROM spent"""  # noqa: S608  # our own names


class AuditWriteError(Exception):
    """A row could not be written, so the action it records is refused."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An audit event. `scope` is a profile id or "account"; `number_hashes` are keyed; `about` contains no number."""

    action: AuditAction
    outcome: Outcome = "ok"
    person_id: int | None = None
    person: str | None = None
    scope: str | None = None
    rows: int | None = None
    request_id: str | None = None
    reference: str | None = None
    number_hashes: tuple[str, ...] = ()
    about: str | None = None
    address: str | None = None


def append(event: AuditEvent) -> None:
    """Writes one row. When that fails it is logged, and AuditWriteError is raised if AUDIT_REQUIRED is on."""
    try:
        with _savepoint(), connection.cursor() as cursor:
            cursor.execute(_INSERT, _values(event))
    except Error as error:
        count("audit_unwritable")
        log.exception("audit.unwritable", extra={"action": event.action, "reference": event.reference})
        if settings.AUDIT_REQUIRED:
            raise AuditWriteError from error
    else:
        count("audit_written")


def append_spending(event: AuditEvent, user_id: int, *, contacts: int, numbers: int) -> bool:
    """Writes one row and takes what it shows from the person's hour, in one statement where the database can.

    False when nothing of both was done, for whatever reason: `spend` and `append`, one after the other, say why.
    """
    if connection.vendor != "postgresql" or (spent := spend_values(user_id, contacts, numbers)) is None:
        return False
    try:
        with _savepoint(), connection.cursor() as cursor:
            cursor.execute(_SPEND_AND_INSERT, [*spent, *_values(event)])
            written = cursor.rowcount > 0
    except Error:
        return False
    if written:
        count("audit_written")
    return bool(written)


def _savepoint() -> AbstractContextManager[object]:
    """A savepoint within a transaction: without it, a row that cannot be written would break the outer transaction."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def _values(event: AuditEvent) -> list[str | int | None]:
    """The values of the columns. External text is cut and cleaned, so that no row is rejected because of its text."""
    hashes = [*dict.fromkeys(event.number_hashes)][:MAX_HASHES]
    texts = ((event.person, 150), (event.scope, 64), (event.request_id, 100), (event.reference, 40), (event.about, 300))
    # Without a function for each: there are five in every view of contacts.
    person, scope, request_id, reference, about = [
        (text if text.isprintable() else printable(text))[:length] or None if text else None for text, length in texts
    ]
    return [
        connection.ops.adapt_datetimefield_value(datetime.now(UTC)),
        event.person_id,
        person,
        scope,
        event.action[:40],
        event.outcome,
        event.rows,
        request_id,
        reference,
        f" {' '.join(hashes)} " if hashes else None,
        about,
        connection.ops.adapt_ipaddressfield_value(_address(event.address)),
    ]


@lru_cache(maxsize=1024)
def _address(text: str | None) -> str | None:
    """The IP address without its zone index (fe80::1%eth0); None when it is not an IP address."""
    try:
        return str(ip_address((text or "").partition("%")[0]))
    except ValueError:
        return None
