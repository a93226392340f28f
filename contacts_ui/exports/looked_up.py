"""Looked-up rows: they travel sealed in the page's form, so exporting them costs no call and nothing is stored.

Nothing is believed that this desk did not seal for this person, this scope and this API key within the hour.
"""

from __future__ import annotations

import time
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import msgspec
from django.contrib.auth.models import User
from msgspec.msgpack import decode, encode

from contacts_ui.contacts.lookup_batch import LookupRow
from contacts_ui.gateway import get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sealing.sealer import SealError, sealer_for

from .details import PURPOSE, Line

KEPT_SECONDS = 3600
MOST_TEXTS = 400  # that a form may carry, five rows each


class _Rows(msgspec.Struct, frozen=True):
    """The rows of one response, and when they were looked up (seconds since 1970)."""

    at: float
    lines: tuple[Line, ...]


def sealed_rows(user: User, scope: Scope, rows: Sequence[LookupRow]) -> str:
    """Rows of a list that was looked up, sealed as a form carries them, for this person and scope alone."""
    lines = tuple(Line(row.raw, row.number, row.contact, row.others) for row in rows)
    packed = zlib.compress(encode(_Rows(time.time(), lines)), 1)
    return urlsafe_b64encode(sealer_for(PURPOSE).seal(packed, _about(user, scope))).decode()


def opened_lines(user: User, scope: Scope, texts: Sequence[str]) -> dict[str, Line]:
    """The lines of a form by what was typed; those that were not sealed for them, or are too old, are left out."""
    lines: dict[str, Line] = {}
    for text in texts[:MOST_TEXTS]:
        try:
            packed = sealer_for(PURPOSE).open(urlsafe_b64decode(text), _about(user, scope))
            rows = decode(zlib.decompress(packed), type=_Rows)
        except (SealError, ValueError, zlib.error, msgspec.MsgspecError):
            continue
        if time.time() - rows.at < KEPT_SECONDS:
            lines |= {line.raw: line for line in rows.lines}
    return lines


def _about(user: User, scope: Scope) -> bytes:
    key = get_gateway().api_key_fingerprint  # rows of another account are not this one's
    return f"looked up|{user.pk}|{key}|{(scope.profile_id or 'account').lower()}".encode()
