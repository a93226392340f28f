"""Flag sprite: draws all flags of `static/vendor/circle-flags` into `static/img/flags.webp` (decision 18).

Run it only after `tools.vendor_assets` changed flags: `.venv/bin/python -m tools.flag_sprite`. Needs Chromium.
`python -m tools.flag_sprite --places` draws nothing and prints the position of each flag as JSON.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

from testing.chromium import running_chromium

STATIC = Path(__file__).resolve().parent.parent / "static"
FLAGS = STATIC / "vendor" / "circle-flags" / "flags"
NEUTRAL = STATIC / "img" / "region.svg"
SPRITE = STATIC / "img" / "flags.webp"

SIDE = 48  # pixels, for a flag of 18 CSS pixels: enough for high-density screens, and a multiple of WebP's block of 16
LETTERS = "abcdefghijklmnopqrstuvwxyz"
QUALITY = 0.8  # of WebP: 96 KB; lossless is 169 KB and looks the same at this size
CIRCLE_MASK = b' mask="url(#a)"'  # removed: app.css cuts the circle, and square flags are a third smaller

DRAW = """async ([flags, side, across, quality]) => {
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
  canvas.width = canvas.height = across * side;
  for (const [column, row, flag] of flags) {
    const image = new Image();
    image.src = `data:image/svg+xml;base64,${flag}`;
    await image.decode();
    pen.drawImage(image, column * side, row * side, side, side);
  }
  return canvas.toDataURL("image/webp", quality);
}"""


def flag_positions() -> dict[Path, tuple[int, int]]:
    """Position of each flag: column by the first letter of its code, row by the second.

    AA is no region, so the neutral icon has that position.
    """
    return {
        NEUTRAL: (0, 0),
        **{flag: (LETTERS.index(flag.stem[0]), LETTERS.index(flag.stem[1])) for flag in sorted(FLAGS.glob("*.svg"))},
    }


def draw_sprite(flags: dict[Path, tuple[int, int]]) -> bytes:
    """Draws all flags into one WebP image."""
    parts = [
        (*position, base64.b64encode(flag.read_bytes().replace(CIRCLE_MASK, b"")).decode())
        for flag, position in flags.items()
    ]
    with running_chromium() as browser:
        url: str = browser.new_page().evaluate(DRAW, [parts, SIDE, len(LETTERS), QUALITY])
    return base64.b64decode(url.removeprefix("data:image/webp;base64,"))


def main() -> None:
    """Writes the sprite, or with --places prints the positions."""
    flags = flag_positions()
    if "--places" in sys.argv[1:]:
        places = {flag.relative_to(STATIC).as_posix(): position for flag, position in flags.items()}
        print(json.dumps({"side": SIDE, "neutral": NEUTRAL.relative_to(STATIC).as_posix(), "places": places}))
        return
    SPRITE.write_bytes(draw_sprite(flags))
    print(f"{len(flags) - 1} flags and the neutral icon, {SPRITE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
