"""How the gateway stands: calls left, what it did in the last hour, whether the API answers. For admins."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from contacts_ui.access import only
from contacts_ui.gateway import gateway
from contacts_ui.roles import ADMIN
from contacts_ui.web.charts import hour_chart
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest


@require_safe
@only(ADMIN)
def gateway_status(request: DeskRequest) -> HttpResponse:
    """The page, or the part of it that refreshes. Cost: none."""
    desk = DeskPage(request, "gateway/status.html", "gateway/_status.html", None)
    report = gateway().report()
    return desk.response(report=report, chart=hour_chart(report.hour))
