"""The imitated API: reading contacts and the account, nothing else (sent-api-v3)."""

from __future__ import annotations

import logging
import re
import sys

from django.http import HttpRequest, HttpResponse, JsonResponse

from . import authentication as callers
from .api_request import Call, call_of
from .envelope import ApiError, success
from .seeded_ids import well_formed

log = logging.getLogger(__name__)

LARGEST_PAGE = 100  # sent-api-v3, contacts: the largest the vendor's own clients use
INT32 = 2**31 - 1
CHANNELS = ("sms", "whatsapp")
_E164 = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,40}", re.ASCII)


def contacts(request: HttpRequest) -> HttpResponse:
    """GET /v3/contacts."""
    call = call_of(request)
    store, query = call.state.store, request.GET
    page, size = _page_and_size(request)
    search, channel, phone = query.get("search", ""), query.get("channel", ""), query.get("phone", "")
    if phone:
        ordinals, total = [_by_phone(call, phone)], 1
    else:
        if channel and channel not in CHANNELS:
            allowed = "Channel must be one of: sms, whatsapp"
            raise ApiError(400, "VALIDATION_006", allowed, {"channel": [allowed]})
        ordinals, total = store.page(call.scope, search, channel, (page - 1) * size, page * size)
    pages = -(-total // size)
    data = {
        "contacts": [store.contact(ordinal, call.scope) for ordinal in ordinals],
        "pagination": {
            "page": page,
            "page_size": size,
            "total_count": total,
            "total_pages": pages,
            "has_more": page < pages,
            "cursors": None,
        },
    }
    return success(data, call.id)


def contact(request: HttpRequest, contact_id: str) -> HttpResponse:
    """GET /v3/contacts/{id}."""
    call = call_of(request)
    return success(call.state.store.contact(_by_id(call, contact_id), call.scope), call.id)


def message_summary(request: HttpRequest, contact_id: str) -> HttpResponse:
    """GET /v3/contacts/{id}/message-summary."""
    call = call_of(request)
    return success(call.state.store.summary(_by_id(call, contact_id)), call.id)


def me(request: HttpRequest) -> HttpResponse:
    """GET /v3/me."""
    call = call_of(request)
    if call.caller is None:
        raise RuntimeError("the call was not admitted")
    return success(callers.me(call.caller, call.scope, call.state.store), call.id)


def unknown_path(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """A path that neither the imitated API nor the control plane has."""
    if request.path.startswith("/_sandbox/"):
        return JsonResponse({"error": "The control plane has no such path; sandbox/README.md names them."}, status=404)
    return call_of(request).refusal(ApiError(404, "RESOURCE_000", "The sandbox does not imitate this path"))


def broken(request: HttpRequest) -> HttpResponse:
    """A mistake in the sandbox itself: said aloud in its log, unlike a 500 that was asked for."""
    log.error("the sandbox failed at %s", request.path, exc_info=sys.exc_info())
    return JsonResponse({"error": "The sandbox itself failed; its log says how."}, status=500)


def _page_and_size(request: HttpRequest) -> tuple[int, int]:
    missing = [name for name in ("page", "page_size") if not request.GET.get(name)]
    if missing:
        details = {name: [f"The {name} field is required"] for name in missing}
        raise ApiError(400, "VALIDATION_004", "A required query parameter is missing", details)
    page, size = _integer(request, "page"), _integer(request, "page_size")
    if page < 1:
        raise ApiError(400, "VALIDATION_005", "Page must be greater than 0")
    if not 1 <= size <= LARGEST_PAGE:
        raise ApiError(400, "VALIDATION_005", f"Page size must be between 1 and {LARGEST_PAGE}")
    return page, size


def _integer(request: HttpRequest, name: str) -> int:
    text = request.GET[name]
    if not _INTEGER.fullmatch(text):
        raise ApiError(400, "VALIDATION_001", "The request is invalid", {name: ["Must be a whole number"]})
    if abs(int(text)) > INT32:
        raise ApiError(400, "VALIDATION_005", "Value is out of range", {name: ["Must fit into 32 bits"]})
    return int(text)


def _by_phone(call: Call, phone: str) -> int:
    """The contact with this number; search and channel play no part, it is an "alternative to list view"."""
    if not _E164.fullmatch(phone):
        sentence = "Phone number must be in E.164 format"
        raise ApiError(400, "VALIDATION_002", sentence, {"phone": [sentence]})
    ordinal = call.state.store.by_phone(int(phone), call.scope)
    if ordinal is None:
        raise ApiError(404, "RESOURCE_001", "Contact not found with the specified phone number")
    return ordinal


def _by_id(call: Call, contact_id: str) -> int:
    if not well_formed(contact_id):
        raise ApiError(400, "VALIDATION_001", "The contact id is not a valid UUID", {"id": ["Not a UUID"]})
    ordinal = call.state.store.by_id(contact_id, call.scope)
    if ordinal is None:
        raise ApiError(404, "RESOURCE_001", "Contact not found")
    return ordinal
