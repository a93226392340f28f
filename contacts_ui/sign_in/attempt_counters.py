"""Attempt counters: times of failed tries, one row for each subject, exact across processes by row locks.

Rows of a table and not of the shared cache: whoever fills the cache with made-up names would push real counters out of
it. A subject (a typed name, an address) is stored as a keyed hash: the name may be a password typed into the wrong box.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from contacts_ui.models import SignInCounter

KEEP_SECONDS = 3600  # no rule looks back further
KEEP_TIMES = 200  # of a subject, the latest: more than any rule counts
_SWEEP = 100  # expired rows deleted at a time

_SALT = "contact desk|sign-in attempts"


def key_of(kind: str, subject: str) -> str:
    """The row's key."""
    return salted_hmac(_SALT, f"{kind}|{subject}", algorithm="sha256").hexdigest()


def lock(keys: Iterable[str], now: float) -> dict[str, SignInCounter]:
    """The rows of these keys, locked until the transaction ends; new ones have no times.

    Written in the order of their keys, so that two requests never wait for each other.
    """
    ends = datetime.fromtimestamp(now, UTC) + timedelta(seconds=KEEP_SECONDS)
    ordered = sorted(set(keys))
    SignInCounter.objects.bulk_create(
        [SignInCounter(key=key, expires_at=ends) for key in ordered],
        update_conflicts=True,
        update_fields=["expires_at"],
        unique_fields=["key"],
    )
    rows = SignInCounter.objects.select_for_update().filter(key__in=ordered).order_by("key")
    return {row.key: row for row in rows}


def add(rows: Iterable[SignInCounter], now: float) -> None:
    """Adds a time to locked rows."""
    for row in rows:
        recent = [time for time in row.times if time > now - KEEP_SECONDS]
        row.times = [*recent[1 - KEEP_TIMES :], now]
        row.save(update_fields=["times"])


def take_back(keys: Iterable[str], at: float, now: float) -> None:
    """Removes a time that turned out to be no failure."""
    with transaction.atomic():
        for row in lock(keys, now).values():
            if at in row.times:
                row.times.remove(at)
                row.save(update_fields=["times"])


def sweep(now: float) -> None:
    """Deletes some expired rows, so that the table does not grow with names that nobody types again.

    Rows that another request holds are left for the next time.
    """
    with transaction.atomic():
        expired = SignInCounter.objects.filter(expires_at__lt=datetime.fromtimestamp(now, UTC))
        keys = expired.select_for_update(skip_locked=True).values_list("key", flat=True)[:_SWEEP]
        SignInCounter.objects.filter(key__in=list(keys)).delete()
