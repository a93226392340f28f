"""Text matching: whether what was typed is in a name, whatever its case and accents. Pure."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, normalize

# What people type for letters that Unicode does not take apart. The same table stands in switcher.js.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"})


def matches_name(typed: str, name: str) -> bool:
    """Whether every word typed is in the name, whatever its case and accents. switcher.js does the same."""
    folded = fold(name)
    return all(word in folded for word in fold(typed).split())


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    # Upper case first: ß becomes SS, and the dotless i an I.
    apart = normalize("NFKD", text.upper().lower())
    return "".join(character for character in apart if not category(character).startswith("M")).translate(_LETTERS)
