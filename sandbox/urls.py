"""Paths of the imitated API, and of the control plane beside it. The names are the routes of faults."""

from __future__ import annotations

from django.urls import path

from . import control_api as control
from . import views

urlpatterns = [
    path("v3/contacts", views.contacts, name="contacts"),
    path("v3/contacts/<str:contact_id>", views.contact, name="contact"),
    path("v3/contacts/<str:contact_id>/message-summary", views.message_summary, name="message-summary"),
    path("v3/me", views.me, name="me"),
    path("_sandbox/health", control.health),
    path("_sandbox/requests", control.requests),
    path("_sandbox/faults", control.faults),
    path("_sandbox/memory", control.memory),
    path("_sandbox/held", control.held),
    path("_sandbox/limits", control.limits),
    path("_sandbox/contacts", control.contacts),
    path("_sandbox/profiles", control.profiles),
]

handler404 = views.unknown_path
handler500 = views.broken
