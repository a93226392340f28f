"""htmx requests: whether a fragment is wanted, and which page the browser shows."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import QueryDict

from .request import DeskRequest

FRAGMENT_HEADER = "X-Fragment"
PAGE_HEADER = "X-Page"  # so that going back never swaps in a page that is not ours
PROFILE_HEADER = "X-Desk-Profile"  # whose it is, so that no page ever swaps in another profile's


def wants_fragment(request: DeskRequest) -> bool:
    """Whether htmx asks for a part. Back and forward ask for the whole page, and get it."""
    htmx = request.htmx
    return bool(htmx) and htmx.request_type == "partial" and not htmx.history_restore_request


def came_from(request: DeskRequest) -> tuple[str, QueryDict]:
    """The path and the parameters of the page the browser shows, as far as it says; ("", empty) when it does not."""
    said = request.htmx.current_url or request.headers.get("Referer", "")
    try:
        url = urlsplit(said)
    except ValueError:
        return "", QueryDict()
    return (url.path, QueryDict(url.query)) if url.netloc == request.get_host() else ("", QueryDict())
