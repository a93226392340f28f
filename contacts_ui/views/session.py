"""Sign-in. Sign-out is Django's own view."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.http import HttpRequest
from django.urls import reverse

from contacts_ui.local_path import local_path


class SignInView(LoginView):
    """The sign-in page. `next` leads only to a path of this site."""

    template_name = "account/login.html"
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """The wish in `next` if it is a local path, else nothing."""
        wish = super().get_redirect_url(request) if request else super().get_redirect_url()
        leads_nowhere = wish.startswith((reverse("sign-in"), reverse("sign-out")))
        return "" if leads_nowhere else local_path(wish) or ""
