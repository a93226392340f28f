"""Gateway status views: the overview, rate limit, circuit breaker, calls and number index; as JSON too. For admins."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from contacts_ui.access import require_role
from contacts_ui.gateway import get_gateway
from contacts_ui.number_index import index_status
from contacts_ui.operations.facts import read_facts
from contacts_ui.operations.overview import overview, overview_json
from contacts_ui.roles import ADMIN
from contacts_ui.web.charts import hour_chart, trouble_chart
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest


@require_safe
@require_role(ADMIN)
def gateway_status(request: DeskRequest) -> HttpResponse:
    """The page, or its fragment that refreshes itself. Cost: no API call, eight queries, two of the number index."""
    desk = DeskPage(request, "gateway/status.html", "gateway/_status.html", None)
    facts, account = read_facts(), get_gateway().known_account
    key_place = settings.SETTING_PLACES["SENT_API_KEY"]
    hour = facts.status.last_hour
    known: dict[str, Any] = {"status": facts.status, "chart": hour_chart(hour), "trouble": trouble_chart(hour)}
    known |= {"overview": overview(facts), "index": index_status()}
    profiles = len(account.profiles) if account else None
    return desk.response(**known, key_place=key_place, profile_count=profiles)


@require_safe
@require_role(ADMIN)
def gateway_state(_request: DeskRequest) -> HttpResponse:
    """The overview as JSON, for admins; for machines see middleware/machine_pages. Cost: no API call, six queries."""
    return HttpResponse(overview_json(), content_type="application/json")
