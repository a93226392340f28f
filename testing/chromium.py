"""A headless Chromium as tests, benches and tools drive it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from testing.programs import require_program

# The machine reaches no network but its own; without these Chromium tries.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# One renderer and one painter a browser profile: an eighth less CPU for a page, on machines of two cores.
FRUGAL = (
    "--renderer-process-limit=1",
    "--num-raster-threads=1",
    "--disable-checker-imaging",
    "--disable-threaded-animation",
)


def launch_options(*more: str) -> dict[str, object]:
    """How Chromium is started. Raises RuntimeError where there is none."""
    return {"executable_path": require_program("Chromium"), "args": [*ARGUMENTS, *more]}


@contextmanager
def running_chromium(*more: str) -> Iterator[Browser]:
    """A Chromium of our own, until the block ends. It ends with its driver, and that with this process.

    `more` are further arguments: tests are FRUGAL, benches measure what people have.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(*more))  # type: ignore[arg-type]  # a dictionary of options
        try:
            yield browser
        finally:
            browser.close()
