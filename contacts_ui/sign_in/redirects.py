"""Safe redirects: an allow-list pattern for `next`, which may lead to a page of this site and nowhere else."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

# Only the syntax of our own URLs. No scheme, host, backslash or control character, nothing percent-encoded in the path,
# no empty segment, no segment of dots: browsers and proxies interpret those in different ways.
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._~-]*"
_QUERY = r"\?[\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]*"  # printable ASCII without " < > and the backslash
_LOCAL_PATH = re.compile(rf"/(?:{_SEGMENT}(?:/{_SEGMENT})*/?)?(?:{_QUERY})?", re.ASCII)


def safe_redirect_path(text: str) -> str | None:
    """`text` if it is a path of this site, query string included, else None."""
    return text if _LOCAL_PATH.fullmatch(text) else None


def own_url(url: str) -> SplitResult | None:
    """The parts of the address of one of our own pages, by SITE_URL; None for any other, and for none.

    Not by the Host header: behind some proxies it lacks the port that the browser's address has.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if f"{parts.scheme}://{parts.netloc}" in settings.SITE_ORIGINS else None


def own_path(url: str) -> str | None:
    """Path and query string of the address of one of our own pages, to redirect to; None for any other."""
    parts = own_url(url)
    return safe_redirect_path(parts._replace(scheme="", netloc="", fragment="").geturl()) if parts else None
