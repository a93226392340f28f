"""Colour pairs of a page: what the contrast rules of axe-core judge in it, and by which states stand for others."""

from __future__ import annotations

from playwright.sync_api import Page

from .test_accessibility import MORE_ROWS

# Text colour, backgrounds under it down to an opaque one, and what else decides the limit or the rule: large text, a
# link, a disabled control. Not what a dialog or popover covers, nor the rows that the check leaves out.
_PAIRS = """(left_out) => {
  const over = [...document.querySelectorAll("dialog:modal, :popover-open")];
  const covered = (element) => over.some((layer) => {
    if (layer.contains(element)) return false;
    const [a, b] = [layer.getBoundingClientRect(), element.getBoundingClientRect()];
    return layer.matches(":modal") || (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom);
  });
  const pair = (element) => {
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const size = parseFloat(fontSize), grounds = [];
    const large = size >= 24 || (size >= 18.66 && fontWeight >= 700);
    for (let under = element; under; under = under.parentElement) {
      const { backgroundColor, opacity } = getComputedStyle(under);
      if (opacity !== "1") grounds.push(opacity);
      if (backgroundColor === "rgba(0, 0, 0, 0)") continue;
      grounds.push(backgroundColor);
      if (!backgroundColor.includes("rgba") && !backgroundColor.includes("/")) break;
    }
    const kinds = [large && "large", element.closest("a") && "link", element.closest(":disabled") && "disabled"];
    return [color, ...grounds, ...kinds.filter(Boolean)].join(" ");
  };
  return [...document.querySelectorAll("body *")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
    && element.checkVisibility({ visibilityProperty: true }) && !element.closest(`.visually-hidden, ${left_out}`)
    && !covered(element)
  ).map(pair);
}"""


def colour_pairs(page: Page) -> set[str]:
    """Pairs of colours of the visible text of a page, in light and in dark; leaves the page dark."""
    found: set[str] = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found |= {f"{scheme} {pair}" for pair in page.evaluate(_PAIRS, MORE_ROWS)}
    return found
