"""Login required: Django's middleware, which loses no form of whoever was signed out meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from .form_again import has_secrets, offer_again
from .redirects import own_path

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
            return redirect_to_login(own_path(request.headers.get("Referer", "")) or reverse("home"))
        return super().handle_no_permission(request, view_func)
