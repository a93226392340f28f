"""Profile directory: the profiles of the key's account, their status at the messaging service, and who has them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Count
from django.db.models.functions import Lower
from django.http import Http404, QueryDict
from django.utils.http import urlencode

from contacts_ui.gateway import get_gateway
from contacts_ui.models import ProfileAccess
from contacts_ui.roles import EXPORTER, ROLES, SUPPORT
from contacts_ui.sent_api.types import Account, Profile
from contacts_ui.text import name_matcher, single_line

from .filters import MAX_SEARCH
from .people_list import with_role

PAGE_SIZE = 50
NOBODY = "nobody"  # the value of `who` for profiles that are assigned to nobody
_TITLES = {role.name: role.title for role in ROLES}


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One profile. `status` is the API's word, None where it has none. So many `people` have it."""

    profile_id: str
    name: str
    status: str | None
    people: int


@dataclass(frozen=True, slots=True)
class ProfilesPage:
    """The profiles that match, of one page. `unassigned` counts those that nobody has. A URL is None for no page."""

    rows: tuple[ProfileRow, ...]
    find: str
    nobody: bool
    total: int
    unassigned: int
    page: int
    pages: int
    previous_url: str | None
    next_url: str | None


@dataclass(frozen=True, slots=True)
class Holder:
    """A person to whom a profile is assigned. `unused`: why they do not see it all the same, None if they do."""

    person_id: int
    name: str
    username: str
    role: str
    unused: str | None


@dataclass(frozen=True, slots=True)
class HoldersPage:
    """Some of the people who have a profile. A URL is None for no page."""

    rows: tuple[Holder, ...]
    page: int
    pages: int
    previous_url: str | None
    next_url: str | None


def profiles_page(path: str, parameters: QueryDict) -> ProfilesPage:
    """The profiles by name, found by `find`, with `who=nobody` those that nobody has. Raises Http404 for the key of a
    single account, and any SentError. Cost: one query; one API call in five minutes.
    """
    find = single_line(parameters.get("find", ""))[:MAX_SEARCH]
    nobody = parameters.get("who") == NOBODY
    counted = ProfileAccess.objects.values_list("profile_id").annotate(number=Count("pk")).order_by()
    numbers = {str(profile_id): number for profile_id, number in counted}
    every = [_row(profile, numbers.get(profile.id.lower(), 0)) for profile in _account().profiles_by_name.values()]
    matches = name_matcher(find)
    wanted = [row for row in every if matches(row.name) and not (nobody and row.people)]
    paginator = Paginator(wanted, PAGE_SIZE)
    page = paginator.get_page(_number(parameters))
    kept = {"find": find} if find else {}
    kept |= {"who": NOBODY} if nobody else {}
    return ProfilesPage(
        rows=tuple(page),
        find=find,
        nobody=nobody,
        total=paginator.count,
        unassigned=sum(not row.people for row in every),
        page=page.number,
        pages=paginator.num_pages,
        previous_url=_page_url(path, kept, page.number - 1) if page.has_previous() else None,
        next_url=_page_url(path, kept, page.number + 1) if page.has_next() else None,
    )


def profile_row(profile_id: UUID) -> ProfileRow:
    """One profile as the API names it now. Raises Http404 for any other, and any SentError."""
    profile = _account().profile(profile_id)
    if profile is None:
        raise Http404
    return _row(profile, ProfileAccess.objects.filter(profile_id=profile_id).count())


def holders_page(path: str, profile_id: UUID, parameters: QueryDict) -> HoldersPage:
    """The people to whom the profile is assigned, by user name. Cost: two queries, however many they are."""
    people = with_role(User.objects.filter(profile_accesses__profile_id=profile_id)).order_by(Lower("username"), "pk")
    paginator = Paginator(people, PAGE_SIZE)
    page = paginator.get_page(_number(parameters))
    return HoldersPage(
        rows=tuple(map(_holder, page)),
        page=page.number,
        pages=paginator.num_pages,
        previous_url=_page_url(path, {}, page.number - 1) if page.has_previous() else None,
        next_url=_page_url(path, {}, page.number + 1) if page.has_next() else None,
    )


def _number(parameters: QueryDict) -> int:
    """The page that is asked for; the first one when it is no number. Beyond the last one it is the last."""
    number = parameters.get("page", "")[:6]
    return max(1, int(number)) if number.isascii() and number.isdecimal() else 1


def _page_url(path: str, kept: dict[str, str], number: int) -> str:
    return f"{path}?{urlencode(kept | {'page': str(number)})}"


def _account() -> Account:
    account = get_gateway().account().value
    if not account.is_organization:
        raise Http404
    return account


def _row(profile: Profile, people: int) -> ProfileRow:
    return ProfileRow(profile.id.lower(), profile.display_name, profile.status, people)


def _holder(user: User) -> Holder:
    role = str(user.__dict__["desk_role"])
    title = _TITLES.get(role, "No role")
    unused = None if role in {SUPPORT, EXPORTER} else "Not used with this role"
    unused = unused if user.is_active else "Deactivated"
    return Holder(user.pk, user.get_full_name() or user.username, user.username, title, unused)
