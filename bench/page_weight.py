"""The bytes of a first visit to the contacts page, by kind, and of one swap of 50 rows, as Chromium gets them.

Usage: python -m bench.page_weight [--pages 10] [--sample FILE]. Medians over that many different pages of 50 rows.
`--sample` keeps the swap of median size, to look at.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from bench.browser import PAGE, ROWS, largest_profiles, list_url, profile_of
from testing.chromium import running_chromium
from testing.running_desk import UNLIMITED, Desk, launched_desk
from testing.sandbox_server import SandboxServer

from .statistics import Bar, median, show_bars, show_table

CONTACTS = 20_000
KINDS = ("HTML", "CSS", "JS", "icons", "font", "flags", "other")
MOST_BYTES, MOST_REQUESTS, MOST_SWAP = 60_000, 25, 6_000
_TYPES = {"Document": "HTML", "Stylesheet": "CSS", "Script": "JS", "Font": "font"}

Event = dict[str, Any]


@dataclass(slots=True)
class Answer:
    """One answer from the network: `wire` is all of it, `body` without the headers, `size` the body unpacked."""

    url: str
    kind: str
    encoding: str = ""
    cached: bool = False
    wire: int = 0
    size: int = 0
    headers: int = 0

    @property
    def body(self) -> int:
        """The body as it was sent."""
        return self.wire - self.headers


class Wire:
    """Everything a tab fetches, as Chromium's network counts it: compressed, with headers."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self._all: dict[str, Answer] = {}
        session = context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.responseReceived", self._received)
        session.on("Network.dataReceived", self._data)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def taken(self) -> list[Answer]:
        """What came over the network since the last time; what the browser had itself is not in it."""
        done, self._all = list(self._all.values()), {}
        return [answer for answer in done if answer.wire and not answer.cached]

    def _sent(self, event: Event) -> None:
        if before := event.get("redirectResponse"):
            old = self._all.pop(event["requestId"])
            old.wire = old.headers = before["encodedDataLength"]
            self._all[f"{event['requestId']} redirected {len(self._all)}"] = old
        url = event["request"]["url"]
        self._all[event["requestId"]] = Answer(url, kind_of(url, event.get("type", "")))

    def _received(self, event: Event) -> None:
        response, answer = event["response"], self._all.get(event["requestId"])
        if answer:
            headers = {name.lower(): value for name, value in response["headers"].items()}
            answer.encoding = headers.get("content-encoding", "")
            answer.headers = response["encodedDataLength"]
            answer.cached = bool(response.get("fromDiskCache") or response.get("fromPrefetchCache"))

    def _data(self, event: Event) -> None:
        if answer := self._all.get(event["requestId"]):
            answer.size += event["dataLength"]

    def _finished(self, event: Event) -> None:
        if answer := self._all.get(event["requestId"]):
            answer.wire = int(event["encodedDataLength"])


def kind_of(url: str, resource: str) -> str:
    """Which of KINDS an address is. The neutral mark of a region without a flag counts as a flag."""
    path = urlsplit(url).path
    if resource in _TYPES:
        return _TYPES[resource]
    if "flag" in path or "/img/region" in path:
        return "flags"
    return "icons" if path.endswith((".svg", ".png", ".ico")) else "other"


@dataclass(frozen=True, slots=True)
class Visit:
    """A first visit: bytes and requests by kind, with 0 for what did not come."""

    bytes: dict[str, int]
    requests: dict[str, int]

    @property
    def counted(self) -> int:
        """The bytes the bar is about."""
        return sum(count for kind, count in self.bytes.items() if kind not in {"font", "flags"})

    @property
    def counted_requests(self) -> int:
        """The requests the bar is about."""
        return sum(count for kind, count in self.requests.items() if kind != "flags")


def first_visit(browser: Browser, desk: Desk, session: str, url: str) -> Visit:
    """What a browser that has never been here fetches."""
    with profile_of(browser, desk.url, session) as context:
        page = context.new_page()
        wire = Wire(context, page)
        page.goto(url, wait_until="networkidle")
        if page.locator(ROWS).count() != PAGE:
            raise RuntimeError(f"{url} does not show {PAGE} rows")
        answers = wire.taken()
    return Visit(
        {kind: sum(answer.wire for answer in answers if answer.kind == kind) for kind in KINDS},
        {kind: sum(answer.kind == kind for answer in answers) for kind in KINDS},
    )


