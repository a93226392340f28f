"""The audit log: who looked at what. For auditors and admins."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from contacts_ui.access import only
from contacts_ui.rendering import DeskRequest
from contacts_ui.roles import ADMIN, AUDITOR


@require_safe
@only(AUDITOR, ADMIN)
def audit_list(_request: DeskRequest) -> HttpResponse:
    """Placeholder."""
    return HttpResponse("audit")
