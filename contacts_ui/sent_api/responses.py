"""HTTP responses: error statuses mapped to SentErrors, rate-limit and retry headers. Source: sent-api-v3, errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from . import decoding
from .errors import (
    ContactNotFound,
    Forbidden,
    InvalidApiKey,
    InvalidRequest,
    InvalidResponse,
    ProfileNotFound,
    RateLimited,
    SentError,
    ServerError,
)

MAX_RETRY_AFTER = 3600  # seconds: a longer wait is more likely a fault, and is capped

_BY_STATUS: dict[int, type[SentError]] = {401: InvalidApiKey, 403: Forbidden}


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A response before decoding: status, headers (case-insensitive), the whole body in bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str | None:
        """The id to quote to the API's support, from the header."""
        return self.headers.get("X-Request-Id") or None


@dataclass(frozen=True, slots=True)
class RateLimitInfo:
    """The organization's rate limit as of a response: calls per window, calls left, seconds until it resets."""

    limit: int
    remaining: int
    reset_in: float


def raise_for_status(response: RawResponse, *, scoped: bool, single_resource: bool) -> None:
    """Raises the SentError of the status unless it is 200.

    `scoped`: the request named a profile. `single_resource`: it was for one contact, by number or by id.
    """
    status = response.status
    if status == 200:
        return
    error, body_id = decoding.error_body(response.body)
    parts = (status, error.code, body_id or response.request_id, error.doc_url)
    if status == 429:
        raise RateLimited(*parts, retry_after=retry_after(response))
    if status in {400, 422}:
        details = {name: tuple(messages) for name, messages in (error.details or {}).items()}
        raise InvalidRequest(*parts, details=details)
    if status == 404:
        raise _not_found_error(error.code, scoped=scoped, single_resource=single_resource)(*parts)
    raise _BY_STATUS.get(status, ServerError if status >= 500 else InvalidResponse)(*parts)


def rate_limit_info(response: RawResponse) -> RateLimitInfo | None:
    """The `X-RateLimit-*` headers, or None when they are missing or invalid."""
    try:
        limit = int(response.headers["X-RateLimit-Limit"])
        remaining = int(response.headers["X-RateLimit-Remaining"])
        reset_in = int(response.headers["X-RateLimit-Reset"]) - _server_now(response).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None
    return RateLimitInfo(limit, remaining, max(0.0, reset_in)) if limit > 0 and remaining >= 0 else None


def retry_after(response: RawResponse) -> int | None:
    """Whole seconds to wait, 1 to MAX_RETRY_AFTER, from seconds or a date. None when absent or invalid."""
    text = response.headers.get("Retry-After", "").strip()
    try:
        if text.isascii() and text.replace(".", "", 1).isdecimal():
            seconds = float(text)
        else:
            until = parsedate_to_datetime(text)
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            seconds = (until - _server_now(response)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(1, math.ceil(min(MAX_RETRY_AFTER, seconds)))


def _server_now(response: RawResponse) -> datetime:
    """The API's clock by its `Date` header, which may differ from ours; our clock when the header is invalid."""
    try:
        sent = parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError):
        return datetime.now(UTC)
    return sent if sent.tzinfo else sent.replace(tzinfo=UTC)


def _not_found_error(code: str | None, *, scoped: bool, single_resource: bool) -> type[SentError]:
    if single_resource and code == "RESOURCE_001":
        return ContactNotFound
    return ProfileNotFound if scoped else InvalidResponse
