"""Whose contacts: the account's own, or those of one profile. Only `access.scope_for` makes one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """What the gateway accepts as leave to ask.

    `profile_id` is the API's own spelling of the profile's id, None for the account's own contacts.
    `title` is what to call it on the page. `switchable`: whether there are others to switch to.
    """

    profile_id: str | None
    title: str
    switchable: bool

    @property
    def path(self) -> str:
        """Where its pages begin, e.g. "/account/" or "/p/<uuid>/"."""
        return path_of(self.profile_id)


def path_of(profile_id: str | None) -> str:
    """Where the pages of a profile begin, or of the account itself. Knowing an address is no leave to see it."""
    return "/account/" if profile_id is None else f"/p/{profile_id.lower()}/"
