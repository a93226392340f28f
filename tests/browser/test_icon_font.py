"""Icon font: each character is drawn as its icon, and the text of a default channel as a star."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from testing import ROOT
from testing.chromium import launch_options
from testing.running_desk import Desk

from .page_helpers import wait_for_results

LIST = "/account/contacts/"
ICONS = {"sms": "✉", "whatsapp": "✆", "star": "★", "block": "⊘", "copy": "⧉", "check": "✓"}
DIFFERENCE = 4  # of 255, mean over the pixels: edges differ by up to 2.7, another icon by tens

# Difference of each icon's file from its character, both drawn 128 pixels large. The star stands half a unit higher.
DIFFERENCES = """async (icons) => {
  await document.fonts.load("16px Icons", "✉");
  const side = 128, canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  canvas.width = canvas.height = side;
  const pixels = (draw) => {
    pen.clearRect(0, 0, side, side);
    draw();
    return pen.getImageData(0, 0, side, side).data.filter((_, at) => at % 4 === 3);
  };
  const found = {};
  for (const [name, [svg, character]] of Object.entries(icons)) {
    const image = new Image(side, side);
    image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    await image.decode();
    const theirs = pixels(() => pen.drawImage(image, 0, name === "star" ? -8 : 0, side, side));
    const ours = pixels(() => { pen.font = `${side}px Icons`; pen.fillText(character, 0, 107); });
    found[name] = ours.reduce((sum, value, at) => sum + Math.abs(value - theirs[at]), 0) / ours.length;
  }
  return found;
}"""


def test_character_is_drawn_as_its_icon(chromium: Browser, desk: Desk) -> None:
    icons = {name: ((ROOT / f"tools/icons/{name}.svg").read_text(), char) for name, char in ICONS.items()}
    options = launch_options()  # the Chromium that tests share shows no pictures
    with chromium.browser_type.launch(**options) as browser:  # type: ignore[arg-type]  # a dictionary of options
        page = browser.new_page(base_url=desk.url, bypass_csp=True)
        page.goto("/sign-in/")
        found = page.evaluate(DIFFERENCES, icons)
    assert {name: difference for name, difference in found.items() if difference > DIFFERENCE} == {}


def test_default_channel_is_a_star_to_see_and_a_text_to_copy(admin_page: Page) -> None:
    admin_page.goto(LIST)
    wait_for_results(admin_page)
    badge = admin_page.locator("#results .badge.is-default").first
    admin_page.evaluate("document.fonts.ready")
    assert badge.inner_text().endswith(" (default)")
    star = badge.locator(".badge__default").bounding_box()
    assert star is not None
    assert star["width"] == 11  # one character wide: .6875rem
