"""Icon font: draws the pictures of `tools/icons` into `static/img/icons.woff2` (decision 18).

Run it only after one of them changed: `uv run tools/icon_font.py`. It names what it needs itself (PEP 723): nothing
else here needs it.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["fonttools==4.68.0", "skia-pathops==0.9.2", "brotli==1.2.1"]
# ///

from __future__ import annotations

from pathlib import Path

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.svgLib import SVGPath
from pathops import LineCap, LineJoin
from pathops import Path as Outline

ICONS = Path(__file__).resolve().parent / "icons"
FONT = ICONS.parent.parent / "static" / "img" / "icons.woff2"

# Character of each icon: one that looks alike, for a browser that loads no fonts.
CHARACTERS = {"sms": "✉", "whatsapp": "✆", "star": "★", "block": "⊘", "copy": "⧉", "check": "✓"}
DEFAULT = "(default)"  # this text is drawn as the star: who copies the page, or has it read out, gets the text

MADE = 3_800_000_000  # seconds since 1904: always the same
SCALE = 64  # units of the font for one of the icons, which are 16 wide and high
EM = 16 * SCALE
DESCENT = 168  # the middle of an icon is as high as that of Inter's capitals, of the size that badges have
STAR_LIFT = 64  # the star is smaller than the badge's icons, so its middle needs to be higher


def outline(icon: str) -> Outline:
    """Area that an icon covers, in the font's units: its strokes, or what it fills."""
    svg = (ICONS / f"{icon}.svg").read_text()
    drawn, lift = Outline(), STAR_LIFT if icon == "star" else 0
    pen = TransformPen(drawn.getPen(glyphSet=None), (SCALE, 0, 0, -SCALE, 0, EM - DESCENT + lift))
    SVGPath.fromstring(svg.encode()).draw(pen)
    if 'stroke="none"' not in svg:
        drawn.stroke(1.5 * SCALE, LineCap.ROUND_CAP, LineJoin.ROUND_JOIN, 4)
    drawn.convertConicsToQuads()
    drawn.simplify(fix_winding=True, clockwise=True)
    return drawn


def main() -> None:
    """Writes the font. The same icons give the same bytes."""
    letters = sorted({*DEFAULT, " "})
    names = {letter: f"letter{ord(letter):x}" for letter in letters}
    glyphs = {name: TTGlyphPen(None).glyph() for name in (".notdef", *names.values())}
    for icon in CHARACTERS:
        pen = TTGlyphPen(None)
        outline(icon).draw(Cu2QuPen(pen, max_err=0.5))
        glyphs[icon] = pen.glyph(dropImpliedOnCurves=True)
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(
        {ord(char): name for char, name in names.items()} | {ord(char): icon for icon, char in CHARACTERS.items()}
    )
    builder.setupGlyf(glyphs)
    bounds = builder.font["glyf"]
    builder.setupHorizontalMetrics({icon: (EM, bounds[icon].xMin) if icon in CHARACTERS else (0, 0) for icon in glyphs})
    builder.setupHorizontalHeader(ascent=EM - DESCENT, descent=-DESCENT)
    builder.setupNameTable({"familyName": "Icons", "styleName": "Regular"})
    builder.setupOS2(
        sTypoAscender=EM - DESCENT, sTypoDescender=-DESCENT, usWinAscent=EM - DESCENT, usWinDescent=DESCENT
    )
    builder.setupPost(keepGlyphNames=False)
    builder.updateHead(created=MADE, modified=MADE)
    spelled = " ".join(names[letter] for letter in DEFAULT)
    # "ccmp" and not "liga": browsers drop ligatures where a person sets letters farther apart
    addOpenTypeFeaturesFromString(builder.font, f"feature ccmp {{ sub {spelled} by star; }} ccmp;")
    builder.font.recalcTimestamp = False
    builder.font.flavor = "woff2"
    builder.save(FONT)


if __name__ == "__main__":
    main()
