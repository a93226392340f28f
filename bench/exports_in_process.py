"""Steps of the exports benchmark, each run by `manage.py shell` in a process of its own."""

from __future__ import annotations

import resource
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Length

from contacts_ui.access import background_scope
from contacts_ui.contacts.filters import parse_filters
from contacts_ui.exports import reading, service
from contacts_ui.exports.details import Details, make_key, seal_details
from contacts_ui.gateway import get_gateway
from contacts_ui.models import Export, ExportPart, Snapshot, SnapshotPart, SnapshotState
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact
from contacts_ui.snapshots import parts

PAGE = 100  # contacts
PAGES_A_TRANSACTION = 200


def fill(contacts: int, file_format: str) -> None:
    """Stores a finished snapshot of so many contacts and an export of it, in place of what is there."""
    Export.objects.all().delete()
    Snapshot.objects.all().delete()
    person, _ = User.objects.get_or_create(username="bench", is_superuser=True)
    known = get_gateway().crawl_page(background_scope(None), ContactQuery(page=1, page_size=PAGE)).contacts
    now, pages = datetime.now(UTC), -(-contacts // PAGE)
    snapshot = Snapshot(
        purpose="export", key_fingerprint=get_gateway().api_key_fingerprint, state=SnapshotState.FINISHED,
        created_at=now, finished_at=now, expires_at=now + timedelta(hours=24), rows=pages * PAGE, whole=True,
        pages=pages, calls=pages, total_first=pages * PAGE, total_last=pages * PAGE,
    )  # fmt: skip
    sealer = parts.make_key(snapshot)
    snapshot.save(force_insert=True)
    for start in range(1, pages + 1, PAGES_A_TRANSACTION):
        numbers = range(start, min(pages + 1, start + PAGES_A_TRANSACTION))
        sealed = ((n, parts.seal_part(sealer, snapshot, n, parts.Part(1, _others(known, n)))[0]) for n in numbers)
        with transaction.atomic():
            SnapshotPart.objects.bulk_create(
                SnapshotPart(snapshot=snapshot, number=n, sealed=each) for n, each in sealed
            )
    export = Export(
        person=person, person_name="bench", scope_title="Bench", kind="list", format=file_format, snapshot=snapshot,
        key_fingerprint=snapshot.key_fingerprint, created_at=now, expires_at=now + timedelta(hours=24),
    )  # fmt: skip
    own = make_key(export)
    columns = tuple(name for name, _title in service.COLUMNS)
    export.details = seal_details(own, export, Details((), columns))
    export.save(force_insert=True)


def _others(known: tuple[Contact, ...], page: int) -> tuple[Contact, ...]:
    """These contacts with other ids and other last digits."""
    end = f"{page % 10000:04d}"

    def changed(text: str | None) -> str | None:
        return text and text[:-4] + end

    return tuple(
        msgspec.structs.replace(
            contact,
            id=UUID(int=contact.id.int ^ page << 40),
            phone_number=changed(contact.phone_number),
            format_e164=changed(contact.format_e164),
            format_international=changed(contact.format_international),
            format_national=changed(contact.format_national),
            format_rfc=changed(contact.format_rfc),
        )
        for contact in known
    )


def write() -> None:
    """Writes the file as a worker does; prints CPU seconds, seconds, MB of memory, of the file and of its blocks."""
    export, started = Export.objects.get(), time.monotonic()
    before = _cpu()
    while reading.take_further(export.pk) is not None:
        pass
    cpu, seconds = _cpu() - before, time.monotonic() - started
    export.refresh_from_db()
    if export.size is None:
        raise RuntimeError(f"{export.state}: {export.error}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    stored = ExportPart.objects.aggregate(bytes=Sum(Length("sealed")))["bytes"]
    print(cpu, seconds, memory, export.size / 1e6, stored / 1e6)


def download() -> None:
    """Downloads the file; prints the seconds to its first byte, and to its last."""
    export, started, first, size = Export.objects.get(), time.monotonic(), 0.0, 0
    person = User.objects.get(username="bench")
    opened = service.open_download(person, export)
    for chunk in opened.chunks:
        first = first or time.monotonic() - started
        size += len(chunk)
    if size != export.size:
        raise RuntimeError("not all of it came")
    print(first, time.monotonic() - started)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def start_three() -> None:
    """Three exports of the account's list, by three people, for the worker."""
    for number in range(3):
        person = User.objects.create_superuser(f"bench{number}", password=str(uuid4()))
        scope = background_scope(None)
        query = parse_filters("/account/contacts/", {})
        service.request_export(person, scope, query, file_format="csv", columns=[])
