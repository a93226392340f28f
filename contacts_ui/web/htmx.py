"""htmx requests: fragment or whole page, the URL that the browser shows, and the history headers."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import SplitResult

from django.http import QueryDict

from contacts_ui.sign_in.redirects import own_url

from .request import DeskRequest

FRAGMENT_HEADER = "X-Fragment"
PAGE_HEADER = "X-Page"  # so that a history restore never swaps in a page that is not the desk's
PROFILE_HEADER = "X-Desk-Profile"  # so that no page swaps in a fragment of another profile


class ListFilters(Protocol):
    """The filters of a list, parsed from its URL: contacts/filters, people/filters."""

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
        """The URL with some parameters changed."""


def wants_fragment(request: DeskRequest) -> bool:
    """True if htmx requests a fragment. A history restore (back, forward) requests the whole page."""
    htmx = request.htmx
    return bool(htmx) and htmx.request_type == "partial" and not htmx.history_restore_request


def current_address(request: DeskRequest) -> SplitResult | None:
    """The address of the page that the browser shows, by HX-Current-URL or Referer; None if unknown, or not ours."""
    current_url = request.htmx.current_url or request.headers.get("Referer")
    return own_url(current_url) if current_url else None


def current_list_url(request: DeskRequest) -> tuple[str, QueryDict]:
    """Path and parameters of the same page; ("", empty) if unknown."""
    url = current_address(request)
    return (url.path, QueryDict(url.query)) if url else ("", QueryDict())


def history_headers(request: DeskRequest, canonical_url: str, *, replaces: bool) -> dict[str, str]:
    """The htmx header with the URL of the list: a new history entry, or with `replaces` the current one's URL."""
    if not wants_fragment(request):
        return {}
    return {"HX-Replace-Url" if replaces else "HX-Push-Url": canonical_url}


def replaces_history_entry(filters: ListFilters, previous: ListFilters) -> bool:
    """True if the list replaces the history entry of `previous`: it is the same list, or only its search was edited.
    Not that of a pasted list: whoever searches for something else comes back to it.
    """
    if previous.canonical_url == filters.canonical_url:
        return True
    if "\n" in (previous.search or ""):
        return False
    if not filters.search or not previous.search or filters.search == previous.search:
        return False
    return filters.url(search=None) == previous.url(search=None)
