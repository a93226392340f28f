"""Scope: the account's own contacts, or those of one profile. Only the module access makes one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Proof that a user may see these contacts, which the gateway requires.

    `profile_id` is the API's own spelling of the profile's id, None for the account's own contacts.
    `title` is its name on the page. `switchable`: the user may see others too. `status` is the API's word for a
    profile's.
    """

    profile_id: str | None
    title: str
    switchable: bool
    status: str | None = None

    @property
    def path(self) -> str:
        """URL prefix of its pages, "/account/" or "/p/<uuid>/"."""
        return path_of(self.profile_id)


def path_of(profile_id: str | None) -> str:
    """URL prefix of the pages of a profile, or with None of the account. Knowing a URL gives no access to it."""
    return "/account/" if profile_id is None else f"/p/{profile_id.lower()}/"
