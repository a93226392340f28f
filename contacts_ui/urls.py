"""URLs of the desk. The profile is in the path, so two tabs can show two profiles (architecture, decision 1)."""

from __future__ import annotations

from django.urls import include, path

from .views import (
    audit_log,
    command_list,
    export_file,
    exports,
    gateway_status,
    number_lookup,
    people,
    people_profiles,
    preferences,
    saved_views,
    security_txt,
    suggestions,
)
from .views import contact_detail as contact
from .views import contact_list as contacts
from .views import profile_switcher as profiles

scoped = [
    path("contacts/", contacts.contact_list, name="contact-list"),
    path("contacts/export/", exports.export_new, name="export-new"),
    path("contacts/<uuid:contact_id>/", contact.contact_detail, name="contact-detail"),
    path("contacts/<uuid:contact_id>/messages/", contact.contact_messages, name="contact-messages"),
    path("contacts/<uuid:contact_id>/reveal/", contact.contact_reveal, name="contact-reveal"),
    path("profiles/", profiles.profile_list, name="profile-list"),
    path("profiles/pin/", profiles.profile_pin, name="profile-pin"),
    path("views/", saved_views.saved_view_list, name="saved-view-list"),
    path("views/new/", saved_views.saved_view_new, name="saved-view-new"),
    path("views/<int:view_id>/", saved_views.saved_view_edit, name="saved-view-edit"),
    path("views/<int:view_id>/delete/", saved_views.saved_view_delete, name="saved-view-delete"),
    path("views/<int:view_id>/default/", saved_views.saved_view_default, name="saved-view-default"),
    path("go/", command_list.command_list, name="command-list"),
]

urlpatterns = [
    path("", profiles.home, name="home"),
    path("account/", include(scoped)),
    path("p/<uuid:profile_id>/", include(scoped)),
    path(".well-known/security.txt", security_txt.security_txt, name="security-txt"),
    path("go/", command_list.command_list_anywhere, name="command-list-anywhere"),
    path("gateway/", gateway_status.gateway_status, name="gateway-status"),
    path("gateway/state/", gateway_status.gateway_state, name="gateway-state"),
    path("lookup/", number_lookup.number_lookup, name="number-lookup"),
    path("lookup/<uuid:lookup_id>/", number_lookup.number_lookup_progress, name="number-lookup-progress"),
    path("exports/", exports.export_list, name="export-list"),
    path("exports/<uuid:export_id>/", exports.export_detail, name="export-detail"),
    path("exports/<uuid:export_id>/mark/", exports.export_mark, name="export-mark"),
    path("exports/<uuid:export_id>/file/", export_file.export_file, name="export-file"),
    path("people/", people.people_list, name="people-list"),
    path("people/new/", people.person_new, name="person-new"),
    path("people/profiles/", people_profiles.people_profiles, name="people-profiles"),
    path("people/profiles/<uuid:listed_id>/", people_profiles.people_profile, name="people-profile"),
    path("people/masking/", people_profiles.people_masking, name="people-masking"),
    path("people/<int:person_id>/", people.person_edit, name="person-edit"),
    path("people/<int:person_id>/do/", people.person_action, name="person-do"),
    path("people/<int:person_id>/link/", people.person_link, name="person-link"),
    path("audit/", audit_log.audit_list, name="audit-list"),
    path("audit/export/", audit_log.audit_export, name="audit-export"),
    path("suggestions/", suggestions.suggestion_list, name="suggestion-list"),
    path("preferences/", preferences.preferences_edit, name="preferences"),
    path("preferences/steps/", preferences.steps_dismiss, name="preferences-steps"),
    path("preferences/theme/", preferences.theme_edit, name="preferences-theme"),
    path("", include("contacts_ui.sign_in.urls")),
]
