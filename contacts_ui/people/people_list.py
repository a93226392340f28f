"""People list: one page of the people, by Django's Paginator, in two queries however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.paginator import EmptyPage, Paginator
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower

from contacts_ui.models import ProfileAccess
from contacts_ui.roles import ADMIN, AUDITOR, NAMES, ROLES

from .filters import NO_ROLE, PeopleFilters

PAGE_SIZE = 50
_TITLES = {role.name: role.title for role in ROLES}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What the list says of one person. `profiles` says how many they see: a number, "All", or "—" for none ever."""

    person_id: int
    name: str
    username: str
    email: str
    role: str
    profiles: str
    is_active: bool
    has_second_factor: bool
    last_login: datetime | None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """The rows of one page and where it stands. A link is None where it leads nowhere."""

    rows: tuple[PersonRow, ...]
    total: int
    page: int
    pages: int
    first_row: int
    previous_url: str | None
    next_url: str | None

    @property
    def last_row(self) -> int:
        """The number of the last row shown; below `first_row` when the page lies after the last one."""
        return self.first_row + len(self.rows) - 1


def people_page(query: PeopleFilters) -> PeoplePage:
    """The page that `query` asks for. Cost: two queries."""
    paginator = Paginator(_described(_matching(query)), PAGE_SIZE)
    try:
        rows = tuple(map(_row, paginator.page(query.page)))
    except EmptyPage:  # past the end: the page says so
        rows = ()
    pages = paginator.num_pages
    return PeoplePage(
        rows=rows,
        total=paginator.count,
        page=query.page,
        pages=pages,
        first_row=(query.page - 1) * PAGE_SIZE + 1,
        previous_url=query.url(page=min(query.page - 1, pages)) if query.page > 1 else None,
        next_url=query.url(page=query.page + 1) if query.page < pages else None,
    )


def with_role(people: QuerySet[User]) -> QuerySet[User]:
    """The people with their role as `desk_role`, "" for none; whoever is switched off keeps theirs."""
    groups = User.groups.through.objects.filter(user=OuterRef("pk"))
    in_group = (When(Exists(groups.filter(group__name=name)), then=Value(name)) for name in NAMES)
    root = When(is_superuser=True, then=Value(ADMIN))
    role = Case(root, *in_group, default=Value(""), output_field=CharField())
    return people.annotate(desk_role=role)


def _matching(query: PeopleFilters) -> QuerySet[User]:
    people = with_role(User.objects.all())
    if query.role:
        wanted = {"desk_role": "" if query.role == NO_ROLE else query.role}
        people = people.filter(**wanted)
    if query.status:
        people = people.filter(is_active=query.status == "active")
    for word in (query.search or "").split():
        fields = ("username", "first_name", "last_name", "email")
        anywhere = Q()
        for name in fields:
            anywhere |= Q(**{f"{name}__icontains": word})
        people = people.filter(anywhere)
    return people


def _described(people: QuerySet[User]) -> QuerySet[User]:
    assigned = ProfileAccess.objects.filter(user=OuterRef("pk")).order_by().values("user")
    number = Coalesce(Subquery(assigned.annotate(number=Count("pk")).values("number")), Value(0))
    factors = Exists(Authenticator.objects.filter(user=OuterRef("pk")))
    described = people.annotate(desk_profiles=number, desk_factor=factors)
    return described.order_by(Lower(F("username")), "pk")


def _row(user: User) -> PersonRow:
    annotations = user.__dict__  # which the type of a user does not know
    role = str(annotations["desk_role"])
    return PersonRow(
        person_id=user.pk,
        name=user.get_full_name() or user.username,
        username=user.username,
        email=user.email,
        role=_TITLES.get(role, "No role"),
        profiles={ADMIN: "All", AUDITOR: "—"}.get(role, f"{annotations['desk_profiles']:,}"),
        is_active=user.is_active,
        has_second_factor=bool(annotations["desk_factor"]),
        last_login=user.last_login,
    )
