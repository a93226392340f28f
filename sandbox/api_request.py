"""API request: one request to the imitated API, from authentication to the response headers."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from . import authentication, envelope
from .envelope import ApiError
from .limiter import RateLimitState
from .request_log import LoggedRequest
from .state import Sandbox, sandbox_of
from .store import Scope

View = Callable[[HttpRequest], HttpResponseBase]
API_REQUEST = "sandbox.api_request"  # key in the WSGI environment


class ApiRequest:
    """A request with its id, credentials, scope and rate limit state, filled in while it is handled."""

    def __init__(self, request: HttpRequest, view: View) -> None:
        self.sandbox: Sandbox = sandbox_of(request)
        self.request, self._view = request, view
        self.id = envelope.new_request_id()
        self.key: str | None = request.headers.get("x-api-key")
        self.profile: str | None = request.headers.get("x-profile-id")
        self.credentials: authentication.Credentials | None = None
        # Taken before a fault can fire for this request: a client that saw the fault fire can release it.
        self.released = self.sandbox.faults.release_event()
        self._scope: Scope | None = None
        self._rate_limit: RateLimitState | None = None
        self._retry_after: int | None = None
        self._started = time.perf_counter()
        request.META[API_REQUEST] = self

    def to_log(self) -> LoggedRequest:
        """A log entry for the request, still without status and duration."""
        return LoggedRequest(
            method=self.request.method or "",
            path=self.request.path,
            query=self.request.META.get("QUERY_STRING", ""),
            profile=self.profile,
            key=authentication.kind_of_key(self.key),
            time=time.time(),
        )

    def wait(self) -> None:
        """Sleeps for the latency that `--latency-ms` sets."""
        least, most = self.sandbox.options.latency_ms
        if most:
            time.sleep(random.uniform(least, most) / 1000)  # noqa: S311

    @property
    def scope(self) -> Scope:
        """The contacts visible to the request. Known once it is admitted."""
        if self._scope is None:
            raise RuntimeError("the request was not admitted")
        return self._scope

    def respond(self) -> HttpResponse:
        """The response without any fault."""
        try:
            self._admit()
            response = self._view(self.request)
        except ApiError as error:
            response = self.error_response(error)
        if not isinstance(response, HttpResponse):
            raise TypeError("a view of the imitated API must not stream its response")
        return self.with_headers(response)

    def error_response(self, error: ApiError) -> HttpResponse:
        """The error as a response, still without the common headers."""
        response = envelope.error_response(error.status, error.code, error.message, error.details, self.id)
        if error.status in {401, 403} and self.sandbox.options.empty_auth_bodies:
            response = HttpResponse(status=error.status)
            del response["Content-Type"]
        return response

    def with_headers(self, response: HttpResponse) -> HttpResponse:
        """Adds the headers common to all responses (sent-api-v3, transport); those already set stay."""
        rate_limit = self._rate_limit or self._unchanged_rate_limit()
        elapsed = math.ceil((time.perf_counter() - self._started) * 1000)
        headers = {
            "X-Request-Id": self.id,
            "X-Response-Time": f"{elapsed}ms",
            "X-API-Version": "v3",
            "X-RateLimit-Limit": str(rate_limit.limit),
            "X-RateLimit-Remaining": str(rate_limit.remaining),
            "X-RateLimit-Reset": str(rate_limit.reset),
        }
        if self._retry_after:
            headers["Retry-After"] = str(self._retry_after)
        if profile_id := self._echoed_profile_id():
            headers["X-Profile-Id"] = profile_id
        if response.status_code not in {204, 304}:
            headers["Content-Length"] = str(len(response.content))
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    def _admit(self) -> None:
        """Checks key, rate limit, profile and method, in this order. Raises ApiError."""
        store = self.sandbox.store
        credentials = authentication.authenticate(self.key, store)
        self._rate_limit = self.sandbox.limiter.take(credentials.pool)
        if not self._rate_limit.granted:
            self._retry_after = self._rate_limit.retry_after
            raise ApiError(429, "BUSINESS_002")
        self.credentials, self._scope = credentials, credentials.scope
        if self.profile is not None:
            self._scope = authentication.profile_scope(self.profile, credentials, store)
        if self.request.method not in {"GET", "HEAD"}:
            raise ApiError(405, "REQUEST_000", "The sandbox answers GET and HEAD only")

    def _echoed_profile_id(self) -> str | None:
        """The id of the profile in `x-profile-id`, if the organization has it."""
        known = self.sandbox.store.profile_scopes.get((self.profile or "").lower())
        return known.owner.id if known and authentication.kind_of_key(self.key) == "organization" else None

    def _unchanged_rate_limit(self) -> RateLimitState:
        """The rate limit for a request that did not reach the limiter."""
        try:
            pool = authentication.authenticate(self.key, self.sandbox.store).pool
        except ApiError:
            pool = authentication.ANONYMOUS_POOL
        return self.sandbox.limiter.peek(pool)


def api_request_of(request: HttpRequest) -> ApiRequest:
    """The ApiRequest that wraps this Django request."""
    api_request: ApiRequest = request.META[API_REQUEST]
    return api_request
