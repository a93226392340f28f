"""Low-overhead HTTP load: keep-alive connections, prebuilt requests, and CPU accounting for each time slot."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"
TICK = os.sysconf("SC_CLK_TCK")
MAX_OTHER_LOAD = 0.15  # cores that other processes may use during a slot

BROWSER = "Accept: text/html\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"  # what Chromium accepts


@dataclass(frozen=True, slots=True)
class Page:
    """Page under load: port and path. Each request replaces `{text}` by the next of `texts`, and `{hundred}` or
    `{half}` by another page of 100 or 50 rows after each round of them: always the next hundred rows. So every request
    is new, and no cache has it, as long as pages of one desk share their `numbers`.
    """

    name: str
    port: int
    path: str
    headers: str = ""
    pid: int | None = None
    texts: Sequence[str] = ("",)
    least: int = 1000  # bytes of a body, compressed; an answer with fewer is a fault of the setup
    numbers: Iterator[int] = field(default_factory=count)

    def request(self) -> bytes:
        """Bytes of the next request."""
        number, text = divmod(next(self.numbers), len(self.texts))
        path = self.path.format(text=self.texts[text], hundred=number + 1, half=number * 2 + 1)
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{BROWSER}{self.headers}\r\n".encode()


@dataclass(frozen=True, slots=True)
class Slot:
    """Result of one time slot. `cpu_ms` is CPU of the serving process a request; None for the bare API."""

    rate: float
    wait_ms: float
    cpu_ms: float | None
    other_load: float

    @property
    def disturbed(self) -> bool:
        """True when other processes used more than MAX_OTHER_LOAD cores."""
        return self.other_load > MAX_OTHER_LOAD


def slot(page: Page, seconds: float, connections: int, own_pids: Iterable[int]) -> Slot:
    """Loads one page for `seconds` over `connections`, each with one request at a time."""
    load_pids = [pid for pid in own_pids if pid != page.pid]
    counters: list[Callable[[], float]] = [
        _total_cpu,
        lambda: sum(map(_process_cpu, load_pids)),
        lambda: _process_cpu(page.pid) if page.pid else 0,
    ]
    before = [read() for read in counters]
    started = time.monotonic()
    waits = asyncio.run(_send_load(page, seconds, connections))
    elapsed = time.monotonic() - started
    total, own, served = (read() - value for read, value in zip(counters, before, strict=True))
    return Slot(
        rate=len(waits) / elapsed,
        wait_ms=sorted(waits)[len(waits) // 2] * 1000,
        cpu_ms=served * 1000 / len(waits) if page.pid else None,
        other_load=max(0.0, total - own - served) / elapsed,
    )


async def _send_load(page: Page, seconds: float, connections: int) -> list[float]:
    until = time.monotonic() + seconds
    waits: list[float] = []
    await asyncio.gather(*(_connection(page, until, waits) for _ in range(connections)))
    return waits


async def _connection(page: Page, until: float, waits: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", page.port, limit=1 << 20)
    while (started := time.monotonic()) < until:
        writer.write(page.request())
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await (reader.readexactly(int(length[1])) if length else reader.readuntil(_LAST_CHUNK))
        if not head.startswith(b"HTTP/1.1 200") or len(body) < page.least:
            raise RuntimeError(f"{page.name} answered {head[:80]!r} and {len(body)} bytes")
        waits.append(time.monotonic() - started)
    writer.close()


def _process_cpu(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _total_cpu() -> float:
    """CPU seconds that all processes have used."""
    user, nice, system, _idle, _iowait, irq, soft, *_rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return sum(map(int, (user, nice, system, irq, soft))) / TICK
