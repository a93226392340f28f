"""Login required: Django's middleware, which loses no form of whoever was signed out meanwhile, and says they were.

That is known from the cookie alone: it opens no session. Who ended it, and whose it was, is kept nowhere, so the
sentence is the same for a session that was ended by an admin or elsewhere, was idle, or has never been.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from .form_again import has_secrets, offer_again
from .redirects import own_path

ENDED = "ended"  # the parameter of the sign-in page
# Forms in which somebody writes; a number that was typed stays on no page of somebody who is signed out.
WRITTEN = frozenset({"people-masking", "person-edit", "person-new", "preferences", "saved-view-edit", "saved-view-new"})


class LoginRequiredMiddleware(DjangoMiddleware):
    """A form in which somebody writes is offered again, to be sent after signing in in another tab: its CSRF token has
    been checked by then.

    Any other, and that of a script, leads to signing in and then to the page that it was on: its own address may take
    POST alone (405).
    """

    def handle_no_permission(  # type: ignore[override]  # Django promises a redirect, and needs none
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        """The form again, or the redirect to the sign-in page."""
        if request.method == "POST":
            name = request.resolver_match.view_name if request.resolver_match else ""
            if name in WRITTEN and not getattr(request, "htmx", False) and request.POST and not has_secrets(request):
                return offer_again(request, "Continue", signed_out=True)
            way = own_path(request.headers.get("Referer", "")) or reverse("home")
            return _say_ended(request, redirect_to_login(way))
        return _say_ended(request, super().handle_no_permission(request, view_func))


def _say_ended(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """The redirect, which says so when the browser's cookie opens no session."""
    if request.COOKIES.get(settings.SESSION_COOKIE_NAME) and request.session.is_empty():
        answer["Location"] += f"&{ENDED}=1"
    return answer
