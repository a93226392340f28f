"""Sign-in. Sign-out is Django's own view."""

from __future__ import annotations

import re

from django.contrib.auth.views import LoginView
from django.http import HttpRequest
from django.urls import reverse

# Stricter than Django's own check, which lets "//<TAB>/host" through.
_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]*", re.ASCII)


class SignInView(LoginView):
    """The sign-in page. `next` leads only to a path of this site."""

    template_name = "account/login.html"
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """The wish in `next` if it is a local path, else nothing."""
        wish = super().get_redirect_url(request) if request else super().get_redirect_url()
        leads_nowhere = wish.startswith((reverse("sign-in"), reverse("sign-out")))
        return wish if _LOCAL_PATH.fullmatch(wish) and "\\" not in wish and not leads_nowhere else ""
