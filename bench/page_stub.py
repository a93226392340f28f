"""API stub: contacts of one profile over keep-alive HTTP, searched and paged as the API does, after a delay.

Usage: python -m bench.page_stub PORT FOLDER, with the body `me` and the list `contacts` as JSON in FOLDER. `GET
/delay/50` sets the delay in milliseconds. A search with MANY matches or more has a page of them for every page number,
so that a bench can ask for ever new ones.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_PROFILE = re.compile(rb"\r\nx-profile-id: *([^\r]+)", re.IGNORECASE)
MANY = 100
ENDLESS = 1_000_000  # rows, as far as the page counts tell


class Stub:
    """Serves the recorded account and the contacts with the current delay."""

    def __init__(self, folder: Path) -> None:
        self._me = (folder / "me").read_bytes()
        contacts = json.loads((folder / "contacts").read_bytes())
        self._rows = [(contact.get("format_national") or "", json.dumps(contact)) for contact in contacts]
        self._found: dict[str, list[str]] = {}
        self._delay = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection until the client closes it."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = self.body(head.split(b" ", 2)[1].decode())
                if self._delay and body:
                    await asyncio.sleep(self._delay)
                writer.write(_head(head, len(body)) + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def body(self, path: str) -> bytes:
        """The answer to a request of `path`; empty for one that sets the delay."""
        if path.startswith("/delay/"):
            self._delay = float(path[7:]) / 1000
            return b""
        if path.startswith("/v3/me"):
            return self._me
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        return self._page(query.get("search", ""), int(query.get("page", "1")), int(query.get("page_size", "20")))

    def _page(self, text: str, page: int, size: int) -> bytes:
        found = self._found.get(text)
        if found is None:
            found = self._found[text] = [row for national, row in self._rows if text in national]
        endless = len(found) >= MANY
        start = (page - 1) * size % len(found) if endless else (page - 1) * size
        rows = ",".join((found + found)[start : start + size] if endless else found[start : start + size])
        total = ENDLESS if endless else len(found)
        pagination = {"page": page, "page_size": size, "total_count": total, "total_pages": -(-total // size)}
        data = f'{{"contacts":[{rows}],"pagination":{json.dumps(pagination | {"has_more": page * size < total})}}}'
        return f'{{"success":true,"data":{data},"meta":{{"request_id":"req_bench"}}}}'.encode()


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
