"""Open redirect payloads: values of `next` that have left a site elsewhere, generated from their parts.

The families are those of oauth2-proxy (testdata/openredirects.txt, MIT licence); the values are our own.
"""

from __future__ import annotations

from itertools import product

HOST = "evil.example"
OURS = "localhost:8000"

# Prefixes after which some URL parser reads a host.
_SLASHES = (
    "//",
    "///",
    "////",
    "/////",
    "/\\",
    "\\/",
    "\\\\",
    "\\\\\\",
    "/\\/\\/",
    "\\/\\/",
    "/\\\\",
    "//\\",
    "/／",
    "／／",
)
_SCHEMES = (
    "http://",
    "https://",
    "http:",
    "https:",
    "https:/",
    "https:///",
    "https:\\\\",
    "hTTps://",
    "ftp://",
    "ws://",
)
_ENCODED = (
    *("/%09/", "//%09/", "///%09/", "/%5c", "//%5c", "///%5c", "////%5c", "/%2f%2f", "/%2f%5c%2f", "//%2f", "%2f%2f"),
    *("/%0d/", "/%0a/", "/%00/", "https://%09/", "https://%5c", "https:%0a//", "%09//", "/%252f%252f", "/%2e%2e//"),
)
_CONTROLS = (
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\x00",
    "\x0b",
    "\x0c",
    "\x1f",
    "\x7f",
    " ",
    "\u00a0",
    "\u2028",
    "\ufeff",
    "\u200b",
)
_BROKEN = tuple(f"/{sign}/" for sign in _CONTROLS) + tuple(f"{sign}//" for sign in _CONTROLS)
_HEADS = (
    "@",
    ";@",
    ".",
    "<>//",
    "/<>//",
    "〱",
    "〵",
    "ゝ",
    "ー",
    "ｰ",
    "//;@",
    "///\\;@",
    "/.//",
    "/..//",
    "/x/..//",
    "/;//",
)
_NESTED = ("//https://", "//https:///", "/https://", "/http:/", "/https:/%5c", "/https:///", "//http:/", "?//", "#//")
BEGINNINGS = (*_SLASHES, *_SCHEMES, *_ENCODED, *_BROKEN, *_HEADS, *_NESTED)

# Spellings of the host.
_ADDRESSES = (
    *("203.0.113.9", "0313.0.0161.011", "0xcb.0x0.0x71.0x9", "0xcb007109", "3405803785", "203.28937", "00313.0x007109"),
    *("459.256.369.265", "[::203.0.113.9]", "[::ffff:203.0.113.9]"),
)
_DOTS = (
    f"evil{dot}example" for dot in ("。", "．", "｡", "%E3%80%82", "%2e", "%00.", "%23.", "%3F.", "%2f%2f.", "%5c%5c.")
)
_USERS = tuple(
    f"{user}@{HOST}"
    for user in (OURS, "localhost", ";", ":", "a.b+", "a>b\\1", f"{OURS}%20", f"{OURS}%00", "localhost+&", f"x@{OURS}")
)
HOSTS = (HOST, *_ADDRESSES, *_DOTS, *_USERS, "ｅｖｉｌ.ｅｘａｍｐｌｅ", f"{HOST}:443", f"{HOST}.", f"{OURS}.{HOST}")

# Suffixes that make a check read the wrong host.
TAILS = (
    *("", "/", "//", "/%2e%2e", "/%2e%2e%2f", "/%2f%2e%2e", "/%2f..", "/..", f"\\@{OURS}", f"\\.{OURS}", f"\\t{OURS}/"),
    *(f"#@{OURS}/", f"?@{OURS}/", f":80#@{OURS}/", f":80?@{OURS}/", f"%40{OURS}", f"%23.{OURS}", f"\t{OURS}", "\\\t"),
    *(f"/https://{OURS}/", f"+&@{OURS}#+@{HOST}/", f"\r\nLocation: https://{HOST}", f"\r\n\r\n<a href=//{HOST}>"),
)

_CALL = "alert(1)"
_WORD = "javascript:"
SCRIPTS = (
    *(f"{_WORD}{_CALL}", f"{_WORD}{_CALL};", f"jaVAscRipT:{_CALL}", f"{_WORD}//{OURS}/%0a{_CALL}"),
    *(f"{_WORD}//%0d%0a{_CALL}", "vbscript:x", "file:///etc/x", "about:blank", "mailto:a@b.example", "tel:1"),
    *(f"{_WORD[:4]}{sign}{_WORD[4:]}{_CALL}" for sign in (*_CONTROLS, "%09", "%0a", "%0d%0a", "&#9;", "&#99;", "\\t")),
    *(f"{start}{_WORD}{_CALL}" for start in ("/", "//", "/%09/", "/%5c", "//%5c", "<>", " ", "\x01", "%01", "/x:1/:///%01")),
    *("".join(f"{form}" for form in map(spell, _WORD)) + _CALL for spell in (
        lambda sign: f"\\{ord(sign):o}", lambda sign: f"\\x{ord(sign):02x}", lambda sign: f"\\u{ord(sign):04x}",
        lambda sign: f"%{ord(sign):02x}", lambda sign: f"\\{sign}", lambda sign: f"&#{ord(sign)};",
    )),
    *("data:text/html,<b>x", "data:text/html;base64,PGI+eA==", f"data:{OURS};text/html,<b>x"),
    *(f"blob:https://{HOST}/1", f"view-source:https://{HOST}", f"\";{_CALL};//"),
)  # fmt: skip
_ENCODED_WHOLE = tuple(
    start + "".join(f"%{byte:02x}" for byte in f"{scheme}//{HOST}".encode())
    for start, scheme in product(("", "/", "//"), ("", "https:"))
)


def tricks() -> tuple[str, ...]:
    """All payloads without duplicates: each prefix, host and suffix, combined with plain ones of the others."""
    plain = ("//", "/\\", "https://", "https:", "/https://")
    made = [
        *(start + host for start, host in product(BEGINNINGS, (HOST, f"{OURS}@{HOST}"))),
        *(start + host for start, host in product(plain, HOSTS)),
        *(start + host + tail for start, host, tail in product(plain, (HOST, f"{OURS}@{HOST}"), TAILS)),
        *(start + HOST + tail for start, tail in product(("///", "////", "/", "/%09/"), TAILS)),
        *SCRIPTS,
        *_ENCODED_WHOLE,
    ]
    return tuple(dict.fromkeys(made))


# One payload of each family, for tests that a view uses safe_redirect_path at all (tests/test_open_redirect.py).
OF_EACH_FAMILY = (
    f"//{HOST}/",
    f"/\\{HOST}/",
    f"https://{HOST}/",
    f"https:{HOST}",
    f"https://{OURS}@{HOST}",
    f"/\t/{HOST}",
    f"/%09/{HOST}",
    f"/.//{HOST}",
    f"/{HOST}\r\nLocation: https://{HOST}",
    f"{_WORD}{_CALL}",
)
