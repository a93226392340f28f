"""Mail server that greets nobody until it is released; then it takes mail and keeps it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer


@dataclass(slots=True)
class HeldMailServer:
    """A mail server on loopback: `connections` so far, and `mails` it took."""

    released: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    mails: list[str] = field(default_factory=list)
    url: str = ""


@contextmanager
def held_mail_server() -> Iterator[HeldMailServer]:
    """Runs a mail server until the block ends."""
    held = HeldMailServer()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            held.connections += 1
            held.released.wait(120)
            self._say("220 held")
            while line := self.rfile.readline():
                command = line[:4].upper().strip()
                if command == b"DATA":
                    self._say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    held.mails.append(b"".join(lines).decode())
                self._say("221 bye" if command == b"QUIT" else "250 yes")

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        held.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield held
        finally:
            held.released.set()
            server.shutdown()
