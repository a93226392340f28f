"""Saved views: named filters of a contact list, for oneself, one's role or everyone who has the profile.

A view is a shortcut to an ordinary URL: links outlive it, and it gives no access. It is offered within a Scope, so
that a profile taken away takes its views along. It holds neither a search nor a number (docs/decisions, 34).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Count
from django.http import Http404

from contacts_ui.gateway import get_gateway
from contacts_ui.models import SavedView
from contacts_ui.preferences import EffectivePreferences
from contacts_ui.roles import ADMIN, role_of
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import Channel, ContactQuery

from .filters import ContactListQuery

MAX_OWN = 50  # views of a person
MAX_SHARED = 100  # shared views that one scope offers
MAX_SHORTCUTS = 9  # views above the table, one for each digit key
ACCOUNT = "account"


class ViewNotFound(Http404):
    """There is no such view here, or it is somebody else's. One response for both."""


class ViewRefused(Exception):
    """A view that cannot be saved; the message is a sentence for the field `field`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class KnownCount:
    """How many contacts a list had at a time. Only where an answer is in the cache."""

    contacts: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A view as a person sees it in a scope: the URL that it stands for, and whether they may change it."""

    view: SavedView
    url: str
    editable: bool
    count: KnownCount | None = None


@dataclass(frozen=True, slots=True)
class ViewBar:
    """What stands above the table: the first views, which one the URL is, and what leads to the others.

    `current` is the id of the view whose filters equal the URL's, "all" for all contacts, None for neither.
    """

    all_url: str
    links: tuple[ViewLink, ...]
    total: int
    current: int | str | None
    save_url: str


def scope_key(scope: Scope) -> str:
    """How a scope is stored with a view."""
    return ACCOUNT if scope.profile_id is None else scope.profile_id.lower()


# The one rule of who is offered a view. As text: every page asks, and to compile it took ten times what it takes.
_VISIBLE = """
SELECT * FROM contacts_ui_savedview
WHERE (scope IS NULL OR scope = %s)
AND (owner_id = %s OR audience = 'everyone' OR (audience = 'role' AND role = %s))
"""


def visible_views(user: User, scope: Scope) -> tuple[SavedView, ...]:
    """The views that `user` is offered in `scope`: their own first, then shared ones, by name. Cost: one query."""
    found = SavedView.objects.raw(_VISIBLE, [scope_key(scope), user.pk, role_of(user)])
    views = sorted(found, key=lambda view: (view.owner_id != user.pk, view.name.casefold(), view.pk))
    return tuple(views[: MAX_OWN + MAX_SHARED])


def view_links(
    user: User, scope: Scope, preferences: EffectivePreferences, *, counted: bool = False
) -> tuple[ViewLink, ...]:
    """The visible views with their URLs. Cost: one query; with `counted` a look into the cache a channel."""
    views, role = visible_views(user, scope), role_of(user)
    channels = {view.channel for view in views}
    counts = {channel: _known_count(scope, channel) if counted else None for channel in channels}
    return tuple(
        ViewLink(
            view,
            view_query(view, scope, preferences).url(),
            editable=view.owner_id == user.pk or role == ADMIN,
            count=counts[view.channel],
        )
        for view in views
    )


def view_bar(user: User, scope: Scope, preferences: EffectivePreferences, query: ContactListQuery) -> ViewBar:
    """The views above the table of `query`. Cost: one query, no API call."""
    links = view_links(user, scope, preferences, counted=True)
    return ViewBar(
        all_url=f"{query.path}?view=all",
        links=links[:MAX_SHORTCUTS],
        total=len(links),
        current=_current(links, query),
        save_url=query.url(path=f"{scope.path}views/new/", search=None, phone=None),
    )


def _current(links: tuple[ViewLink, ...], query: ContactListQuery) -> int | str | None:
    """The view that the list is, first of those with as many rows a page, then of those that leave the rows to people.
    saved-views.js does the same.
    """
    as_preferred = query.url(page=1, page_size=query.default_size)
    for here in (query.url(page=1), as_preferred):
        for link in links:
            if link.url == here:
                return link.view.pk
    return "all" if as_preferred in {query.path, f"{query.path}?view=all"} else None


