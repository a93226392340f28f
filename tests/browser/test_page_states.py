"""Page states: each can be brought about, shows its text, passes axe-core and fits every window width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from contacts_ui.web.errors import ERROR_PAGES
from testing.desk_template import DeskTemplate
from testing.running_desk import Desk, running_desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import watch_faults
from tests.browser.places import PATIENT, DeskUnderTest, settle_in
from tests.browser.test_accessibility import COLOUR_RULES, RULES, SIZES, UNCOLOURED, check
from tests.old_phrases import old_phrases
from tests.selection import PATIENT_STATE

from .colour_pairs import colour_pairs
from .page_states import STATES
from .sampled_states import COLOURED, SAMPLE
from .state import State, assert_visible, go_to_state

Scheme = Literal["light", "dark"]
GOING_AWAY = {"offline", "drawer-offline", "session-ended"}  # states after which a tab cannot be reused
WIDTHS, MORE_WIDTHS = (320, 768), (390, 800, 1440)
ALL_SIZES: dict[str, ViewportSize] = {**SIZES, "tablet": {"width": 768, "height": 1024}}
ZOOMED: ViewportSize = {"width": 360, "height": 225}  # a screen of 1440 x 900 at 400 %

# Elements whose content overflows or is cut off without an ellipsis.
OVERFLOWING = """() => [document.documentElement, ...document.querySelectorAll("body *")].filter((element) => {
  if (element.scrollWidth <= element.clientWidth + 1 || element.clientWidth <= 1) return false;  // most, and cheap
  if (!element.checkVisibility() || element.closest(".visually-hidden, svg, .skip, thead, .brand__name")) return false;
  const { overflowX, textOverflow } = getComputedStyle(element);
  return element.tagName === "HTML" || (overflowX !== "visible" && textOverflow !== "ellipsis");
}).map((element) => `${element.outerHTML.slice(0, 80)}: ${element.scrollWidth} in ${element.clientWidth}`)"""

# Share of the window covered by fixed and sticky elements, without dialogs and popovers, which scroll by themselves.
COVERED = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const position = getComputedStyle(element).position;
  if (!["fixed", "sticky"].includes(position) || !element.checkVisibility({ visibilityProperty: true })) return false;
  return !element.closest("dialog, [popover], .skip, thead");
}).reduce((sum, element) => {
  const box = element.getBoundingClientRect();
  return sum + Math.max(0, Math.min(box.bottom, innerHeight) - Math.max(box.top, 0));
}, 0) / innerHeight"""

# Kinds of the visible elements: tag, classes, role and type.
KINDS = """() => [...document.querySelectorAll("body *")].filter((element) =>
  !(element.closest("svg") && element.tagName !== "svg") && element.checkVisibility()
).map((element) => [
  element.tagName, [...element.classList].sort(), element.getAttribute("role"), element.getAttribute("type")
].join(" "))"""

# Visible controls whose middle belongs to something else: a tap on them would do something else. What is outside of the
# window first scrolls into it.
COVERED_CONTROLS = """() => [
  ...document.querySelectorAll("main :is(a, button, summary, input, select, textarea, label)")
].filter((control) => control.checkVisibility({ visibilityProperty: true }) && !control.closest(".visually-hidden"))
.map((control) => {
  control.scrollIntoView({ block: "center" });
  const box = control.getClientRects()[0] ?? control.getBoundingClientRect();
  const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const label = hit?.closest("label");
  const over = hit?.closest("dialog, [popover]");
  const own = control.contains(hit) || hit?.contains(control) || label?.control === control
    || (over && !over.contains(control)); // an open dialog or menu covers on purpose
  return own || box.width < 2 ? null : `${control.outerHTML.slice(0, 80)}: ${hit?.outerHTML.slice(0, 80)}`;
}).filter(Boolean)"""


