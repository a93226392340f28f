"""Kept answers: what a lookup has answered just now, sealed into the form that starts a sweep over the others.

So the sweep asks only those in doubt, and its page shows all rows. Nothing is believed that this desk did not seal for
this person and this number; whose profiles they may see is asked anew, when the form comes and when rows are shown.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.contrib.auth.models import User

from contacts_ui.access import ScopesAcross
from contacts_ui.gateway import get_gateway
from contacts_ui.sealing.sealer import SealError, sealer_for
from contacts_ui.sent_api.types import Contact

from .scope_answers import Question, ScopeAnswer, Word

PURPOSE = "number-lookup"
MAX_KEPT = 100  # answers that a form carries, about half a kilobyte each; the others are asked again


class _Kept(msgspec.Struct, frozen=True):
    """A ScopeAnswer without its scope, which is made anew, and without what only an unanswered one has."""

    profile_id: str | None
    word: Word
    contacts: tuple[Contact, ...]
    asked_at: datetime | None
    request_id: str | None


def settled(answers: Sequence[ScopeAnswer]) -> tuple[ScopeAnswer, ...]:
    """The answers that the messaging service gave just now: no sweep has to ask for them. At most MAX_KEPT."""
    return tuple(each for each in answers if each.word != "unanswered" and not each.indexed)[:MAX_KEPT]


def sealed_answers(user: User, question: Question, answers: Sequence[ScopeAnswer]) -> str:
    """The answers as a form carries them."""
    kept = [_Kept(each.scope.profile_id, each.word, each.contacts, each.asked_at, each.request_id) for each in answers]
    sealed = sealer_for(PURPOSE).seal(msgspec.msgpack.encode(kept), _about(user, question))
    return urlsafe_b64encode(sealed).decode()


def opened_answers(user: User, question: Question, text: str, across: ScopesAcross) -> tuple[ScopeAnswer, ...]:
    """The answers of a form, for scopes that are this person's now; none of a text that was not sealed for them."""
    if not text:
        return ()
    try:
        opened = sealer_for(PURPOSE).open(urlsafe_b64decode(text), _about(user, question))
        kept = msgspec.msgpack.decode(opened, type=list[_Kept])
    except (SealError, msgspec.MsgspecError, ValueError):
        return ()
    mine = {scope.profile_id: scope for scope in across.scopes}
    return tuple(
        ScopeAnswer(mine[each.profile_id], each.word, each.contacts, each.asked_at, request_id=each.request_id)
        for each in kept
        if each.profile_id in mine
    )


def _about(user: User, question: Question) -> bytes:
    return f"kept|{get_gateway().api_key_fingerprint}|{user.pk}|{'|'.join(question.forms)}".encode()
