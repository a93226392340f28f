"""The one place that talks to the API. It never logs the key or a number, and follows no redirect."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar
from uuid import UUID

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from . import decoding
from . import responses as answers
from .errors import ContactNotFound, SentError, TimedOut, UnexpectedAnswer, Unreachable, WrongProfile
from .queries import ContactQuery
from .responses import Allowance, Answer
from .total_timeout import Deadline, WatchedAdapter
from .types import Account, Contact, ContactPage, MessageSummary, Pagination

T = TypeVar("T")

log = logging.getLogger(__name__)

PROFILE_HEADER = "x-profile-id"
CHUNK = 16 * 1024  # bytes
MAX_BODY = 4 * 1024 * 1024  # bytes, decompressed; 100 contacts are about 45,000


@dataclass(frozen=True, slots=True)
class _Call:
    """One call. `route` is the path without ids, for the log; `asked_one`: for one contact, by number or id."""

    route: str
    path: str
    profile_id: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    asked_one: bool = False


class SentClient:
    """Calls to the API with one key over one pool of connections. Safe to share between threads.

    `connect_seconds` bounds a connection, `deadline_seconds` a whole call, greeting, headers and body
    included; the look-up of the name alone is the system's. `pool_size` is connections. `verify` is a file of
    certificates to trust instead of the public ones. `on_allowance` hears what each answer says of the limit.
    Every method may raise any SentError, and takes a Deadline that several calls share.
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
        on_allowance: Callable[[Allowance], None] | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._connect_seconds, self._seconds = connect_seconds, deadline_seconds
        self._on_allowance = on_allowance
        self._verify: bool | str = verify or True
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy from the environment would be handed the key
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"x-api-key": api_key, "Accept": "application/json"})
        self._adapter = WatchedAdapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)

    def contacts(
        self, query: ContactQuery, profile_id: str | None = None, deadline: Deadline | None = None
    ) -> ContactPage:
        """One page of contacts. A phone lookup that finds nothing is an empty page marked `not_found`."""
        call = _Call("/v3/contacts", "/v3/contacts", profile_id, tuple(query.params()), query.phone is not None)
        try:
            page, _ = self._ask(call, lambda body: decoding.contact_page(body, datetime.now(UTC)), deadline)
        except ContactNotFound as missing:
            return ContactPage(
                contacts=(),
                pagination=Pagination(page=1, page_size=query.page_size, total_count=0, total_pages=0),
                fetched_at=datetime.now(UTC),
                request_id=missing.request_id,
                not_found=True,
            )
        if page.dropped or page.unreadable:
            fields = {"dropped": page.dropped, "unreadable": page.unreadable, "request_id": page.request_id}
            log.warning("sent.answer.mended", extra=fields)
        return page

    def contact(
        self, contact_id: UUID, profile_id: str | None = None, deadline: Deadline | None = None
    ) -> tuple[Contact, str | None]:
        """One contact and the API's id of the request. Raises ContactNotFound when this scope has none with this id."""

        def decode(body: bytes) -> Contact:
            found = decoding.contact(body)
            if found.id != contact_id:
                raise UnexpectedAnswer(status=200)
            return found

        call = _Call("/v3/contacts/{id}", f"/v3/contacts/{contact_id}", profile_id, asked_one=True)
        return self._ask(call, decode, deadline)

    def message_summary(
        self, contact_id: UUID, profile_id: str | None = None, deadline: Deadline | None = None
    ) -> tuple[MessageSummary, str | None]:
        """What was sent to one contact, and the API's id of the request. Raises ContactNotFound likewise."""

        def decode(body: bytes) -> MessageSummary:
            summary = decoding.message_summary(body)
            if summary.contact_id is not None and summary.contact_id.lower() != str(contact_id):
                raise UnexpectedAnswer(status=200)
            return summary

        path = f"/v3/contacts/{contact_id}/message-summary"
        call = _Call("/v3/contacts/{id}/message-summary", path, profile_id, asked_one=True)
        return self._ask(call, decode, deadline)

    def me(self, deadline: Deadline | None = None) -> Account:
        """Whose key this is, and the profiles it may name."""
        return self._ask(_Call("/v3/me", "/v3/me"), decoding.account, deadline)[0]

    def _ask(self, call: _Call, decode: Callable[[bytes], T], deadline: Deadline | None) -> tuple[T, str | None]:
        """The decoded answer with the API's id of the request; whatever becomes of the call is logged once."""
        started = time.monotonic()
        try:
            answer = self._decoded(call, decode, deadline)
        except ContactNotFound as missing:
            log.info("sent.call.not_found", extra=_fields(call, started, missing))
            raise
        except SentError as error:
            log.warning("sent.call.failed", extra=_fields(call, started, error))
            raise
        log.info("sent.call.finished", extra=_fields(call, started))
        return answer

    def _decoded(self, call: _Call, decode: Callable[[bytes], T], deadline: Deadline | None) -> tuple[T, str | None]:
        own = deadline or Deadline(self._seconds)
        try:
            answer = self._send(call, own)
        finally:
            if deadline is None:
                own.finish()
        if self._on_allowance and (known := answers.allowance(answer)):
            self._on_allowance(known)
        self._check_profile(answer, call.profile_id)
        answers.check(answer, scoped=call.profile_id is not None, asked_one=call.asked_one)
        try:
            return decode(answer.body), answer.request_id
        except UnexpectedAnswer as error:
            error.request_id = error.request_id or answer.request_id
            raise

    def _send(self, call: _Call, deadline: Deadline) -> Answer:
        # `from None` everywhere: the exceptions of requests hold the whole URL, numbers included.
        headers = {PROFILE_HEADER: call.profile_id} if call.profile_id else {}
        request = requests.Request("GET", self._base_url + call.path, headers=headers, params=list(call.params))
        try:
            with deadline:
                answer = self._received(self._session.prepare_request(request), deadline)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _meaning(error, deadline) from None
        if deadline.fired:  # dripping headers that were cut off look like a whole answer
            raise TimedOut
        return answer

    def _received(self, request: requests.PreparedRequest, deadline: Deadline) -> Answer:
        """Straight through the adapter: a session would read a redirect's body, however long, on its own."""
        if not deadline.left:
            raise TimedOut
        timeout = (min(self._connect_seconds, deadline.left), deadline.left)
        response = self._adapter.send(request, stream=True, timeout=timeout, verify=self._verify)
        try:
            body = bytearray()
            for chunk in response.iter_content(CHUNK):
                body += chunk
                if len(body) > MAX_BODY:
                    break
            else:
                deadline.release()
                return Answer(response.status_code, response.headers, bytes(body))
        except BaseException:
            response.close()
            raise
        response.close()
        raise UnexpectedAnswer(status=response.status_code, request_id=response.headers.get("X-Request-Id"))

    def _check_profile(self, answer: Answer, profile_id: str | None) -> None:
        """Refuses an answer for another profile than was asked (architecture, decision 2)."""
        echo = answer.headers.get("X-Profile-Id")
        if not echo:
            if profile_id is not None:
                log.info("sent.profile.unnamed", extra={"profile_id": profile_id})
            return
        if profile_id is None or echo.strip().lower() != profile_id.lower():
            raise WrongProfile(status=answer.status, request_id=answer.request_id)


def _meaning(error: Exception, deadline: Deadline) -> SentError:
    """What an exception on the way means to us."""
    if deadline.fired or isinstance(error, requests.Timeout):
        return TimedOut()
    if isinstance(error, requests.exceptions.ContentDecodingError | requests.exceptions.InvalidHeader):
        return UnexpectedAnswer()
    if isinstance(error, requests.ConnectionError) and error.args and isinstance(error.args[0], ReadTimeoutError):
        return TimedOut()
    return Unreachable()


def _fields(call: _Call, started: float, error: SentError | None = None) -> dict[str, object]:
    """What the log keeps of a call: never the path with its ids, the query or the key."""
    ms = round((time.monotonic() - started) * 1000, 1)
    fields: dict[str, object] = {"route": call.route, "profile_id": call.profile_id, "ms": ms}
    if error is None:
        return fields | {"status": 200}
    failed = {"error": type(error).__name__, "status": error.status, "code": error.code}
    return fields | failed | {"request_id": error.request_id}
