"""Owner rows: in the account's list, everybody's contact with a whole number.

`phone=` may give every owner's row or any one of them (sent-api-v3), so one row is no proof that nobody else has the
number. A search for the number as that row writes it gives a row for each owner.
"""

from __future__ import annotations

import dataclasses

import msgspec

from contacts_ui import number_index
from contacts_ui.gateway import CachedResult, FetchPolicy, get_gateway
from contacts_ui.phone_search import Attempt, national
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import SentError
from contacts_ui.sent_api.queries import PAGE_SIZES, ContactQuery
from contacts_ui.sent_api.types import ContactPage, Pagination

from .filters import ContactListQuery
from .merged_rows import counts, is_whole
from .scope_answers import number_of

Found = tuple[CachedResult[ContactPage], ContactListQuery]

MAY_BE_MORE = "Contacts of other profiles with this number may be missing here."


def may_be_one_of_several(scope: Scope, attempt: Attempt | None, page: ContactPage) -> bool:
    """True if the answer to a whole number is one row of a list that has a row for each owner."""
    is_number = attempt is not None and attempt.kind == "phone"
    return is_number and scope.profile_id is None and scope.switchable and len(page.contacts) == 1


def with_every_owner(scope: Scope, number: str, found: Found, policy: FetchPolicy | None) -> Found:
    """One page of all rows with this number, instead of the one that `phone=` gave; that one where no more came.

    Its total is left out, and the list says why, unless all rows came and the number index knows of no other owner.
    Cost: a call and a query; no call without a policy. Raises TimeoutError, and no SentError.
    """
    first, query = found
    listed = _listed(scope, first.value.contacts[0].format_national or national(number), policy)
    rows = {each.id: each for each in listed.value.contacts if number_of(each) == number} if listed else {}
    whole = listed is not None and first.value.contacts[0].id in rows and is_whole(listed.value)
    contacts = tuple(({first.value.contacts[0].id: first.value.contacts[0]} | rows).values())
    others = len(number_index.owners(number).profile_ids) - len(contacts)
    if others > 0 or not whole:
        query = dataclasses.replace(query, warnings=(*query.warnings, _missing(others)))
    if query.filters.phone and len(contacts) > query.filters.page_size:  # the list of one number has one page
        query = dataclasses.replace(query, filters=dataclasses.replace(query.filters, page_size=max(PAGE_SIZES)))
    page, size = query.filters.page, query.filters.page_size
    facts = counts(len(contacts), page, size)
    if others > 0 or not whole:
        facts = Pagination(page=page, has_more=facts.has_more)
    older = min(each.value.fetched_at for each in (first, listed or first))
    shown = msgspec.structs.replace(
        first.value, contacts=contacts[(page - 1) * size : page * size], pagination=facts, fetched_at=older
    )
    error = first.error or (listed.error if listed else None)
    return CachedResult(shown, first.stale or bool(listed and listed.stale), error), query


def _listed(scope: Scope, spelled: str, policy: FetchPolicy | None) -> CachedResult[ContactPage] | None:
    """The contacts whose number is written like this; None where they were not asked for or did not come."""
    if policy is None:
        return None
    try:
        return get_gateway().contacts(scope, ContactQuery(page_size=max(PAGE_SIZES), search=spelled), policy)
    except SentError:  # the row that came is shown, and that others may be missing
        return None


def _missing(others: int) -> str:
    if others <= 0:
        return MAY_BE_MORE
    return f"When the profiles were last read, {others} more had this number."
