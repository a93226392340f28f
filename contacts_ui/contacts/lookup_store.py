"""Lookup store: numbers that the worker looks up, and their answers, sealed; what their person may see of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import msgspec
from django.contrib.auth.models import User
from django.http import Http404

from contacts_ui.access import ScopesAcross
from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberLookup, NumberLookupAnswer
from contacts_ui.scope import Scope
from contacts_ui.sealing.sealer import SealError, sealer_for
from contacts_ui.sent_api.types import Contact

from .scope_answers import Question, ScopeAnswer, Word

if TYPE_CHECKING:
    from django.db.models import QuerySet

log = logging.getLogger(__name__)

KEPT = timedelta(hours=1)  # number and answers, from the start on
PURPOSE, ACCOUNT = "number-lookup", "account"


class StoredPlan(msgspec.Struct, frozen=True):
    """What a lookup asks: the forms of the number, the profiles in order, and whether a person typed the number."""

    forms: tuple[str, ...]
    order: tuple[str | None, ...]
    typed: bool


class StoredAnswer(msgspec.Struct, frozen=True):
    """A ScopeAnswer without its scope, which is made anew for whoever looks."""

    word: Word
    contacts: tuple[Contact, ...]
    asked_at: datetime | None
    error: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """A lookup as its person may see it now. `left`: scopes still to ask; `new`: found, not yet in the audit log."""

    question: Question
    typed: bool
    state: str
    waiting: str | None
    answers: tuple[ScopeAnswer, ...]
    left: int
    new: tuple[ScopeAnswer, ...]
    expires_at: datetime

    @property
    def here(self) -> tuple[ScopeAnswer, ...]:
        """The scopes that have the number."""
        return tuple(answer for answer in self.answers if answer.word == "here")

    @property
    def unanswered(self) -> int:
        """How many gave no answer."""
        return sum(1 for answer in self.answers if answer.word == "unanswered")

    @property
    def total(self) -> int:
        """The scopes that are asked in all."""
        return len(self.answers) + self.left


def create(user: User, question: Question, order: Sequence[Scope], *, typed: bool) -> NumberLookup:
    """A new lookup over these scopes, in this order, that nobody has begun yet. Expired ones go. Cost: two queries."""
    now = datetime.now(UTC)
    delete_expired()
    lookup = NumberLookup(user=user, due_at=now, created_at=now, expires_at=now + KEPT)
    plan = StoredPlan(question.forms, tuple(scope.profile_id for scope in order), typed)
    lookup.sealed = sealer_for(PURPOSE).seal(msgspec.msgpack.encode(plan), _about(lookup.pk))
    lookup.save(force_insert=True)
    return lookup


def delete_expired() -> None:
    """Deletes the lookups whose hour is over, with their answers."""
    NumberLookup.objects.filter(expires_at__lte=datetime.now(UTC)).delete()


def add_answer(lookup_id: UUID, answer: ScopeAnswer, *, recorded: bool = False) -> None:
    """Stores what a scope answered. `recorded`: the audit log says already that the person saw it."""
    name = name_of(answer.scope.profile_id)
    stored = StoredAnswer(answer.word, answer.contacts, answer.asked_at, answer.error, answer.request_id)
    sealed = sealer_for(PURPOSE).seal(msgspec.msgpack.encode(stored), _about(lookup_id, name))
    NumberLookupAnswer.objects.create(lookup_id=lookup_id, profile_id=name, sealed=sealed, recorded=recorded)


def lookup_of(user: User, lookup_id: UUID) -> NumberLookup:
    """A lookup of this person that has not expired. Raises Http404 for all others."""
    found = NumberLookup.objects.filter(pk=lookup_id, user=user, expires_at__gt=datetime.now(UTC)).first()
    if found is None:
        raise Http404
    return found


def progress_of(lookup: NumberLookup, across: ScopesAcross) -> SweepProgress:
    """What the person may see of their lookup now: the answers of scopes that are theirs at this moment.

    Cost: one query. Raises Http404 when the number can no longer be opened: the key has changed.
    """
    plan = open_plan(lookup)
    if plan is None:
        raise Http404
    mine = {scope.profile_id: scope for scope in across.scopes}
    answers: dict[str | None, ScopeAnswer] = {}
    new: list[ScopeAnswer] = []
    for row in lookup.answers.all():
        scope, stored = mine.get(_scope_id(row.profile_id)), open_answer(lookup.pk, row)
        if scope is None or stored is None:
            continue
        answer = ScopeAnswer(scope, stored.word, stored.contacts, stored.asked_at, stored.error, stored.request_id)
        answers[scope.profile_id] = answer
        if not row.recorded and answer.word == "here":
            new.append(answer)
    left = sum(1 for profile_id in plan.order if profile_id in mine and profile_id not in answers)
    in_order = tuple(answers[profile_id] for profile_id in plan.order if profile_id in answers)
    return SweepProgress(
        Question(plan.forms), plan.typed, lookup.state, lookup.waiting, in_order, left, tuple(new), lookup.expires_at
    )


def mark_recorded(lookup: NumberLookup, answers: Sequence[ScopeAnswer]) -> None:
    """The audit log says by now that the person saw these."""
    names = [name_of(answer.scope.profile_id) for answer in answers]
    lookup.answers.filter(profile_id__in=names).update(recorded=True)


def running(lookup_id: UUID) -> QuerySet[NumberLookup]:
    """The lookup if it is under way, as a queryset to change it by."""
    return NumberLookup.objects.filter(pk=lookup_id, state="running", expires_at__gt=datetime.now(UTC))


def open_plan(lookup: NumberLookup) -> StoredPlan | None:
    """What a lookup asks; None when it cannot be opened."""
    return _opened(bytes(lookup.sealed), _about(lookup.pk), StoredPlan)


def open_answer(lookup_id: UUID, row: NumberLookupAnswer) -> StoredAnswer | None:
    """What a scope answered; None when it cannot be opened."""
    return _opened(bytes(row.sealed), _about(lookup_id, row.profile_id), StoredAnswer)


T = TypeVar("T")


def _opened(sealed: bytes, about: bytes, kind: type[T]) -> T | None:
    """What was sealed; None under another key of this desk or of the API, and for what was changed or moved."""
    try:
        return msgspec.msgpack.decode(sealer_for(PURPOSE).open(sealed, about), type=kind)
    except (SealError, msgspec.MsgspecError):
        log.warning("lookup.unreadable")
        return None


def _about(lookup_id: UUID, name: str = "") -> bytes:
    """With the API key's fingerprint: with another key the same scope is another account's."""
    return f"{get_gateway().api_key_fingerprint}|{lookup_id}|{name}".encode()


def name_of(profile_id: str | None) -> str:
    """How an answer names its scope."""
    return profile_id or ACCOUNT


def _scope_id(name: str) -> str | None:
    return None if name == ACCOUNT else name
