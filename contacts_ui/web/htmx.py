"""htmx requests: whether a fragment is wanted, and which page the browser shows."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import urlsplit

from django.http import QueryDict

from .request import DeskRequest

FRAGMENT_HEADER = "X-Fragment"
PAGE_HEADER = "X-Page"  # so that going back never swaps in a page that is not ours
PROFILE_HEADER = "X-Desk-Profile"  # whose it is, so that no page ever swaps in another profile's


class ListFilters(Protocol):
    """What the URL of a list says: contacts/filters, people/filters."""

    @property
    def path(self) -> str:
        """The list's path."""

    @property
    def search(self) -> str | None:
        """The search as it was typed."""

    @property
    def canonical_url(self) -> str:
        """The URL of exactly this page."""

    def url(self, **changes: Any) -> str:
        """The URL with some of it changed."""


def wants_fragment(request: DeskRequest) -> bool:
    """Whether htmx asks for a fragment. Back and forward ask for the whole page, and get it."""
    htmx = request.htmx
    return bool(htmx) and htmx.request_type == "partial" and not htmx.history_restore_request


def current_list_url(request: DeskRequest) -> tuple[str, QueryDict]:
    """Path and parameters of the page that the browser shows, as far as it says; ("", empty) when it does not."""
    said = request.htmx.current_url or request.headers.get("Referer", "")
    try:
        url = urlsplit(said)
    except ValueError:
        return "", QueryDict()
    return (url.path, QueryDict(url.query)) if url.netloc == request.get_host() else ("", QueryDict())


def history_headers(request: DeskRequest, canonical_url: str, *, replaces: bool) -> dict[str, str]:
    """Tells htmx the URL of the list: a new entry in the history, or another one for the entry there is."""
    if not wants_fragment(request):
        return {}
    return {"HX-Replace-Url" if replaces else "HX-Push-Url": canonical_url}


def replaces_history_entry(filters: ListFilters, previous: ListFilters) -> bool:
    """Whether `filters` take the place of the list that the browser shows: it is the same, or its search typed on."""
    if previous.canonical_url == filters.canonical_url:
        return True
    if not filters.search or not previous.search or filters.search == previous.search:
        return False
    return filters.url(search=None) == previous.url(search=None)
