"""One page, two shapes: the whole page, or the fragment that htmx swaps in. Decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from contacts_ui.preferences import DeskPreferences, preferences_for
from contacts_ui.roles import role_of
from contacts_ui.scope import Scope

FRAGMENT_HEADER = "X-Fragment"
PAGE_HEADER = "X-Page"  # so that going back never swaps in a page that is not ours
PROFILE_HEADER = "X-Desk-Profile"  # whose it is, so that no page ever swaps in another profile's


class DeskRequest(HttpRequest):
    """A request as our views get it: with htmx's details, a reference to quote, and the page it asks for."""

    user: User  # every view but sign-in and health has someone signed in
    htmx: HtmxDetails
    reference: str
    desk_page: DeskPage
    desk_preferences: DeskPreferences


def preferences_of(request: DeskRequest) -> DeskPreferences:
    """What the person asking prefers, as it was when the request first asked. Cost: one query a request."""
    kept: DeskPreferences | None = getattr(request, "desk_preferences", None)
    if kept is None:
        kept = request.desk_preferences = preferences_for(request.user)
    return kept


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


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, for a person: what it is called, what to do, what to quote.

    `tone` is red, amber or plain. `retry_after` is in seconds. `details` are further sentences.
    `request_id` is the API's, `reference` our own; the page quotes the first it has.
    """

    status: int
    tone: str
    icon: str
    title: str
    text: str
    retry: bool = True
    request_id: str | None = None
    reference: str | None = None
    retry_after: int | None = None
    details: tuple[str, ...] = ()


class DeskPage:
    """What a view is about to show. Made before the API is asked, so that a failure keeps the page around it.

    The first template is the page, the second the fragment, a file that the page includes. `headers` go with
    the answer whatever it becomes. `context` is for both templates,
    and templates may rely on `scope`, `profile_id`, `problem`, `fragment` (whether it stands alone), `here` and
    `preferences` (of the person asking, in whose time zone times are shown) besides; whole pages on their `role` too.
    """

    def __init__(
        self,
        request: DeskRequest,
        template: str,
        fragment_template: str,
        scope: Scope | None,
        *,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> None:
        self._request = request
        self._headers = headers or {}
        self._template, self._fragment_template = template, fragment_template
        self._context = context | {"scope": scope}
        request.desk_page = self

    def _profile_id(self) -> str:
        """Whose page it is: the scope's profile, else the one the address names; "" for the account or nobody."""
        scope, match = self._context["scope"], self._request.resolver_match
        if scope is not None:
            return scope.profile_id or ""
        return str((match.kwargs if match else {}).get("profile_id", ""))

    def response(self, *, problem: Problem | None = None, **context: Any) -> HttpResponse:
        """The page or its fragment, with the status of `problem` if there is one."""
        alone = wants_fragment(self._request)
        preferences = preferences_of(self._request)
        role = None if alone else role_of(self._request.user)  # the menu of a whole page alone asks for it
        always: dict[str, Any] = {"problem": problem, "fragment": alone, "profile_id": self._profile_id()}
        always |= {"preferences": preferences, "role": role}
        filled = {"here": self._request.get_full_path()} | self._context | context | always
        template = self._fragment_template if alone else self._template
        status = problem.status if problem else 200
        with timezone.override(preferences.zone):
            response = render(self._request, template, filled, status=status, using="desk")
        response[FRAGMENT_HEADER if alone else PAGE_HEADER] = "1"
        response[PROFILE_HEADER] = always["profile_id"] or "account"
        for name, value in self._headers.items():
            response[name] = value
        if problem and problem.retry_after is not None:
            response["Retry-After"] = str(problem.retry_after)
        return response
