"""Whose key a call carries, and whose contacts it is about (README, keys)."""

from __future__ import annotations

from dataclasses import dataclass

from .accounts import Json, account_json
from .envelope import ApiError
from .seeded_ids import well_formed
from .store import Scope, Store

KINDS = {
    "sandbox-organization": "organization",
    "sandbox-profile": "profile",
    "sandbox-user": "user",
    "sandbox-revoked": "revoked",
}
ORGANIZATION_POOL, USER_POOL, NOBODY = "organization", "user", "nobody"  # names of rate limit pools


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that is accepted."""

    kind: str
    """organization, profile or user (sent-api-v3, me)."""
    scope: Scope
    """What it sees when the call names no profile."""

    @property
    def pool(self) -> str:
        """The organization and its profiles draw on one pool (sent-api-v3, transport)."""
        return USER_POOL if self.kind == "user" else ORGANIZATION_POOL


def kind_of_key(key: str | None) -> str:
    """organization, profile, user, revoked, unknown or missing."""
    return KINDS.get(key, "unknown") if key else "missing"


def identify(key: str | None, store: Store) -> Caller:
    """The caller with this key. Raises 401 (sent-api-v3, errors)."""
    match kind_of_key(key):
        case "organization":
            return Caller("organization", store.account_scope)
        case "user":
            return Caller("user", store.user_scope)
        case "profile" if store.profiles:
            return Caller("profile", store.profile_scopes[store.profiles[0].id])
        case "missing":
            raise ApiError(401, "AUTH_001")
        case _:
            raise ApiError(401, "AUTH_002")


def named_scope(profile: str, caller: Caller, store: Store) -> Scope:
    """What a call sees that names a profile by `x-profile-id` (sent-api-v3, contacts)."""
    if not well_formed(profile):
        raise ApiError(400, "VALIDATION_003", "x-profile-id must be a valid UUID", {"x-profile-id": ["Not a UUID"]})
    if caller.kind != "organization":
        raise ApiError(403, "AUTH_004", "Only organization API keys can use the x-profile-id header")
    scope = store.profile_scopes.get(profile.lower())
    if scope is None:
        raise ApiError(404, "RESOURCE_004", "Profile not found in this organization")
    return scope


def me(caller: Caller, scope: Scope, store: Store) -> Json:
    """`data` of GET /v3/me: the caller's account, or the profile the call named."""
    kind = caller.kind if scope is caller.scope else "profile"
    profiles = store.profiles if kind == "organization" else []
    return account_json(kind, scope.owner, profiles, store.organization, store.chance)
