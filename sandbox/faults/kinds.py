"""The kinds of faults: one function each, and the parameters it knows (README, faults)."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator
from http import HTTPStatus

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from sandbox import envelope
from sandbox import json_paths as patches
from sandbox.api_request import ApiRequest
from sandbox.raw_connection import RESET_DELAY, RawConnection, RawResponse, head

from .parameters import (
    ADDRESS,
    BASE64,
    COUNT,
    DETAILS,
    FLAG,
    HEADERS,
    MOMENTS,
    PATHS,
    SECONDS,
    SIZE,
    STATUS,
    TEXT,
    TEXT_OR_NULL,
    VALUES,
    required,
)
from .queue import Fault, Field, Json

CHUNK = 1 << 20  # bytes
HTML = "<!DOCTYPE html><html><head><title>{status} {phrase}</title></head><body><h1>{phrase}</h1></body></html>"


def status(call: ApiRequest, given: Json) -> HttpResponseBase:
    """An error of the imitated API."""
    number: int = given["status"]
    code = given["code"] if "code" in given else envelope.CODES.get(number, "INTERNAL_001")
    message = given.get("message") or envelope.MESSAGES.get(code or "", "The request failed")
    answer = envelope.failure(number, code, message, given.get("details"), call.id)
    if given.get("empty"):
        answer = HttpResponse(status=number)
        del answer["Content-Type"]
    return _with_headers(call.with_headers(answer), given.get("headers", {}))


def rate_limited(call: ApiRequest, given: Json) -> HttpResponseBase:
    """A 429, with the `Retry-After` given, or without one."""
    retry_after = given.get("retry_after", "1")
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return status(call, {"status": 429, "headers": headers})


def redirect(call: ApiRequest, given: Json) -> HttpResponseBase:
    """A redirect, which an API has no reason to send."""
    answer = HttpResponse(status=given.get("status", 302))
    answer["Location"] = given["location"]
    return call.with_headers(answer)


def html(call: ApiRequest, given: Json) -> HttpResponseBase:
    """A page of some machine on the way."""
    number: int = given.get("status", 502)
    phrase = HTTPStatus(number).phrase if number in set(HTTPStatus) else "Unknown"
    page = HTML.format(status=number, phrase=phrase)
    return call.with_headers(HttpResponse(page, status=number, content_type="text/html; charset=utf-8"))


def body(call: ApiRequest, given: Json) -> HttpResponseBase:
    """Exactly these bytes."""
    content = base64.b64decode(given["body_base64"]) if "body_base64" in given else given.get("body", "").encode()
    kind = given.get("content_type", envelope.JSON_TYPE)
    answer = HttpResponse(content, status=given.get("status", 200), content_type=kind)
    return _with_headers(call.with_headers(answer), given.get("headers", {}))


def patch(call: ApiRequest, given: Json) -> HttpResponseBase:
    """The real answer with parts of its JSON changed."""
    answer = call.respond()
    data = json.loads(answer.content or b"null")
    for path, value in given.get("set", {}).items():
        patches.put(data, path, value)
    for path in given.get("remove", []):
        patches.remove(data, path)
    answer.content = envelope.encode(data)
    answer["Content-Length"] = str(len(answer.content))
    answer.status_code = given.get("status", answer.status_code)
    return _with_headers(answer, given.get("headers", {}))


def headers(call: ApiRequest, given: Json) -> HttpResponseBase:
    """The real answer with other headers; null takes one away."""
    return _with_headers(call.respond(), given["set"])


def truncate(call: ApiRequest, given: Json) -> HttpResponseBase:
    """The real answer, cut off: after a full Content-Length, or after none."""
    answer = call.respond()
    kept = answer.content[: given.get("keep", len(answer.content) // 2)]
    if not given.get("length", True):
        del answer["Content-Length"]
    return RawResponse(lambda wire: wire.send(head(answer) + kept), answer.status_code)


def drip_body(call: ApiRequest, given: Json) -> HttpResponseBase:
    """The real answer, its body a few bytes at a time."""
    answer = call.respond()

    def script(wire: RawConnection) -> None:
        wire.send(head(answer))
        wire.drip(answer.content, *_pace(answer.content, given))

    return RawResponse(script, answer.status_code)


def drip_headers(call: ApiRequest, given: Json) -> HttpResponseBase:
    """The real answer, its headers a few bytes at a time."""
    answer = call.respond()

    def script(wire: RawConnection) -> None:
        wire.drip(head(answer), *_pace(head(answer), given))
        wire.send(answer.content)

    return RawResponse(script, answer.status_code)


def hang(call: ApiRequest, given: Json) -> HttpResponseBase:
    """No answer at all, then the end of the connection."""
    return RawResponse(lambda wire: wire.wait(given.get("seconds", 60), call.released), None)


def slow(call: ApiRequest, given: Json) -> HttpResponseBase:
    """The real answer, later, or as soon as it is released."""
    call.released.wait(given["seconds"])
    return call.respond()


def reset(call: ApiRequest, given: Json) -> HttpResponseBase:
    """A TCP reset: before a byte is answered, after the headers, or in the middle of the body."""
    after = given.get("after", "accept")
    if after == "accept":
        return RawResponse(lambda wire: wire.reset(), None)
    answer = call.respond()
    sent = head(answer) + (answer.content[: len(answer.content) // 2] if after == "body" else b"")

    def script(wire: RawConnection) -> None:
        wire.send(sent)
        wire.wait(RESET_DELAY)
        wire.reset()

    return RawResponse(script, answer.status_code)


def large(call: ApiRequest, given: Json) -> HttpResponseBase:
    """The real answer with blanks after it, up to this many bytes."""
    answer = call.respond()
    size = max(given["bytes"], len(answer.content))
    return _streamed(answer, _padded(answer.content, size), {"Content-Length": str(size)})


def gzip_bomb(call: ApiRequest, given: Json) -> HttpResponseBase:
    """The same, compressed a thousandfold."""
    answer = call.respond()
    del answer["Content-Length"]
    chunks = _compressed(_padded(answer.content, given["bytes"]))
    return _streamed(answer, chunks, {"Content-Encoding": "gzip"})


def _with_headers(answer: HttpResponse, changes: dict[str, str | None]) -> HttpResponse:
    for name, value in changes.items():
        if value is None:
            del answer[name]
        else:
            answer[name] = value
    return answer


def _pace(data: bytes, given: Json) -> tuple[int, float]:
    """Bytes a step, and seconds after each."""
    step: int = given.get("bytes_per_step", 1)
    if "seconds_per_byte" in given:
        return step, given["seconds_per_byte"] * step
    return step, given.get("seconds", 5) / max(1, -(-len(data) // step))


def _streamed(answer: HttpResponse, chunks: Iterator[bytes], changes: dict[str, str]) -> StreamingHttpResponse:
    return StreamingHttpResponse(chunks, status=answer.status_code, headers=dict(answer.headers.items()) | changes)


def _padded(content: bytes, size: int) -> Iterator[bytes]:
    """The content and blanks, which JSON allows after it."""
    yield content
    left = size - len(content)
    blanks = b" " * CHUNK
    while left > 0:
        yield blanks[:left]
        left -= CHUNK


def _compressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=31)  # 31: gzip's own header and checksum
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


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
    "redirect": (redirect, {"status": STATUS, "location": required(ADDRESS)}),
    "html": (html, {"status": STATUS}),
    "body": (
        body,
        {"status": STATUS, "body": TEXT, "body_base64": BASE64, "content_type": ADDRESS, "headers": HEADERS},
    ),
    "patch": (patch, {"set": VALUES, "remove": PATHS, "headers": HEADERS, "status": STATUS}),
    "headers": (headers, {"set": required(HEADERS)}),
    "truncate": (truncate, {"keep": SIZE, "length": FLAG}),
    "drip_body": (drip_body, _PACE),
    "drip_headers": (drip_headers, _PACE),
    "hang": (hang, {"seconds": SECONDS}),
    "slow": (slow, {"seconds": required(SECONDS)}),
    "reset": (reset, {"after": MOMENTS}),
    "large": (large, {"bytes": required(SIZE)}),
    "gzip_bomb": (gzip_bomb, {"bytes": required(SIZE)}),
}

FIELDS: dict[str, dict[str, Field]] = {name: fields for name, (_play, fields) in KINDS.items()}


def apply(fault: Fault, call: ApiRequest) -> HttpResponseBase:
    """The answer this fault gives to this call."""
    return KINDS[fault.kind][0](call, fault.parameters)
