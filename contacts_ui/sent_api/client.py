"""API client: the only module that sends HTTP to the API. It never logs the key or a number, follows no redirect."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

import requests
from urllib3.exceptions import DecodeError, HTTPError, InvalidHeader, NewConnectionError
from urllib3.exceptions import TimeoutError as UrllibTimeout
from urllib3.util import make_headers

from . import decoding, responses
from .errors import ApiTimeout, ConnectionFailed, ContactNotFound, InvalidResponse, ProfileMismatch, SentError
from .queries import ContactQuery
from .responses import RateLimitInfo, RawResponse
from .total_timeout import Deadline, DeadlineAdapter
from .types import Account, Contact, ContactPage, MessageSummary, Pagination

T = TypeVar("T")

log = logging.getLogger(__name__)

PROFILE_HEADER = "x-profile-id"
MAX_BODY = 8 * 1024 * 1024  # bytes, decompressed; 100 contacts are about 45,000, 10,000 profiles 4,300,000


@dataclass(frozen=True, slots=True)
class _Request:
    """One API request. `route` is the path without ids, for the log; `single_resource`: it is for one contact."""

    route: str
    path: str
    profile_id: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    single_resource: bool = False


class SentClient:
    """Calls the API with one key over one connection pool. Safe to share between threads.

    `connect_seconds` bounds connecting, `deadline_seconds` a whole call with TLS handshake, headers and body; only the
    DNS lookup is left to the system. `pool_size` is in connections. `verify` is a file of certificates to trust
    instead of the public ones. `on_rate_limit` is called with the RateLimitInfo of each response that has one,
    `on_unnamed_profile` for each response to a profile's request that names none.
    Every method may raise any SentError, and takes a Deadline that several calls can share.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_seconds: float = 3.05,
        deadline_seconds: float = 10.0,
        pool_size: int = 64,
        verify: str | None = None,
        on_rate_limit: Callable[[RateLimitInfo], None] | None = None,
        on_unnamed_profile: Callable[[], None] | None = None,
    ) -> None:
        self._connect_seconds, self._seconds = connect_seconds, deadline_seconds
        self._on_rate_limit, self._on_unnamed_profile = on_rate_limit, on_unnamed_profile
        headers = make_headers(keep_alive=True, accept_encoding="gzip", user_agent="contact-desk")
        headers |= {"accept": "application/json", "x-api-key": api_key}
        self._base_url = base_url.rstrip("/")
        self._adapter = DeadlineAdapter(base_url, pool_size, verify)
        self._prepared = requests.Request("GET", base_url, headers=headers).prepare()

    def contacts(
        self, query: ContactQuery, profile_id: str | None = None, deadline: Deadline | None = None
    ) -> ContactPage:
        """One page of contacts. A phone lookup that finds nothing is an empty page with `not_found`."""
        request = _Request("/v3/contacts", "/v3/contacts", profile_id, tuple(query.params()), query.phone is not None)
        try:
            page, _ = self._call(request, lambda body: decoding.contact_page(body, datetime.now(UTC)), deadline)
        except ContactNotFound as error:
            return ContactPage(
                contacts=(),
                pagination=Pagination(page=1, page_size=query.page_size, total_count=0, total_pages=0),
                fetched_at=datetime.now(UTC),
                request_id=error.request_id,
                not_found=True,
            )
        if page.dropped_rows or page.invalid_fields:
            fields = {"dropped": page.dropped_rows, "unreadable": page.invalid_fields, "request_id": page.request_id}
            log.warning("sent.answer.mended", extra=fields)
        return page

    def contact(
        self, contact_id: UUID, profile_id: str | None = None, deadline: Deadline | None = None
    ) -> tuple[Contact, str | None]:
        """One contact and the API's request id. Raises ContactNotFound when this scope has none with this id."""

        def decode(body: bytes) -> Contact:
            contact = decoding.contact(body)
            if contact.id != contact_id:
                raise InvalidResponse(status=200)
            return contact

        request = _Request("/v3/contacts/{id}", f"/v3/contacts/{contact_id}", profile_id, single_resource=True)
        return self._call(request, decode, deadline)

    def message_summary(
        self, contact_id: UUID, profile_id: str | None = None, deadline: Deadline | None = None
    ) -> tuple[MessageSummary, str | None]:
        """The message summary of one contact and the API's request id. Raises ContactNotFound as `contact` does."""

        def decode(body: bytes) -> MessageSummary:
            summary = decoding.message_summary(body)
            if summary.contact_id is not None and summary.contact_id.lower() != str(contact_id):
                raise InvalidResponse(status=200)
            return summary

        path = f"/v3/contacts/{contact_id}/message-summary"
        request = _Request("/v3/contacts/{id}/message-summary", path, profile_id, single_resource=True)
        return self._call(request, decode, deadline)

    def me(self, deadline: Deadline | None = None) -> Account:
        """The account of the key, with the profiles that the key may name."""
        return self._call(_Request("/v3/me", "/v3/me"), decoding.account, deadline)[0]

    def _call(self, request: _Request, decode: Callable[[bytes], T], deadline: Deadline | None) -> tuple[T, str | None]:
        """The decoded response and the API's request id. Each call is logged once, whatever its outcome."""
        started = time.monotonic()
        try:
            response = self._send(request, deadline)
            self._check(request, response)
            decoded = _decode(response, decode)
        except ContactNotFound as error:
            log.info("sent.call.not_found", extra=_log_fields(request, started, error))
            raise
        except SentError as error:
            log.warning("sent.call.failed", extra=_log_fields(request, started, error))
            raise
        log.info("sent.call.finished", extra=_log_fields(request, started))
        return decoded, response.request_id

    def _send(self, request: _Request, deadline: Deadline | None) -> RawResponse:
        """Sends through the adapter, not a session: what a session adds to each call is switched off here anyhow."""
        # `from None`: the exceptions of urllib3 contain the whole URL, phone numbers included.
        prepared = self._prepared.copy()
        prepared.url = self._base_url + request.path
        if request.params:
            prepared.url += f"?{urlencode(request.params)}"
        if request.profile_id:
            prepared.headers[PROFILE_HEADER] = request.profile_id
        call_deadline = deadline or Deadline(self._seconds)
        try:
            if not (remaining := call_deadline.remaining):
                raise ApiTimeout
            timeout = (min(self._connect_seconds, remaining), remaining)
            with call_deadline:
                raw = self._adapter.send(prepared, timeout=timeout)
                response = _read_body(raw)
        except (HTTPError, OSError) as error:
            raise _map_exception(error, call_deadline) from None
        finally:
            if deadline is None:
                call_deadline.close()
        if call_deadline.expired:  # headers cut off by the deadline look like a whole response
            raise ApiTimeout
        return response

    def _check(self, request: _Request, response: RawResponse) -> None:
        """Raises the SentError of an error status, or ProfileMismatch. Reports the rate limit."""
        if self._on_rate_limit and (info := responses.rate_limit_info(response)):
            self._on_rate_limit(info)
        self._check_profile(response, request.profile_id)
        scoped = request.profile_id is not None
        responses.raise_for_status(response, scoped=scoped, single_resource=request.single_resource)

    def _check_profile(self, response: RawResponse, profile_id: str | None) -> None:
        """Raises ProfileMismatch for a response of another profile than was requested (architecture, decision 2)."""
        echo = response.headers.get("X-Profile-Id")
        if not echo:
            if profile_id is not None:
                log.info("sent.profile.unnamed", extra={"profile_id": profile_id})
                if self._on_unnamed_profile:
                    self._on_unnamed_profile()
            return
        if profile_id is None or echo.strip().lower() != profile_id.lower():
            raise ProfileMismatch(status=response.status, request_id=response.request_id)


