"""`make pictures`: every designed state, light and dark, on a desktop and a phone, as PNG files.

Usage: python -m tools.pictures [NAME...], where a NAME is a state of tests/browser/states.py; all without any.
Starts what it needs (Chromium, two desks, two sandboxes) on free ports, and stops it again. Writes into `pictures/`,
which git ignores.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

from bench.browser import launch_options
from bench.desk import running_desk
from tests.browser.places import PATIENT, QUICK, Place, settle_in
from tests.browser.states import STATES, State, reach
from tests.sandbox_server import SandboxServer

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "pictures"
CONTACTS = 5000
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
UNLIMITED = {"SENT_BUDGET_PER_MINUTE": "5000", "SENT_BUDGET_BURST": "5000"}
STALE_FOR = timedelta(minutes=3, seconds=30)

# The ids to quote differ every time.
STEADY = """() => {
  for (const code of document.querySelectorAll(".quote code")) {
    code.textContent = code.textContent.replace(/_.*/, "_7f3c9d2ab4e1");
  }
}"""


def main(wanted: list[str]) -> int:
    """The exit status: 0 when all pictures were taken."""
    unknown = set(wanted) - {state.name for state in STATES}
    if unknown:
        print(f"There is no state called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    states = [state for state in STATES if not wanted or state.name in wanted]
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as stack:
        places = {patient: stack.enter_context(_place(patient=patient)) for patient in {s.patient for s in states}}
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]  # a dictionary of options
        stack.callback(browser.close)
        taken = sum(_take(state, places[state.patient], browser) for state in states)
    print(f"{taken} pictures of {len(states)} states are in {FOLDER.relative_to(ROOT)}/")
    return 0


@contextmanager
def _place(*, patient: bool) -> Iterator[Place]:
    """A desk with a sandbox of its own, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="pictures-", ignore_cleanup_errors=True) as folder:
        settings = UNLIMITED | (PATIENT if patient else QUICK)
        with SandboxServer(contacts=CONTACTS) as sandbox, running_desk(Path(folder), sandbox.url, **settings) as desk:
            yield settle_in(desk.url, sandbox, desk.settings)


def _take(state: State, place: Place, browser: Browser) -> int:
    """Takes the pictures of one state; how many."""
    for size, options in SIZES.items():
        context = browser.new_context(base_url=place.url, reduced_motion="reduce", **options)
        context.set_default_timeout(10_000)
        page = context.new_page()
        # The page's clock stands still, so that every age is the same in every picture.
        page.clock.set_fixed_time(datetime.now(UTC) + (STALE_FOR if state.name == "stale" else timedelta()))
        reach(state, place, page)
        page.mouse.move(0, 0)
        if state.name == "stale":
            page.get_by_text("3 min ago").first.wait_for()
        for scheme in SCHEMES:
            _picture(page, scheme, FOLDER / f"{state.name}-{scheme}-{size}.png")
        context.close()
    return len(SIZES) * len(SCHEMES)


def _picture(page: Page, scheme: Literal["light", "dark"], file: Path) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.evaluate(STEADY)
    page.screenshot(path=file, animations="disabled", caret="hide")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
