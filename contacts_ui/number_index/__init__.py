"""Number index: which numbers exist in a scope, in which spelling, and whose they are (docs/decisions, 30).

It guides a search and never replaces it: the API has the rows. It is filled by every page that passes through the
gateway, and completely by a snapshot where the organization is small enough (NUMBER_INDEX_MOST_CONTACTS).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.conf import settings

from contacts_ui.gateway import get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.types import Contact

from . import registry
from .maintenance import maintain
from .numbers_across import NumbersAcross
from .registry import OwnersAnswer
from .scope_index import Piece, ScopeIndex
from .status import IndexStatus, index_status
from .traffic import RECORDER

__all__ = [
    "IndexStatus",
    "NumbersAcross",
    "OwnersAnswer",
    "Piece",
    "ScopeIndex",
    "account_names_profiles",
    "across",
    "index_for",
    "index_status",
    "maintain",
    "owners",
    "record",
]


def is_on() -> bool:
    """False with NUMBER_INDEX_MOST_CONTACTS=0."""
    if not settings.NUMBER_INDEX_MOST_CONTACTS:
        return False
    if not settings.NUMBER_INDEX_IN_BACKGROUND:
        RECORDER.take_waiting()
    return True


def index_for(scope: Scope) -> ScopeIndex | None:
    """What is known of a scope's numbers, None when the index is off. Cost: no API call; one query in five seconds."""
    return registry.current().for_scope(scope) if is_on() else None


def owners(e164: str) -> OwnersAnswer:
    """Whose contacts have a number, over all scopes that are indexed, in the spelling of /v3/me.

    It knows nothing of who may see which profile. Cost: no API call; a query.
    """
    if not is_on():
        return OwnersAnswer(frozenset(), frozenset())
    return registry.current().owners(e164, get_gateway().known_account)


def across(profile_ids: Iterable[str | None]) -> NumbersAcross:
    """Which numbers are known in some of these scopes; None is the account with all its list. Of none when it is off.

    It knows nothing of who may see which profile. Cost: no API call; one query.
    """
    return registry.current().across(profile_ids) if is_on() else NumbersAcross(ScopeIndex(), ())


def account_names_profiles() -> bool:
    """True once an answer of the account's own list named a profile as the owner of a row: it includes theirs.

    Cost: no API call; one query in five seconds.
    """
    return is_on() and registry.current().account_names_profiles()


def record(scope: Scope, contacts: Sequence[Contact]) -> None:
    """Adds contacts that the API gave for this scope. Cost: microseconds; the rest is done on a thread."""
    if is_on():
        RECORDER.record(scope, contacts)
