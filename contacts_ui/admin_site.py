"""Django's admin site of the desk: it signs nobody in, and opens for superusers alone.

Its own pages to sign in and to change a password know nothing of second factors and limits, and whoever may change
people there may make themselves anything.
"""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator


class DeskAdminSite(AdminSite):
    """The default site, by `apps.DeskAdminConfig`."""

    site_header = site_title = "Contact Desk: people"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # One object is deleted at a time: Django signals nobody of a bulk delete (audit/signals.py).
        self.disable_action("delete_selected")

    def has_permission(self, request: HttpRequest) -> bool:
        """For superusers. Staff alone may not: a group's admin could make themselves a superuser there."""
        user = request.user
        return user.is_active and user.is_staff and user.is_superuser

    @method_decorator((login_not_required, secure_admin_login))
    def login(self, request: HttpRequest, _extra_context: Any = None) -> HttpResponse:
        """For who is signed in already; nobody signs in here, or here as somebody else."""
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect("admin:index")

    def password_change(  # type: ignore[override]  # a redirect, not a page of its own
        self, _request: HttpRequest, _extra_context: Any = None
    ) -> HttpResponse:
        """The desk's own page, which knows of second factors and limits."""
        return redirect("account_change_password")
