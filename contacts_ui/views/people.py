"""People: who may come in, in which role, with which profiles. For admins."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from contacts_ui.access import only
from contacts_ui.rendering import DeskRequest
from contacts_ui.roles import ADMIN


@require_safe
@only(ADMIN)
def people_list(_request: DeskRequest) -> HttpResponse:
    """Placeholder."""
    return HttpResponse("people")
