"""Control API: faults, request log and data for tests, without key, limit or latency (README, control API)."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from sandbox.faults.queue import InvalidFault

from .churn import ChurnPlan
from .faults import kinds
from .faults import queue as fault_queue
from .state import sandbox_of
from .store import Scope


@require_http_methods(["GET", "HEAD"])
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Liveness: always ok."""
    return _json({"ok": True})


@require_http_methods(["GET", "DELETE"])
def requests(request: HttpRequest) -> HttpResponse:
    """The API requests received; DELETE clears them."""
    request_log = sandbox_of(request).requests
    if request.method == "DELETE":
        request_log.clear()
    return _json({"requests": request_log.to_json()})


@require_http_methods(["GET", "POST", "DELETE"])
def faults(request: HttpRequest) -> HttpResponse:
    """Queued and fired faults; POST queues one or a list, DELETE clears both."""
    queue = sandbox_of(request).faults
    if request.method == "DELETE":
        queue.clear()
    if request.method == "POST":
        try:
            body = json.loads(request.body)
            queue.add([fault_queue.parse(one, kinds.FIELDS) for one in (body if isinstance(body, list) else [body])])
        except (ValueError, RecursionError):  # the latter from nesting too deep
            return _error(400, "The body must be JSON.")
        except InvalidFault as error:
            return _error(400, str(error))
    return _json(queue.to_json())


@require_http_methods(["DELETE"])
def memory(request: HttpRequest) -> HttpResponse:
    """DELETE resets faults, request log, rate limit and churn in one request: the sandbox is as at its start."""
    sandbox = sandbox_of(request)
    sandbox.faults.clear()
    sandbox.requests.clear()
    sandbox.limiter.reset()
    sandbox.store.churns.clear()
    return _json({"ok": True})


@require_http_methods(["GET", "POST", "DELETE"])
def churn(request: HttpRequest) -> HttpResponse:
    """The lists that change while they are read; POST begins one, of `profile` (empty: the organization)."""
    store = sandbox_of(request).store
    if request.method == "DELETE":
        store.churns.clear()
    if request.method == "POST":
        try:
            fields = json.loads(request.body)
            profile = fields.pop("profile", "") or ""
            plan = ChurnPlan(**fields)
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            return _error(400, str(error))
        scope = store.profile_scopes.get(profile.lower()) if profile else store.account_scope
        if scope is None:
            return _error(404, "There is no such profile.")
        store.begin_churn(scope, plan)
    return _json({owner: {"total": len(one.visible)} | one.done for owner, one in store.churns.items()})


@require_http_methods(["DELETE"])
def held(request: HttpRequest) -> HttpResponse:
    """DELETE releases all responses that `slow` or `hang` holds back."""
    sandbox_of(request).faults.release()
    return _json({"ok": True})


@require_http_methods(["DELETE"])
def limits(request: HttpRequest) -> HttpResponse:
    """DELETE refills all rate limit pools."""
    sandbox_of(request).limiter.reset()
    return _json({"ok": True})


@require_http_methods(["GET"])
def contacts(request: HttpRequest) -> HttpResponse:
    """Ids and numbers of one scope in list order: `profile` (empty: the organization), `offset`, `limit`."""
    store, query = sandbox_of(request).store, request.GET
    profile = query.get("profile", "")
    scope: Scope | None = store.profile_scopes.get(profile.lower()) if profile else store.account_scope
    if scope is None:
        return _error(404, "There is no such profile.")
    ordinals = store.current(scope)
    try:
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", len(ordinals)))
    except ValueError:
        return _error(400, "offset and limit must be whole numbers.")
    rows = [
        {"id": store.seeded.contact_id(ordinal), "format_e164": store.e164(ordinal)}
        for ordinal in ordinals[max(0, offset) : max(0, offset) + max(0, limit)]
    ]
    return _json({"total": len(ordinals), "contacts": rows})


@require_http_methods(["GET"])
def profiles(request: HttpRequest) -> HttpResponse:
    """The organization's profiles in the order of /v3/me, each with its number of visible contacts."""
    store = sandbox_of(request).store
    scopes = store.profile_scopes.values()
    return _json({"profiles": [_profile_json(scope) for scope in scopes]})


def _profile_json(scope: Scope) -> dict[str, Any]:
    owner = scope.owner
    return {
        "id": owner.id,
        "name": owner.name,
        "short_name": owner.short_name,
        "status": owner.status,
        "contacts": len(scope),
    }


def _json(data: dict[str, Any]) -> HttpResponse:
    return _with_length(JsonResponse(data))


def _error(status: int, message: str) -> HttpResponse:
    return _with_length(JsonResponse({"error": message}, status=status))


def _with_length(response: JsonResponse) -> HttpResponse:
    # Without Content-Length the connection could not be kept alive.
    response["Content-Length"] = str(len(response.content))
    return response
