"""URLs of the site: the desk with its sign-in, and Django's admin."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("contacts_ui.urls")),
]
handler500 = "contacts_ui.views.server_error.server_error"
