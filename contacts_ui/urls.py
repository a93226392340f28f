"""The desk's addresses. The profile is in the path: two tabs are two profiles (architecture, decision 1)."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from .views import contact, contacts, gateway_status, preferences, profiles, session

scoped = [
    path("contacts/", contacts.contact_list, name="contact-list"),
    path("contacts/<uuid:contact_id>/", contact.contact_detail, name="contact-detail"),
    path("contacts/<uuid:contact_id>/messages/", contact.contact_messages, name="contact-messages"),
    path("contacts/<uuid:contact_id>/reveal/", contact.contact_reveal, name="contact-reveal"),
    path("profiles/", profiles.profile_list, name="profile-list"),
]

urlpatterns = [
    path("", profiles.home, name="home"),
    path("account/", include(scoped)),
    path("p/<uuid:profile_id>/", include(scoped)),
    path("gateway/", gateway_status.gateway_status, name="gateway-status"),
    path("preferences/", preferences.preferences_edit, name="preferences"),
    path("preferences/theme/", preferences.theme_edit, name="preferences-theme"),
    path("sign-in/", session.SignInView.as_view(), name="sign-in"),
    path("sign-out/", login_not_required(LogoutView.as_view()), name="sign-out"),
]
