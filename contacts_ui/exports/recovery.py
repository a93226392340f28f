"""Sweep: what has been silent goes back into the queue; what is over, or not its person's any more, is deleted.

At any worker's start and every 30 seconds, by any number of workers at once.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.db.models import Q

from contacts_ui.models import UNFINISHED, UNFINISHED_EXPORTS, Export, ExportState
from contacts_ui.sent_api.errors import SentError
from contacts_ui.snapshots.lease import LONGEST_WAIT

from . import lifecycle
from .rights import person_of, rights_of
from .tasks import enqueue, queued_ids

log = logging.getLogger(__name__)


def sweep() -> None:
    """One round. Cost: five queries, and four for each file that can be downloaded."""
    lifecycle.expire_due()
    _withdraw()
    _enqueue_silent()


def _withdraw() -> None:
    """Files whose person lost the role or the profile go within a round, also when nobody asks for them."""
    is_away = False
    for export in Export.objects.filter(state=ExportState.READY):
        if is_away and person_of(export) is not None:
            continue
        try:
            rights = rights_of(export, in_background=True)
        except SentError:
            is_away = True  # whose profiles they are is asked again at the download; whose role is gone is known here
            continue
        if rights is None or (rights.mask_forced and not export.masked):
            lifecycle.withdraw(export)


def _enqueue_silent() -> None:
    now = datetime.now(UTC)
    writing = Q(state=ExportState.WRITING) & (Q(lease_until__lte=now) | Q(lease_until__gt=now + LONGEST_WAIT))
    read = ~Q(state=ExportState.WRITING) & (Q(snapshot=None) | ~Q(snapshot__state__in=UNFINISHED))
    silent = list(Export.objects.filter(writing | read, state__in=UNFINISHED_EXPORTS))
    queued = queued_ids() if silent else set()
    for export in silent:
        if str(export.pk) not in queued:
            log.warning("export.requeued", extra=lifecycle.log_fields(export))
            enqueue(export)
