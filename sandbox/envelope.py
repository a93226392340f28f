"""Response envelope: the JSON body common to all responses of the imitated API (sent-api-v3, transport)."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from django.http import HttpResponse

from .timestamps import now

Json = dict[str, Any]
Details = dict[str, list[str]]

JSON_TYPE = "application/json; charset=utf-8"
_BASE62 = string.ascii_letters + string.digits

MESSAGES = {
    "VALIDATION_001": "The request is invalid",
    "VALIDATION_002": "Phone number must be in E.164 format",
    "VALIDATION_003": "Value is not a valid UUID",
    "VALIDATION_004": "A required field is missing",
    "VALIDATION_005": "Value is out of range",
    "VALIDATION_006": "Value is not one of the allowed values",
    "AUTH_001": "API key is missing",
    "AUTH_002": "API key is invalid",
    "AUTH_004": "You do not have permission to do this",
    "RESOURCE_001": "Contact not found",
    "RESOURCE_004": "Customer not found",
    "BUSINESS_001": "Inherited contacts are read-only",
    "BUSINESS_002": "Rate limit exceeded",
    "INTERNAL_001": "An unexpected error occurred. Please contact support with request ID: {request_id}",
    "INTERNAL_003": "An external service failed. Please contact support with request ID: {request_id}",
    "INTERNAL_004": "The request timed out. Please contact support with request ID: {request_id}",
    "SERVICE_001": "The service is unavailable. Please contact support with request ID: {request_id}",
}
"""Default message of each error code (sent-api-v3, errors)."""

CODES = {
    400: "VALIDATION_001",
    401: "AUTH_002",
    403: "AUTH_004",
    404: "RESOURCE_001",
    422: "BUSINESS_001",
    429: "BUSINESS_002",
    502: "INTERNAL_003",
    503: "SERVICE_001",
    504: "INTERNAL_004",
}
"""Default error code of each status; INTERNAL_001 for the rest."""


class ApiError(Exception):
    """An error response of the imitated API (sent-api-v3, errors)."""

    def __init__(self, status: int, code: str, message: str | None = None, details: Details | None = None) -> None:
        self.status, self.code, self.details = status, code, details
        self.message = message or MESSAGES.get(code, "The request failed")
        super().__init__(self.message)


def new_request_id() -> str:
    """A random id like `req_7X9zKp2jDw`."""
    return "req_" + "".join(secrets.choice(_BASE62) for _ in range(12))


def success_response(data: Json, request_id: str) -> HttpResponse:
    """A 200 with `data`."""
    return _response(200, {"success": True, "data": data, "error": None, "meta": _meta(request_id)})


def error_response(
    status: int, code: str | None, message: str, details: Details | None, request_id: str
) -> HttpResponse:
    """An error. `{request_id}` in the message is replaced."""
    error = {
        "code": code,
        "message": message.replace("{request_id}", request_id),
        "details": details,
        "doc_url": f"https://docs.sent.dm/errors/{code}" if code else None,
    }
    return _response(status, {"success": False, "data": None, "error": error, "meta": _meta(request_id)})


def _meta(request_id: str) -> Json:
    return {"request_id": request_id, "timestamp": now(), "version": "v3"}


def _response(status: int, body: Json) -> HttpResponse:
    return HttpResponse(encode(body), status=status, content_type=JSON_TYPE)


def encode(body: Any) -> bytes:
    """JSON in the API's form: UTF-8, no whitespace between tokens."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
