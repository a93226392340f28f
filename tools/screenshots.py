"""Screenshots (`make screenshots`): every page state, light and dark, desktop and phone, as PNG files.

Usage: python -m tools.screenshots [NAME...], where a NAME is a state of tests/browser/page_states.py; all states
without NAME. Starts Chromium, two desks and two sandboxes on free ports and stops them. Writes into `pictures/`, which
git ignores.
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
from tests.browser.page_states import STATES
from tests.browser.places import PATIENT, QUICK, DeskUnderTest, settle_in
from tests.browser.state import State, go_to_state

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

# Request ids differ in every run.
FIX_REQUEST_IDS = """() => {
  for (const code of document.querySelectorAll(".request-id code")) {
    code.textContent = code.textContent.replace(/_.*/, "_7f3c9d2ab4e1");
  }
}"""


def main(names: list[str]) -> int:
    """Takes the screenshots; exit status 2 for an unknown state."""
    unknown = set(names) - {state.name for state in STATES}
    if unknown:
        print(f"There is no state called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    states = [state for state in STATES if not names or state.name in names]
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as stack:
        template = stack.enter_context(_template())
        places = {
            patient: stack.enter_context(_place(template, patient=patient)) for patient in {s.patient for s in states}
        }
        browser = stack.enter_context(running_chromium())
        taken = sum(_take(state, places[state.patient], browser) for state in states)
    print(f"{taken} screenshots of {len(states)} states are in {FOLDER.relative_to(ROOT)}/")
    return 0


@contextmanager
def _template() -> Iterator[DeskTemplate]:
    """Makes the template that both desks start from; deleted when the block ends."""
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        settings = desk_environment(Path(folder), "http://127.0.0.1:9", 0, SECRET_KEY=SECRET_KEY)
        yield desk_template(Path(folder), settings)


@contextmanager
def _place(template: DeskTemplate, *, patient: bool) -> Iterator[DeskUnderTest]:
    """Runs a desk with a sandbox of its own until the block ends."""
    settings = UNLIMITED | (PATIENT if patient else QUICK)
    with (
        tempfile.TemporaryDirectory(prefix="screenshots-", ignore_cleanup_errors=True) as folder,
        SandboxServer(contacts=CONTACTS) as sandbox,
        running_desk(Path(folder), sandbox.url, template, **settings) as desk,
    ):
        yield settle_in(desk, sandbox)


def _take(state: State, place: DeskUnderTest, browser: Browser) -> int:
    """Takes the screenshots of one state; returns how many."""
    for size, options in SIZES.items():
        context = browser.new_context(base_url=place.url, reduced_motion="reduce", **options)
        context.set_default_timeout(10_000)
        page = context.new_page()
        # The page's clock is fixed, so that ages are equal in every screenshot.
        page.clock.set_fixed_time(datetime.now(UTC))
        go_to_state(state, place, page)
        page.mouse.move(0, 0)
        if state.name == "stale":  # ages count on from the server's
            page.clock.set_fixed_time(datetime.now(UTC) + STALE_FOR)
            page.get_by_text("3 min ago").first.wait_for()
        for scheme in SCHEMES:
            _screenshot(page, scheme, FOLDER / f"{state.name}-{scheme}-{size}.png")
        context.close()
    return len(SIZES) * len(SCHEMES)


def _screenshot(page: Page, scheme: Literal["light", "dark"], file: Path) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.evaluate(FIX_REQUEST_IDS)
    page.screenshot(path=file, animations="disabled", caret="hide")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