def swaps(browser: Browser, desk: Desk, session: str, profile: str, pages: int) -> list[tuple[Answer, str]]:
    """Walks forth through so many pages: of each what was swapped in, as the network and as the script saw it."""
    found = []
    with profile_of(browser, desk.url, session) as context:
        page = context.new_page()
        page.goto(list_url(desk, profile), wait_until="networkidle")
        wire = Wire(context, page)
        for number in range(2, pages + 2):
            with page.expect_response(lambda answer, n=number: f"page={n}" in answer.url) as awaited:  # type: ignore[misc]
                page.locator("#results a[rel=next]").click()
            text = awaited.value.text()
            page.locator("#results[aria-busy=false]").wait_for(state="attached")
            page.wait_for_load_state("networkidle")
            page.locator(ROWS).nth(PAGE - 1).wait_for(state="attached")  # those below the fold come a frame later
            if page.locator(ROWS).count() != PAGE or text.count("data-contact-id") != PAGE:
                raise RuntimeError(f"page {number} is not a fragment of {PAGE} rows")
            found.append((next(answer for answer in wire.taken() if f"page={number}" in answer.url), text))
    return found


def run(folder: Path, pages: int) -> tuple[list[Visit], list[tuple[Answer, str]]]:
    """Visits and swaps of so many pages of one profile."""
    with SandboxServer(contacts=CONTACTS) as sandbox:
        profile = largest_profiles(sandbox, 1)[0]
        with launched_desk(folder, sandbox.url, **UNLIMITED) as desk, running_chromium() as browser:
            session = desk.people(1, [profile])[0].session
            addresses = [list_url(desk, profile, f"?page={number}") for number in range(1, pages + 1)]
            visits = [first_visit(browser, desk, session, address) for address in addresses]
            return visits, swaps(browser, desk, session, profile, pages)


def show(visits: Sequence[Visit], swapped: Sequence[Answer]) -> int:
    """Two tables and the bars; the exit code."""
    print(f"\nA first visit: medians of {len(visits)} pages of {PAGE} rows, headers included")
    rows: list[tuple[object, ...]] = []
    for kind in KINDS:
        sizes, times = [visit.bytes[kind] for visit in visits], [visit.requests[kind] for visit in visits]
        rows.append((kind, int(median(sizes)), f"{min(sizes)} to {max(sizes)}", int(median(times))))
    totals = [sum(visit.bytes.values()) for visit in visits]
    asked = [sum(visit.requests.values()) for visit in visits]
    rows.append(("all", int(median(totals)), f"{min(totals)} to {max(totals)}", int(median(asked))))
    show_table(("kind", "bytes on the wire", "from, to", "requests"), rows)
    print(f"\nOne swap of {PAGE} rows ({', '.join(sorted({answer.encoding or 'none' for answer in swapped}))})")
    parts = (("compressed", [answer.body for answer in swapped]), ("with headers", [answer.wire for answer in swapped]))
    table = [*parts, ("unpacked", [answer.size for answer in swapped])]
    show_table(
        ("bytes", "median", "from, to"),
        [(name, int(median(sizes)), f"{min(sizes)} to {max(sizes)}") for name, sizes in table],
    )
    print()
    return show_bars(
        [
            Bar("bytes of a first visit without font and flags", median(v.counted for v in visits), MOST_BYTES),
            Bar("requests of a first visit without flags", median(v.counted_requests for v in visits), MOST_REQUESTS),
            Bar(f"bytes of one swap of {PAGE} rows, compressed", median(a.body for a in swapped), MOST_SWAP),
        ]
    )


def main() -> int:
    """1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--sample", type=Path, help="keep the swap of median size in this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-weight-") as folder:
        visits, swapped = run(Path(folder), given.pages)
    if given.sample:
        ordered = sorted(swapped, key=lambda pair: pair[0].body)
        given.sample.write_text(ordered[len(ordered) // 2][1])
    return show(visits, [answer for answer, _text in swapped])


if __name__ == "__main__":
    sys.exit(main())
