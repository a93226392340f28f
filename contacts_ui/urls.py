"""The desk's addresses. The profile is in the path: two tabs are two profiles (architecture, decision 1)."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from .views import contacts, health, profiles, session

scoped = [
    path("contacts/", contacts.contact_list, name="contact-list"),
    path("contacts/<uuid:contact_id>/", contacts.contact_detail, name="contact-detail"),
    path("profiles/", profiles.profile_list, name="profile-list"),
]

urlpatterns = [
    path("", profiles.home, name="home"),
    path("account/", include(scoped)),
    path("p/<uuid:profile_id>/", include(scoped)),
    path("sign-in/", session.SignInView.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
