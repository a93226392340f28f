"""Fault kinds: one function each that builds the faulty response, and its parameters (README, faults)."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator
from http import HTTPStatus

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from sandbox import envelope
from sandbox.api_request import ApiRequest
from sandbox.json_paths import remove_path, set_path
from sandbox.raw_connection import RESET_DELAY, RawConnection, RawResponse, response_head

from .parameters import (
    BASE64,
    COUNT,
    DETAILS,
    FLAG,
    HEADER_TEXT,
    HEADERS,
    PATH_VALUES,
    PATHS,
    RESET_POINTS,
    SECONDS,
    SIZE,
    STATUS,
    TEXT,
    TEXT_OR_NULL,
    required,
)
from .queue import Fault, Field, Json

CHUNK = 1 << 20  # bytes
HTML = "<!DOCTYPE html><html><head><title>{status} {phrase}</title></head><body><h1>{phrase}</h1></body></html>"


def status(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """An error of the imitated API."""
    number: int = parameters["status"]
    code = parameters["code"] if "code" in parameters else envelope.CODES.get(number, "INTERNAL_001")
    message = parameters.get("message") or envelope.MESSAGES.get(code or "", "The request failed")
    response = envelope.error_response(number, code, message, parameters.get("details"), api_request.id)
    if parameters.get("empty"):
        response = HttpResponse(status=number)
        del response["Content-Type"]
    return _with_headers(api_request.with_headers(response), parameters.get("headers", {}))


def rate_limited(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """A 429 with or without `Retry-After`."""
    retry_after = parameters.get("retry_after", "1")
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return status(api_request, {"status": 429, "headers": headers})


def redirect(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """A redirect, though an API has no reason to send one."""
    response = HttpResponse(status=parameters.get("status", 302))
    response["Location"] = parameters["location"]
    return api_request.with_headers(response)


def html(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """An HTML error page, like that of a proxy."""
    number: int = parameters.get("status", 502)
    phrase = HTTPStatus(number).phrase if number in set(HTTPStatus) else "Unknown"
    page = HTML.format(status=number, phrase=phrase)
    return api_request.with_headers(HttpResponse(page, status=number, content_type="text/html; charset=utf-8"))


def body(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """A response with this body, byte for byte."""
    content = (
        base64.b64decode(parameters["body_base64"])
        if "body_base64" in parameters
        else parameters.get("body", "").encode()
    )
    content_type = parameters.get("content_type", envelope.JSON_TYPE)
    response = HttpResponse(content, status=parameters.get("status", 200), content_type=content_type)
    return _with_headers(api_request.with_headers(response), parameters.get("headers", {}))


def patch(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """The real response with parts of its JSON changed."""
    response = api_request.respond()
    data = json.loads(response.content or b"null")
    for path, value in parameters.get("set", {}).items():
        set_path(data, path, value)
    for path in parameters.get("remove", []):
        remove_path(data, path)
    response.content = envelope.encode(data)
    response["Content-Length"] = str(len(response.content))
    response.status_code = parameters.get("status", response.status_code)
    return _with_headers(response, parameters.get("headers", {}))


def headers(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """The real response with headers changed; null removes one."""
    return _with_headers(api_request.respond(), parameters["set"])


def truncate(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """The real response cut off, with its full Content-Length or without any."""
    response = api_request.respond()
    kept = response.content[: parameters.get("keep", len(response.content) // 2)]
    if not parameters.get("length", True):
        del response["Content-Length"]
    return RawResponse(lambda connection: connection.send(response_head(response) + kept), response.status_code)


def drip_body(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """The real response, its body sent a few bytes at a time."""
    response = api_request.respond()

    def script(connection: RawConnection) -> None:
        connection.send(response_head(response))
        connection.drip(response.content, *_pace(response.content, parameters))

    return RawResponse(script, response.status_code)


def drip_headers(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """The real response, its headers sent a few bytes at a time."""
    response = api_request.respond()

    def script(connection: RawConnection) -> None:
        connection.drip(response_head(response), *_pace(response_head(response), parameters))
        connection.send(response.content)

    return RawResponse(script, response.status_code)


def hang(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """No response, then the connection closes."""
    return RawResponse(lambda connection: connection.wait(parameters.get("seconds", 60), api_request.released), None)


def slow(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """The real response, delayed until the seconds are over or it is released."""
    api_request.released.wait(parameters["seconds"])
    return api_request.respond()


def reset(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """A TCP reset: before any byte of the response, after the headers, or in the middle of the body."""
    after = parameters.get("after", "accept")
    if after == "accept":
        return RawResponse(lambda connection: connection.reset(), None)
    response = api_request.respond()
    sent = response_head(response) + (response.content[: len(response.content) // 2] if after == "body" else b"")

    def script(connection: RawConnection) -> None:
        connection.send(sent)
        connection.wait(RESET_DELAY)
        connection.reset()

    return RawResponse(script, response.status_code)


def large(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """The real response padded with spaces to this many bytes."""
    response = api_request.respond()
    size = max(parameters["bytes"], len(response.content))
    return _streamed(response, _padded(response.content, size), {"Content-Length": str(size)})


def gzip_bomb(api_request: ApiRequest, parameters: Json) -> HttpResponseBase:
    """The real response padded with spaces and compressed with gzip, about a thousandfold."""
    response = api_request.respond()
    del response["Content-Length"]
    chunks = _compressed(_padded(response.content, parameters["bytes"]))
    return _streamed(response, chunks, {"Content-Encoding": "gzip"})


def _with_headers(response: HttpResponse, changes: dict[str, str | None]) -> HttpResponse:
    for name, value in changes.items():
        if value is None:
            del response[name]
        else:
            response[name] = value
    return response


def _pace(data: bytes, parameters: Json) -> tuple[int, float]:
    """Bytes per step, and seconds after each step."""
    step: int = parameters.get("bytes_per_step", 1)
    if "seconds_per_byte" in parameters:
        return step, parameters["seconds_per_byte"] * step
    return step, parameters.get("seconds", 5) / max(1, -(-len(data) // step))


def _streamed(response: HttpResponse, chunks: Iterator[bytes], changes: dict[str, str]) -> StreamingHttpResponse:
    return StreamingHttpResponse(chunks, status=response.status_code, headers=dict(response.headers.items()) | changes)


def _padded(content: bytes, size: int) -> Iterator[bytes]:
    """The content and trailing spaces, which JSON allows."""
    yield content
    left = size - len(content)
    spaces = b" " * CHUNK
    while left > 0:
        yield spaces[:left]
        left -= CHUNK


def _compressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(wbits=31)  # 31: gzip's own header and checksum
    for chunk in chunks:
        yield compressor.compress(chunk)
    yield compressor.flush()


Kind = Callable[[ApiRequest, Json], HttpResponseBase]

_PACE = {"seconds_per_byte": SECONDS, "seconds": SECONDS, "bytes_per_step": COUNT}

KINDS: dict[str, tuple[Kind, dict[str, Field]]] = {
    "status": (
        status,
        {
            "status": required(STATUS),
            "code": TEXT_OR_NULL,
            "message": TEXT,
            "details": DETAILS,
            "headers": HEADERS,
            "empty": FLAG,
        },
    ),
    "rate_limited": (rate_limited, {"retry_after": TEXT_OR_NULL}),
    "redirect": (redirect, {"status": STATUS, "location": required(HEADER_TEXT)}),
    "html": (html, {"status": STATUS}),
    "body": (
        body,
        {"status": STATUS, "body": TEXT, "body_base64": BASE64, "content_type": HEADER_TEXT, "headers": HEADERS},
    ),
    "patch": (patch, {"set": PATH_VALUES, "remove": PATHS, "headers": HEADERS, "status": STATUS}),
    "headers": (headers, {"set": required(HEADERS)}),
    "truncate": (truncate, {"keep": SIZE, "length": FLAG}),
    "drip_body": (drip_body, _PACE),
    "drip_headers": (drip_headers, _PACE),
    "hang": (hang, {"seconds": SECONDS}),
    "slow": (slow, {"seconds": required(SECONDS)}),
    "reset": (reset, {"after": RESET_POINTS}),
    "large": (large, {"bytes": required(SIZE)}),
    "gzip_bomb": (gzip_bomb, {"bytes": required(SIZE)}),
}

FIELDS: dict[str, dict[str, Field]] = {name: fields for name, (_function, fields) in KINDS.items()}


def apply(fault: Fault, api_request: ApiRequest) -> HttpResponseBase:
    """The response of this fault to the API request."""
    return KINDS[fault.kind][0](api_request, fault.parameters)
