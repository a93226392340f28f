"""Page weight benchmark: bytes on the wire of a first visit, by resource kind, and of one swap of 50 rows.

Usage: python -m bench.page_weight [--pages 10] [--sample FILE]. Medians over that many different pages of 50 rows.
`--sample` writes the swap of median size to a file.
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

from .statistics import Threshold, median, show_table, show_thresholds

CONTACTS = 20_000
KINDS = ("HTML", "CSS", "JS", "icons", "font", "flags", "other")
MAX_BYTES, MAX_REQUESTS, MAX_SWAP = 60_000, 25, 6_000
_TYPES = {"Document": "HTML", "Stylesheet": "CSS", "Script": "JS", "Font": "font"}

Event = dict[str, Any]


@dataclass(slots=True)
class NetworkResponse:
    """Response from the network in bytes: `wire` with headers, `body` without, `size` the body decompressed."""

    url: str
    kind: str
    encoding: str = ""
    cached: bool = False
    wire: int = 0
    size: int = 0
    headers: int = 0

    @property
    def body(self) -> int:
        """Bytes of the body as sent."""
        return self.wire - self.headers


class NetworkLog:
    """Records the responses of a tab through CDP: compressed bytes, headers included."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self._responses: dict[str, NetworkResponse] = {}
        session = context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.responseReceived", self._received)
        session.on("Network.dataReceived", self._data)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def take(self) -> list[NetworkResponse]:
        """Returns the responses since the last call and forgets them; those from the browser's cache are left out."""
        finished, self._responses = list(self._responses.values()), {}
        return [response for response in finished if response.wire and not response.cached]

    def _sent(self, event: Event) -> None:
        if redirect := event.get("redirectResponse"):
            old = self._responses.pop(event["requestId"])
            old.wire = old.headers = redirect["encodedDataLength"]
            self._responses[f"{event['requestId']} redirected {len(self._responses)}"] = old
        url = event["request"]["url"]
        self._responses[event["requestId"]] = NetworkResponse(url, kind_of(url, event.get("type", "")))

    def _received(self, event: Event) -> None:
        details, response = event["response"], self._responses.get(event["requestId"])
        if response:
            headers = {name.lower(): value for name, value in details["headers"].items()}
            response.encoding = headers.get("content-encoding", "")
            response.headers = details["encodedDataLength"]
            response.cached = bool(details.get("fromDiskCache") or details.get("fromPrefetchCache"))

    def _data(self, event: Event) -> None:
        if response := self._responses.get(event["requestId"]):
            response.size += event["dataLength"]

    def _finished(self, event: Event) -> None:
        if response := self._responses.get(event["requestId"]):
            response.wire = int(event["encodedDataLength"])


def kind_of(url: str, resource: str) -> str:
    """Kind (one of KINDS) of a resource. The neutral icon of a region without a flag counts as a flag."""
    path = urlsplit(url).path
    if resource in _TYPES:
        return _TYPES[resource]
    if "flag" in path or "/img/region" in path:
        return "flags"
    return "icons" if path.endswith((".svg", ".png", ".ico")) else "other"


@dataclass(frozen=True, slots=True)
class Visit:
    """First visit: bytes and requests for every kind, 0 where none came."""

    bytes: dict[str, int]
    requests: dict[str, int]

    @property
    def counted(self) -> int:
        """Bytes that the threshold limits."""
        return sum(count for kind, count in self.bytes.items() if kind not in {"font", "flags"})

    @property
    def counted_requests(self) -> int:
        """Requests that the threshold limits."""
        return sum(count for kind, count in self.requests.items() if kind != "flags")


def first_visit(browser: Browser, desk: Desk, session: str, url: str) -> Visit:
    """Visits a page with an empty browser cache and returns its bytes and requests."""
    with profile_of(browser, desk.url, session) as context:
        page = context.new_page()
        network = NetworkLog(context, page)
        page.goto(url, wait_until="networkidle")
        if page.locator(ROWS).count() != PAGE:
            raise RuntimeError(f"{url} does not show {PAGE} rows")
        responses = network.take()
    return Visit(
        {kind: sum(response.wire for response in responses if response.kind == kind) for kind in KINDS},
        {kind: sum(response.kind == kind for response in responses) for kind in KINDS},
    )


