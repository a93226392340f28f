"""The sprite of flags: each stands where the letters of its region say, and the page finds it there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from testing import ROOT

from .page_helpers import wait_for_results

LIST = "/account/contacts/"
DIFFERENCE = 9  # of 255; WebP's own loss is at most 8.3. A few pairs are as alike (ID and MC): no other order passes

# How far each file is from its cell in the sprite: the mean over a flag's pixels and colours, 0 to 255.
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

# What the stylesheet makes of the classes of every flag: column and row, in widths of a flag.
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
    """The list of contacts."""
    admin_page.goto(LIST)
    wait_for_results(admin_page)
    return admin_page


@pytest.fixture(scope="module")
def sprite() -> dict[str, Any]:
    """Where the tool that draws the sprite puts each flag: column and row by file; `side` in pixels."""
    command = [sys.executable, "-m", "tools.flag_sprite", "--places"]
    found: dict[str, Any] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return found


def test_every_flag_of_the_sprite_is_that_of_its_region(page: Page, sprite: dict[str, Any]) -> None:
    cells = [(file, f"/static/{file}", *place) for file, place in sprite["places"].items()]
    found = page.evaluate(DIFFERENCES, [cells, sprite["side"]])
    assert len(found) > 250
    assert {name: difference for name, difference in found.items() if difference > DIFFERENCE} == {}


def test_the_stylesheet_finds_every_flag_where_it_stands(page: Page, sprite: dict[str, Any]) -> None:
    wanted = {Path(file).stem: place for file, place in sprite["places"].items() if file != sprite["neutral"]}
    assert dict(page.evaluate(POSITIONS, list(wanted))) == wanted


def test_a_row_shows_the_flag_of_its_contact(page: Page) -> None:
    rows = page.locator("#results tbody tr")
    regions = rows.locator(".c-region").all_text_contents()
    flags = rows.locator(".c-phone").evaluate_all("cells => cells.map((cell) => cell.className)")
    shown = {(region.strip(), classes) for region, classes in zip(regions, flags, strict=True)}
    assert ("United States", "c-phone flag flag-col-u flag-row-s") in shown
    assert len({region for region, _ in shown}) == len(shown)