@pytest.fixture(scope="session")
def short_timeout_desk(shared_desk: Desk, running_sandbox: SandboxServer) -> DeskUnderTest:
    """The worker's desk: short timeout, nothing cached."""
    return settle_in(shared_desk, running_sandbox)


@pytest.fixture(scope="session")
def long_timeout_desk(template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskUnderTest]:
    """Desk with a long timeout that keeps stale data. Has its own sandbox, whose delayed calls affect no other test."""
    folder = tmp_path_factory.mktemp("long-timeout-desk")
    with SandboxServer(contacts=600) as sandbox, running_desk(folder, sandbox.url, template, **PATIENT) as desk:
        yield settle_in(desk, sandbox)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test in each state: in make test-all in all of them, in make test in SAMPLE, and tests of colours
    (`coloured_states`) in COLOURED.
    """
    if "state" not in metafunc.fixturenames:
        return
    sample = COLOURED if any(metafunc.definition.iter_markers("coloured_states")) else SAMPLE
    states = [
        pytest.param(
            state,
            id=PATIENT_STATE + state.name if state.patient else state.name,
            marks=() if state.name in sample else pytest.mark.exhaustive,
        )
        for state in STATES
    ]
    metafunc.parametrize("state", states, indirect=True, scope="module")


@pytest.fixture(scope="module")
def state(request: pytest.FixtureRequest) -> State:
    """Each page state."""
    found: State = request.param
    return found


class Tabs:
    """Pool of tabs by desk and person, reused for later states: a new browser profile costs half as much as a state."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._tabs: dict[tuple[str, str], Page] = {}
        self.faults: list[str] = []

    def of(self, state: State, place: DeskUnderTest) -> Page:
        """Tab for a state. States without a session, or after which the tab cannot be reused, get a new profile."""
        if state.person is None or state.name in GOING_AWAY:
            return self._new(place)
        key = (place.url, state.person)
        if key not in self._tabs:
            self._tabs[key] = self._new(place)
        return self._tabs[key]

    def done(self, page: Page) -> None:
        """Closes the tab unless it is in the pool."""
        if page not in self._tabs.values():
            page.context.close()

    def close(self) -> None:
        """Closes all tabs."""
        for page in self._tabs.values():
            page.context.close()

    def _new(self, place: DeskUnderTest) -> Page:
        context = self._chromium.new_context(base_url=place.url)
        watch_faults(context, self.faults)
        return context.new_page()


@pytest.fixture(scope="session")
def tabs(chromium: Browser) -> Iterator[Tabs]:
    """Pool of tabs of the worker."""
    made = Tabs(chromium)
    yield made
    made.close()


