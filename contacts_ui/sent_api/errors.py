"""Errors of API calls: one class for each thing a user would do differently.

Errors carry the request id to quote, never the key or a number. Source: sent-api-v3, errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(eq=False)
class SentError(Exception):
    """Base class.

    `status` is the HTTP status of the response (None when there was none), `code` the API's own error code,
    `request_id` the id to quote to its support, `doc_url` the documentation of the code.
    """

    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    doc_url: str | None = None

    def __str__(self) -> str:
        return f"{type(self).__name__}(status={self.status}, code={self.code}, request_id={self.request_id})"


class InvalidApiKey(SentError):
    """401: the key is missing, wrong or revoked. An admin has to replace it."""


class Forbidden(SentError):
    """403: the key is valid but not allowed to do this."""


class ProfileNotFound(SentError):
    """404 of a scoped call: the API does not know the profile, or it belongs to another organization."""


class ContactNotFound(SentError):
    """404 `RESOURCE_001` for one contact: it was deleted, or never was in this scope."""


@dataclass(eq=False)
class InvalidRequest(SentError):
    """400 or 422: the API did not accept a value. `details` maps a field to its messages."""

    details: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(eq=False)
class RateLimited(SentError):
    """429: the organization's calls of this minute are used up. `retry_after` is in seconds, if known."""

    retry_after: int | None = None


class ServerError(SentError):
    """500, 502, 503 or 504: the API failed."""


class ConnectionFailed(SentError):
    """No connection, or one that broke before the response was complete."""


class ApiTimeout(SentError):
    """The API did not respond within the deadline."""


class InvalidResponse(SentError):
    """A response that breaks the API's contract: not JSON, no data, a redirect, success false on 200."""


class ProfileMismatch(InvalidResponse):
    """The response names another profile than the request. Never shown, always logged."""


@dataclass(eq=False)
class LocalRateLimited(RateLimited):
    """No call was made: the desk's own share of the organization's calls is used up for `retry_after` seconds.

    `exactly`: the same for a task, which need not round up.
    """

    exactly: float = 0.0


class CircuitOpen(ServerError):
    """No call was made: the last calls failed in a row, and the next half-open probe is not due yet."""


class Overloaded(ServerError):
    """No call was made: too many calls of this process are in flight."""
