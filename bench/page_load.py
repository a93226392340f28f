"""A load that costs little: kept connections, requests as ready-made bytes. And what a slot cost the machine."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TICK = os.sysconf("SC_CLK_TCK")
LOUD = 0.15  # cores that others may use during a slot

numbers = count()  # for addresses nobody asked before


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page is: its port, and its address, with `{}` where each request puts another number."""

    name: str
    port: int
    address: str
    headers: str = ""
    pid: int | None = None

    def request(self) -> bytes:
        """The next request for it."""
        path = self.address.format(next(numbers))
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self.headers}\r\n".encode()


@dataclass(frozen=True, slots=True)
class Slot:
    """What one slot came to. `cpu_ms` is the serving process's, a request; None for the bare API."""

    rate: float
    wait_ms: float
    cpu_ms: float | None
    others: float

    @property
    def loud(self) -> bool:
        """Whether somebody else was working meanwhile."""
        return self.others > LOUD


def slot(page: Page, seconds: float, connections: int, ours: Iterable[int]) -> Slot:
    """Asks for one page for so long, over so many connections, each with one request at a time."""
    own = [pid for pid in ours if pid != page.pid]
    counters: list[Callable[[], float]] = [
        _busy,
        lambda: sum(map(_cpu, own)),
        lambda: _cpu(page.pid) if page.pid else 0,
    ]
    before = [read() for read in counters]
    began = time.monotonic()
    waits = asyncio.run(_storm(page, seconds, connections))
    lasted = time.monotonic() - began
    busy, mine, served = (read() - was for read, was in zip(counters, before, strict=True))
    return Slot(
        rate=len(waits) / lasted,
        wait_ms=sorted(waits)[len(waits) // 2] * 1000,
        cpu_ms=served * 1000 / len(waits) if page.pid else None,
        others=max(0.0, busy - mine - served) / lasted,
    )


async def _storm(page: Page, seconds: float, connections: int) -> list[float]:
    until = time.monotonic() + seconds
    waits: list[float] = []
    await asyncio.gather(*(_connection(page, until, waits) for _ in range(connections)))
    return waits


async def _connection(page: Page, until: float, waits: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", page.port, limit=1 << 20)
    while (began := time.monotonic()) < until:
        writer.write(page.request())
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if not head.startswith(b"HTTP/1.1 200") or len(body) < 1000:
            raise RuntimeError(f"{page.name} answered {head[:80]!r} and {len(body)} bytes")
        waits.append(time.monotonic() - began)
    writer.close()


def _cpu(pid: int) -> float:
    """Seconds of processor a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _busy() -> float:
    """Seconds of processor all have used."""
    user, nice, system, _idle, _iowait, irq, soft, *_rest = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return sum(map(int, (user, nice, system, irq, soft))) / TICK