def swaps(browser: Browser, desk: Desk, session: str, profile: str, pages: int) -> list[tuple[NetworkResponse, str]]:
    """Follows "Next page" `pages` times; returns the network response and the HTML of each swap."""
    swapped = []
    with profile_of(browser, desk.url, session) as context:
        page = context.new_page()
        page.goto(list_url(desk, profile), wait_until="networkidle")
        network = NetworkLog(context, page)
        for number in range(2, pages + 2):
            with page.expect_response(lambda response, n=number: f"page={n}" in response.url) as awaited:  # type: ignore[misc]
                page.locator("#results a[rel=next]").click()
            text = awaited.value.text()
            page.locator("#results[aria-busy=false]").wait_for(state="attached")
            page.wait_for_load_state("networkidle")
            # Rows below the fold are rendered a frame later.
            page.locator(ROWS).nth(PAGE - 1).wait_for(state="attached")
            if page.locator(ROWS).count() != PAGE or text.count("data-contact-id") != PAGE:
                raise RuntimeError(f"page {number} is not a fragment of {PAGE} rows")
            swapped.append((next(each for each in network.take() if f"page={number}" in each.url), text))
    return swapped


def run(folder: Path, pages: int) -> tuple[list[Visit], list[tuple[NetworkResponse, str]]]:
    """Measures first visits and swaps of `pages` pages of one profile."""
    with SandboxServer(contacts=CONTACTS) as sandbox:
        profile = largest_profiles(sandbox, 1)[0]
        with launched_desk(folder, sandbox.url, **UNLIMITED) as desk, running_chromium() as browser:
            session = desk.people(1, [profile])[0].session
            urls = [list_url(desk, profile, f"?page={number}") for number in range(1, pages + 1)]
            visits = [first_visit(browser, desk, session, url) for url in urls]
            return visits, swaps(browser, desk, session, profile, pages)


def show(visits: Sequence[Visit], swapped: Sequence[NetworkResponse]) -> int:
    """Prints two tables and the thresholds; returns the exit code."""
    print(f"\nA first visit: medians of {len(visits)} pages of {PAGE} rows, headers included")
    rows: list[tuple[object, ...]] = []
    for kind in KINDS:
        sizes, times = [visit.bytes[kind] for visit in visits], [visit.requests[kind] for visit in visits]
        rows.append((kind, int(median(sizes)), f"{min(sizes)} to {max(sizes)}", int(median(times))))
    totals = [sum(visit.bytes.values()) for visit in visits]
    requests = [sum(visit.requests.values()) for visit in visits]
    rows.append(("all", int(median(totals)), f"{min(totals)} to {max(totals)}", int(median(requests))))
    show_table(("kind", "bytes on the wire", "from, to", "requests"), rows)
    print(f"\nOne swap of {PAGE} rows ({', '.join(sorted({response.encoding or 'none' for response in swapped}))})")
    parts = (
        ("compressed", [response.body for response in swapped]),
        ("with headers", [response.wire for response in swapped]),
    )
    table = [*parts, ("unpacked", [response.size for response in swapped])]
    show_table(
        ("bytes", "median", "from, to"),
        [(name, int(median(sizes)), f"{min(sizes)} to {max(sizes)}") for name, sizes in table],
    )
    print()
    return show_thresholds(
        [
            Threshold("bytes of a first visit without font and flags", median(v.counted for v in visits), MAX_BYTES),
            Threshold(
                "requests of a first visit without flags", median(v.counted_requests for v in visits), MAX_REQUESTS
            ),
            Threshold(f"bytes of one swap of {PAGE} rows, compressed", median(r.body for r in swapped), MAX_SWAP),
        ]
    )


def main() -> int:
    """Runs the benchmark; exit code 1 when a threshold is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--sample", type=Path, help="write the swap of median size to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-page-weight-") as folder:
        visits, swapped = run(Path(folder), options.pages)
    if options.sample:
        ordered = sorted(swapped, key=lambda pair: pair[0].body)
        options.sample.write_text(ordered[len(ordered) // 2][1])
    return show(visits, [response for response, _text in swapped])


if __name__ == "__main__":
    sys.exit(main())
