"""URL configuration: the admin, and the plain view of page_cost."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from .views import contacts

urlpatterns = [
    path("admin/", admin.site.urls),
    path("p/<profile>/contacts/", contacts),
    path("p/<profile>/contacts/<contact>/", contacts, name="contact"),  # only reversed
]
