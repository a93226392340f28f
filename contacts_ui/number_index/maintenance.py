"""Maintenance by the worker, every 30 seconds: snapshots that are due are started, finished ones become indexes.

Where the account's list includes its profiles' contacts, one snapshot of the account serves all of them. Otherwise,
and where some of its rows name nobody, the profiles that people visited lately have one each, most recent first, one
at a time. All of it at background
priority, and only while the organization is small enough (docs/decisions, 30).
Cost: one API call for 100 contacts a day, one a minute where the list always changes (three passes of 50,000 contacts
once a day); one more for each scope whose size is not known; a few queries a round.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from contacts_ui import snapshots
from contacts_ui.access import ScopeDenied, background_scope
from contacts_ui.gateway import get_gateway
from contacts_ui.models import UNFINISHED, NumberIndex, ScopeVisit, Snapshot, SnapshotState
from contacts_ui.sealing.sealer import SealError
from contacts_ui.sent_api.errors import LocalRateLimited, SentError
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Account

from . import registry, store
from .ownership import names_a_profile, rows_of_page
from .rows import Row, TableBuilder, rows_of
from .store import ACCOUNT, scope_id

log = logging.getLogger(__name__)

PURPOSE = "index"  # of its snapshots
RENEW_AFTER = timedelta(hours=24)
LEAST_AGE = timedelta(hours=1)  # of an index that is renewed because the total moved, or because it is not whole
AGE_FOR_A_CALL = timedelta(minutes=1)  # the same for each call it cost: a list that always changes is read ever again
RETRY_AFTER = timedelta(minutes=30)  # since an attempt that came to nothing
VISITED_WITHIN = timedelta(days=14)
BUILD_IN_ROWS, BUILD_IN_ADDITIONS = 2_000, 50  # additions waiting: so many are built into the table
PROBE = ContactQuery(page=1, page_size=20)
_OPENED: set[tuple[str, int, int]] = set()  # DATA_KEY, index and version of tables that this process could open


def maintain() -> None:
    """One round. An API that does not answer is met again in the next."""
    if not settings.SENT_API_KEY:
        return
    if not settings.NUMBER_INDEX_MOST_CONTACTS:
        _delete_all()
        return
    fingerprint = get_gateway().api_key_fingerprint
    delete_unusable(fingerprint)
    try:
        account = get_gateway().background_account()
        build_finished(fingerprint, account)
        build_in_additions(fingerprint)
        _start_due(fingerprint, account)
    except LocalRateLimited:
        return  # others come first
    except SentError as error:
        log.info("number_index.round.failed", extra={"error": type(error).__name__, "request_id": error.request_id})


def _delete_all() -> None:
    """Switched off: the copies that were read for it go too, and those under way end. Cost: two queries."""
    for snapshot in Snapshot.objects.filter(purpose=PURPOSE, wrapped_key__isnull=False):
        snapshots.expire(snapshot)
    NumberIndex.objects.all().delete()


def delete_unusable(fingerprint: str) -> None:
    """Deletes what another API key or another DATA_KEY left, and what has expired."""
    store.delete_of_other_keys(fingerprint)
    for index in store.stored(fingerprint).filter(parts_count__gt=0):
        version = (settings.DATA_KEY, index.pk, index.table_version)
        if version in _OPENED:
            continue
        if store.opens(index):
            _OPENED.add(version)
        else:
            log.warning("number_index.part.rejected", extra={"profile_id": index.scope})
            index.delete()


def build_finished(fingerprint: str, account: Account) -> None:
    """Builds the indexes whose snapshots are finished, then makes those unreadable: they are not needed any more."""
    finished = _snapshots(fingerprint).filter(state=SnapshotState.FINISHED, wrapped_key__isnull=False)
    for snapshot in finished.order_by("finished_at"):
        index = store.get_or_create(fingerprint, scope_id(snapshot.profile_id))
        try:
            # Once alone: what traffic brought meanwhile is in the table now, and not among the additions any more.
            if index.snapshot != snapshot.pk and not build(index, snapshot, account):
                continue  # another process changed the index: the next round builds it
        except (SealError, snapshots.SnapshotExpired) as error:
            log.warning("number_index.build.failed", extra={"profile_id": index.scope, "error": type(error).__name__})
        snapshots.expire(snapshot)


def build(index: NumberIndex, snapshot: Snapshot, account: Account) -> bool:
    """Builds a scope's index from a snapshot and what traffic brought since it began.

    False when another process changed the index meanwhile. Raises SealError and SnapshotExpired. Cost: 5 µs a contact.
    """
    began_at, profile_id = snapshot.started_at or snapshot.created_at, snapshot.profile_id
    replaced, additions = store.addition_ids(index), list(store.load_additions(index))
    builder, counted, names_profiles = TableBuilder(), 0, False
    for addition, rows in reversed(additions):
        if addition.created_at >= began_at:
            builder.add(rows)
    newer = len(builder)
    for contacts in snapshots.contacts_of(snapshot):
        page = tuple(rows_of_page(profile_id, contacts, account))
        counted += len(page)
        names_profiles = names_profiles or (profile_id is None and names_a_profile(page))
        builder.add(page)
    saved = store.save_table(
        index,
        builder.table(),
        additions=replaced,
        snapshot=snapshot.pk,
        began_at=began_at,
        built_at=snapshot.finished_at,
        whole=snapshot.whole and counted == snapshot.rows,
        calls=snapshot.calls,
        moved=False,
        seen_total=snapshot.total_last if snapshot.total_last is not None else snapshot.rows,
        # A whole list that names no profile disproves what an earlier one has shown.
        names_profiles=names_profiles or (index.names_profiles and not snapshot.whole),
        refused_at=None if index.refused_at is None or index.refused_at < began_at else index.refused_at,
    )
    counts = {"contacts": len(builder), "newer": newer, "calls": snapshot.calls, "whole": snapshot.whole}
    log.info("number_index.built", extra={"profile_id": index.scope, "saved": saved} | counts)
    return saved


def build_in_additions(fingerprint: str) -> None:
    """Builds additions into their tables where there are many, so that no process has to keep them apart."""
    counted = store.stored(fingerprint).annotate(waiting=Count("additions"), rows=Sum("additions__rows"))
    for index in counted.filter(Q(waiting__gte=BUILD_IN_ADDITIONS) | Q(rows__gte=BUILD_IN_ROWS)):
        replaced, opened = store.addition_ids(index), list(store.load_additions(index))
        builder = TableBuilder()
        for _, rows in reversed(opened):
            builder.add(rows)
        try:
            table = store.load_table(index)
        except SealError:
            continue  # it is deleted in the next round
        if table is None and index.parts_count:
            continue
        builder.add(_at_most(rows_of(table), settings.NUMBER_INDEX_MOST_CONTACTS) if table else ())
        store.save_table(index, builder.table(), additions=replaced)


def start(profile_id: str | None) -> Snapshot:
    """Starts the snapshot of a scope, or returns the one under way."""
    index = store.get_or_create(get_gateway().api_key_fingerprint, scope_id(profile_id))
    NumberIndex.objects.filter(pk=index.pk).update(attempted_at=datetime.now(UTC))
    return snapshots.start(profile_id, PURPOSE)


def _start_due(fingerprint: str, account: Account) -> None:
    """Starts the first snapshot that is due, unless one is under way. One that turns out too large is cancelled."""
    under_way = list(_snapshots(fingerprint).filter(state__in=UNFINISHED))
    if under_way:
        for snapshot in under_way:
            _cancel_if_too_large(fingerprint, snapshot)
        return
    room, known = settings.NUMBER_INDEX_MOST_CONTACTS, {index.scope: index for index in store.stored(fingerprint)}
    for profile_id in _worth_it(fingerprint, account):
        index = known.get(scope_id(profile_id)) or store.get_or_create(fingerprint, scope_id(profile_id))
        if index.built_at is None and index.seen_total is None and not _was_just_attempted(index):
            _probe(index, profile_id, account)
            index.refresh_from_db()
        room -= index.seen_total or 0
        if room >= 0 and _is_due(index):
            start(profile_id)
            return


def _snapshots(fingerprint: str) -> QuerySet[Snapshot]:
    """Those of whole lists that were taken for the index."""
    return Snapshot.objects.filter(purpose=PURPOSE, key_fingerprint=fingerprint, question=None)


def _worth_it(fingerprint: str, account: Account) -> Iterator[str | None]:
    """The scopes that are kept complete: the account's, which serves all profiles where its list names them; else
    those of the profiles that people visited lately, most recent first. Of these also any that the account's list does
    not serve, because some of its rows name nobody.
    """
    yield None
    if not account.is_organization:
        return
    serves_all = store.stored(fingerprint).filter(scope=ACCOUNT, names_profiles=True).exists()
    since = datetime.now(UTC) - VISITED_WITHIN
    visits = ScopeVisit.objects.filter(visited_at__gt=since, profile_id__isnull=False).order_by("-visited_at")
    for visited in dict.fromkeys(visits.values_list("profile_id", flat=True)):
        profile = account.profile(visited) if visited is not None else None
        if profile is not None and (not serves_all or registry.current().lacks_rows(profile.id)):
            yield profile.id


def _probe(index: NumberIndex, profile_id: str | None, account: Account) -> None:
    """Learns how many contacts a scope has, and whether the account's list names profiles. Cost: one API call.

    Raises LocalRateLimited without a call, for the next round, and any other SentError for one half an hour later.
    """
    try:
        page = get_gateway().crawl_page(background_scope(profile_id), PROBE)
    except LocalRateLimited:
        raise
    except (ScopeDenied, SentError) as error:
        NumberIndex.objects.filter(pk=index.pk).update(attempted_at=datetime.now(UTC))
        if isinstance(error, SentError):
            raise
        return
    rows = rows_of_page(profile_id, page.contacts, account)
    names_profiles = index.names_profiles or (profile_id is None and names_a_profile(rows))
    NumberIndex.objects.filter(pk=index.pk).update(
        seen_total=page.pagination.possible_total, names_profiles=names_profiles
    )


def _is_due(index: NumberIndex) -> bool:
    if _was_just_attempted(index):
        return False
    if index.built_at is None:
        return True
    age = abs(datetime.now(UTC) - index.built_at)  # negative where the clock was ahead, and would be so for long
    if age >= RENEW_AFTER:
        return True
    if age < max(LEAST_AGE, index.calls * AGE_FOR_A_CALL):
        return False
    known = index.contacts + sum(index.additions.values_list("rows", flat=True))
    return index.moved or not index.whole or (index.seen_total is not None and index.seen_total != known)


def _was_just_attempted(index: NumberIndex) -> bool:
    return index.attempted_at is not None and abs(datetime.now(UTC) - index.attempted_at) < RETRY_AFTER


def _cancel_if_too_large(fingerprint: str, snapshot: Snapshot) -> None:
    found = max(snapshot.rows, snapshot.total_last or 0)
    if found > settings.NUMBER_INDEX_MOST_CONTACTS:
        snapshots.cancel(snapshot)
        index = store.get_or_create(fingerprint, scope_id(snapshot.profile_id))
        store.update(index, seen_total=found)
        log.info("number_index.too_large", extra={"profile_id": index.scope, "contacts": found})


def _at_most(rows: Iterator[Row], most: int) -> Iterator[Row]:
    """The first rows."""
    return (row for _, row in zip(range(most), rows, strict=False))
