"""The list's surface: the box for a list of numbers, and where the list begins after a filter."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, ViewportSize, expect

from testing.sandbox_server import SandboxServer

from .conftest import NewContext
from .page_helpers import choose_channel, wait_for_address, wait_for_results

LIST = "/account/contacts/"
PHONE: ViewportSize = {"width": 390, "height": 844}
SIZES: tuple[ViewportSize, ...] = ({"width": 1440, "height": 900}, {"width": 900, "height": 700}, PHONE)


def _place(button: Locator) -> tuple[float, float]:
    box = button.bounding_box()
    assert box
    return box["x"], box["y"]


def test_list_button_stays_and_its_box_has_focus(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=f"{LIST}?page_size=20")
    button, box = page.locator(".more > summary"), page.locator("#numbers")
    for size in SIZES:
        page.set_viewport_size(size)
        place = _place(button)
        button.click()
        expect(box).to_be_focused()
        assert _place(button) == place
        button.click()
        expect(box).to_be_hidden()
        button.press("Enter")
        expect(box).to_be_focused()
        assert _place(button) == place
        button.press("Enter")
        expect(box).to_be_hidden()


def test_list_box_grows_with_its_lines_and_closes_after_other_search(
    new_context: NewContext, sandbox: SandboxServer
) -> None:
    page = new_context.signed_in("admin", at=f"{LIST}?page_size=20")
    page.locator(".more > summary").click()
    box = page.locator("#numbers")
    heights = [_lines(page, count) for count in (1, 8, 66)]
    assert heights == [3, 8, 12]
    box.fill("+12025559001\n+12025559002")
    page.get_by_role("button", name="Look up all").click()
    expect(page.locator("[data-looked-up]")).to_have_count(2)
    expect(box).to_be_visible()
    page.fill("#search", "555")
    wait_for_address(page, "?search=555")
    expect(box).to_be_hidden()


def _lines(page: Page, count: int) -> int:
    """How many lines the box shows when it holds `count`."""
    page.fill("#numbers", "\n".join(["+12025559001"] * count))
    shown: int = page.evaluate("""() => {
        const box = $("numbers"), style = getComputedStyle(box);
        const around = parseFloat(style.paddingTop) + parseFloat(style.paddingBottom);
        return Math.round((box.clientHeight - around) / parseFloat(style.lineHeight));
    }""")
    return shown


def test_list_begins_at_top_after_channel_chosen_far_down(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=LIST, viewport=PHONE)
    page.mouse.wheel(0, 2000)
    page.wait_for_function("() => scrollY > 1000")
    choose_channel(page, "sms")
    wait_for_address(page, "?channel=sms")
    wait_for_results(page)
    expect(page.locator("#summary")).to_be_in_viewport()


def test_back_leads_from_a_search_to_the_pasted_list(new_context: NewContext, sandbox: SandboxServer) -> None:
    numbers = [number for number in sandbox.contacts().values() if number][:3]
    page = new_context.signed_in("admin", at="/account/contacts/")
    page.get_by_text("Look up a list").first.click()
    page.locator("#several textarea").fill("\n".join(numbers))
    page.get_by_role("button", name="Look up all").click()
    expect(page.locator("main").get_by_text("3 found, 0 not found")).to_be_visible()
    page.fill("#search", "5385")
    expect(page.locator("[data-looked-up]")).to_have_count(0)
    page.go_back()
    expect(page.locator("main").get_by_text("3 found, 0 not found")).to_be_visible()
