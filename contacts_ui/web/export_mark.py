"""Export mark: what the header of a page says of an export that is under way elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Case, Q, When

from contacts_ui.exports import service
from contacts_ui.exports.service import Progress
from contacts_ui.models import UNFINISHED_EXPORTS, Export
from contacts_ui.principal import principal_of
from contacts_ui.roles import ADMIN, EXPORTER


@dataclass(frozen=True, slots=True)
class ExportMark:
    """There are exports that the person may see; of theirs one is unfinished, or has just ended (`progress`)."""

    export_id: UUID | None = None
    progress: Progress | None = None

    @property
    def percent(self) -> int:
        """How much of it is done, rounded down: 100 is said of a file that is there."""
        return int((self.progress.share if self.progress else 0) * 100)


def export_mark(user: User, role: str | None) -> ExportMark | None:
    """The mark of a person's oldest unfinished export, an empty one where there are only others, None without any.

    Cost: none for people who do not export, nor where there is no export at all; else one query, another one while an
    export is under way.
    """
    principal = principal_of(user)
    if role not in {ADMIN, EXPORTER} or (principal and not principal.any_exports):
        return None
    seen = Export.objects.all() if role == ADMIN else Export.objects.filter(person=user)
    is_marked = Q(person=user, state__in=UNFINISHED_EXPORTS)
    first = seen.select_related("snapshot").order_by(Case(When(is_marked, then=0), default=1), "created_at").first()
    if first is None:
        return None
    return mark_of(first) if first.is_unfinished and first.person_id == user.pk else ExportMark()


def mark_of(export: Export) -> ExportMark:
    """The mark of this export. Cost: one query."""
    return ExportMark(export.pk, service.progress(export))
