"""Input normalization: ASCII for digits of any script, one kind of dash and space, no invisible characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote

COARSER_GROUPING, OTHER_GROUPING = 0.05, 0.01  # how likely people group digits in fewer places, and in other places
MAX_DIGITS = 15  # of any number in the world (E.164)

_SCHEMES = re.compile(r"^(?:tel|sms|smsto|mms|whatsapp|callto|sip|facetime|imessage):(?://)?", re.IGNORECASE)
_CHAT = re.compile(
    r"(?:wa\.me/(?:message/)?|(?:api|web|chat)\.whatsapp\.com/send/?\?(?:\S*&)?phone=|send/?\?(?:\S*&)?phone=|t\.me/|viber://chat\?number=)"
    r"(?:\+|%2b)?(\d[\d -]*)",
    re.IGNORECASE,
)
_SIP = re.compile(r"\bsips?:(\+?\d{7,15})(?:;[^@\s]*)?@", re.IGNORECASE)
_DECIMALS = re.compile(r"(\+?\d{7,15})[.,]0{1,2}")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,2})", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?=(?:\D*\d){7,15}\D*$)\d{1,3}(?:,\d{3}){2,}|(?=(?:\D*\d){7,15}\D*$)\d{1,3}(?:['’]\d{3}){2,}")
_TRAILING_PLUS = re.compile(r"\d[\d ().-]{6,}\+")
_CLOCK = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?::\d{2})?(?![\d:])(?:\s?[ap]m\b)?", re.IGNORECASE)
_WHOLE_DIGITS = 7  # of a whole number without its country code
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
    """Normalized input. `text` is on one line; `digits` are all its digits.

    `international`: it has its country code. `ending`: it is marked as the end of a number, "… 0142".
    """

    text: str
    digits: str
    international: bool = False
    ending: bool = False


def normalize(raw: str) -> PhoneInput:
    """Normalizes any text a person may type or paste. Never fails."""
    text = _international(_spreadsheet(" ".join(_to_ascii(raw).split())))
    if whole := _PLUS.search(text):
        text = text[whole.start() :]  # any text before it is a label: "Tel. 2: +44 20 …"
    ending = bool(_ENDING.search(text))
    text = text.strip(_TRIM + "-" if ending else _TRIM)
    digits = digits_of(text)
    before = text[: text.index(digits[0])] if digits else text
    return PhoneInput(text, digits, "+" in before and digits[:1] != "0", ending)


def digits_of(text: str) -> str:
    """All digits of `text`, joined."""
    return "".join(filter(str.isdigit, text))


def strip_label(phone_input: PhoneInput) -> PhoneInput | None:
    """Strips a label that has a digit of its own, "2) 0171 …" or "#3: 0171 …". None when there is no such label."""
    text = _LABEL.sub("", phone_input.text)
    return None if text == phone_input.text else PhoneInput(text, digits_of(text))


def longest_digit_run(phone_input: PhoneInput) -> PhoneInput:
    """The longest run of digits and their punctuation in a text with words in it."""
    text = max(_RUN.findall(phone_input.text), key=len)
    return PhoneInput(text, digits_of(text), ending=phone_input.ending)


def plain_line(text: str) -> str:
    """One line with ASCII digits, and without control, bidirectional and other invisible characters."""
    return " ".join(_to_ascii(text).split())


def _to_ascii(raw: str) -> str:
    """ASCII for digits of every script; invisible characters are dropped, every separator becomes a space."""
    converted = []
    for character in unicodedata.normalize("NFKC", raw).translate(_TRANSLATION):
        value = unicodedata.digit(character, None)
        category = unicodedata.category(character)
        if value is not None:
            converted.append(str(value))
        elif category in {"Zs", "Zl", "Zp"} or character in "\t\n\r\v\f":
            converted.append(" ")
        elif category[0] != "C":
            converted.append(character)
    return "".join(converted)


def _international(text: str) -> str:
    """The international number of a link or chat id that contains one; other URI schemes are stripped."""
    text = plain_line(unquote(text)) if "%" in text else text  # invisible characters may be percent-encoded
    for pattern in (_CHAT, _WHATSAPP_ID):
        found = pattern.search(text)
        if found:
            return f"+{found[1]}"
    if found := _SIP.search(text):  # before its scheme is stripped: the host after it has digits too
        return found[1]
    text = _SCHEMES.sub("", text)
    context = _CONTEXT.search(text)
    if context and not text.startswith("+"):
        return context[1] + text[: context.start()]
    return text


def _spreadsheet(text: str) -> str:
    """The number of a spreadsheet's cell, as whole digits; of right-to-left text, whose plus comes last; without the
    time of day beside it.
    """
    if whole := _DECIMALS.fullmatch(text):
        return whole[1]
    if scientific := _SCIENTIFIC.fullmatch(text):
        digits = scientific[1] + (scientific[2] or "")
        return digits if len(digits) == int(scientific[3]) + 1 else text
    if _THOUSANDS.fullmatch(text):
        return digits_of(text)
    if _TRAILING_PLUS.fullmatch(text):
        return f"+{text[:-1]}"
    untimed = _CLOCK.sub(" ", text)
    return untimed.strip() if untimed != text and len(digits_of(untimed)) >= _WHOLE_DIGITS else text


def is_rounded(phone_input: PhoneInput) -> bool:
    """True for a number of which a spreadsheet has kept only the first digits: 4.47911E+11."""
    scientific = _SCIENTIFIC.fullmatch(phone_input.text)
    return scientific is not None and len(scientific[1] + (scientific[2] or "")) <= int(scientific[3])


def has_letters(text: str) -> bool:
    """True with any letter in it: a label, or a vanity number."""
    return any(character.isalpha() for character in text)


def only_punctuation(text: str) -> bool:
    """True when there is nothing but digits and the punctuation of numbers."""
    return all(character.isdigit() or character in _PUNCTUATION for character in text)


def drop_digits(text: str, count: int) -> str:
    """`text` without its first `count` digits, and without the punctuation up to the next digit."""
    positions = [position for position, character in enumerate(text) if character.isdigit()]
    return text[positions[count] :] if count < len(positions) else ""


def group_boundaries(text: str) -> frozenset[int]:
    """The digit counts after which punctuation ends a group, the last group left out."""
    found, count = set(), 0
    for before, character in pairwise(text):
        count += before.isdigit()
        if before.isdigit() and not character.isdigit():
            found.add(count)
    return frozenset(found - {len(digits_of(text))})


def grouping_likelihood(raw: str, formatted: str) -> float:
    """Likelihood that someone who means `formatted` groups its digits as in `raw`."""
    given, expected = group_boundaries(raw), group_boundaries(formatted)
    return 1 if not given or given == expected else COARSER_GROUPING if given < expected else OTHER_GROUPING
