"""What stands in the box, cleaned: digits of any script, one kind of dash and space, no invisible characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote

MOST_DIGITS = 15  # of any number in the world (E.164)

_SCHEMES = re.compile(r"^(?:tel|sms|smsto|mms|whatsapp|callto|sip|facetime|imessage):(?://)?", re.IGNORECASE)
_CHAT = re.compile(
    r"(?:wa\.me/(?:message/)?|(?:api|web|chat)\.whatsapp\.com/send/?\?(?:\S*&)?phone=|send/?\?(?:\S*&)?phone=|t\.me/|viber://chat\?number=)"
    r"(?:\+|%2b)?(\d[\d -]*)",
    re.IGNORECASE,
)
_WHATSAPP_ID = re.compile(r"(\d{7,15})(?::\d+)?@(?:s\.whatsapp\.net|c\.us|lid)", re.IGNORECASE)
_CONTEXT = re.compile(r";phone-context=(\+\d{1,3})", re.IGNORECASE)
_DASHES = "‐‑‒–—―−⁃﹘﹣－ー˗~"
_PUNCTUATION = set(" -()./[]{}_*·•,:;#'’\"|\\<>=")
_FULL = str.maketrans(dict.fromkeys(_DASHES, "-") | {"⁺": "+", "﬩": "+", "＋": "+"})


@dataclass(frozen=True, slots=True)
class Typed:
    """`text` is clean and on one line. `digits` are all its digits. `international`: it names its country code."""

    text: str
    digits: str
    international: bool


def cleaned(raw: str) -> Typed:
    """Any text a person may type or paste. Never fails."""
    text = _international(" ".join(_plain(raw).split()))
    digits = "".join(character for character in text if character.isdigit())
    before = text[: text.index(digits[0])] if digits else text
    return Typed(text, digits, "+" in before)


def printable(text: str) -> str:
    """One line without control, bidirectional and other invisible characters."""
    return " ".join(_plain(text).split())


def _plain(raw: str) -> str:
    """ASCII digits for those of every script; what cannot be seen is left out, what separates is a space."""
    kept = []
    for character in unicodedata.normalize("NFKC", raw).translate(_FULL):
        value = unicodedata.digit(character, None)
        category = unicodedata.category(character)
        if value is not None:
            kept.append(str(value))
        elif category in {"Zs", "Zl", "Zp"} or character in "\t\n\r\v\f":
            kept.append(" ")
        elif category[0] != "C":
            kept.append(character)
    return "".join(kept)


def _international(text: str) -> str:
    """Links and ids that hold a whole number with its country code, as that number; other schemes taken away."""
    text = unquote(text) if "%" in text else text
    for pattern in (_CHAT, _WHATSAPP_ID):
        found = pattern.search(text)
        if found:
            return f"+{found[1]}"
    text = _SCHEMES.sub("", text)
    context = _CONTEXT.search(text)
    if context and not text.startswith("+"):
        return context[1] + text[: context.start()]
    return text


def has_letters(text: str) -> bool:
    """Whether there is a letter in it: a label, or a number spelled with letters."""
    return any(character.isalpha() for character in text)


def only_punctuation(text: str) -> bool:
    """Whether it holds nothing but digits and what stands between them in a number."""
    return all(character.isdigit() or character in _PUNCTUATION for character in text)


def breaks_in(text: str) -> frozenset[int]:
    """Behind how many digits there is something else, with more digits to come."""
    found, seen = set(), 0
    for before, character in pairwise(text):
        seen += before.isdigit()
        if before.isdigit() and not character.isdigit():
            found.add(seen)
    total = sum(map(str.isdigit, text))
    return frozenset(place for place in found if place < total)
