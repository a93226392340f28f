"""Headless Chromium for tests, benches and tools."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from testing.programs import require_program

# Without these Chromium calls the network on its own, which test machines do not have.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# Playwright's own blink settings, which the next argument of this name would replace.
_POINTER = "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"
# Likewise its own list of features that are off, the updates and ads of a browser aside. RenderDocument, our addition,
# makes a new frame with its own compositor for each page: 5 to 17 % of the CPU of a test.
_OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,"
    "NetworkTimeServiceQuerying,RenderDocument"
)
# One renderer process and one raster thread: an eighth less CPU a page, on machines of two cores. Without pictures: to
# decode the flags costs each page 20 ms. What is in their place, and the policy that allows them, stays the same.
# Without the optimizing compilers, which cost axe-core a sixth more than they save it in pages that live for seconds.
FRUGAL = (
    f"--blink-settings={_POINTER},imagesEnabled=false",
    f"--disable-features={_OFF}",
    "--renderer-process-limit=1",
    "--num-raster-threads=1",
    "--disable-checker-imaging",
    "--disable-threaded-animation",
    "--js-flags=--no-opt --no-maglev",
)


def launch_options(*more: str) -> dict[str, object]:
    """Launch options for Playwright. Raises RuntimeError when Chromium is not installed."""
    return {"executable_path": require_program("Chromium"), "args": [*ARGUMENTS, *more]}


@contextmanager
def running_chromium(*more: str) -> Iterator[Browser]:
    """Runs Chromium until the block ends. It ends with its driver, and that with this process.

    `more` are further arguments: tests use FRUGAL, benches measure the defaults.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(*more))  # type: ignore[arg-type]  # a dictionary of options
        try:
            yield browser
        finally:
            browser.close()
