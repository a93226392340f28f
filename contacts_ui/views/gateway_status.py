"""Gateway status view: rate limit, circuit breaker, API key, calls and number index. For admins."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from contacts_ui.access import require_role
from contacts_ui.gateway import get_gateway
from contacts_ui.number_index import index_status
from contacts_ui.roles import ADMIN
from contacts_ui.web.charts import hour_chart
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest


@require_safe
@require_role(ADMIN)
def gateway_status(request: DeskRequest) -> HttpResponse:
    """The page, or its fragment that refreshes itself. Cost: no API call, two queries for the number index."""
    desk = DeskPage(request, "gateway/status.html", "gateway/_status.html", None)
    gateway = get_gateway()
    status, account = gateway.status(), gateway.known_account
    key_place = settings.SETTING_PLACES["SENT_API_KEY"]
    chart = hour_chart(status.last_hour)
    profiles = len(account.profiles) if account else None
    return desk.response(status=status, key_place=key_place, chart=chart, index=index_status(), profile_count=profiles)
