"""Owners: whose contact each row of the account's own list is, named by `/v3/me` and never by the row.

An organization sees the contacts of all its profiles, a number once for each owner (docs/decisions, 33).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from contacts_ui.access import ACCOUNT_TIMEOUT
from contacts_ui.gateway import get_gateway
from contacts_ui.scope import Scope, path_of
from contacts_ui.sent_api.types import Account, Contact


@dataclass(frozen=True, slots=True)
class Owner:
    """The account or one of its profiles. `path` is the URL prefix of a profile's pages, None for the account itself,
    whose list the row stands in.
    """

    name: str
    path: str | None


def owners_of(scope: Scope, contacts: Iterable[Contact]) -> Mapping[str, Owner] | None:
    """The owners of these contacts by `customer_id`, without those that `/v3/me` does not name.

    None where whose they are goes without saying: in a profile's list, and in that of an account without profiles.
    Cost: none, the account is the one that `scope_for` read a moment ago.
    """
    if scope.profile_id is not None:
        return None
    known = get_gateway().account_if_known(ACCOUNT_TIMEOUT)
    if known is None or not known.value.profiles:
        return None
    named = _named_owners(known.value)
    ids = {contact.customer_id for contact in contacts if contact.customer_id}
    return {customer_id: named[customer_id.lower()] for customer_id in ids if customer_id.lower() in named}


@lru_cache(maxsize=2)
def _named_owners(account: Account) -> Mapping[str, Owner]:
    """Every owner that `/v3/me` names, by id in lower case. Cached: one account serves the lists of five minutes."""
    profiles = account.profiles_by_id.items()  # of two with one id the same one as the pages of the profile show
    owners = {known: Owner(profile.display_name, path_of(profile.id)) for known, profile in profiles}
    return owners | ({account.id.lower(): Owner(account.display_name, None)} if account.id else {})
