"""Account list: one search of the account's own list answers for all its profiles, because its rows say whose they are.

Believed only with a key that was seen to get its profiles' rows, by `search=` and by `phone=` (sent-api-v3: nobody
outside the vendor knows). What is said of some scopes never depends on rows of others, or who may see only some could
tell from it that the number exists elsewhere: a row of others proves only what the API's 404 would prove as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contacts_ui.access import ScopesAcross
from contacts_ui.gateway import FetchPolicy, get_gateway
from contacts_ui.phone_search import national
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import SentError
from contacts_ui.sent_api.queries import PAGE_SIZES, ContactQuery
from contacts_ui.sent_api.types import Contact, ContactPage

from .scope_answers import ScopeAnswer, absent, found, fresh_page, number_of, owner_of, unanswered

PAGE_SIZE = max(PAGE_SIZES)
MAX_PAGES = 3  # of the account's list for one number: 300 owners
PROOF_SAMPLES = 3  # profiles of which a row is looked for in the account's list
PROOF_KEPT, DISPROOF_KEPT = 86_400.0, 3_600.0  # seconds
INTERACTIVE = FetchPolicy()

Answers = dict[str | None, ScopeAnswer]


@dataclass(frozen=True, slots=True)
class NumberRows:
    """The rows of one number in the account's list. `whole`: there are no others, if the number is written so there.

    `spelled`: the spelling that was searched for; `error` kept further rows away.
    """

    rows: tuple[Contact, ...]
    page: ContactPage | None
    whole: bool
    spelled: str
    error: SentError | None = None


def rows_of_number(account: Scope, number: str, spelled: str, policy: FetchPolicy = INTERACTIVE) -> NumberRows:
    """Everybody's rows of a number, searched in this spelling. Cost: a call a hundred rows, nearly always one."""
    read: list[Contact] = []
    page: ContactPage | None = None
    whole, error = False, None
    try:
        for at in range(1, MAX_PAGES + 1):
            page = fresh_page(account, ContactQuery(page=at, page_size=PAGE_SIZE, search=spelled), policy)
            read += page.contacts
            total = page.pagination.total_count
            whole = total is not None and total <= len(read)
            if whole or not page.contacts:
                break
    except SentError as failed:
        error = failed
    numbers = [number_of(contact) for contact in read]
    rows = tuple(contact for contact, its_number in zip(read, numbers, strict=True) if its_number == number)
    # A row without a number may be one of it; a row without an owner may be anybody's.
    certain = whole and None not in numbers and all(row.customer_id for row in rows)
    return NumberRows(rows, page, certain and error is None, spelled, error)


def by_account_list(forms: Sequence[str], scopes: Sequence[Scope], across: ScopesAcross) -> Answers:
    """The answers of scopes by the account's own list; one that it cannot answer is left out. Never raises a SentError.

    Cost: one call where one of the scopes has the number, else two, times the forms; and the proof.
    """
    answers: Answers = {}
    try:
        if not _account_list_is_whole(across):
            return answers
    except SentError as error:
        return _others(scopes, answers, error)
    left = list(scopes)
    for form in forms:
        now = _by_form(form, left, across)
        for scope in left:
            answers.pop(scope.profile_id, None)  # absent in a former form is not enough
        answers |= now
        left = [scope for scope in left if scope.profile_id in now and now[scope.profile_id].word == "absent"]
        if not left:
            break
    return answers


def _account_list_is_whole(across: ScopesAcross) -> bool:
    """True when the account's own list was seen to hold rows of profiles, by `search=` and by `phone=`.

    Cost: none for a day; else three calls: a sample of a profile, and both questions for it. Raises any SentError.
    """
    known = get_gateway().account_list_is_whole()
    if known is not None:
        return known
    seen = (_is_seen(sample, across) for sample in _samples(across))
    whole = next((each for each in seen if each is not None), None)
    if whole is not None:
        get_gateway().remember_account_list(whole=whole, seconds=PROOF_KEPT if whole else DISPROOF_KEPT)
    return bool(whole)


def _by_form(form: str, scopes: Sequence[Scope], across: ScopesAcross) -> Answers:
    searched = rows_of_number(across.account, form, national(form))
    here = _here(searched.rows, searched.page, scopes, across)
    seen = (row for answer in here.values() for row in answer.contacts)
    if searched.error:
        return here | _others(scopes, here, searched.error)
    if searched.whole and searched.page and any(row.format_national == searched.spelled for row in seen):
        return here | _others(scopes, here, searched.page)
    # No row of these scopes shows that the API writes the number as we do: `phone=` needs no spelling.
    return here | _by_phone(form, searched, scopes, across, here)


def _by_phone(form: str, searched: NumberRows, scopes: Sequence[Scope], across: ScopesAcross, here: Answers) -> Answers:
    """The answers of the scopes that are not in `here`, those found by `phone=` and its spelling included."""
    try:
        page = fresh_page(across.account, ContactQuery(phone=form), INTERACTIVE)
    except SentError as error:
        return _others(scopes, here, error)
    if not page.contacts:  # nobody has it, unless the search has found a row that `phone=` does not know
        return {} if here else _others(scopes, here, page)
    spelled = page.contacts[0].format_national
    if spelled and spelled != searched.spelled:
        searched = rows_of_number(across.account, form, spelled)
    here = here | _here((*page.contacts, *searched.rows), page, scopes, across)
    if searched.error:
        return here | _others(scopes, here, searched.error)
    listed = {row.id for row in searched.rows}
    certain = spelled and searched.whole and all(row.id in listed for row in page.contacts)
    return here | (_others(scopes, here, page) if certain else {})


def _here(rows: Sequence[Contact], page: ContactPage | None, scopes: Sequence[Scope], across: ScopesAcross) -> Answers:
    """The scopes that own some of these rows. A row that names no owner is nobody's."""
    if page is None:
        return {}
    owned: dict[str | None, dict[object, Contact]] = {}
    for row in rows:
        if row.customer_id:
            owned.setdefault(owner_of(row, across.profile_ids), {})[row.id] = row
    having = [(scope, owned.get(scope.profile_id.lower() if scope.profile_id else None)) for scope in scopes]
    return {scope.profile_id: found(scope, tuple(own.values()), page) for scope, own in having if own}


def _others(scopes: Sequence[Scope], here: Answers, why: ContactPage | SentError) -> Answers:
    """The answer of the scopes that are not in `here`: not there, or not answered."""
    others = [scope for scope in scopes if scope.profile_id not in here]
    if isinstance(why, SentError):
        return {scope.profile_id: unanswered(scope, why) for scope in others}
    return {scope.profile_id: absent(scope, why) for scope in others}


def _samples(across: ScopesAcross) -> Iterator[Contact]:
    """One row of each of a few profiles, with a number to look for."""
    for scope in [scope for scope in across.scopes if scope.profile_id][:PROOF_SAMPLES]:
        rows = fresh_page(scope, ContactQuery(), INTERACTIVE).contacts
        yield from [row for row in rows if row.format_e164 and row.format_national][:1]


def _is_seen(sample: Contact, across: ScopesAcross) -> bool | None:
    """Whether the account's list gives a row of a profile for this number, asked in both ways; None when the account
    has the number too, so that its own row may be the one that was given.
    """
    number, spelled = sample.format_e164 or "", sample.format_national or ""
    by_phone = fresh_page(across.account, ContactQuery(phone=number), INTERACTIVE).contacts
    if by_phone and not any(owner_of(row, across.profile_ids) for row in by_phone):
        return None
    return bool(by_phone) and any(
        owner_of(row, across.profile_ids) for row in rows_of_number(across.account, number, spelled).rows
    )
