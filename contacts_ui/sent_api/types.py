"""Response types of the API as frozen structs. Source: sent-api-v3, list contacts, me, message summary.

Tolerant of unknown, missing and null fields: only a contact's id is required. `None` means absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, field

# A time without an offset is ambiguous, so it is invalid.
AwareDatetime = Annotated[datetime, Meta(tz=True)]


class Contact(Struct, frozen=True, kw_only=True, gc=False):
    """One contact. `country_code` is the calling code ("1"), `region_code` ISO 3166-1 alpha-2 ("US")."""

    id: UUID
    phone_number: str | None = None
    format_e164: str | None = None
    format_international: str | None = None
    format_national: str | None = None
    format_rfc: str | None = None
    country_code: str | None = None
    region_code: str | None = None
    raw_channels: str | tuple[str, ...] | None = field(default=None, name="available_channels")
    default_channel: str | None = None
    opt_out: bool | None = None
    customer_id: str | None = None
    created_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None

    @property
    def available_channels(self) -> tuple[str, ...]:
        """The channels in the API's order, e.g. ("sms", "whatsapp"). Empty when unknown."""
        return channels_of(self.raw_channels)

    @property
    def number(self) -> str | None:
        """The number for display: international, else the first other format that is present."""
        return self.format_international or self.format_e164 or self.phone_number or self.format_national


@lru_cache(maxsize=256)
def channels_of(raw: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """The channels that the API names, as a text with commas or a list. Remembered: few combinations, many contacts."""
    parts = raw.split(",") if isinstance(raw, str) else raw or ()
    return tuple(channel for part in parts if (channel := part.strip()))


class Pagination(Struct, frozen=True, kw_only=True):
    """The position of a page in the list. Any field may be missing."""

    page: int | None = None
    page_size: int | None = None
    total_count: int | None = None
    total_pages: int | None = None
    has_more: bool | None = None

    @property
    def possible_total(self) -> int | None:
        """`total_count`; a number that no list can have, which a database might refuse, counts as absent."""
        return self.total_count if self.total_count is not None and 0 <= self.total_count < 2**31 else None


class ContactPage(Struct, frozen=True, kw_only=True, dict=True, weakref=True):
    """One page of contacts and when it was fetched.

    `dropped_rows` counts rows without an id, `invalid_fields` fields of a wrong type, which are treated as absent.
    `not_found`: a phone lookup to which the API responded "no such contact".
    """

    contacts: tuple[Contact, ...]
    pagination: Pagination
    fetched_at: datetime
    request_id: str | None = None
    dropped_rows: int = 0
    invalid_fields: int = 0
    not_found: bool = False

    @cached_property
    def memo(self) -> dict[object, Any]:
        """Memo: what was made of this very page, by all else that it was made of. It ends with the page: no copy and no
        changed one has it, and it is never stored.
        """
        return {}


class Profile(Struct, frozen=True, kw_only=True):
    """A child profile of an organization. `status` is incomplete, pending_review, approved or rejected.

    `label` is not the API's: what pages call it, no two alike (names.py).
    """

    id: str
    name: str | None = None
    short_name: str | None = None
    description: str | None = None
    status: str | None = None
    label: str | None = field(default=None, name="desk_label")

    @property
    def display_name(self) -> str:
        """What pages call it; the id where no other is known."""
        return self.label or self.id


def sorted_by_name(profiles: Iterable[Profile]) -> tuple[Profile, ...]:
    """Profiles sorted by name, case-insensitively, then by id."""
    return tuple(sorted(profiles, key=lambda profile: (profile.display_name.casefold(), profile.id)))


class Account(Struct, frozen=True, kw_only=True, dict=True, eq=False):
    """The owner of the key. `type` is organization, user or profile; only an organization has profiles.

    `label` is not the API's: what pages call the account (names.py). One object serves all requests of five minutes, so
    its profiles are indexed and sorted once (5 ms for a thousand), and it is a cache key by identity.
    """

    id: str | None = None
    type: str | None = None
    name: str | None = None
    short_name: str | None = None
    organization_id: str | None = None
    profiles: tuple[Profile, ...] = ()
    label: str | None = field(default=None, name="desk_label")

    @property
    def is_organization(self) -> bool:
        """True if the key may name a profile in `x-profile-id`."""
        return self.type == "organization"

    @property
    def display_name(self) -> str:
        """What pages call it."""
        return self.label or "This account"

    def profile(self, profile_id: UUID) -> Profile | None:
        """The profile with this id in any letter case, or None."""
        return self.profiles_by_id.get(str(profile_id))

    @cached_property
    def profiles_by_id(self) -> Mapping[str, Profile]:
        """The profiles by their ids in lower case."""
        return {profile.id.lower(): profile for profile in reversed(self.profiles)}  # of two with one id the first

    @cached_property
    def profiles_by_name(self) -> Mapping[str, Profile]:
        """The same in the order of their names."""
        return {profile.id.lower(): profile for profile in sorted_by_name(self.profiles_by_id.values())}

    @cached_property
    def profile_names(self) -> Mapping[str, str]:
        """What pages call the profiles, in that order, by their ids in lower case."""
        return {profile_id: profile.display_name for profile_id, profile in self.profiles_by_name.items()}


class ChannelScore(Struct, frozen=True, kw_only=True):
    """Delivery scores of one channel, 0 to 100."""

    channel: str | None = None
    success_score: float | None = None
    fail_score: float | None = None


class MessageSummary(Struct, frozen=True, kw_only=True):
    """The message summary of one contact."""

    contact_id: str | None = None
    message_count: int | None = None
    first_message_at: AwareDatetime | None = None
    last_message_at: AwareDatetime | None = None
    channels_used: tuple[str, ...] | None = None
    channel_scores: tuple[ChannelScore, ...] | None = None
