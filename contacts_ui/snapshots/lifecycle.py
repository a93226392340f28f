"""Life of a snapshot: started once for the same question, found when finished, cancelled, and expired key first."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.crypto import salted_hmac

from contacts_ui.audit import AuditAction, AuditEvent, append_now
from contacts_ui.gateway import get_gateway
from contacts_ui.models import UNFINISHED, Snapshot, SnapshotPart, SnapshotState
from contacts_ui.sent_api.queries import ContactQuery

from .parts import make_key, seal_question

log = logging.getLogger(__name__)

# How long the contacts of a snapshot are kept, from its start.
LIFETIMES = {"index": timedelta(hours=48), "lookup": timedelta(hours=6), "export": timedelta(hours=24)}
PURPOSES = tuple(LIFETIMES)
LONGEST_KEPT = max(LIFETIMES.values()) + timedelta(hours=2)  # an end beyond it was written by a clock that was ahead
KEPT_ROWS = timedelta(days=30)  # the row of an expired snapshot, which holds no contacts
DELETED_AT_ONCE = 500  # parts a transaction: short enough that no writer waits long


def start(
    profile_id: str | None,
    purpose: str,
    question: ContactQuery | None = None,
    *,
    started_by: User | None = None,
    owner: str = "",
) -> Snapshot:
    """Starts a snapshot in the background, or returns the unfinished one of the same question. Cost: no API call.

    `question` is without a page; None for the whole list. `started_by`: the person who asked for it, which the audit
    log records. `owner`: it is shared with no other owner's. Raises AuditWriteError.
    """
    from .tasks import enqueue  # noqa: PLC0415  # its runner needs this module

    profile_id, now = profile_id.lower() if profile_id else None, datetime.now(UTC)
    unfinished_key = _unfinished_key(profile_id, purpose, question, owner)
    if found := Snapshot.objects.filter(unfinished_key=unfinished_key).first():
        return found
    snapshot = Snapshot(
        purpose=purpose,
        profile_id=profile_id,
        key_fingerprint=get_gateway().api_key_fingerprint,
        unfinished_key=unfinished_key,
        created_at=now,
        expires_at=now + LIFETIMES[purpose],
    )
    sealer = make_key(snapshot)
    if question is not None:
        snapshot.question = seal_question(sealer, snapshot, replace(question, page=1))
    try:
        with transaction.atomic():
            snapshot.save(force_insert=True)
            enqueue(snapshot)
            if started_by is not None:
                _record(snapshot, started_by)
    except IntegrityError:  # somebody started it in the meantime
        return Snapshot.objects.get(unfinished_key=unfinished_key)
    log.info("snapshot.started", extra=log_fields(snapshot))
    return snapshot


def latest(profile_id: str | None, purpose: str) -> Snapshot | None:
    """The newest finished snapshot of a whole list, taken with this API key, that can still be read. One query."""
    return (
        _of(profile_id, purpose)
        .filter(state=SnapshotState.FINISHED, question=None, wrapped_key__isnull=False)
        .filter(expires_at__gt=datetime.now(UTC))
        .order_by("-finished_at")
        .first()
    )


def running(profile_id: str | None, purpose: str) -> Snapshot | None:
    """The unfinished snapshot of a whole list, if there is one. One query."""
    return _of(profile_id, purpose).filter(state__in=UNFINISHED, question=None).first()


def cancel(snapshot: Snapshot) -> None:
    """Ends an unfinished snapshot and wipes what it holds. Whoever is taking it finds its writes refused."""
    end(snapshot, SnapshotState.CANCELLED)


def end(
    snapshot: Snapshot,
    state: SnapshotState,
    *,
    fence: int | None = None,
    error: str | None = None,
    request_id: str | None = None,
) -> bool:
    """Ends an unfinished snapshot without a result: key first, then its parts. False when it was not ours to end.

    `fence`: only if this runner may still write.
    """
    rows = Snapshot.objects.filter(pk=snapshot.pk, state__in=UNFINISHED)
    if fence is not None:
        rows = rows.filter(fence=fence)
    values = {"state": state, "unfinished_key": None, "finished_at": datetime.now(UTC), "wrapped_key": None}
    if not rows.update(**values, error=error, request_id=request_id, question=None, lease_until=None):
        return False
    log.info("snapshot.ended", extra=log_fields(snapshot) | {"state": str(state), "error": error})
    _delete_parts(snapshot)
    return True


def expire(snapshot: Snapshot) -> None:
    """Makes a snapshot unreadable at once, its key first; one that is unfinished has failed."""
    if not end(snapshot, SnapshotState.FAILED, error="Expired"):
        _expire_finished(snapshot)


def expire_due() -> int:
    """Expires the snapshots whose time is over, and deletes what an interrupted expiry left. How many were due."""
    now, due = datetime.now(UTC), 0
    is_over = Q(expires_at__lte=now) | Q(expires_at__gt=now + LONGEST_KEPT)
    for snapshot in Snapshot.objects.filter(is_over, wrapped_key__isnull=False):
        expire(snapshot)
        due += 1
    for snapshot in Snapshot.objects.filter(wrapped_key=None, parts__isnull=False).distinct():
        _delete_parts(snapshot)
    Snapshot.objects.filter(wrapped_key=None, expires_at__lte=now - KEPT_ROWS).exclude(state__in=UNFINISHED).delete()
    return due


def log_fields(snapshot: Snapshot) -> dict[str, object]:
    """What a log line says of a snapshot: never its question."""
    return {"snapshot": str(snapshot.pk), "purpose": snapshot.purpose, "profile_id": snapshot.profile_id}


def _expire_finished(snapshot: Snapshot) -> None:
    """Key first: from the first statement on nobody can read a part, whenever this process dies."""
    Snapshot.objects.filter(pk=snapshot.pk).update(wrapped_key=None, question=None)
    _delete_parts(snapshot)
    log.info("snapshot.expired", extra=log_fields(snapshot))


def _delete_parts(snapshot: Snapshot) -> None:
    parts = SnapshotPart.objects.filter(snapshot=snapshot)
    while ids := list(parts.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        SnapshotPart.objects.filter(pk__in=ids).delete()


def _of(profile_id: str | None, purpose: str) -> QuerySet[Snapshot]:
    fingerprint = get_gateway().api_key_fingerprint
    profile_id = profile_id.lower() if profile_id else None
    return Snapshot.objects.filter(purpose=purpose, profile_id=profile_id, key_fingerprint=fingerprint)


def _unfinished_key(profile_id: str | None, purpose: str, question: ContactQuery | None, owner: str) -> str:
    """A keyed hash: a search may hold digits of a number."""
    pairs = replace(question, page=1).params() if question else []
    parts = [get_gateway().api_key_fingerprint, purpose, profile_id or "account", *(f"{a}={b}" for a, b in pairs)]
    parts += [owner] if owner else []
    return salted_hmac("contacts_ui.snapshots", "\x1f".join(parts), algorithm="sha256").hexdigest()


def _record(snapshot: Snapshot, user: User) -> None:
    about = f"for {snapshot.purpose}, kept until {snapshot.expires_at:%Y-%m-%d %H:%M} UTC"
    append_now(
        AuditEvent(
            AuditAction.SNAPSHOT_STARTED,
            person_id=user.pk,
            person=user.get_username(),
            scope=snapshot.profile_id or "account",
            about=about,
        )
    )
