"""Authentication: an API key to its account, its rate limit pool and its visible contacts (README, keys)."""

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
ORGANIZATION_POOL, USER_POOL, ANONYMOUS_POOL = "organization", "user", "nobody"  # names of rate limit pools


@dataclass(frozen=True, slots=True)
class Credentials:
    """An accepted API key."""

    kind: str
    """organization, profile or user (sent-api-v3, me)."""
    scope: Scope
    """The contacts visible without `x-profile-id`."""

    @property
    def pool(self) -> str:
        """The rate limit pool: the organization and its profiles share one (sent-api-v3, transport)."""
        return USER_POOL if self.kind == "user" else ORGANIZATION_POOL


def kind_of_key(key: str | None) -> str:
    """organization, profile, user, revoked, unknown or missing."""
    return KINDS.get(key, "unknown") if key else "missing"


def authenticate(key: str | None, store: Store) -> Credentials:
    """The credentials behind this key. Raises ApiError 401 (sent-api-v3, errors)."""
    match kind_of_key(key):
        case "organization":
            return Credentials("organization", store.account_scope)
        case "user":
            return Credentials("user", store.user_scope)
        case "profile" if store.profiles:
            return Credentials("profile", store.profile_scopes[store.profiles[0].id])
        case "missing":
            raise ApiError(401, "AUTH_001")
        case _:
            raise ApiError(401, "AUTH_002")


def profile_scope(profile: str, credentials: Credentials, store: Store) -> Scope:
    """The contacts visible with this `x-profile-id` (sent-api-v3, contacts). Raises ApiError 400, 403 or 404."""
    if not well_formed(profile):
        raise ApiError(400, "VALIDATION_003", "x-profile-id must be a valid UUID", {"x-profile-id": ["Not a UUID"]})
    if credentials.kind != "organization":
        raise ApiError(403, "AUTH_004", "Only organization API keys can use the x-profile-id header")
    scope = store.profile_scopes.get(profile.lower())
    if scope is None:
        raise ApiError(404, "RESOURCE_004", "Profile not found in this organization")
    return scope


def me(credentials: Credentials, scope: Scope, store: Store) -> Json:
    """`data` of GET /v3/me: the account of the key, or the profile in `x-profile-id`."""
    kind = credentials.kind if scope is credentials.scope else "profile"
    profiles = store.profiles if kind == "organization" else []
    return account_json(kind, scope.owner, profiles, store.organization, store.seeded)
