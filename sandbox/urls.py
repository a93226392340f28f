"""URL routes of the imitated API and of the control API. The route names are those a fault may have."""

from __future__ import annotations

from django.urls import path

from . import control_api, views

urlpatterns = [
    path("v3/contacts", views.contacts, name="contacts"),
    path("v3/contacts/<str:contact_id>", views.contact, name="contact"),
    path("v3/contacts/<str:contact_id>/message-summary", views.message_summary, name="message-summary"),
    path("v3/me", views.me, name="me"),
    path("_sandbox/health", control_api.health),
    path("_sandbox/requests", control_api.requests),
    path("_sandbox/faults", control_api.faults),
    path("_sandbox/memory", control_api.memory),
    path("_sandbox/churn", control_api.churn),
    path("_sandbox/held", control_api.held),
    path("_sandbox/limits", control_api.limits),
    path("_sandbox/contacts", control_api.contacts),
    path("_sandbox/profiles", control_api.profiles),
]

handler404 = views.not_found
handler500 = views.server_error
