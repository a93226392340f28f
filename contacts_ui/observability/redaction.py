"""Redaction: removes keys, passwords, phone numbers and query strings from text.

When in doubt it removes: a digest that happens to contain seven digits in a row loses them, a number never stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, quote_plus

NUMBER, SECRET, CUT, TOO_DEEP, TOO_LONG = "[number]", "[secret]", "?…", "[too deep]", "[cut]"
SHORTEST_SECRET = 8  # characters: a shorter one would match within ordinary words
SMALLEST_NUMBER = 1_000_000  # a value of seven digits or more may be a phone number
DEEPEST = 8  # levels of nested values
# Characters: a long text is cut before redaction, which costs up to 5 µs each. Strangers choose paths and headers.
LONGEST_TEXT, LONGEST_TRACEBACK = 4_000, 32_000
TAIL = 400  # characters: longer than what a number or a credential may be, whose rest the cut takes away
_TRACEBACK_FIELDS = frozenset({"exc_info", "stack_info"})
_ADDRESS_FIELDS = frozenset({"address", "remote_addr", "ip"})

# A digit, plain, percent-encoded in a URL (%31, %EF%BC%91 for a full-width one) or escaped by repr (\uff11).
_DIGIT = (
    r"(?:\d|%(?:25)*3[0-9]|%EF%BC%9[0-9]|%D9%A[0-9]|%DB%B[0-9]|\\u(?:003[0-9]|ff1[0-9]|066[0-9]|06f[0-9])|\\x3[0-9])"
)
# Separators between the digits of one number: punctuation, spaces and invisible characters, plain or escaped.
_PUNCTUATION = (
    r" \t\-+().\[\]/\\~*_\u00a0\u00ad\u00b7\u061c\u1680\u180e\u2000-\u200f\u2010-\u2015\u2022\u2028-\u202f\u2043\u2053"
    r"\u205f-\u206f\u2212\u223c\u3000\u30fb\u30fc\ufe0f\ufe58\ufe63\ufeff\uff08\uff09\uff0b\uff0d-\uff0f\uff3b\uff3d\uff5e"
)
_BETWEEN = (
    rf"(?:(?!{_DIGIT})(?:\\(?:x[0-9a-f]{{2}}|u[0-9a-f]{{4}}|[nrt])|%(?:25)*[0-9a-f]{{2}}|&(?:nbsp|\#\d+);"
    rf"|[{_PUNCTUATION}]|(?<=\d)[,'\u2019|](?=\d)))"  # groups of a sheet; in a list of numbers a space follows
)
_DATE = r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
# An IP address of a private network, or with a port: any other may be a number, as written in Senegal (30.101.23.45).
_ADDRESS = (
    rf"(?=10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|[\d.]{{7,15}}:\d){_OCTET}(?:\.{_OCTET}){{3}}(?::\d{{1,5}})?"
)
# Never redacted although they have many digits.
_ALLOWED = (
    r"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])"  # a UUID
    r"|\bdesk_[0-9a-f]{16}\b|\breq_(?=[0-9]*[a-z])[0-9a-z]{8,40}\b"  # what people quote
    rf"|(?<![\w.+(/-]){_DATE}(?:{_TIME})?(?![\d-])"
    rf"|(?<![\d.+(-]){_ADDRESS}(?![\d.-])"
    r"|(?<![\d.+(-])\d{1,4}\.\d{1,9} ?(?:s|ms|seconds|milliseconds)\b"
    r"|\b0x(?=[0-9]*[a-f])[0-9a-f]+\b"
)
_NUMBERS = re.compile(
    rf"(?P<allowed>{_ALLOWED})|(?:\+|%(?:25)*2B|\(){{0,4}}{_DIGIT}(?:{_BETWEEN}{{0,8}}{_DIGIT}){{6,}}", re.IGNORECASE
)
# Every repetition below is bounded: a long text of one character must not block a worker.
_NUMBER_AT_END = re.compile(rf"(?:{_DIGIT}|{_BETWEEN}|[%\\+(])++\Z", re.IGNORECASE)
_QUERIES = re.compile(r"(?:(?<=[^\s?])\?(?=[\w%&=+.~-])|\?(?=[\w%.-]{1,64}=))\S+")
_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{0,20}://)[^\s/]{0,300}@", re.IGNORECASE)
_SENSITIVE_NAMES = (
    r"(?:proxy-)?authorization|x-api-key|api[_-]?key|(?:set-)?cookie|x-csrftoken|sessionid"
    r"|[\w-]{0,30}(?:password|passwd|secret|token)"
)
_HEADERS = re.compile(
    rf"(?P<name>[\"']?\b(?:HTTP_)?(?:{_SENSITIVE_NAMES})[\"']?)(?P<colon>\s{{0,3}}[:=]\s{{0,3}})"
    r"(?:b?\"[^\"\r\n]*(?:\"|\Z)|b?'[^'\r\n]*(?:'|\Z)|(?=[^\s\"'])[^\r\n\"'}]+)",  # a cut text has no last quote
    re.IGNORECASE,
)
# The token of a link to choose a password (people/password_links.py): it gives access to the account.
_LINKS = re.compile(r"(?<=/sign-in/password/)[0-9A-Za-z]{1,20}-[^\s/?\"']{1,200}")
_ENCODED = re.compile("%[0-9A-F]{2}")
_CREDENTIALS = re.compile(r"\b(?P<kind>Bearer|Basic)\s+[\w~+/=.-]{6,}", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[a-z_]{1,40}", re.ASCII)
_SENSITIVE_FIELD = re.compile(rf"(?:HTTP[_-])?(?:{_SENSITIVE_NAMES})", re.IGNORECASE)


# What the desk and the API name things by, alone: no digit of it is a number's.
_ID = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|desk_[0-9a-f]{16}|req_(?=[0-9]*[A-Za-z])[0-9A-Za-z]{8,40}"
)
_DIGITLESS = re.compile(r"[ -/:-~]{1,100}")  # printable ASCII without a digit: no number in any spelling
MOST_REMEMBERED = 2_000


class Redactor:
    """Redaction that hides `secrets` as well. Most of a line comes again in every line: its events, routes and names of
    fields. Those that hide nothing are remembered, and not looked through again; what has a digit never is.
    """

    def __init__(self, secrets: Collection[str] = ()) -> None:
        # Longest first, as one may contain another.
        self._secrets = sorted(spellings_of_secrets(secrets), key=len, reverse=True)
        self._harmless: set[str] = set()
        self._plain_names: set[str] = set()

    def text(self, text: str, longest: int = LONGEST_TEXT) -> str:
        """`text` without secrets, phone numbers, query strings, links and headers that carry credentials.

        What is beyond `longest` characters is cut off first.
        """
        if text in self._harmless or (_ID.fullmatch(text) and not self._has_secret(text)):
            return text
        redacted = self._looked_through(text, longest)
        if redacted == text and _DIGITLESS.fullmatch(text):
            _remember(self._harmless, text)
        return redacted

    def value(self, value: Any, depth: int = 0) -> Any:
        """`value` of any type and depth as a JSON value, every text in it redacted."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return NUMBER if abs(value) >= SMALLEST_NUMBER else value
        if depth > DEEPEST:
            return TOO_DEEP
        if isinstance(value, Mapping):
            return self.fields(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, depth + 1) for item in value]
        return self.text(value if isinstance(value, str) else _text(value))

    def fields(self, fields: Mapping[Any, Any], depth: int = 0) -> dict[str, Any]:
        """The fields, names and values redacted, in one loop: a function call for each costs more than all other work.
        Most names are plain words, which need no redaction.
        """
        redacted: dict[str, Any] = {}
        for key, value in fields.items():
            name, result = key if isinstance(key, str) else _text(key), value
            plain = name in self._plain_names or self._is_plain(name)
            if not plain and _SENSITIVE_FIELD.fullmatch(name.replace("_", "-")):
                result = SECRET
            elif isinstance(value, str):
                longest = LONGEST_TRACEBACK if name in _TRACEBACK_FIELDS else LONGEST_TEXT
                result = value if name in _ADDRESS_FIELDS and _is_address(value) else self.text(value, longest)
            elif not (value is None or (isinstance(value, int | float) and -SMALLEST_NUMBER < value < SMALLEST_NUMBER)):
                result = self.value(value, depth + 1)
            redacted[name if plain else self.text(name)] = result
        return redacted

    def _is_plain(self, name: str) -> bool:
        sensitive = _SENSITIVE_FIELD.fullmatch(name.replace("_", "-"))
        plain = bool(_PLAIN_NAME.fullmatch(name)) and not sensitive and not self._has_secret(name)
        if plain:
            _remember(self._plain_names, name)
        return plain

    def _has_secret(self, text: str) -> bool:
        return any(secret in text for secret in self._secrets)

    def _looked_through(self, text: str, longest: int) -> str:
        for secret in self._secrets:
            text = text.replace(secret, SECRET)
        too_long = len(text) > longest
        if too_long:
            text = _without_partial_end(text[:longest])
        text = _HEADERS.sub(rf"\g<name>\g<colon>{SECRET}", text)
        text = _CREDENTIALS.sub(rf"\g<kind> {SECRET}", text)
        text = _USERINFO.sub(rf"\g<scheme>{SECRET}@", text)
        text = _LINKS.sub(SECRET, text)
        text = _NUMBERS.sub(lambda match: match["allowed"] or NUMBER, text)
        text = _QUERIES.sub(CUT, text)
        return f"{text} {TOO_LONG}" if too_long else text


