"""Login required: Django's middleware, with a way back that can be opened for who was signed out and sends a form."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from .redirects import own_path


class LoginRequiredMiddleware(DjangoMiddleware):
    """After a form, signing in leads to the page that the form was on: its own address may take POST alone (405)."""

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        """The redirect to the sign-in page."""
        if request.method == "POST":
            return redirect_to_login(own_path(request.headers.get("Referer", "")) or reverse("home"))
        return super().handle_no_permission(request, view_func)
