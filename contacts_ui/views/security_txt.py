"""security.txt (RFC 9116): whom to tell about a vulnerability of this installation. For everybody, signed in or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

VALID_DAYS = 30  # whoever keeps a copy asks again after these; it never expires here, because it is made on request


@require_safe
@login_not_required
def security_txt(_request: HttpRequest) -> HttpResponse:
    """The contacts in SECURITY_CONTACT; 404 without any: the RFC demands one, and an invented one would lose reports.
    Cost: no API call, no query.
    """
    if not settings.SECURITY_CONTACT:
        raise Http404
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {contact}" for contact in settings.SECURITY_CONTACT]
    lines.append(f"Expires: {midnight + timedelta(days=VALID_DAYS):%Y-%m-%dT%H:%M:%SZ}")
    lines += ["Preferred-Languages: en", f"Canonical: {settings.SITE_URL}{reverse('security-txt')}"]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
