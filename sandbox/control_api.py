"""The control plane under /_sandbox/: for tests, without key, limit or latency (README, control plane)."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from sandbox.faults.queue import BadFault

from .faults import kinds
from .faults import queue as fault_queue
from .state import state_of
from .store import Scope


@require_http_methods(["GET", "HEAD"])
def health(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """That the sandbox answers."""
    return _json({"ok": True})


@require_http_methods(["GET", "DELETE"])
def requests(request: HttpRequest) -> HttpResponse:
    """The calls received; DELETE forgets them."""
    calls = state_of(request).calls
    if request.method == "DELETE":
        calls.clear()
    return _json({"requests": calls.to_json()})


@require_http_methods(["GET", "POST", "DELETE"])
def faults(request: HttpRequest) -> HttpResponse:
    """The faults that wait and those that fired; POST queues more, DELETE forgets all."""
    queue = state_of(request).faults
    if request.method == "DELETE":
        queue.clear()
    if request.method == "POST":
        try:
            given = json.loads(request.body)
            queue.add([fault_queue.parse(one, kinds.FIELDS) for one in (given if isinstance(given, list) else [given])])
        except (ValueError, RecursionError):  # the latter from nesting without end
            return _refused(400, "The body must be JSON.")
        except BadFault as error:
            return _refused(400, str(error))
    return _json(queue.to_json())


@require_http_methods(["DELETE"])
def memory(request: HttpRequest) -> HttpResponse:
    """DELETE forgets faults, calls and what the rate limit counted, all at once: the sandbox is as at its start."""
    state = state_of(request)
    state.faults.clear()
    state.calls.clear()
    state.limiter.reset()
    return _json({"ok": True})


@require_http_methods(["DELETE"])
def held(request: HttpRequest) -> HttpResponse:
    """DELETE lets every answer that `slow` or `hang` holds back now go on at once."""
    state_of(request).faults.release()
    return _json({"ok": True})


@require_http_methods(["DELETE"])
def limits(request: HttpRequest) -> HttpResponse:
    """DELETE fills every rate limit pool again."""
    state_of(request).limiter.reset()
    return _json({"ok": True})


@require_http_methods(["GET"])
def contacts(request: HttpRequest) -> HttpResponse:
    """All that one scope holds, in the order of the list: `profile` (empty: the organization), `offset`, `limit`."""
    store, query = state_of(request).store, request.GET
    profile = query.get("profile", "")
    scope: Scope | None = store.profile_scopes.get(profile.lower()) if profile else store.account_scope
    if scope is None:
        return _refused(404, "There is no such profile.")
    try:
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", len(scope)))
    except ValueError:
        return _refused(400, "offset and limit must be whole numbers.")
    rows = [
        {"id": store.chance.contact_id(ordinal), "format_e164": store.e164(ordinal)}
        for ordinal in scope.ordinals(max(0, offset), max(0, offset) + max(0, limit))
    ]
    return _json({"total": len(scope), "contacts": rows})


@require_http_methods(["GET"])
def profiles(request: HttpRequest) -> HttpResponse:
    """The organization's profiles in the order of /v3/me, and how many contacts each sees."""
    store = state_of(request).store
    scopes = store.profile_scopes.values()
    return _json({"profiles": [_profile(scope) for scope in scopes]})


def _profile(scope: Scope) -> dict[str, Any]:
    owner = scope.owner
    return {
        "id": owner.id,
        "name": owner.name,
        "short_name": owner.short_name,
        "status": owner.status,
        "contacts": len(scope),
        "inherited": len(scope.inherited),
    }


def _json(data: dict[str, Any]) -> HttpResponse:
    return _sized(JsonResponse(data))


def _refused(status: int, sentence: str) -> HttpResponse:
    return _sized(JsonResponse({"error": sentence}, status=status))


def _sized(answer: JsonResponse) -> HttpResponse:
    # Without a length the connection could not be kept.
    answer["Content-Length"] = str(len(answer.content))
    return answer
