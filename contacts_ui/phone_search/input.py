"""What stands in the box, cleaned: digits of any script, one kind of dash and space, no invisible characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote

MAX_DIGITS = 15  # of any number in the world (E.164)

_SCHEMES = re.compile(r"^(?:tel|sms|smsto|mms|whatsapp|callto|sip|facetime|imessage):(?://)?", re.IGNORECASE)
_CHAT = re.compile(
    r"(?:wa\.me/(?:message/)?|(?:api|web|chat)\.whatsapp\.com/send/?\?(?:\S*&)?phone=|send/?\?(?:\S*&)?phone=|t\.me/|viber://chat\?number=)"
    r"(?:\+|%2b)?(\d[\d -]*)",
    re.IGNORECASE,
)
_WHATSAPP_ID = re.compile(r"(\d{7,15})(?::\d+)?@(?:s\.whatsapp\.net|c\.us|lid)", re.IGNORECASE)
_CONTEXT = re.compile(r";phone-context=(\+\d{1,3})", re.IGNORECASE)
_PLUS = re.compile(r"\+[\s(]*\d(?:[\s().\-/]*\d){4,}")
_LABEL = re.compile(r"^\d{1,2}[):]\s+(?=[\d(])")
_RUN = re.compile(r"\d(?:[\s().\-/]*\d)*")
_DASHES = "‐‑‒–—―−⁃﹘﹣－ー˗~"
_ENDING = re.compile(r"(?:[.*•_x]{2}|\b(?:ends?|ending|last)\b)\D*\d[\d\s().\-/]*$", re.IGNORECASE)
_PUNCTUATION = set(" -()./")
_TRIM = " .,:;*_•·#'’\"<>=[]{}|\\"
_TRANSLATION = str.maketrans(
    dict.fromkeys(_DASHES, "-") | dict.fromkeys("_·•|\\", " ") | {"⁺": "+", "﬩": "+", "＋": "+"}
)


@dataclass(frozen=True, slots=True)
class PhoneInput:
    """`text` is clean and on one line. `digits` are all its digits.

    `international`: it names its country code. `ending`: it says of itself that it is the end, "… 0142".
    """

    text: str
    digits: str
    international: bool = False
    ending: bool = False


def normalize(raw: str) -> PhoneInput:
    """Any text a person may type or paste. Never fails."""
    text = _international(" ".join(_to_ascii(raw).split()))
    if whole := _PLUS.search(text):
        text = text[whole.start() :]  # what stands before it is a label: "Tel. 2: +44 20 …"
    ending = bool(_ENDING.search(text))
    text = text.strip(_TRIM + "-" if ending else _TRIM)
    digits = digits_of(text)
    before = text[: text.index(digits[0])] if digits else text
    return PhoneInput(text, digits, "+" in before and digits[:1] != "0", ending)


def digits_of(text: str) -> str:
    """All of them, in a row."""
    return "".join(filter(str.isdigit, text))


def strip_label(typed: PhoneInput) -> PhoneInput | None:
    """Without a label that has a digit of its own, "2) 0171 …" or "#3: 0171 …", where there may be one."""
    text = _LABEL.sub("", typed.text)
    return None if text == typed.text else PhoneInput(text, digits_of(text))


def longest_digit_run(typed: PhoneInput) -> PhoneInput:
    """Of a text with words in it, the longest piece that holds nothing but digits and what stands between them."""
    text = max(_RUN.findall(typed.text), key=len)
    return PhoneInput(text, digits_of(text), ending=typed.ending)


def printable(text: str) -> str:
    """One line without control, bidirectional and other invisible characters."""
    return " ".join(_to_ascii(text).split())


def _to_ascii(raw: str) -> str:
    """ASCII digits for those of every script; what cannot be seen is left out, what separates is a space."""
    kept = []
    for character in unicodedata.normalize("NFKC", raw).translate(_TRANSLATION):
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
    text = printable(unquote(text)) if "%" in text else text  # what cannot be seen may have been escaped
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


def drop_digits(text: str, digits: int) -> str:
    """From the digit on that follows so many."""
    places = [place for place, character in enumerate(text) if character.isdigit()]
    return text[places[digits] :] if digits < len(places) else ""


def group_boundaries(text: str) -> frozenset[int]:
    """Behind how many digits there is something else, with more digits to come."""
    found, seen = set(), 0
    for before, character in pairwise(text):
        seen += before.isdigit()
        if before.isdigit() and not character.isdigit():
            found.add(seen)
    return frozenset(found - {len(digits_of(text))})
