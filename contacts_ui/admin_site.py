"""Django's admin behind the gate that is everyone's, and for superusers alone.

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


def guard(site: AdminSite) -> None:
    """Closes its own ways in. One thing is deleted at a time, since Django tells nobody of many (audit/signals.py)."""
    site.has_permission = may_enter  # type: ignore[method-assign]
    site.login = secure_admin_login(_login)  # type: ignore[method-assign]
    site.password_change = _own_password  # type: ignore[method-assign, assignment]
    site.disable_action("delete_selected")


def may_enter(request: HttpRequest) -> bool:
    """Whether Django's admin opens. Staff alone may not: a group's admin could make themselves a superuser there."""
    user = request.user
    return user.is_active and user.is_staff and user.is_superuser


@login_not_required
def _login(request: HttpRequest, _extra_context: Any = None) -> HttpResponse:
    """For who is signed in already; nobody signs in here, or here as somebody else."""
    if not may_enter(request):
        raise PermissionDenied
    return redirect("admin:index")


def _own_password(_request: HttpRequest, _extra_context: Any = None) -> HttpResponse:
    return redirect("account_change_password")
