"""People list: one page of the people, by Django's Paginator, in four queries however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core.paginator import EmptyPage, Paginator
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower

from contacts_ui.audit.people import NAMES as NAME_FIELDS
from contacts_ui.audit.people import named
from contacts_ui.models import ProfileAccess
from contacts_ui.roles import ADMIN, AUDITOR, EXPORTER, NAMES, ROLES, SUPPORT

from .filters import ATTENTION_CHOICES, NEVER_SIGNED_IN, NO_FACTOR, NO_PROFILES, NO_ROLE, PeopleFilters
from .invitations import Invitation, invitations, never_came, valid_since

PAGE_SIZE = 50
_TITLES = {role.name: role.title for role in ROLES}


MAX_NAMED = 2  # profiles named in a row; the others are a number
_ASSIGNABLE = (SUPPORT, EXPORTER)  # roles whose people see the profiles assigned to them
_GUARDED = tuple(role.name for role in ROLES if role.guarded)
_LABELS = dict(ATTENTION_CHOICES)


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody by name, with the user name where that is another: either is typed to find them."""

    person_id: int
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """What the list says of one person.

    `profiles` says how many they see: a number, "All", or "—" for none ever; `named` are the first of them, as pairs of
    id and name, empty where names are not known. `attention`: what to look at, from ATTENTION_CHOICES; `invitation` of
    somebody who has not chosen a password yet.
    """

    person_id: int
    name: str
    username: str
    email: str
    role: str
    profiles: str
    named: tuple[tuple[str, str], ...]
    more: int
    is_active: bool
    has_second_factor: bool
    last_login: datetime | None
    attention: tuple[str, ...]
    invitation: Invitation | None


@dataclass(frozen=True, slots=True)
class AttentionCount:
    """How many active people need attention of one kind, and the URL of the list of them or, if shown, of all."""

    label: str
    count: int
    url: str
    active: bool


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


def people_page(query: PeopleFilters, profile_names: Mapping[str, str]) -> PeoplePage:
    """The page that `query` asks for. Cost: four queries, five where somebody was invited, one more for those who
    never signed in.
    """
    paginator = Paginator(_described(_matching(query)), PAGE_SIZE)
    try:
        people = list(paginator.page(query.page))
    except EmptyPage:  # past the end: the page says so
        people = []
    assigned, invited = _assigned_names(people, profile_names), invitations(people)
    rows = tuple(_row(user, assigned.get(user.pk, ()), invited.get(user.pk)) for user in people)
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


def attention_counts(query: PeopleFilters, *, has_profiles: bool) -> tuple[AttentionCount, ...]:
    """The kinds of attention that anybody needs, with their filter. Cost: two queries."""
    people = with_role(User.objects.all())
    kinds = [name for name, _label in ATTENTION_CHOICES if has_profiles or name != NO_PROFILES]
    found = people.aggregate(**{name: Count("pk", filter=_needs(name)) for name in kinds})
    return tuple(
        AttentionCount(
            label=_LABELS[name],
            count=found[name],
            url=query.url(attention=None if query.attention == name else name),
            active=query.attention == name,
        )
        for name in kinds
        if found[name] or query.attention == name
    )


def _needs(name: str) -> Q:
    """The people that need attention of this kind. Whoever comes by single sign-on has their factor there."""
    own = {"user": OuterRef("pk")}
    if name == NO_FACTOR:
        own_factor, provider = Authenticator.objects.filter(**own), SocialAccount.objects.filter(**own)
        return Q(~Exists(own_factor), ~Exists(provider), is_active=True, desk_role__in=_GUARDED)
    if name == NO_PROFILES:
        return Q(~Exists(ProfileAccess.objects.filter(**own)), is_active=True, desk_role__in=_ASSIGNABLE)
    return never_came()


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
    if query.attention:
        people = people.filter(_needs(query.attention))
    return people.filter(named(query.search or "", (*NAME_FIELDS, "email")))


def _described(people: QuerySet[User]) -> QuerySet[User]:
    assigned = ProfileAccess.objects.filter(user=OuterRef("pk")).order_by().values("user")
    number = Coalesce(Subquery(assigned.annotate(number=Count("pk")).values("number")), Value(0))
    factors = Exists(Authenticator.objects.filter(user=OuterRef("pk")))
    provider = Exists(SocialAccount.objects.filter(user=OuterRef("pk")))
    described = people.annotate(desk_profiles=number, desk_factor=factors, desk_sso=provider)
    return described.order_by(Lower(F("username")), "pk")


def _assigned_names(people: list[User], names: Mapping[str, str]) -> dict[int, tuple[tuple[str, str], ...]]:
    """The first profiles of each person by name, as pairs of id and name. One query, none without names."""
    if not names:
        return {}
    rows = ProfileAccess.objects.filter(user__in=[user.pk for user in people]).values_list("user_id", "profile_id")
    found: dict[int, list[tuple[str, str]]] = {}
    for user_id, profile_id in rows:
        if name := names.get(str(profile_id)):
            found.setdefault(user_id, []).append((str(profile_id), name))
    return {
        user_id: tuple(nsmallest(MAX_NAMED, pairs, key=lambda pair: (pair[1].casefold(), pair[0])))
        for user_id, pairs in found.items()
    }


def _row(user: User, named: tuple[tuple[str, str], ...], invitation: Invitation | None) -> PersonRow:
    annotations = user.__dict__  # which the type of a user does not know
    role, number = str(annotations["desk_role"]), int(annotations["desk_profiles"])
    named = named if role in _ASSIGNABLE else ()
    return PersonRow(
        person_id=user.pk,
        name=user.get_full_name() or user.username,
        username=user.username,
        email=user.email,
        role=_TITLES.get(role, "No role"),
        profiles={ADMIN: "All", AUDITOR: "—"}.get(role, f"{number:,}"),
        named=named,
        more=number - len(named),
        is_active=user.is_active,
        has_second_factor=bool(annotations["desk_factor"]),
        last_login=user.last_login,
        attention=_attention(user, role, number, invitation) if user.is_active else (),
        invitation=invitation,
    )


def _attention(user: User, role: str, number: int, invitation: Invitation | None) -> tuple[str, ...]:
    """What to look at in an active person's row: `_needs`, for a row that is there already."""
    annotations, invited = user.__dict__, invitation is not None and invitation.sent_at is not None
    needs = {
        NO_FACTOR: role in _GUARDED and not annotations["desk_factor"] and not annotations["desk_sso"],
        NO_PROFILES: role in _ASSIGNABLE and not number,
        NEVER_SIGNED_IN: user.last_login is None and user.date_joined <= valid_since() and not invited,
    }
    return tuple(name for name, applies in needs.items() if applies)


def known_people(most: int) -> tuple[KnownPerson, ...]:
    """The first `most` people by name, active ones first. Cost: one query."""
    users = User.objects.order_by("-is_active", Lower("first_name"), Lower("last_name"), "username")[:most]
    return tuple(_known(user) for user in users)


def _known(user: User) -> KnownPerson:
    name = user.get_full_name()
    title = f"{name} ({user.username})" if name and name != user.username else user.username
    return KnownPerson(user.pk, title, user.is_active)
