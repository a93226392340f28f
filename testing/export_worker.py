"""Worker of exports for tests: as testing.worker, which see; files are written in small batches and blocks.

Usage, with the environment of a desk: python -m testing.export_worker --silent SECONDS [--start] [--die-at LINE]
[--until-finished] [--again]. --start asks for an Excel file of the account's list. --until-finished prints the state of
the newest export and the SHA-256 of its file. --again exports the same once more, with its times, and prints that hash.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import django

from testing.worker import death_at

if TYPE_CHECKING:
    from contacts_ui.models import Export

FOLDERS = ("contacts_ui/snapshots/", "contacts_ui/exports/")
ROW_BY_ROW = ("columns.py", "xlsx_cells.py", "csv_file.py", "rows.py")  # thousands of lines without a write


def main() -> None:
    """Runs until SIGTERM, its last line, or the end of the last export."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--silent", type=float, required=True)
    parser.add_argument("--start", action="store_true")
    parser.add_argument("--die-at", type=int)
    parser.add_argument("--until-finished", action="store_true")
    parser.add_argument("--again", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testing.desk_settings")
    django.setup()
    from contacts_ui import snapshots  # noqa: PLC0415 - after setup
    from contacts_ui.exports import blocks  # noqa: PLC0415
    from contacts_ui.management.commands import desk_worker  # noqa: PLC0415
    from contacts_ui.models import UNFINISHED_EXPORTS, Export  # noqa: PLC0415
    from contacts_ui.snapshots import lease, parts  # noqa: PLC0415

    def stop_when_finished() -> None:
        if not Export.objects.filter(state__in=UNFINISHED_EXPORTS).exists():
            snapshots.STOP.set()

    lease.SILENT, lease.DEADLINE_MARGIN = timedelta(seconds=options.silent), -1000.0
    parts.AT_ONCE = 2
    blocks.BLOCK_BYTES = 5000
    desk_worker.PERIOD, desk_worker.INTERVAL = min(1.0, options.silent / 4), 0.1
    signal.signal(signal.SIGTERM, lambda *_: snapshots.STOP.set())
    if options.again:
        _ask_again(Export.objects.latest("created_at"))
    elif options.start:
        _ask()
    if options.until_finished or options.again:
        desk_worker.PERIODIC = (*desk_worker.PERIODIC, stop_when_finished)
    if options.die_at:
        sys.settrace(death_at(options.die_at, FOLDERS, ROW_BY_ROW))
    desk_worker.work(os.getppid())
    if options.until_finished or options.again:
        newest = Export.objects.latest("started_at")
        sys.stdout.write(f"{newest.state} {newest.sha256} {newest.whole}\n")


def _ask() -> Export:
    from django.contrib.auth.models import User  # noqa: PLC0415 - after setup

    from contacts_ui.access import background_scope  # noqa: PLC0415
    from contacts_ui.contacts.filters import parse_filters  # noqa: PLC0415
    from contacts_ui.exports import service  # noqa: PLC0415

    person, _ = User.objects.get_or_create(username="admin", defaults={"is_superuser": True})
    columns = [name for name, _title in service.COLUMNS]
    query = parse_filters("/account/contacts/", {})
    return service.request_export(person, background_scope(None), query, file_format="xlsx", columns=columns)


def _ask_again(first: Export) -> None:
    """The same export with the same times: whoever writes it in one go has the same bytes."""
    from contacts_ui.exports import writing  # noqa: PLC0415 - after setup
    from contacts_ui.models import Export, Snapshot  # noqa: PLC0415

    second, finished_at = _ask(), first.snapshot.finished_at if first.snapshot else None
    Export.objects.filter(pk=second.pk).update(created_at=first.created_at)
    plain = writing.run

    def run(export_id: UUID) -> datetime | None:
        Snapshot.objects.filter(exports=second).update(finished_at=finished_at)
        return plain(export_id)

    writing.run = run


if __name__ == "__main__":
    main()
