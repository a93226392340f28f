"""JSON decoding to structs: strict and fast first, on failure leniently, row by row and field by field.

A wrong type in one field must not lose the row (sent-api-v3, how to read an answer).
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from .errors import InvalidResponse
from .names import with_labels
from .types import Account, ChannelScore, Contact, ContactPage, MessageSummary, Pagination, Profile

T = TypeVar("T")

# A lone surrogate: valid in JSON's grammar, impossible in UTF-8.
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
# What no field may contain: control characters (they break pages and logs) and bidirectional text controls (they make
# one number look like another). As raw bytes and as JSON escapes.
_CONTROL_BYTES = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]"
    rb"|\\u00[01]|\\u007[fF]|\\u00[89]|\\u20(?:0[eEfF]|2[a-eA-E]|6[6-9])|\\[bfnrt]|\\u[dD][89a-fA-F]"
)
_CONTROL_CHARS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


ACCOUNT_TYPES = {"organization", "user", "profile"}


class ErrorBody(Struct, frozen=True):
    """The `error` object of a response."""

    code: str | None = None
    message: str | None = None
    details: dict[str, list[str]] | None = None
    doc_url: str | None = None


class _Meta(Struct, frozen=True):
    request_id: str | None = None


class _Envelope(Struct, Generic[T], frozen=True):
    success: bool | None = None
    data: T | None = None
    error: ErrorBody | None = None
    meta: _Meta | None = None


class _Contacts(Struct, frozen=True):
    contacts: tuple[Contact, ...] | None = None
    pagination: Pagination | None = None


_page_decoder = msgspec.json.Decoder(_Envelope[_Contacts])


def contact_page(body: bytes, fetched_at: datetime) -> ContactPage:
    """A page of `GET /v3/contacts`. Raises InvalidResponse when it has no list of contacts."""
    plain = body.isascii() and b"\\" not in body and b"\x7f" not in body  # a hundred times faster than the search
    if not plain and _CONTROL_BYTES.search(body):
        return _decode_leniently(body, fetched_at)
    try:
        envelope = _page_decoder.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return _decode_leniently(body, fetched_at)
    if envelope.success is False or envelope.data is None or envelope.data.contacts is None:
        raise _unexpected(body)
    return ContactPage(
        contacts=envelope.data.contacts,
        pagination=envelope.data.pagination or Pagination(),
        fetched_at=fetched_at,
        request_id=envelope.meta.request_id if envelope.meta else None,
    )


def contact(body: bytes) -> Contact:
    """`GET /v3/contacts/{id}`."""
    row, _ = _convert_lenient(_data(body), Contact)
    if row is None:
        raise _unexpected(body)
    return row


def account(body: bytes) -> Account:
    """`GET /v3/me`, with labels (names.py). Profiles whose id is not a UUID cannot be requested and are left out."""
    data = _data(body)
    profiles = _convert_list(data.pop("profiles", None), Profile)
    result, _ = _convert_lenient(data, Account)
    if result is None or result.type not in ACCOUNT_TYPES:
        raise _unexpected(body)  # the type decides who sees what, so it is never guessed
    addressable = tuple(profile for profile in profiles if _UUID.fullmatch(profile.id))
    return with_labels(msgspec.structs.replace(result, profiles=addressable))


def message_summary(body: bytes) -> MessageSummary:
    """`GET /v3/contacts/{id}/message-summary`. Only scores that cannot be decoded are left out."""
    data = _data(body)
    scores = _convert_list(data.pop("channel_scores", None), ChannelScore)
    summary, _ = _convert_lenient(data, MessageSummary)
    if summary is None:
        raise _unexpected(body)
    return msgspec.structs.replace(summary, channel_scores=scores or None)


def error_body(body: bytes) -> tuple[ErrorBody, str | None]:
    """The error object and the request id of an error response. Both are empty for a body that cannot be decoded."""
    try:
        raw = _raw(body)
    except InvalidResponse:
        return ErrorBody(), None
    error, _ = _convert_lenient(raw.get("error"), ErrorBody)
    meta, _ = _convert_lenient(raw.get("meta"), _Meta)
    return error or ErrorBody(), meta.request_id if meta else None


def _raw(body: bytes) -> dict[str, Any]:
    """The body as a dictionary without control characters. Nesting beyond Python's recursion limit is an error."""
    try:
        raw = msgspec.json.decode(_LONE_SURROGATE.sub(_replace_lone_surrogate, body))
        raw = _strip_control_chars(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise InvalidResponse(status=200) from None
    if not isinstance(raw, dict):
        raise InvalidResponse(status=200)
    return raw


def _strip_control_chars(value: Any) -> Any:
    """The value with every control character replaced by U+FFFD, so that a page can show it safely."""
    if isinstance(value, str):
        return _CONTROL_CHARS.sub("\ufffd", value)
    if isinstance(value, list):
        return [_strip_control_chars(item) for item in value]
    if isinstance(value, dict):
        return {key: _strip_control_chars(item) for key, item in value.items()}
    return value


def _replace_lone_surrogate(match: re.Match[bytes]) -> bytes:
    return match[1] + (match[2] or rb"\ufffd")


def _data(body: bytes) -> dict[str, Any]:
    raw = _raw(body)
    data = raw.get("data")
    if raw.get("success") is False or not isinstance(data, dict):
        raise _unexpected(body)
    return data


def _unexpected(body: bytes) -> InvalidResponse:
    error, request_id = error_body(body)
    return InvalidResponse(status=200, code=error.code, request_id=request_id, doc_url=error.doc_url)


def _decode_leniently(body: bytes, fetched_at: datetime) -> ContactPage:
    data = _data(body)
    rows = data.get("contacts")
    if not isinstance(rows, list):
        raise _unexpected(body)
    converted = [_convert_lenient(row, Contact) for row in rows]
    pagination, _ = _convert_lenient(data.get("pagination"), Pagination)
    _, request_id = error_body(body)
    return ContactPage(
        contacts=tuple(row for row, _ in converted if row is not None),
        pagination=pagination or Pagination(),
        fetched_at=fetched_at,
        request_id=request_id,
        dropped_rows=sum(row is None for row, _ in converted),
        invalid_fields=sum(invalid for _, invalid in converted),
    )


def _convert_list(raw: object, kind: type[T]) -> tuple[T, ...]:
    """The rows of a list that can be converted; empty when `raw` is not a list."""
    rows = [_convert_lenient(row, kind)[0] for row in raw] if isinstance(raw, list) else []
    return tuple(row for row in rows if row is not None)


def _convert_lenient(raw: object, kind: type[T]) -> tuple[T | None, int]:
    """`raw` as `kind` with fields of a wrong type left at their default, and the number of such fields.

    None when it is not an object, or a required field is missing or invalid.
    """
    if not isinstance(raw, dict):
        return None, 0
    with suppress(msgspec.ValidationError, ValueError, OverflowError):
        return msgspec.convert(raw, kind), 0
    valid: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):  # type: ignore[arg-type]  # T is always a Struct here
        if field.encode_name not in raw:
            continue
        try:
            msgspec.convert(raw[field.encode_name], field.type)
        except (msgspec.ValidationError, ValueError, OverflowError):
            continue
        valid[field.encode_name] = raw[field.encode_name]
    invalid = sum(f.encode_name in raw for f in msgspec.structs.fields(kind)) - len(valid)  # type: ignore[arg-type]
    try:
        return msgspec.convert(valid, kind), invalid
    except msgspec.ValidationError:
        return None, invalid
