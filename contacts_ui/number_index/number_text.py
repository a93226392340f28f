"""Punctuation templates: what stands between the digits of a national format, apart from the digits themselves.

"07403 965801" is the digits 07403965801 in a template with a space after the fifth. Thousands of numbers share one.
A digit is a decimal digit of any script; everything else is punctuation. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_DIGIT = re.compile(r"\d")  # category Nd
_PUNCTUATION = re.compile(r"\D+")
_TO_ZERO = str.maketrans("123456789", "000000000")
_ASCII_ZERO = ord("0")


@dataclass(frozen=True, slots=True)
class Template:
    """The text around the digits of a number, and the script of each digit.

    `gaps` has one text more than there are digits: before the first, between two, after the last. `zeros` are the code
    points of each digit's zero, None where all digits are ASCII.
    """

    gaps: tuple[str, ...]
    zeros: tuple[int, ...] | None = None

    @property
    def size(self) -> int:
        """How many digits a number of it has."""
        return len(self.gaps) - 1

    def piece(self, digits: str, start: int) -> str:
        """The text of a number in which `digits` are those from index `start` on, from the first to the last of them.

        It has exactly the number's own punctuation between them, and none at its ends.
        """
        shown = digits
        if self.zeros is not None:
            zeros = self.zeros[start : start + len(digits)]
            shown = "".join(chr(zero + int(digit)) for zero, digit in zip(zeros, digits, strict=True))
        between = (*self.gaps[start + 1 : start + len(digits)], "")
        return "".join(digit + gap for digit, gap in zip(shown, between, strict=True))


def parse(text: str) -> tuple[Template, str]:
    """The template and the digits, as ASCII, of a national format. Any text has both. Cost: a microsecond."""
    if text.isascii():
        return _ascii_template(text.translate(_TO_ZERO)), _PUNCTUATION.sub("", text)
    shown = _DIGIT.findall(text)
    digits = "".join(str(unicodedata.decimal(digit)) for digit in shown)
    zeros = tuple(ord(character) - int(digit) for character, digit in zip(shown, digits, strict=True))
    return Template(tuple(_DIGIT.split(text)), zeros if any(zero != _ASCII_ZERO for zero in zeros) else None), digits


@lru_cache(maxsize=4096)
def _ascii_template(zeros: str) -> Template:
    """The template of a text whose digits are all 0: one object for all numbers of it."""
    return Template(tuple(zeros.split("0")))


def starts_of(digits: str, run: str, *, ending: bool) -> Iterator[int]:
    """The indexes in `digits` at which `run` stands, overlapping ones included; with `ending` only at the end."""
    if ending:
        if digits.endswith(run):
            yield len(digits) - len(run)
        return
    start = digits.find(run)
    while start >= 0:
        yield start
        start = digits.find(run, start + 1)


def pieces_of(text: str, run: str, *, ending: bool) -> frozenset[str]:
    """The distinct pieces of one text in which the digits `run` stand."""
    template, digits = parse(text)
    return frozenset(template.piece(run, start) for start in starts_of(digits, run, ending=ending))
