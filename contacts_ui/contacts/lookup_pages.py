"""Lookup pages: what a lookup without a worker has answered, sealed for an hour, for Back and a reload.

So a page that was left is shown again as it was, with the times of its answers, and nobody is asked; and the same
number takes only one of the hour's lookups.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.contrib.auth.models import User

from contacts_ui.access import ScopesAcross
from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberLookup
from contacts_ui.sealing.sealer import SealError, sealer_for
from contacts_ui.sent_api.types import Contact

from .cross_profile import CrossProfileResult
from .lookup_store import KEPT, PURPOSE, delete_expired
from .number_reading import NumberReading
from .scope_answers import Question, ScopeAnswer, Word


class _Answer(msgspec.Struct, frozen=True):
    """A ScopeAnswer without its scope, which is made anew for whoever looks."""

    profile_id: str | None
    word: Word
    contacts: tuple[Contact, ...]
    asked_at: datetime | None
    error: str | None
    request_id: str | None
    indexed: bool
    was_here: bool


class _Page(msgspec.Struct, frozen=True):
    """What was asked, and what was answered. Without `forms` a text whose country nobody knows."""

    text: str
    contact: str
    forms: tuple[str, ...]
    others: tuple[str, ...]
    instead_of: str | None
    choices: tuple[str, ...]
    nowhere: bool
    answers: tuple[_Answer, ...]
    recorded: bool
    is_number: bool
    tried: bool
    message: str | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class LookupPage:
    """A lookup as its page shows it. `contact`: the path of the contact that was asked for, "" for a typed number.

    `recorded`: the audit log says already who saw it.
    """

    id: UUID
    reading: NumberReading
    contact: str
    result: CrossProfileResult | None
    recorded: bool = False
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class PaidPage:
    """A page that has told what is asked again. `is_same`: by the same question; else by one for more readings.
    `chosen`: one of its choices was looked up, so that another takes a lookup of its own.
    """

    id: UUID
    is_same: bool
    chosen: bool


def paid_page(user: User, reading: NumberReading) -> PaidPage | None:
    """The page of this person that told within the hour whatever this reading tells: its lookup has been taken from the
    hour. Cost: one query.

    A number is paid for by any page that told of it, and so are other readings of it; "which country?" by the same
    question for the same text alone, since it tells what no contact has. The number of a contact is not paid for by a
    choice: where numbers are masked that would tell it.
    """
    now = datetime.now(UTC)
    rows = NumberLookup.objects.filter(user=user, state="shown", created_at__gt=now - KEPT, expires_at__gt=now)
    pages = ((row.pk, _opened(row)) for row in rows.order_by("-created_at"))
    told = [(pk, page) for pk, page in pages if page and _has_told(page, reading)]
    forms = reading.question.forms if reading.question else ()
    told.sort(key=lambda each: each[1].forms != forms)  # the same question first
    return PaidPage(told[0][0], told[0][1].forms == forms, told[0][1].chosen) if told else None


def choose(user: User, page_id: UUID) -> None:
    """One of a page's choices is looked up: the others are not paid for any more. Cost: two queries."""
    for row in NumberLookup.objects.filter(pk=page_id, user=user, state="shown"):
        if page := _opened(row):
            row.sealed = _sealed(msgspec.structs.replace(page, chosen=True), user, page_id)
            row.save(update_fields=["sealed"])


def keep(user: User, page: LookupPage) -> None:
    """Stores a page for an hour, in place of what has its id. Cost: two queries."""
    now = datetime.now(UTC)
    delete_expired()
    changed = {"sealed": _sealed(_stored(page), user, page.id), "expires_at": now + KEPT}
    if not NumberLookup.objects.filter(pk=page.id, user=user, state="shown").update(**changed):
        row = NumberLookup(pk=page.id, user=user, state="shown", created_at=now, due_at=now, **changed)
        row.save(force_insert=True)


def page_of(lookup: NumberLookup, across: ScopesAcross) -> LookupPage | None:
    """A stored page as its person may see it now: the answers of scopes that are theirs at this moment. None when it
    can no longer be opened: the key has changed.
    """
    page = _opened(lookup)
    if page is None:
        return None
    mine = {scope.profile_id: scope for scope in across.scopes}
    question = Question(page.forms, page.others, page.instead_of) if page.forms else None
    reading = NumberReading(page.text, question, page.choices, page.is_number, page.nowhere, page.tried, page.message)
    if question is None:
        return LookupPage(lookup.pk, reading, page.contact, None, page.recorded, page.chosen)
    answers = tuple(
        ScopeAnswer(
            mine[each.profile_id],
            each.word,
            each.contacts,
            each.asked_at,
            each.error,
            each.request_id,
            indexed=each.indexed,
            was_here=each.was_here,
        )
        for each in page.answers
        if each.profile_id in mine
    )
    told = {each.profile_id for each in page.answers}
    unasked = tuple(scope for scope in across.scopes if scope.profile_id not in told)
    return LookupPage(lookup.pk, reading, page.contact, CrossProfileResult(answers, unasked), page.recorded)


def _has_told(page: _Page, reading: NumberReading) -> bool:
    question = reading.question
    if question is None:
        return not page.forms and page.text == reading.text
    if not reading.text:
        return question.number in page.forms
    choices = () if page.chosen else page.choices
    return {*question.readings} <= {*page.forms, *page.others, *choices, page.instead_of}


def _stored(page: LookupPage) -> _Page:
    question, result = page.reading.question, page.result
    answers = [
        _Answer(
            each.scope.profile_id,
            each.word,
            each.contacts,
            each.asked_at,
            each.error,
            each.request_id,
            each.indexed,
            each.was_here,
        )
        for each in (result.answers if result else ())
    ]
    return _Page(
        page.reading.text,
        page.contact,
        question.forms if question else (),
        question.others if question else (),
        question.instead_of if question else None,
        page.reading.choices,
        page.reading.nowhere,
        tuple(answers),
        page.recorded,
        page.reading.is_number,
        page.reading.tried,
        page.reading.message,
        page.chosen,
    )


def _sealed(page: _Page, user: User, page_id: UUID) -> bytes:
    return sealer_for(PURPOSE).seal(msgspec.msgpack.encode(page), _about(user.pk, page_id))


def _opened(row: NumberLookup) -> _Page | None:
    """What was sealed; None under another key of this desk or of the API, and for what was changed or moved to
    somebody else.
    """
    try:
        opened = sealer_for(PURPOSE).open(bytes(row.sealed), _about(row.user_id, row.pk))
        return msgspec.msgpack.decode(opened, type=_Page)
    except (SealError, msgspec.MsgspecError):
        return None


def _about(user_id: int, lookup_id: UUID) -> bytes:
    """With the API key's fingerprint: with another key these answers are of another account."""
    return f"page|{get_gateway().api_key_fingerprint}|{user_id}|{lookup_id}".encode()
