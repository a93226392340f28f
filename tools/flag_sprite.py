"""Draws the sprite of all flags, `static/img/flags.webp`, from `static/vendor/circle-flags` (decision 18).

Run it only after `tools.vendor_assets` brought other flags: `.venv/bin/python -m tools.flag_sprite`. Needs Chromium.
`python -m tools.flag_sprite --places` draws nothing and prints, as JSON, where each flag stands.
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

SIDE = 48  # pixels for a flag of 18: the sharpest screens have enough, and WebP likes sixteens
LETTERS = "abcdefghijklmnopqrstuvwxyz"
QUALITY = 0.8  # of WebP: 96 KB; without loss it is 169 KB and looks the same at this size
ROUND = b' mask="url(#a)"'  # what cuts a flag to a circle: app.css does, and square flags are a third smaller

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


def places() -> dict[Path, tuple[int, int]]:
    """Where each flag stands: the column is its code's first letter, the row its second. AA is no region: the neutral
    mark stands there."""
    return {
        NEUTRAL: (0, 0),
        **{flag: (LETTERS.index(flag.stem[0]), LETTERS.index(flag.stem[1])) for flag in sorted(FLAGS.glob("*.svg"))},
    }


def drawn(flags: dict[Path, tuple[int, int]]) -> bytes:
    """One WebP picture of all of them."""
    parts = [
        (*place, base64.b64encode(flag.read_bytes().replace(ROUND, b"")).decode()) for flag, place in flags.items()
    ]
    with running_chromium() as browser:
        url: str = browser.new_page().evaluate(DRAW, [parts, SIDE, len(LETTERS), QUALITY])
    return base64.b64decode(url.removeprefix("data:image/webp;base64,"))


def main() -> None:
    """The sprite anew, or where its flags stand."""
    flags = places()
    if "--places" in sys.argv[1:]:
        found = {flag.relative_to(STATIC).as_posix(): place for flag, place in flags.items()}
        print(json.dumps({"side": SIDE, "neutral": NEUTRAL.relative_to(STATIC).as_posix(), "places": found}))
        return
    SPRITE.write_bytes(drawn(flags))
    print(f"{len(flags) - 1} flags and the neutral mark, {SPRITE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