def spellings_of_secrets(secrets: Collection[str]) -> frozenset[str]:
    """Every spelling of `secrets` in a text: plain, in a repr, percent-encoded in a path, a form or throughout, with
    hexadecimal digits in either case.
    """
    spellings = set[str]()
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            encoded = (quote(secret, safe=""), quote(secret), quote_plus(secret), quote_plus(secret, safe="/"))
            lower = (_ENCODED.sub(lambda match: match[0].lower(), spelling) for spelling in encoded)
            spellings |= {secret, repr(secret)[1:-1], *encoded, *lower}
    return frozenset(spellings)


def _without_partial_end(text: str) -> str:
    """A cut text without its last word and the digits before it: half a number or token would not be recognized."""
    word = len(text[-TAIL:].rpartition(" ")[2])
    text = text[:-word] if word else text
    number = _NUMBER_AT_END.search(text, max(0, len(text) - TAIL))
    return text[: number.start()] if number else text


def _remember(texts: set[str], text: str) -> None:
    if len(texts) >= MOST_REMEMBERED:
        texts.clear()
    texts.add(text)


def _is_address(value: Any) -> bool:
    try:
        ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="replace")
    try:
        return str(value)
    except Exception:  # noqa: BLE001  # an object whose __str__ fails
        return f"[{type(value).__name__}]"


_without_secrets = Redactor()


def redact_text(text: str) -> str:
    """`text` without phone numbers, query strings and credentials, for one who knows no secrets."""
    return _without_secrets.text(text)
