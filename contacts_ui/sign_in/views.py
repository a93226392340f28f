"""QR code of a new authenticator app. django-allauth shows it as a `data:` URL, which our CSP forbids."""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from .allauth_compat import SECRET_SESSION_KEY


@require_safe
def totp_qr_code(request: HttpRequest) -> HttpResponse:
    """The QR code of the secret that this session is setting up; 404 without one."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(svg, content_type="image/svg+xml", headers={"Cache-Control": "private, no-store"})
