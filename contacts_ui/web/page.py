"""Desk page: renders a page as a whole or as the fragment that htmx swaps in. Only this module decides which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from contacts_ui.roles import role_of
from contacts_ui.scope import Scope

from .error_page import ErrorPage
from .export_mark import export_mark
from .htmx import FRAGMENT_HEADER, PAGE_HEADER, PROFILE_HEADER, wants_fragment
from .navigation import leads_back, navigation, sees_several
from .request import DeskRequest, preferences_of
from .theme_cookie import remember_theme


class DeskPage:
    """The page of a view. It registers itself with the request before the API is called, so that an error is rendered
    within the same page.

    The first template is the page, the second the fragment, a file that the page includes. `headers` are set on every
    response, errors included. `context` is for both templates. Templates may also rely on `scope`, `profile_id`,
    `error`, `fragment` (True if it is rendered alone), `current_url` and `preferences` (of the signed-in person, whose
    time zone is used); whole pages on the person's `role`, `navigation`, `leads_back` and `export_mark` too.
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
        request.desk_page = self  # for middleware/error_pages

    def _profile_id(self) -> str:
        """The scope's profile, else the one that the URL names; "" for the account or no scope."""
        scope, match = self._context["scope"], self._request.resolver_match
        if scope is not None:
            return scope.profile_id or ""
        return str((match.kwargs if match else {}).get("profile_id", ""))

    def _navigation(self, role: str | None) -> dict[str, Any]:
        scope, match = self._context["scope"], self._request.resolver_match
        switchable, name = sees_several(self._request, scope), (match.url_name if match else None) or ""
        mark = export_mark(self._request.user, role)
        known = {"switchable": switchable, "exports": mark is not None or name.startswith("export-")}
        items = navigation(role, scope, name, self._request.path, **known)
        elsewhere = mark if mark and mark.progress and not name.startswith("export-") else None
        return {"navigation": items, "leads_back": leads_back(role, scope, **known), "export_mark": elsewhere}

    def response(self, *, error: ErrorPage | None = None, **context: Any) -> HttpResponse:
        """The page or its fragment, with the status of `error` if there is one."""
        fragment = wants_fragment(self._request)
        preferences = preferences_of(self._request)
        role = None if fragment else role_of(self._request.user)  # only the menu of a whole page needs it
        common: dict[str, Any] = {"error": error, "fragment": fragment, "profile_id": self._profile_id()}
        common |= {"preferences": preferences, "role": role}
        if not fragment:
            common |= self._navigation(role)
        merged = {"current_url": self._request.get_full_path()} | self._context | context | common
        template = self._fragment_template if fragment else self._template
        status = error.status if error else 200
        with timezone.override(preferences.zone):
            response = render(self._request, template, merged, status=status, using="desk")
        response[FRAGMENT_HEADER if fragment else PAGE_HEADER] = "1"
        response[PROFILE_HEADER] = common["profile_id"] or "account"
        if not fragment and self._request.user.is_authenticated:
            remember_theme(self._request, response, preferences.theme)
        for name, value in self._headers.items():
            response[name] = value
        if error and error.retry_after is not None:
            response["Retry-After"] = str(error.retry_after)
        return response
