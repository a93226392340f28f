"""Where one goes from here: the profiles to switch to, and the first page after sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from contacts_ui.access import ADMIN, Choices, choices_for, last_scope, scope_for
from contacts_ui.forms import list_query
from contacts_ui.rendering import DeskPage, DeskRequest, came_from, wants_fragment
from contacts_ui.scope import Scope, path_of


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the switcher: a full link to the same list elsewhere."""

    url: str
    title: str
    note: str | None
    current: bool


@require_safe
def home(request: DeskRequest) -> HttpResponse:
    """On to the scope where the user last was, or a page that says who can assign one."""
    scope = last_scope(request.user)
    if scope is not None:
        return redirect(f"{scope.path}contacts/")
    desk = DeskPage(request, "profiles/none.html", "profiles/_none.html", None)
    return desk.response(admins=_admin_names())


@require_safe
def profile_list(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """The profiles to switch to, with the filters of the list they are opened from. Cost: none."""
    scope = scope_for(request.user, profile_id)
    if not scope.switchable:
        raise Http404
    find = request.GET.get("find", "").strip()[:100]
    choices = choices_for(request.user)
    options = _options(choices, scope, _filters(request), find)
    desk = DeskPage(request, "profiles/list.html", "profiles/_options.html", scope)
    return desk.response(options=options, find=find, stale=choices.stale, parameters=_carried(request))


def _filters(request: DeskRequest) -> str:
    """The query string to keep, page reset. From the address bar when htmx asks: filters change without us."""
    parameters: QueryDict = request.GET
    if wants_fragment(request):
        parameters = came_from(request)[1]
    return list_query("", parameters).url()


def _carried(request: DeskRequest) -> tuple[tuple[str, str], ...]:
    return list_query("", request.GET).filters


def _options(choices: Choices, scope: Scope, filters: str, find: str) -> tuple[Option, ...]:
    wanted = find.casefold()
    rows = [(None, choices.account.title, "account")] if choices.sees_account else []
    every = rows + [(p.id, p.title, _status(p.status)) for p in choices.profiles]
    return tuple(
        Option(
            url=f"{path_of(profile_id)}contacts/{filters}",
            title=title,
            note=note,
            current=profile_id == scope.profile_id,
        )
        for profile_id, title, note in every
        if wanted in title.casefold()
    )


def _status(status: str | None) -> str | None:
    """What to say of a profile that is not approved yet."""
    return None if status in {None, "approved"} else str(status).replace("_", " ")


def _admin_names() -> list[str]:
    admins = User.objects.filter(Q(is_superuser=True) | Q(groups__name=ADMIN), is_active=True).distinct()
    return [admin.get_full_name() or admin.username for admin in admins.order_by("username")[:5]]
