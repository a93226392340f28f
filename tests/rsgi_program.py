"""WSGI application behind the RSGI bridge, for test_rsgi_bridge: streams, errors, and what it was given."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from typing import Any

from dashboard.rsgi import RsgiBridge

PARTS = 50
FILE_PARTS = 300
MOST_BYTES = 200_001
BODY_SECONDS = 3.0
closed: list[str] = []


class Stream:
    """Streaming response, as Django's: parts, and a method that is called at the end."""

    streaming = True

    def __init__(self, *, fails: bool = False) -> None:
        self._fails = fails

    def __iter__(self) -> Iterator[bytes]:
        for number in range(PARTS):
            if self._fails and number == PARTS // 2:
                raise ValueError("half-way")
            yield b"%04d" % number * 5_000

    def close(self) -> None:
        """Remembers that it was called."""
        closed.append("failed" if self._fails else "whole")


class File:
    """Streaming response whose length is known, longer than sockets and pipes hold."""

    streaming = True

    def __init__(self) -> None:
        self._sent = 0

    def __iter__(self) -> Iterator[bytes]:
        for number in range(FILE_PARTS):
            yield b"%04d" % number * 25_000
            self._sent += 1

    def close(self) -> None:
        """Remembers whether all of it was taken."""
        closed.append("file taken" if self._sent == FILE_PARTS else "file cut")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    """Answers by path."""
    path = environ["PATH_INFO"]
    if path == "/error":
        raise ValueError("before the start")
    if path == "/file":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(FILE_PARTS * 100_000))])
        return File()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    if path in {"/stream", "/half"}:
        return Stream(fails=path == "/half")
    if path == "/collection":
        return [json.dumps([gc.get_threshold(), gc.get_freeze_count()]).encode()]
    if path == "/closed":
        return [json.dumps(closed).encode()]
    body = environ["wsgi.input"].read().decode()[:MOST_BYTES]
    return [
        json.dumps({name: value for name, value in environ.items() if isinstance(value, str)} | {"body": body}).encode()
    ]


server = RsgiBridge(application, MOST_BYTES, BODY_SECONDS)
