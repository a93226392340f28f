"""Helpers of the snapshot tests: what the API has, what a snapshot holds, and a runner that is called at once."""

from __future__ import annotations

from contacts_ui import snapshots
from contacts_ui.models import Snapshot
from contacts_ui.sent_api.types import Contact


def rows_of(snapshot: Snapshot) -> list[Contact]:
    """All contacts of a snapshot, in the order of its parts."""
    return [contact for part in snapshots.contacts_of(snapshot) for contact in part]


def ids_of(snapshot: Snapshot) -> list[str]:
    """The ids of its contacts, sorted."""
    return sorted(str(contact.id) for contact in rows_of(snapshot))


def again(snapshot: Snapshot) -> Snapshot:
    """The row as it is in the database now."""
    return Snapshot.objects.get(pk=snapshot.pk)
