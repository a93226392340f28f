"""Contact JSON: a contact and its message summary, computed from number, flags and seed when they are read."""

from __future__ import annotations

from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat

from .accounts import Owner
from .number_blocks import NumberBlock
from .seeded_ids import SeededHash
from .timestamps import EPOCH_TICKS, TICKS, YEAR_TICKS, format_timestamp

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
"""Fields an incomplete contact may lack. `updated_at` is often null anyway; `id` never is (sent-api-v3, contacts)."""

OPT_OUT_SHARE = 0.03
UNCHANGED_SHARE = 0.45
NO_MESSAGES_SHARE = 0.2
HASH_RANGE = 2**64  # of `SeededHash.number`


def missing_fields(seeded: SeededHash, ordinal: int) -> dict[str, bool]:
    """The fields an incomplete contact lacks: True when the key itself is missing, False when it is null."""
    random_bytes = seeded.bytes("ragged", ordinal, 16)
    count = 1 + random_bytes[0] % 4
    return {NULLABLE[byte % len(NULLABLE)]: bool(byte & 64) for byte in random_bytes[1 : 1 + count]}


def contact_json(
    seeded: SeededHash,
    ordinal: int,
    *,
    number: int,
    block: NumberBlock,
    channels: str,
    incomplete: bool,
    owner: Owner,
) -> Json:
    """One contact (sent-api-v3, contacts). `number` is E.164 without plus."""
    parsed = phonenumbers.parse(f"+{number}")
    national = phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)
    created, updated = _times(seeded, ordinal)
    contact: Json = {
        "id": seeded.contact_id(ordinal),
        "customer_id": owner.id,
        "phone_number": _as_provided(seeded, ordinal, number, national, international),
        "format_e164": f"+{number}",
        "format_international": international,
        "format_national": national,
        "format_rfc": phonenumbers.format_number(parsed, PhoneNumberFormat.RFC3966),
        "country_code": block.calling_code,
        "region_code": block.region,
        "available_channels": channels,
        "default_channel": _default_channel(seeded, ordinal, channels),
        "opt_out": _fraction(seeded, "opt out", ordinal) < OPT_OUT_SHARE,
        "is_inherited": False,
        "created_at": format_timestamp(created),
        "updated_at": None if updated is None else format_timestamp(updated),
    }
    for name, is_absent in missing_fields(seeded, ordinal).items() if incomplete else ():
        contact[name] = None
        if is_absent:
            del contact[name]
    return contact


def summary_json(seeded: SeededHash, ordinal: int, channels: str) -> Json:
    """Message summary of one contact (sent-api-v3, message-summary). Times lie after its creation."""
    data: Json = {
        "contact_id": seeded.contact_id(ordinal),
        "message_count": 0,
        "first_message_at": None,
        "last_message_at": None,
        "channels_used": [],
        "channel_scores": [],
    }
    if _fraction(seeded, "written to", ordinal) < NO_MESSAGES_SHARE:
        return data
    created, _updated = _times(seeded, ordinal)
    first = created + int((EPOCH_TICKS - created) * _fraction(seeded, "first message", ordinal))
    sent = _sent_by_channel(seeded, ordinal, channels.split(","))
    data |= {
        "message_count": sum(sent.values()),
        "first_message_at": format_timestamp(first),
        "last_message_at": format_timestamp(
            first + int((EPOCH_TICKS - first) * _fraction(seeded, "last message", ordinal))
        ),
        "channels_used": list(sent),
        "channel_scores": [_score(seeded, ordinal, channel, count) for channel, count in sent.items()],
    }
    if data["message_count"] == 1:
        data["last_message_at"] = data["first_message_at"]
    return data


def _sent_by_channel(seeded: SeededHash, ordinal: int, channels: list[str]) -> dict[str, int]:
    """1 to 240 messages, split among the channels: those that carried one, and how many."""
    left = 1 + int(240 * _fraction(seeded, "messages", ordinal) ** 3)
    sent = {}
    for channel in channels[:-1]:
        sent[channel] = round(left * _fraction(seeded, f"sent {channel}", ordinal))
        left -= sent[channel]
    sent[channels[-1]] = left
    return {channel: count for channel, count in sent.items() if count}


def _score(seeded: SeededHash, ordinal: int, channel: str, sent: int) -> Json:
    """Scores that whole messages give, to the per cent. The API does not say how it rounds."""
    failed = int(sent * 0.6 * _fraction(seeded, f"failed {channel}", ordinal) ** 4)
    pending = int(sent * 0.06 * _fraction(seeded, f"pending {channel}", ordinal))
    fail_score = round(100 * failed / sent)
    return {
        "channel": channel,
        "success_score": min(100 - fail_score, round(100 * (sent - failed - pending) / sent)),
        "fail_score": fail_score,
    }


def _times(seeded: SeededHash, ordinal: int) -> tuple[int, int | None]:
    """Creation and last change in ticks; None if never changed."""
    created = EPOCH_TICKS - TICKS - seeded.number("created", ordinal) % (2 * YEAR_TICKS)
    change = _fraction(seeded, "updated", ordinal)
    if change < UNCHANGED_SHARE:
        return created, None
    return created, created + int((EPOCH_TICKS - created) * (change - UNCHANGED_SHARE) / (1 - UNCHANGED_SHARE))


def _default_channel(seeded: SeededHash, ordinal: int, channels: str) -> str:
    """The first channel for 80 % of contacts, else the last."""
    available = channels.split(",")
    return available[0] if _fraction(seeded, "default", ordinal) < 0.8 else available[-1]


def _as_provided(seeded: SeededHash, ordinal: int, number: int, national: str, international: str) -> str:
    """The number as typed by a user (sent-api-v3, `phone_number`): E.164 for 15 of 20 contacts."""
    spellings = (national, international, f"00{number}", str(number), international.replace(" ", "."))
    choice = seeded.number("spelling", ordinal) % 20
    return spellings[choice] if choice < len(spellings) else f"+{number}"


def _fraction(seeded: SeededHash, purpose: str, ordinal: int) -> float:
    """A number from 0 up to 1."""
    return seeded.number(purpose, ordinal) / HASH_RANGE
