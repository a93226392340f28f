"""Lookup sweep: a number asked for in many profiles one after the other, by the worker, behind everybody's clicks.

It starts only by a click of a person who was told its price.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django_tasks import task

from contacts_ui.access import visited_profile_ids
from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberLookup, NumberLookupAnswer
from contacts_ui.phone_search import regions_of
from contacts_ui.scope import Scope

from .lookup_run import EARLY, run
from .lookup_store import add_answer, create, delete_expired, open_answer, running
from .scope_answers import Question, ScopeAnswer

log = logging.getLogger(__name__)

STEP = 5  # seconds to which a price is rounded up: the worker begins within about as many
PRIORITY = 20  # in the queue: a person waits for it


@dataclass(frozen=True, slots=True)
class Price:
    """What a sweep costs: profiles, calls at most, and seconds at the share of the budget that is for such work."""

    profiles: int
    calls: int
    seconds: int

    @property
    def minutes(self) -> int:
        """The same in minutes, rounded up."""
        return -(-self.seconds // 60)


def price_of(profiles: int, forms: int) -> Price:
    """The price of asking so many profiles for a number with so many forms."""
    calls = profiles * forms
    seconds = -(-calls * 60 // max(1, settings.SENT_BUDGET_PER_MINUTE // 2))
    return Price(profiles, calls, max(STEP, -(-seconds // STEP) * STEP))


@task
def take_further(lookup_id: str) -> None:
    """Takes the lookup further, and puts it into the queue again unless it has ended."""
    try:
        due_at = run(UUID(lookup_id))
    except Exception:
        # Not into the queue's own record of failures: a traceback there is not redacted. `resume_silent` tries again.
        log.exception("lookup.crashed", extra={"lookup": lookup_id})
        return
    if due_at is not None:
        _enqueue(UUID(lookup_id), due_at)


def start(
    user: User, question: Question, scopes: Sequence[Scope], *, typed: bool, kept: Sequence[ScopeAnswer] = ()
) -> NumberLookup:
    """Stores a lookup over these scopes, the likeliest first, and gives it to the worker. Cost: no call.

    `kept` are answers of some of them that the person has seen, and the audit log has: these are not asked again.
    """
    with transaction.atomic():
        lookup = create(user, question, _likeliest_first(user, question, scopes), typed=typed)
        for answer in kept:
            add_answer(lookup.pk, answer, recorded=True)
    _enqueue(lookup.pk)
    return lookup


def stop(lookup: NumberLookup) -> None:
    """No further call is made after the one under way. What was answered stays."""
    running(lookup.pk).update(state="stopped", fence=F("fence") + 1)


def resume(lookup: NumberLookup) -> None:
    """Goes on after a stop, and asks again whoever gave no answer."""
    with transaction.atomic():
        again = NumberLookup.objects.filter(pk=lookup.pk, expires_at__gt=datetime.now(UTC)).exclude(state="running")
        if not again.update(state="running", due_at=datetime.now(UTC), fence=F("fence") + 1, waiting=None):
            return
        for answer in NumberLookupAnswer.objects.filter(lookup=lookup):
            stored = open_answer(lookup.pk, answer)
            if stored is None or stored.word == "unanswered":
                answer.delete()
    _enqueue(lookup.pk)


def resume_silent() -> int:
    """Takes up again every lookup whose worker has died, and deletes those that have expired. How many were taken up.

    For the worker, at its start and every half minute.
    """
    now = datetime.now(UTC)
    delete_expired()
    silent = NumberLookup.objects.filter(state="running", due_at__lt=now - EARLY)
    taken = 0
    for lookup_id, due_at in silent.values_list("pk", "due_at"):
        if NumberLookup.objects.filter(pk=lookup_id, due_at=due_at).update(due_at=now):  # of two workers one
            _enqueue(lookup_id)
            taken += 1
    return taken


def _enqueue(lookup_id: UUID, run_after: datetime | None = None) -> None:
    take_further.using(priority=PRIORITY, run_after=run_after).enqueue(str(lookup_id))


def _likeliest_first(user: User, question: Question, scopes: Sequence[Scope]) -> list[Scope]:
    """Where the person was lately; then where numbers of this region were seen; then by name."""
    visited = {profile_id: rank for rank, profile_id in enumerate(visited_profile_ids(user))}
    regions, gateway = frozenset(regions_of(question.number)), get_gateway()

    def rank(scope: Scope) -> tuple[int, bool]:
        wanted = scope.profile_id.lower() if scope.profile_id else None
        return visited.get(wanted, len(visited)), regions.isdisjoint(gateway.common_regions(scope))

    return sorted(scopes, key=rank)
