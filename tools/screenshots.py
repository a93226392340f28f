"""`make pictures`: every designed state, light and dark, on a desktop and a phone, as PNG files.

Usage: python -m tools.screenshots [NAME...], where a NAME is a state of tests/browser/page_states.py; all without any.
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

from playwright.sync_api import Browser, Page

import testing.django_setup  # noqa: F401 - before anything that imports models
from testing import ROOT
from testing.chromium import running_chromium
from testing.desk_template import DeskTemplate, desk_template
from testing.running_desk import SECRET_KEY, UNLIMITED, desk_environment, running_desk
from testing.sandbox_server import SandboxServer
from tests.browser.page_states import STATES, State, go_to_state
from tests.browser.places import PATIENT, QUICK, DeskUnderTest, settle_in

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
        template = stack.enter_context(_template())
        places = {
            patient: stack.enter_context(_place(template, patient=patient)) for patient in {s.patient for s in states}
        }
        browser = stack.enter_context(running_chromium())
        taken = sum(_take(state, places[state.patient], browser) for state in states)
    print(f"{taken} pictures of {len(states)} states are in {FOLDER.relative_to(ROOT)}/")
    return 0


@contextmanager
def _template() -> Iterator[DeskTemplate]:
    """What both desks start from, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        settings = desk_environment(Path(folder), "http://127.0.0.1:9", 0, SECRET_KEY=SECRET_KEY)
        yield desk_template(Path(folder), settings)


@contextmanager
def _place(template: DeskTemplate, *, patient: bool) -> Iterator[DeskUnderTest]:
    """A desk with a sandbox of its own, until the block ends."""
    settings = UNLIMITED | (PATIENT if patient else QUICK)
    with (
        tempfile.TemporaryDirectory(prefix="pictures-", ignore_cleanup_errors=True) as folder,
        SandboxServer(contacts=CONTACTS) as sandbox,
        running_desk(Path(folder), sandbox.url, template, **settings) as desk,
    ):
        yield settle_in(desk, sandbox)


def _take(state: State, place: DeskUnderTest, browser: Browser) -> int:
    """Takes the pictures of one state; how many."""
    for size, options in SIZES.items():
        context = browser.new_context(base_url=place.url, reduced_motion="reduce", **options)
        context.set_default_timeout(10_000)
        page = context.new_page()
        # The page's clock stands still, so that every age is the same in every picture.
        page.clock.set_fixed_time(datetime.now(UTC) + (STALE_FOR if state.name == "stale" else timedelta()))
        go_to_state(state, place, page)
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
