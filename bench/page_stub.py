"""API stub: two recorded responses over keep-alive HTTP, after a configurable delay.

Usage: python -m bench.page_stub PORT FOLDER, with the bodies `me` and `contacts` in FOLDER. `GET /delay/50` sets the
delay in milliseconds.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

_PROFILE = re.compile(rb"\r\nx-profile-id: *([^\r]+)", re.IGNORECASE)


class Stub:
    """Serves the recorded bodies with the current delay."""

    def __init__(self, folder: Path) -> None:
        self._me, self._contacts = (folder / "me").read_bytes(), (folder / "contacts").read_bytes()
        self._delay = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until the client closes it."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = self._body(head.split(b" ", 2)[1])
                if self._delay and body:
                    await asyncio.sleep(self._delay)
                writer.write(_head(head, len(body)) + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _body(self, path: bytes) -> bytes:
        if path.startswith(b"/delay/"):
            self._delay = float(path[7:]) / 1000
            return b""
        return self._me if path.startswith(b"/v3/me") else self._contacts


def _head(request: bytes, length: int) -> bytes:
    profile = _PROFILE.search(request)
    echo = b"X-Profile-Id: " + profile[1] + b"\r\n" if profile else b""
    content_type = b"Content-Type: application/json; charset=utf-8\r\n"
    return (
        b"HTTP/1.1 200 OK\r\n" + content_type + echo + b"X-Request-Id: req_bench\r\nContent-Length: %d\r\n\r\n" % length
    )


async def main() -> None:
    """Serves until the process is killed."""
    stub = Stub(Path(sys.argv[2]))
    server = await asyncio.start_server(stub.serve, "127.0.0.1", int(sys.argv[1]), backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
