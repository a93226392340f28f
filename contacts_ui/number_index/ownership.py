"""Ownership of rows: whose a contact is, as far as the answer in which it stood says so. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from contacts_ui.sent_api.types import Account, Contact

from .rows import UNOWNED, Row, row_of


def rows_of_page(profile_id: str | None, contacts: Iterable[Contact], account: Account) -> Iterable[Row]:
    """Rows of a scope's contacts. One that names another profile as its owner is left out of a profile's.

    Those of the account keep as their owner the profile they name, if /v3/me names it too; None is the account.
    """
    profiles = account.profiles_by_id
    own = profile_id.lower() if profile_id else None
    for contact in contacts:
        named = contact.customer_id.lower() if contact.customer_id else None
        owner = named if named in profiles else None
        if own is None:
            yield row_of(contact, owner if named else UNOWNED)
        elif owner is None or owner == own:
            yield row_of(contact, own)


def names_a_profile(rows: Iterable[Row]) -> bool:
    """True when a row of the account's list has a profile as its owner."""
    return any(row.owner not in {None, UNOWNED} for row in rows)
