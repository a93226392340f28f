"""Flag sprite: each flag is in the cell of its region's letters, and the stylesheet shows that cell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from testing import ROOT
from testing.chromium import launch_options
from testing.running_desk import Desk

from .page_helpers import wait_for_results

LIST = "/account/contacts/"
DIFFERENCE = 9  # of 255; WebP loses at most 8.3. A few flags are this similar (ID, MC), but no other order passes

# Difference of each file from its cell in the sprite: mean over the pixels and colours of the flag, 0 to 255.
DIFFERENCES = """async ([cells, side]) => {
  const load = async (url) => { const image = new Image(); image.src = url; await image.decode(); return image; };
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
  canvas.width = canvas.height = side;
  const pixels = (image, ...part) => {
    pen.clearRect(0, 0, side, side);
    pen.save();
    pen.beginPath();
    pen.arc(side / 2, side / 2, side / 2 - 1, 0, 7);
    pen.clip();
    pen.drawImage(image, ...part, 0, 0, side, side);
    pen.restore();
    return pen.getImageData(0, 0, side, side).data;
  };
  const sprite = await load("/static/img/flags.webp"), found = {};
  for (const [name, url, column, row] of cells) {
    const ours = pixels(sprite, column * side, row * side, side, side), theirs = pixels(await load(url));
    found[name] = ours.reduce((sum, value, at) => sum + Math.abs(value - theirs[at]), 0) / ours.length;
  }
  return found;
}"""

# Column and row that the stylesheet shows for the classes of each flag.
POSITIONS = """(names) => names.map((name) => {
  const cell = document.createElement("td");
  cell.className = `flag flag-col-${name[0]} flag-row-${name[1]}`;
  document.querySelector("#results tbody tr").append(cell);
  const style = getComputedStyle(cell, "::before"), side = parseFloat(style.width);
  const found = [style.backgroundPositionX, style.backgroundPositionY].map((at) => Math.round(-parseFloat(at) / side));
  cell.remove();
  return [name, found];
})"""


@pytest.fixture
def page(admin_page: Page) -> Page:
    """The admin's list."""
    admin_page.goto(LIST)
    wait_for_results(admin_page)
    return admin_page


@pytest.fixture(scope="module")
def sprite() -> dict[str, Any]:
    """Layout of the sprite by the tool that draws it: file -> column and row; `side` in pixels."""
    command = [sys.executable, "-m", "tools.flag_sprite", "--places"]
    found: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return found


@pytest.mark.exhaustive  # every flag as pixels; test_stylesheet_positions_match_sprite has their places
def test_sprite_cell_matches_flag_of_each_region(chromium: Browser, desk: Desk, sprite: dict[str, Any]) -> None:
    cells = [(file, f"/static/{file}", *place) for file, place in sprite["places"].items()]
    options = launch_options()  # the Chromium that tests share shows no pictures
    with chromium.browser_type.launch(**options) as browser:  # type: ignore[arg-type]  # a dictionary of options
        page = browser.new_page(base_url=desk.url)
        page.goto("/sign-in/")
        found = page.evaluate(DIFFERENCES, [cells, sprite["side"]])
    assert len(found) > 250
    assert {name: difference for name, difference in found.items() if difference > DIFFERENCE} == {}


def test_stylesheet_positions_match_sprite(page: Page, sprite: dict[str, Any]) -> None:
    wanted = {Path(file).stem: place for file, place in sprite["places"].items() if file != sprite["neutral"]}
    assert dict(page.evaluate(POSITIONS, list(wanted))) == wanted


def test_row_shows_flag_of_its_contact(page: Page) -> None:
    rows = page.locator("#results tbody tr")
    regions = rows.locator(".c-region").all_text_contents()
    flags = rows.locator(".c-phone").evaluate_all("cells => cells.map((cell) => cell.className)")
    shown = {(region.strip(), classes) for region, classes in zip(regions, flags, strict=True)}
    assert ("United States", "c-phone flag flag-col-u flag-row-s") in shown
    assert len({region for region, _ in shown}) == len(shown)
