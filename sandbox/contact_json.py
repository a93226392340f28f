"""What the API says about one contact, worked out from its number, its flags and the seed when it is read."""

from __future__ import annotations

import math
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat

from .accounts import Owner
from .number_blocks import NumberBlock
from .seeded_ids import SeededHash
from .timestamps import EPOCH_TICKS, TICKS, YEAR_TICKS, stamp

Json = dict[str, Any]

NULLABLE = (
    "phone_number",
    "format_e164",
    "format_international",
    "format_national",
    "format_rfc",
    "country_code",
    "region_code",
    "available_channels",
    "default_channel",
    "opt_out",
    "is_inherited",
    "created_at",
    "customer_id",
)
"""What a ragged contact may lack. `updated_at` is null for many anyway; `id` never is (sent-api-v3, contacts)."""

OPTED_OUT = 0.03
NEVER_CHANGED = 0.45
NEVER_WRITTEN_TO = 0.2
FRACTIONS = 2**64  # of `Chance.number`


def missing_fields(chance: SeededHash, ordinal: int) -> dict[str, bool]:
    """The fields a ragged contact lacks: True when the key itself is missing, False when it is null."""
    spread = chance.bytes("ragged", ordinal, 16)
    count = 1 + spread[0] % 4
    return {NULLABLE[byte % len(NULLABLE)]: bool(byte & 64) for byte in spread[1 : 1 + count]}


def contact_json(
    chance: SeededHash,
    ordinal: int,
    *,
    number: int,
    block: NumberBlock,
    channels: str,
    ragged: bool,
    owner: Owner,
    inherited: bool,
) -> Json:
    """One contact (sent-api-v3, contacts). `number` is E.164 without plus, `inherited` as seen by the reader."""
    parsed = phonenumbers.parse(f"+{number}")
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    created, updated = _times(chance, ordinal)
    contact: Json = {
        "id": chance.contact_id(ordinal),
        "customer_id": owner.id,
        "phone_number": _as_provided(chance, ordinal, number, national, international),
        "format_e164": f"+{number}",
        "format_international": international,
        "format_national": national,
        "format_rfc": phonenumbers.format_number(parsed, PhoneNumberFormat.RFC3966),
        "country_code": block.calling_code,
        "region_code": block.region,
        "available_channels": channels,
        "default_channel": _default(chance, ordinal, channels),
        "opt_out": _part(chance, "opt out", ordinal) < OPTED_OUT,
        "is_inherited": inherited,
        "created_at": stamp(created),
        "updated_at": None if updated is None else stamp(updated),
    }
    for name, gone in missing_fields(chance, ordinal).items() if ragged else ():
        contact[name] = None
        if gone:
            del contact[name]
    return contact


def summary_json(chance: SeededHash, ordinal: int, channels: str) -> Json:
    """What was sent to one contact (sent-api-v3, message-summary). Times lie after the contact was made."""
    data: Json = {
        "contact_id": chance.contact_id(ordinal),
        "message_count": 0,
        "first_message_at": None,
        "last_message_at": None,
        "channels_used": [],
        "channel_scores": [],
    }
    if _part(chance, "written to", ordinal) < NEVER_WRITTEN_TO:
        return data
    created, _updated = _times(chance, ordinal)
    first = created + int((EPOCH_TICKS - created) * _part(chance, "first message", ordinal))
    used = channels.split(",")
    data |= {
        "message_count": 1 + int(240 * _part(chance, "messages", ordinal) ** 3),
        "first_message_at": stamp(first),
        "last_message_at": stamp(first + int((EPOCH_TICKS - first) * _part(chance, "last message", ordinal))),
        "channels_used": used,
        "channel_scores": [_score(chance, ordinal, channel) for channel in used],
    }
    if data["message_count"] == 1:
        data["last_message_at"] = data["first_message_at"]
    return data


def _score(chance: SeededHash, ordinal: int, channel: str) -> Json:
    failed = math.floor(60 * _part(chance, f"failed {channel}", ordinal) ** 4)
    pending = math.floor(6 * _part(chance, f"pending {channel}", ordinal))
    return {"channel": channel, "success_score": 100 - failed - pending, "fail_score": failed}


def _times(chance: SeededHash, ordinal: int) -> tuple[int, int | None]:
    """When the contact was made and last changed, in ticks; None if never changed."""
    created = EPOCH_TICKS - TICKS - chance.number("created", ordinal) % (2 * YEAR_TICKS)
    change = _part(chance, "updated", ordinal)
    if change < NEVER_CHANGED:
        return created, None
    return created, created + int((EPOCH_TICKS - created) * (change - NEVER_CHANGED) / (1 - NEVER_CHANGED))


def _default(chance: SeededHash, ordinal: int, channels: str) -> str:
    """Mostly the first channel."""
    known = channels.split(",")
    return known[0] if _part(chance, "default", ordinal) < 0.8 else known[-1]


def _as_provided(chance: SeededHash, ordinal: int, number: int, national: str, international: str) -> str:
    """The number as somebody typed it (sent-api-v3, `phone_number`): mostly E.164, sometimes not."""
    spellings = (national, international, f"00{number}", str(number), international.replace(" ", "."))
    taste = chance.number("spelling", ordinal) % 20
    return spellings[taste] if taste < len(spellings) else f"+{number}"


def _part(chance: SeededHash, purpose: str, ordinal: int) -> float:
    """From 0 up to 1."""
    return chance.number(purpose, ordinal) / FRACTIONS
