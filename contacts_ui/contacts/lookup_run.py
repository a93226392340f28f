"""Lookup runner: asks the next profiles of a lookup, and may die at any line.

Each answer is stored with the progress it makes, in one transaction that a fencing number guards. A run that has said
nothing for LEASE is taken for dead, and the next one goes on: at most one call is made twice.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.http import Http404

from contacts_ui.access import ScopesAcross, scopes_across
from contacts_ui.models import NumberLookup
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import SentError
from contacts_ui.snapshots import STOP

from .cross_profile import BULK, ask
from .lookup_store import StoredPlan, add_answer, name_of, open_plan, running
from .scope_answers import ScopeAnswer

LEASE = timedelta(seconds=60)  # without a word: the worker is dead
RUN_SECONDS = 3.0  # of one task: others of the queue wait for no longer
MAX_WAIT = 30.0  # seconds until an API that does not answer is asked again
DEFAULT_WAIT = 5.0
EARLY = timedelta(seconds=1)  # that a task may come before its time

# The API or the desk's own budget holds everybody back: the same profile is asked again later.
_WAITED_OUT = frozenset({"LocalRateLimited", "RateLimited", "CircuitOpen", "Overloaded"})


def run(lookup_id: UUID) -> datetime | None:
    """Asks the next profiles of a lookup for RUN_SECONDS. When it is to be run again, None when it has ended.

    Cost: a bulk call for each profile, times the forms of the number.
    """
    fence = _claim(lookup_id)
    if fence is None:
        return None
    until = time.monotonic() + RUN_SECONDS
    while time.monotonic() < until and not STOP.is_set():
        wait = _step(lookup_id, fence)
        if wait is None:
            return None
        if wait:
            return _release(lookup_id, fence, wait)
    return _release(lookup_id, fence, 0.0)


def _claim(lookup_id: UUID) -> int | None:
    """The fence of this run; None when another has it, or nothing is to be done."""
    now = datetime.now(UTC)
    if not running(lookup_id).filter(due_at__lte=now + EARLY).update(fence=F("fence") + 1, due_at=now + LEASE):
        return None
    return NumberLookup.objects.values_list("fence", flat=True).filter(pk=lookup_id).first()


def _step(lookup_id: UUID, fence: int) -> float | None:
    """Asks one profile. 0.0 to go on at once, else the seconds to wait; None when this run is over."""
    lookup = running(lookup_id).filter(fence=fence).select_related("user").first()
    plan = open_plan(lookup) if lookup else None
    if lookup is None or plan is None:
        running(lookup_id).filter(fence=fence).update(state="done")
        return None
    try:
        # Anew for each call: what is taken from the person is not asked for them any more.
        across = scopes_across(lookup.user)
    except Http404:
        running(lookup_id).filter(fence=fence).update(state="done")
        return None
    except SentError as error:
        return _hold(lookup_id, fence, type(error).__name__, getattr(error, "retry_after", None))
    scope = _next_scope(lookup, plan, across)
    if scope is None:
        running(lookup_id).filter(fence=fence).update(state="done", waiting=None)
        return None
    answer = ask(scope, plan.forms, across, BULK)
    if answer.error in _WAITED_OUT:
        return _hold(lookup_id, fence, answer.error or "", answer.retry_after)
    return 0.0 if _store(lookup_id, fence, answer) else None


def _next_scope(lookup: NumberLookup, plan: StoredPlan, across: ScopesAcross) -> Scope | None:
    answered = set(lookup.answers.values_list("profile_id", flat=True))
    mine = {scope.profile_id: scope for scope in across.scopes}
    return next((mine[each] for each in plan.order if each in mine and name_of(each) not in answered), None)


def _store(lookup_id: UUID, fence: int, answer: ScopeAnswer) -> bool:
    """Stores an answer, unless another run has taken over or the person has stopped it."""
    with transaction.atomic():
        mine = running(lookup_id).filter(fence=fence)
        if not mine.update(due_at=datetime.now(UTC) + LEASE, waiting=None):
            return False
        add_answer(lookup_id, answer)
    return True


def _hold(lookup_id: UUID, fence: int, error: str, retry_after: float | None) -> float | None:
    """The seconds to wait; the page says meanwhile why."""
    if not running(lookup_id).filter(fence=fence).update(waiting=error):
        return None
    return min(MAX_WAIT, max(1.0, float(retry_after or DEFAULT_WAIT)))


def _release(lookup_id: UUID, fence: int, wait: float) -> datetime | None:
    due_at = datetime.now(UTC) + timedelta(seconds=wait)
    return due_at if running(lookup_id).filter(fence=fence).update(due_at=due_at) else None
