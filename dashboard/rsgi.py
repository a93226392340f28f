"""RSGI bridge: granian calls the WSGI application through it, on threads, with the header names as they were sent.

granian's own WSGI interface writes `X_Forwarded_For` over `X-Forwarded-For`: both become HTTP_X_FORWARDED_FOR, and only
the server knows the names. Here a header with an underscore in its name is dropped, as nginx and Apache do by default.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from granian.rsgi import HTTPProtocol, ProtocolClosed, ProtocolError, Scope  # type: ignore[attr-defined]

THREADS = 64  # requests a worker serves at once: required requests a second x API latency in seconds
_PLAIN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class RsgiBridge:
    """Serves a WSGI application; `most_bytes` is how much of a body is read: a byte more than the desk accepts."""

    def __init__(self, application: WsgiApplication, most_bytes: int) -> None:
        self._application, self._most_bytes = application, most_bytes
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answers one request. A body is read here, so that a slow one keeps no thread."""
        environ, body = wsgi_environ(scope), bytearray()
        announced = environ.get("CONTENT_LENGTH", "")
        if scope.method == "POST" and not (announced.isdecimal() and int(announced[:16]) >= self._most_bytes):
            try:
                async for chunk in protocol:
                    body += chunk
                    if len(body) >= self._most_bytes:
                        break
            except (ProtocolClosed, ProtocolError):
                return  # the client went while it was sending
            environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = BytesIO(bytes(body))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._respond, environ, protocol, loop)

    def _respond(self, environ: dict[str, Any], protocol: HTTPProtocol, loop: asyncio.AbstractEventLoop) -> None:
        started: list[tuple[int, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started.append((int(status.partition(" ")[0]), headers))

        result = self._application(environ, start_response)
        try:
            ((status, headers),) = started
            has_length = any(name.lower() == "content-length" for name, _ in headers)
            if has_length or not getattr(result, "streaming", False):
                protocol.response_bytes(status, headers, b"".join(result))
                return
            transport = protocol.response_stream(status, headers)
            for part in result:
                asyncio.run_coroutine_threadsafe(_send(transport, part), loop).result()
        except (ProtocolClosed, ProtocolError):
            return  # the client has gone
        finally:
            if close := getattr(result, "close", None):
                close()


async def _send(transport: Any, part: bytes) -> None:
    await transport.send_bytes(part)


def wsgi_environ(scope: Scope) -> dict[str, Any]:
    """The environ of a request, without its body. Several headers of one name are joined, as RFC 9110 has it."""
    server, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = _PLAIN.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}" if key in environ else value
    environ.setdefault("HTTP_HOST", "")  # not allowed; without it Django would take the server's address
    return environ
