"""The addresses of the site: the desk's own, sign-in, and Django's admin."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# One gate for everyone: limits and second factors hold for Django's admin too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("contacts_ui.urls")),
]
