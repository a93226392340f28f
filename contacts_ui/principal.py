"""Principal: who is asking, by one SELECT: session, person, role, masking policy, profiles, preferences, last visit.

Read anew at every request and kept in its user object, so that nothing has to be invalidated: a role, a policy, an
assignment, a password or a switch-off counts from the next request on. By plain SQL: building the same as querysets is
five statements and a third of a request (docs/decisions, 42). Cost: one query a request.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection

from .models import Preferences
from .roles import CACHED_ROLE, NAMES, first_role

ACCOUNT = ""  # the last visit to the account itself
_PRINCIPAL = "_desk_principal"
# Without when they joined and signed in last: few pages need it, and the user object then asks for it.
_USER = (
    "id", "password", "is_superuser", "username", "first_name", "last_name", "email", "is_staff", "is_active",
)  # fmt: skip
_PREFERENCES = (
    "user_id", "theme", "page_size", "columns", "density", "region", "time_zone", "mask_numbers", "shortcuts",
    "steps_dismissed", "default_view_id",
)  # fmt: skip
_FLAGS = frozenset({"is_superuser", "is_staff", "is_active", "mask_numbers", "shortcuts", "steps_dismissed"})  # 0, 1
# Recovery codes alone do not count: whoever used the last one would be locked out.
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Groups are narrowed to the roles: one of another name, with a comma in it, must not be read as a role.
_SELECT = """
    SELECT s.session_data, s.user_id, s.waiting_id, {user}, {preferences},
        (SELECT {joined_groups} FROM auth_user_groups m JOIN auth_group g ON g.id = m.group_id
            WHERE m.user_id = u.id AND g.name IN ({roles})),
        EXISTS (SELECT 1 FROM auth_user_groups m JOIN contacts_ui_grouppolicy p ON p.group_id = m.group_id
            WHERE m.user_id = u.id AND p.mask_numbers),
        (SELECT {joined_profiles} FROM contacts_ui_profileaccess a WHERE a.user_id = u.id),
        (SELECT COALESCE(CAST(v.profile_id AS text), '') FROM contacts_ui_scopevisit v
            WHERE v.user_id = u.id ORDER BY v.visited_at DESC LIMIT 1),
        EXISTS (SELECT 1 FROM mfa_authenticator f WHERE f.user_id = u.id AND f.type IN ({second_factors})),
        EXISTS (SELECT 1 FROM contacts_ui_export)
    FROM contacts_ui_session s
        LEFT JOIN auth_user u ON u.id = s.user_id
        LEFT JOIN contacts_ui_preferences c ON c.user_id = u.id
    WHERE s.session_key = %s AND s.expire_date > %s"""
_JOINED = {"sqlite": "group_concat({}, ',')", "postgresql": "string_agg({}, ',')"}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is signed in. `mask_forced`: a group's policy masks numbers. `assigned`: ids of profiles, commas between.
    `last_visit` is the id of the profile that was open last, ACCOUNT for the account, None before the first visit.
    `any_exports`: there are exports, whoever's.
    """

    user: User
    preferences: Preferences | None
    mask_forced: bool
    assigned: str
    last_visit: str | None
    has_second_factor: bool
    any_exports: bool

    @property
    def profile_ids(self) -> frozenset[str]:
        """The ids of the assigned profiles, in lower case."""
        return frozenset(map(_dashed, filter(None, self.assigned.split(","))))


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session that has not expired. `data` is signed; the ids and `principal` are what its columns say."""

    data: str
    user_id: int | None
    waiting_id: int | None
    principal: Principal | None


def read_session(stored_key: str, now: datetime) -> StoredSession | None:
    """The session of this hash with its principal, None when there is none or it has expired. Cost: one query."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection.vendor), (stored_key, connection.ops.adapt_datetimefield_value(now)))
        row = cursor.fetchone()
    if row is None:
        return None
    data, user_id, waiting_id, *columns = row
    person, chosen = columns[: len(_USER)], columns[len(_USER) : -6]
    if person[0] is None:  # nobody is signed in, or who was is gone
        return StoredSession(data, user_id, waiting_id, None)
    groups, mask_forced, assigned, last_visit, has_factor, any_exports = columns[-6:]
    user = User.from_db(
        connection.alias, _USER, [bool(v) if n in _FLAGS else v for n, v in zip(_USER, person, strict=True)]
    )
    principal = Principal(
        user,
        None if chosen[0] is None else _preferences(chosen),
        bool(mask_forced),
        assigned or "",
        last_visit and _dashed(last_visit),
        bool(has_factor),
        bool(any_exports),
    )
    setattr(user, CACHED_ROLE, first_role(frozenset((groups or "").split(","))))
    setattr(user, _PRINCIPAL, principal)
    return StoredSession(data, user_id, waiting_id, principal)


def principal_of(user: User | AnonymousUser) -> Principal | None:
    """What is known of the person of this request; None for every other user object."""
    return getattr(user, _PRINCIPAL, None)


def _preferences(chosen: Sequence[Any]) -> Preferences:
    values: dict[str, Any] = {n: bool(v) if n in _FLAGS else v for n, v in zip(_PREFERENCES, chosen, strict=True)}
    values["columns"] = json.loads(values["columns"])
    return Preferences.from_db(connection.alias, _PREFERENCES, list(values.values()))


def _dashed(profile_id: str) -> str:
    """The usual spelling of a UUID: SQLite has them without dashes."""
    if "-" in profile_id or not profile_id:
        return profile_id
    return f"{profile_id[:8]}-{profile_id[8:12]}-{profile_id[12:16]}-{profile_id[16:20]}-{profile_id[20:]}"


@cache
def _statement(vendor: str) -> str:
    statement = _SELECT.format(
        user=", ".join(f"u.{name}" for name in _USER),
        preferences=", ".join(f'c."{name}"' for name in _PREFERENCES),
        roles=_texts(NAMES),
        second_factors=_texts(SECOND_FACTORS),
        joined_groups=_JOINED[vendor].format("g.name"),
        joined_profiles=_JOINED[vendor].format("CAST(a.profile_id AS text)"),
    )
    return " ".join(statement.split())  # Django looks through the whole text for its marks each time


def _texts(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
