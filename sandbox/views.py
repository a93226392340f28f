"""API views: the imitated read endpoints for contacts and the account (sent-api-v3)."""

from __future__ import annotations

import logging
import re
import sys
from itertools import islice

from django.http import HttpRequest, HttpResponse, JsonResponse

from . import authentication
from .api_request import ApiRequest, api_request_of
from .envelope import ApiError, success_response
from .seeded_ids import well_formed

log = logging.getLogger(__name__)

MAX_PAGE_SIZE = 100  # sent-api-v3, contacts: the largest that the vendor's own clients use
INT32 = 2**31 - 1
CHANNELS = ("sms", "whatsapp")
_E164 = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,40}", re.ASCII)


def contacts(request: HttpRequest) -> HttpResponse:
    """GET /v3/contacts."""
    api_request = api_request_of(request)
    store, query = api_request.sandbox.store, request.GET
    page, size = _page_and_size(request)
    search, channel, phone = query.get("search", ""), query.get("channel", ""), query.get("phone", "")
    if phone:
        found = _ordinals_by_phone(api_request, phone)
        ordinals, total = found[(page - 1) * size : page * size], len(found)
    else:
        if channel and channel not in CHANNELS:
            message = "Channel must be one of: sms, whatsapp"
            raise ApiError(400, "VALIDATION_006", message, {"channel": [message]})
        ordinals, total = store.page(api_request.scope, search, channel, (page - 1) * size, page * size)
    pages = -(-total // size)
    data = {
        "contacts": [store.contact(ordinal) for ordinal in ordinals],
        "pagination": {
            "page": page,
            "page_size": size,
            "total_count": total,
            "total_pages": pages,
            "has_more": page < pages,
            "cursors": None,
        },
    }
    return success_response(data, api_request.id)


def contact(request: HttpRequest, contact_id: str) -> HttpResponse:
    """GET /v3/contacts/{id}."""
    api_request = api_request_of(request)
    ordinal = _ordinal_by_id(api_request, contact_id)
    return success_response(api_request.sandbox.store.contact(ordinal), api_request.id)


def message_summary(request: HttpRequest, contact_id: str) -> HttpResponse:
    """GET /v3/contacts/{id}/message-summary."""
    api_request = api_request_of(request)
    ordinal = _ordinal_by_id(api_request, contact_id)
    return success_response(api_request.sandbox.store.summary(ordinal), api_request.id)


def me(request: HttpRequest) -> HttpResponse:
    """GET /v3/me."""
    api_request = api_request_of(request)
    if api_request.credentials is None:
        raise RuntimeError("the request was not admitted")
    data = authentication.me(api_request.credentials, api_request.scope, api_request.sandbox.store)
    return success_response(data, api_request.id)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """404 for a path that neither the imitated API nor the control API has."""
    if request.path.startswith("/_sandbox/"):
        return JsonResponse({"error": "The control API has no such path; sandbox/README.md names them."}, status=404)
    return api_request_of(request).error_response(
        ApiError(404, "RESOURCE_000", "The sandbox does not imitate this path")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for a bug in the sandbox itself: logged, unlike a 500 queued as a fault."""
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
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise ApiError(400, "VALIDATION_005", f"Page size must be between 1 and {MAX_PAGE_SIZE}")
    return page, size


def _integer(request: HttpRequest, name: str) -> int:
    text = request.GET[name]
    if not _INTEGER.fullmatch(text):
        raise ApiError(400, "VALIDATION_001", "The request is invalid", {name: ["Must be a whole number"]})
    if abs(int(text)) > INT32:
        raise ApiError(400, "VALIDATION_005", "Value is out of range", {name: ["Must fit into 32 bits"]})
    return int(text)


def _ordinals_by_phone(api_request: ApiRequest, phone: str) -> list[int]:
    """The contacts with this number, or the first of them (README, flags). Ignores search and channel: an
    "alternative to list view" (sent-api-v3).
    """
    if not _E164.fullmatch(phone):
        message = "Phone number must be in E.164 format"
        raise ApiError(400, "VALIDATION_002", message, {"phone": [message]})
    sandbox = api_request.sandbox
    found = sandbox.store.by_phone(int(phone), api_request.scope)
    ordinals = list(found if sandbox.options.all_by_phone else islice(found, 1))
    if not ordinals:
        raise ApiError(404, "RESOURCE_001", "Contact not found with the specified phone number")
    return ordinals


def _ordinal_by_id(api_request: ApiRequest, contact_id: str) -> int:
    if not well_formed(contact_id):
        raise ApiError(400, "VALIDATION_001", "The contact id is not a valid UUID", {"id": ["Not a UUID"]})
    ordinal = api_request.sandbox.store.by_id(contact_id, api_request.scope)
    if ordinal is None:
        raise ApiError(404, "RESOURCE_001", "Contact not found")
    return ordinal
