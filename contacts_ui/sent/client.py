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
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ReadTimeoutError

from . import answers, decoding
from .errors import ContactNotFound, SentError, TimedOut, UnexpectedAnswer, Unreachable, WrongProfile
from .queries import ContactQuery
from .types import Account, Contact, ContactPage, MessageSummary, Pagination

T = TypeVar("T")

log = logging.getLogger(__name__)

PROFILE_HEADER = "x-profile-id"


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

    `connect_timeout` and `read_timeout` are seconds, the second for each read of the socket. `pool_size`
    is connections. Every method may raise any SentError.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_timeout: float = 3.05,
        read_timeout: float = 10.0,
        pool_size: int = 64,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout = (connect_timeout, read_timeout)
        session = requests.Session()
        session.trust_env = False  # a proxy from the environment would be handed the key
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers.update({"x-api-key": api_key, "Accept": "application/json"})
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)
        session.mount(self._base_url, adapter)
        self._session = session

    def contacts(self, query: ContactQuery, profile_id: str | None = None) -> ContactPage:
        """One page of contacts. A phone lookup that finds nothing is an empty page marked `not_found`."""
        call = _Call("/v3/contacts", "/v3/contacts", profile_id, tuple(query.params()), query.phone is not None)
        try:
            page = self._ask(call, lambda body: decoding.contact_page(body, datetime.now(UTC)))
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

    def contact(self, contact_id: UUID, profile_id: str | None = None) -> Contact:
        """One contact. Raises ContactNotFound when this scope has none with this id."""

        def decode(body: bytes) -> Contact:
            found = decoding.contact(body)
            if found.id != contact_id:
                raise UnexpectedAnswer(status=200)
            return found

        return self._ask(_Call("/v3/contacts/{id}", f"/v3/contacts/{contact_id}", profile_id, asked_one=True), decode)

    def message_summary(self, contact_id: UUID, profile_id: str | None = None) -> MessageSummary:
        """What was sent to one contact. Raises ContactNotFound when this scope has none with this id."""
        path = f"/v3/contacts/{contact_id}/message-summary"
        call = _Call("/v3/contacts/{id}/message-summary", path, profile_id, asked_one=True)
        return self._ask(call, decoding.message_summary)

    def me(self) -> Account:
        """Whose key this is, and the profiles it may name."""
        return self._ask(_Call("/v3/me", "/v3/me"), decoding.account)

    def _ask(self, call: _Call, decode: Callable[[bytes], T]) -> T:
        """The decoded answer; whatever becomes of the call is logged once."""
        started = time.monotonic()
        try:
            answer = self._decoded(call, decode)
        except ContactNotFound as missing:
            log.info("sent.call.not_found", extra=_fields(call, started, missing))
            raise
        except SentError as error:
            log.warning("sent.call.failed", extra=_fields(call, started, error))
            raise
        log.info("sent.call.finished", extra=_fields(call, started))
        return answer

    def _decoded(self, call: _Call, decode: Callable[[bytes], T]) -> T:
        response = self._send(call)
        self._check_profile(response, call.profile_id)
        answers.check(response, scoped=call.profile_id is not None, asked_one=call.asked_one)
        try:
            return decode(response.content)
        except UnexpectedAnswer as error:
            error.request_id = error.request_id or answers.request_id(response)
            raise

    def _send(self, call: _Call) -> requests.Response:
        # `from None` everywhere: the exceptions of requests hold the whole URL, numbers included.
        try:
            return self._session.get(
                self._base_url + call.path,
                params=list(call.params),
                headers={PROFILE_HEADER: call.profile_id} if call.profile_id else {},
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.Timeout:
            raise TimedOut from None
        except (requests.exceptions.ContentDecodingError, requests.exceptions.InvalidHeader):
            raise UnexpectedAnswer from None
        except requests.ConnectionError as error:
            if error.args and isinstance(error.args[0], ReadTimeoutError):
                raise TimedOut from None
            raise Unreachable from None
        except requests.RequestException:
            raise Unreachable from None

    def _check_profile(self, response: requests.Response, profile_id: str | None) -> None:
        """Refuses an answer for another profile than was asked (architecture, decision 2)."""
        echo = response.headers.get("X-Profile-Id")
        if echo is None:
            if profile_id is not None:
                log.info("sent.profile.unnamed", extra={"profile_id": profile_id})
            return
        if profile_id is None or echo.strip().lower() != profile_id.lower():
            raise WrongProfile(status=response.status_code, request_id=answers.request_id(response))


def _fields(call: _Call, started: float, error: SentError | None = None) -> dict[str, object]:
    """What the log keeps of a call: never the path with its ids, the query or the key."""
    ms = round((time.monotonic() - started) * 1000, 1)
    fields: dict[str, object] = {"route": call.route, "profile_id": call.profile_id, "ms": ms}
    if error is None:
        return fields | {"status": 200}
    failed = {"error": type(error).__name__, "status": error.status, "code": error.code}
    return fields | failed | {"request_id": error.request_id}
