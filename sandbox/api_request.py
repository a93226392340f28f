"""One call of the imitated API, from its arrival to its answer with all headers."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from . import authentication as callers
from . import envelope
from .envelope import ApiError
from .limiter import Allowance
from .request_log import Entry
from .state import State, state_of
from .store import Scope

View = Callable[[HttpRequest], HttpResponseBase]
CALL = "sandbox.call"  # its name in the WSGI environment


class Call:
    """What is found out about a call on its way through the gate."""

    def __init__(self, request: HttpRequest, view: View) -> None:
        self.state: State = state_of(request)
        self.request, self._view = request, view
        self.id = envelope.request_id()
        self.key: str | None = request.headers.get("x-api-key")
        self.profile: str | None = request.headers.get("x-profile-id")
        self.caller: callers.Caller | None = None
        # Before a fault can fire for it: whoever saw that it fired can release it.
        self.released = self.state.faults.released()
        self._scope: Scope | None = None
        self._allowance: Allowance | None = None
        self._retry_after: int | None = None
        self._started = time.perf_counter()
        request.META[CALL] = self

    def entry(self) -> Entry:
        """The call as the log keeps it."""
        return Entry(
            method=self.request.method or "",
            path=self.request.path,
            query=self.request.META.get("QUERY_STRING", ""),
            profile=self.profile,
            key=callers.kind_of_key(self.key),
            time=time.time(),
        )

    def wait(self) -> None:
        """Takes as long as `--latency-ms` says."""
        least, most = self.state.options.latency_ms
        if most:
            time.sleep(random.uniform(least, most) / 1000)  # noqa: S311

    @property
    def scope(self) -> Scope:
        """Whose contacts the call is about. Known once it is admitted."""
        if self._scope is None:
            raise RuntimeError("the call was not admitted")
        return self._scope

    def real(self) -> HttpResponse:
        """The answer without any fault."""
        try:
            self._admit()
            answer = self._view(self.request)
        except ApiError as error:
            answer = self.refusal(error)
        if not isinstance(answer, HttpResponse):
            raise TypeError("a view of the imitated API must answer at once")
        return self.finished(answer)

    def refusal(self, error: ApiError) -> HttpResponse:
        """The error as an answer, still without headers."""
        answer = envelope.failure(error.status, error.code, error.message, error.details, self.id)
        if error.status in {401, 403} and self.state.options.empty_auth_bodies:
            answer = HttpResponse(status=error.status)
            del answer["Content-Type"]
        return answer

    def finished(self, answer: HttpResponse) -> HttpResponse:
        """The answer with the headers every answer has (sent-api-v3, transport)."""
        allowance = self._allowance or self._unasked_allowance()
        taken = math.ceil((time.perf_counter() - self._started) * 1000)
        headers = {
            "X-Request-Id": self.id,
            "X-Response-Time": f"{taken}ms",
            "X-API-Version": "v3",
            "X-RateLimit-Limit": str(allowance.limit),
            "X-RateLimit-Remaining": str(allowance.remaining),
            "X-RateLimit-Reset": str(allowance.reset),
        }
        if self._retry_after:
            headers["Retry-After"] = str(self._retry_after)
        if echo := self._echo():
            headers["X-Profile-Id"] = echo
        if answer.status_code not in {204, 304}:
            headers["Content-Length"] = str(len(answer.content))
        for name, value in headers.items():
            answer.headers.setdefault(name, value)
        return answer

    def _admit(self) -> None:
        """Key, rate limit, profile, method: in this order."""
        store = self.state.store
        caller = callers.identify(self.key, store)
        self._allowance = self.state.limiter.take(caller.pool)
        if not self._allowance.granted:
            self._retry_after = self._allowance.retry_after
            raise ApiError(429, "BUSINESS_002")
        self.caller, self._scope = caller, caller.scope
        if self.profile is not None:
            self._scope = callers.named_scope(self.profile, caller, store)
        if self.request.method not in {"GET", "HEAD"}:
            raise ApiError(405, "REQUEST_000", "The sandbox answers GET and HEAD only")

    def _echo(self) -> str | None:
        """The id of the profile the call named, if the organization has it."""
        known = self.state.store.profile_scopes.get((self.profile or "").lower())
        return known.owner.id if known and callers.kind_of_key(self.key) == "organization" else None

    def _unasked_allowance(self) -> Allowance:
        """What the headers say of a call that never reached the limit."""
        try:
            pool = callers.identify(self.key, self.state.store).pool
        except ApiError:
            pool = callers.NOBODY
        return self.state.limiter.peek(pool)


def call_of(request: HttpRequest) -> Call:
    """The call of the imitated API this request is."""
    call: Call = request.META[CALL]
    return call
