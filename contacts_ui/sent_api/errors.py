"""What can go wrong with a call, one class for each thing a user would do differently.

Errors carry the request id to quote and never the key or a number. Source: sent-api-v3, errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(eq=False)
class SentError(Exception):
    """The base of them all.

    `status` is the HTTP status of the answer (None when there was none), `code` the API's own error code,
    `request_id` what its support asks for, `doc_url` the page about the code.
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
    """403: the key is good but may not do this."""


class ProfileNotFound(SentError):
    """404 of a scoped call: the API does not know the profile, or it belongs to another organization."""


class ContactNotFound(SentError):
    """404 `RESOURCE_001` for one contact: it is gone, or it never was in this scope."""


@dataclass(eq=False)
class InvalidRequest(SentError):
    """400 or 422: the API did not accept a value. `details` maps a field to its messages."""

    details: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(eq=False)
class RateLimited(SentError):
    """429: the organization's calls of this minute are used up. `retry_after` is in seconds, if known."""

    retry_after: int | None = None


class ServerError(SentError):
    """500, 502, 503 or 504: the API answered that it cannot."""


class ConnectionFailed(SentError):
    """No connection, or one that broke before the answer was whole."""


class ApiTimeout(SentError):
    """The API took longer than we wait."""


class InvalidResponse(SentError):
    """An answer that is not what the API promises: not JSON, no data, a redirect, success false on 200."""


class ProfileMismatch(InvalidResponse):
    """The answer names another profile than the question did. Never shown, always logged."""


@dataclass(eq=False)
class LocalRateLimited(RateLimited):
    """We did not ask: our own share of the organization's calls is used up for `retry_after` seconds."""


class CircuitOpen(ServerError):
    """We did not ask: the last calls failed in a row, and the next probe is not due yet."""


class Overloaded(ServerError):
    """We did not ask: too many calls of this process are under way."""
