"""Text matching: case- and accent-insensitive search in names. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from unicodedata import category, normalize
from uuid import UUID

# ASCII replacements of letters that Unicode does not decompose. switcher.js has the same table.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


def printable(text: str) -> str:
    """The text without characters that cannot be seen."""
    return "".join(filter(str.isprintable, text))


def single_line(text: str) -> str:
    """The text without characters that cannot be seen, spaces of every kind as one space."""
    return " ".join(printable(text).split())


def digits_only(text: str) -> str:
    """The decimal digits of a text."""
    return "".join(filter(str.isdecimal, text))


def parse_uuid(text: str) -> str | None:
    """A UUID in the spelling that is stored, None for any other text."""
    try:
        return str(UUID(text))
    except ValueError:
        return None


def matches_name(typed: str, name: str) -> bool:
    """True if the name contains every typed word, ignoring case and accents. switcher.js does the same."""
    return name_matcher(typed)(name)


def name_matcher(typed: str) -> Callable[[str], bool]:
    """`matches_name` of one text, for many names."""
    words = fold(typed).split()

    def matches(name: str) -> bool:
        folded = fold(name)
        return all(word in folded for word in words)

    return matches


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The text without case and accents, for comparison."""
    # Upper case first: ß becomes SS, and the dotless i an I.
    decomposed = normalize("NFKD", text.upper().lower())
    return "".join(character for character in decomposed if not category(character).startswith("M")).translate(_LETTERS)
