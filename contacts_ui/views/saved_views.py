"""Saved view pages: the views of a scope, the form of one, the page that asks before deleting, the default view."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.http import HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from contacts_ui import audit
from contacts_ui.access import scope_for
from contacts_ui.contacts.filters import parse_filters
from contacts_ui.contacts.saved_views import editable_view, view_links, view_query, visible_view
from contacts_ui.contacts.view_form import SavedViewForm
from contacts_ui.models import SavedView
from contacts_ui.preferences import save_default_view
from contacts_ui.scope import Scope
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

Page = Callable[..., HttpResponse]
ViewPage = Callable[[DeskRequest, Scope, SavedView], HttpResponse]
Lookup = Callable[[User, Scope, int], SavedView]
_FORM = ["GET", "HEAD", "POST"]


@require_safe
def saved_view_list(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """The views that the person is offered in a scope. Cost: no API call, two queries for all views."""
    scope = scope_for(request.user, profile_id)
    desk = DeskPage(request, "saved_views/list.html", "saved_views/_list.html", scope)
    flashes = [str(message) for message in messages.get_messages(request)]
    links = view_links(request.user, scope, preferences_of(request), counted=True)
    prefetch_related_objects([link.view for link in links], "owner")
    return desk.response(links=links, messages=flashes)


@require_http_methods(_FORM)
def saved_view_new(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """The form of a new view, filled in from the filters in its URL; saved, it redirects to the view's list. Cost: no
    API call.
    """
    scope, preferences = scope_for(request.user, profile_id), preferences_of(request)
    asked = parse_filters("", request.GET, page_size=preferences.page_size, planned=False)
    view = SavedView(owner=request.user)
    columns, user = preferences.columns, request.user
    form = SavedViewForm(_data(request), user=user, scope=scope, view=view, initial=asked, shown_columns=columns)
    if form.is_valid() and _saved(request, form, was_shared=False):
        return redirect(view_query(view, scope, preferences).url())
    return _form_page(request, scope, form)


def _with_view(lookup: Lookup, *methods: str) -> Callable[[ViewPage], Page]:
    """Decorator: hands over the scope and the view instead of their ids. First 404, then 405: for a view of somebody
    else no method says that it exists.
    """

    def decorate(page: ViewPage) -> Page:
        @wraps(page)
        def found(request: DeskRequest, view_id: int, profile_id: UUID | None = None) -> HttpResponse:
            scope = scope_for(request.user, profile_id)
            view = lookup(request.user, scope, view_id)
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            return page(request, scope, view)

        return found

    return decorate


@_with_view(editable_view, *_FORM)
def saved_view_edit(request: DeskRequest, scope: Scope, view: SavedView) -> HttpResponse:
    """The form of a view: one's own, as an admin any shared one. Cost: no API call."""
    columns = preferences_of(request).columns
    form = SavedViewForm(_data(request), user=request.user, scope=scope, view=view, shown_columns=columns)
    if form.is_valid() and _saved(request, form, was_shared=_is_shared(view)):
        messages.success(request, f"{view.name} saved.")
        return redirect(f"{scope.path}views/")
    return _form_page(request, scope, form)


@_with_view(editable_view, *_FORM)
def saved_view_delete(request: DeskRequest, scope: Scope, view: SavedView) -> HttpResponse:
    """By GET the page that asks first; by POST the view is deleted, and links to its list go on working. Cost: no API
    call.
    """
    if request.method == "POST":
        with transaction.atomic():
            _record(request, view, "deleted" if _is_shared(view) else None)
            view.delete()
        messages.success(request, f"{view.name} deleted.")
        return redirect(f"{scope.path}views/")
    return DeskPage(request, "saved_views/delete.html", "saved_views/_delete.html", scope).response(view=view)


@_with_view(visible_view, "POST")
def saved_view_default(request: DeskRequest, scope: Scope, view: SavedView) -> HttpResponse:
    """Makes a view the person's default, or all contacts again with `off`. Cost: no API call."""
    off = "off" in request.POST
    save_default_view(request.user, None if off else view.pk)
    messages.success(request, "Contacts opens all contacts." if off else f"Contacts opens {view.name}.")
    return redirect(f"{scope.path}views/")


def _saved(request: DeskRequest, form: SavedViewForm, *, was_shared: bool) -> bool:
    """Saves the view, and records what others see of it: both or neither."""
    with transaction.atomic():
        if not form.save():
            return False
        shared = {False: "shared", True: "changed"} if _is_shared(form.view) else {True: "no longer shared"}
        _record(request, form.view, shared.get(was_shared))
    return True


def _is_shared(view: SavedView) -> bool:
    return view.audience != "me"


def _record(request: DeskRequest, view: SavedView, deed: str | None) -> None:
    """One event of a view that others have; the name of a view has three digits at most."""
    if deed:
        about = f"{view.name}: {deed}"
        audit.append_now(
            audit.AuditEvent(audit.AuditAction.VIEW_CHANGED, scope=audit.scope_of(request), about=about), request
        )


def _data(request: DeskRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _form_page(request: DeskRequest, scope: Scope, form: SavedViewForm) -> HttpResponse:
    response = DeskPage(request, "saved_views/edit.html", "saved_views/_form.html", scope).response(form=form)
    response.status_code = 422 if form.is_bound else 200
    return response