def view_query(view: SavedView, scope: Scope, preferences: EffectivePreferences) -> ContactListQuery:
    """The list that a view stands for, as it is for a person with these preferences."""
    return ContactListQuery(
        path=f"{scope.path}contacts/",
        filters=ContactQuery(
            page_size=view.page_size or preferences.page_size, channel=cast("Channel | None", view.channel)
        ),
        default_size=preferences.page_size,
        columns=tuple(view.columns) if view.columns else None,
        names_all=True,
    )


def elsewhere_url(user: User, scope: Scope, query: ContactListQuery) -> str:
    """The URL of `query` for another profile: named columns go along only with a view for every profile that set them,
    since what set them otherwise does not exist there. Cost: one query, none without named columns.
    """
    if query.columns is None or any(_sets_columns(view, query) for view in visible_views(user, scope)):
        return query.url()
    return query.url(columns=None)


def _sets_columns(view: SavedView, query: ContactListQuery) -> bool:
    """Whether `query` is this view in every profile, maybe searched. Rows that it leaves to people may be any."""
    filters = query.filters
    return (
        view.scope is None
        and tuple(view.columns or ()) == query.columns
        and view.channel == filters.channel
        and view.page_size in {None, filters.page_size}
    )


def default_view_url(user: User, scope: Scope, preferences: EffectivePreferences) -> str | None:
    """The URL of the view that the bare address opens for `user` in `scope`, None for all contacts. Cost: one query,
    none without a default view.
    """
    if preferences.default_view_id is None:
        return None
    view = _visible_view(user, scope, preferences.default_view_id)
    return view_query(view, scope, preferences).url() if view else None


def visible_view(user: User, scope: Scope, view_id: int) -> SavedView:
    """A view that `user` is offered in `scope`. Raises ViewNotFound."""
    view = _visible_view(user, scope, view_id)
    if view is None:
        raise ViewNotFound
    return view


def editable_view(user: User, scope: Scope, view_id: int) -> SavedView:
    """A view that `user` may change and delete: their own, as an admin any shared one. Raises ViewNotFound."""
    view = visible_view(user, scope, view_id)
    if view.owner_id != user.pk and role_of(user) != ADMIN:
        raise ViewNotFound
    return view


def may_share_everywhere(user: User, scope: Scope) -> bool:
    """Whether `user` may offer a view in every profile: admins, and whoever sees nothing but one scope."""
    return role_of(user) == ADMIN or not scope.switchable


def save_view(user: User, scope: Scope, view: SavedView) -> None:
    """Stores a new or changed view. Raises ViewRefused for one too many, or a name that its owner has already.

    The role of a view for "my role" is its owner's, also when an admin changes it.
    """
    view.role = (role_of(view.owner) or view.role) if view.audience == "role" else None
    if view.audience != "me" and view.scope is None and not may_share_everywhere(user, scope):
        raise ViewRefused("audience", "Only an admin can share a view with every profile.")
    try:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=view.owner_id)  # two saves at once must not both be the last one
            _require_room(view)
            view.save()
    except IntegrityError:
        raise ViewRefused("name", "You already have a view with this name.") from None


def _require_room(view: SavedView) -> None:
    others = SavedView.objects.exclude(pk=view.pk)
    if others.filter(owner_id=view.owner_id).count() >= MAX_OWN:
        raise ViewRefused("name", f"You have {MAX_OWN} views. Delete one first.")
    if view.audience == "me":
        return
    shared = others.exclude(audience="me").values_list("scope").annotate(Count("pk"))
    counts: Counter[str | None] = Counter(dict(shared))
    everywhere = counts.pop(None, 0)
    here = max(counts.values(), default=0) if view.scope is None else counts[view.scope]
    if everywhere + here >= MAX_SHARED:
        raise ViewRefused("audience", f"{MAX_SHARED} views are shared here already. Keep this one to yourself.")


def _visible_view(user: User, scope: Scope, view_id: int) -> SavedView | None:
    return next((view for view in visible_views(user, scope) if view.pk == view_id), None)


def _known_count(scope: Scope, channel: str | None) -> KnownCount | None:
    page = get_gateway().known_page(scope, ContactQuery(channel=cast("Channel | None", channel)))
    total = page.pagination.total_count if page else None
    if page is None or total is None or total < len(page.contacts):
        return None
    return KnownCount(total, page.fetched_at)