@pytest.fixture(scope="module")
def page(state: State, tabs: Tabs, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Tab in the state, shared by all tests of that state. CSP violations and uncaught errors fail."""
    place: DeskUnderTest = request.getfixturevalue("long_timeout_desk" if state.patient else "short_timeout_desk")
    page = tabs.of(state, place)
    page.set_viewport_size(SIZES["desktop"])
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    tabs.faults.clear()
    go_to_state(state, place, page)
    yield page
    tabs.done(page)
    assert tabs.faults == []


def test_every_error_page_is_covered_by_a_state() -> None:
    shown = {words for state in STATES for words in state.shows}
    elsewhere = {
        "Too many people are waiting",  # needs many concurrent users
        "Nothing is shown because it cannot be recorded",  # tests/audit/test_write_failures.py
        "You have reached this hour’s limit",  # tests/test_quota.py
        "You have looked up as many numbers as an hour allows",  # tests/lookup/test_page.py
        "Finish your other exports first",  # tests/export_pages/test_ask.py
        "You have reached this day’s limit",
        "This file is being downloaded already",
    }
    assert {problem.title for _, problem in ERROR_PAGES} - shown == elsewhere


def test_sampled_states_are_states() -> None:
    assert COLOURED <= SAMPLE <= {state.name for state in STATES}


def test_state_text_is_visible(state: State, page: Page) -> None:
    page.set_viewport_size(SIZES["desktop"])
    assert_visible(page, state)


def test_only_empty_list_says_no_contacts(state: State, page: Page) -> None:
    assert ("No contacts" in page.locator("main").inner_text()) == state.empty


def test_state_says_no_old_phrase(page: Page) -> None:
    assert old_phrases(page.locator("body").inner_text()) == []


def test_state_passes_axe(state: State, page: Page) -> None:
    _passes_axe(page, "desktop", "light", RULES if state.name in COLOURED else UNCOLOURED)


def test_state_passes_axe_on_phone(page: Page) -> None:
    _passes_axe(page, "phone", "light", UNCOLOURED)


@pytest.mark.coloured_states
def test_dark_state_passes_colour_rules_of_axe(page: Page) -> None:
    _passes_axe(page, "desktop", "dark", COLOUR_RULES)


def _passes_axe(page: Page, size: str, scheme: Scheme, rules: dict[str, Any]) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size(SIZES[size])
    check(page, rules=rules)


@pytest.mark.exhaustive
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ALL_SIZES)
def test_whole_page_passes_axe(state: State, page: Page, scheme: Scheme, size: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size(ALL_SIZES[size])
    # As tall as the page: a row that is half below the bar at the window's edge is no small target. Nor is one under
    # the notice of a state that has one: it goes away with a click.
    rules = {"rules": {"target-size": {"enabled": False}}} if state.name == "reveal-failed" else {}
    height = max(ALL_SIZES[size]["height"], page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": ALL_SIZES[size]["width"], "height": height})
    check(page, whole=True, rules=RULES | rules)


def test_nothing_overflows_in_narrow_windows(page: Page) -> None:
    _overflows_nowhere(page, WIDTHS)


def test_no_control_is_covered_on_phone(page: Page) -> None:
    page.set_viewport_size(SIZES["phone"])
    assert page.evaluate(COVERED_CONTROLS) == []


@pytest.mark.exhaustive
def test_nothing_overflows_at_any_width(page: Page) -> None:
    _overflows_nowhere(page, MORE_WIDTHS)


def _overflows_nowhere(page: Page, widths: tuple[int, ...]) -> None:
    for width in widths:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OVERFLOWING) == [], width


def test_page_fits_and_stays_readable_at_400_percent_zoom(page: Page) -> None:
    page.set_viewport_size(ZOOMED)
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate(COVERED) <= 0.5


@pytest.fixture(scope="module")
def found_in(
    short_timeout_desk: DeskUnderTest, long_timeout_desk: DeskUnderTest, tabs: Tabs
) -> dict[str, tuple[set[str], set[str]]]:
    """State -> kinds of its visible elements, and pairs of colours of its text in light and in dark."""
    found = {}
    for state in STATES:
        place = long_timeout_desk if state.patient else short_timeout_desk
        page = tabs.of(state, place)
        page.set_viewport_size(SIZES["desktop"])
        go_to_state(state, place, page)
        found[state.name] = set(page.evaluate(KINDS)), colour_pairs(page)
        tabs.done(page)
    return found


@pytest.mark.exhaustive
def test_sample_has_each_kind_of_element_of_all_states(found_in: dict[str, tuple[set[str], set[str]]]) -> None:
    _is_in_some({name: kinds for name, (kinds, _) in found_in.items()}, SAMPLE)


@pytest.mark.exhaustive
def test_coloured_states_have_each_pair_of_colours_of_all_states(
    found_in: dict[str, tuple[set[str], set[str]]],
) -> None:
    _is_in_some({name: pairs for name, (_, pairs) in found_in.items()}, COLOURED)


def _is_in_some(found: dict[str, set[str]], sample: frozenset[str]) -> None:
    sampled = set().union(*(found[name] for name in sample))
    assert {name: seen - sampled for name, seen in found.items() if seen - sampled} == {}