def _read_body(raw: requests.Response) -> RawResponse:
    """The whole response. Raises InvalidResponse for a body larger than MAX_BODY after decompression."""
    try:
        body = raw.raw.read(MAX_BODY + 1, decode_content=True)
    except BaseException:
        raw.close()
        raise
    if len(body) > MAX_BODY:
        raw.close()
        raise InvalidResponse(status=raw.status_code, request_id=raw.headers.get("X-Request-Id"))
    return RawResponse(raw.status_code, raw.headers, body)


def _decode(response: RawResponse, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(response.body)
    except InvalidResponse as error:
        error.request_id = error.request_id or response.request_id
        raise


def _map_exception(error: Exception, deadline: Deadline) -> SentError:
    """The SentError of an exception of urllib3 or a socket."""
    refused = isinstance(error, NewConnectionError)  # which urllib3 takes for a kind of timeout
    if deadline.expired or (isinstance(error, UrllibTimeout) and not refused):
        return ApiTimeout()
    if isinstance(error, DecodeError | InvalidHeader):
        return InvalidResponse()
    return ConnectionFailed()


def _log_fields(request: _Request, started: float, error: SentError | None = None) -> dict[str, object]:
    """The log fields of a call: never the path with its ids, the query or the key."""
    ms = round((time.monotonic() - started) * 1000, 1)
    fields: dict[str, object] = {"route": request.route, "profile_id": request.profile_id, "ms": ms}
    if error is None:
        return fields | {"status": 200}
    failed = {"error": type(error).__name__, "status": error.status, "code": error.code}
    return fields | failed | {"request_id": error.request_id}
