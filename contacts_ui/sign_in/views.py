"""The picture that an authenticator app scans. django-allauth has it as a `data:` address, which our policy forbids."""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from .allauth_compat import SECRET_SESSION_KEY


@require_safe
def totp_qr_code(request: HttpRequest) -> HttpResponse:
    """What an authenticator app scans, for somebody who is adding one just now; 404 for all others."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(picture, content_type="image/svg+xml", headers={"Cache-Control": "private, no-store"})
