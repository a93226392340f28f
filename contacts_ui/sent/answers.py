"""From an HTTP answer to the error it means, or to nothing. Source: sent-api-v3, errors."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from . import decoding
from .errors import (
    ContactNotFound,
    Forbidden,
    InvalidRequest,
    KeyRejected,
    ProfileUnknown,
    RateLimited,
    SentError,
    Unavailable,
    UnexpectedAnswer,
)

MAX_RETRY_AFTER = 3600  # seconds: longer than this is not a wait but a fault

_BY_STATUS: dict[int, type[SentError]] = {
    401: KeyRejected,
    403: Forbidden,
    500: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def check(response: requests.Response, *, scoped: bool, asked_one: bool) -> None:
    """Raises what the answer means unless it is a 200.

    `scoped`: the call named a profile. `asked_one`: it asked for one contact, by number or by id.
    """
    status = response.status_code
    if status == 200:
        return
    failure, body_id = decoding.failure(response.content)
    parts = (status, failure.code, body_id or request_id(response), failure.doc_url)
    if status == 429:
        raise RateLimited(*parts, retry_after=_retry_after(response))
    if status in {400, 422}:
        details = {name: tuple(messages) for name, messages in (failure.details or {}).items()}
        raise InvalidRequest(*parts, details=details)
    if status == 404:
        raise _not_found(failure.code, scoped=scoped, asked_one=asked_one)(*parts)
    raise _BY_STATUS.get(status, Unavailable if status > 500 else UnexpectedAnswer)(*parts)


def request_id(response: requests.Response) -> str | None:
    """The id the API's support asks for, from the header."""
    return response.headers.get("X-Request-Id") or None


def _not_found(code: str | None, *, scoped: bool, asked_one: bool) -> type[SentError]:
    if asked_one and code == "RESOURCE_001":
        return ContactNotFound
    return ProfileUnknown if scoped else UnexpectedAnswer


def _retry_after(response: requests.Response) -> int | None:
    """Whole seconds to wait, 1 to MAX_RETRY_AFTER, from seconds or a date. None when absent or garbage."""
    text = response.headers.get("Retry-After", "").strip()
    try:
        if text.replace(".", "", 1).isdecimal() and text.isascii():
            seconds = float(text)
        else:
            until = parsedate_to_datetime(text)
            sent = response.headers.get("Date")
            now = parsedate_to_datetime(sent) if sent else datetime.now(UTC)
            seconds = (until - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(1, min(MAX_RETRY_AFTER, math.ceil(seconds)))
