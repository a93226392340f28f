"""Audit labels: each action and outcome in words, the same on the page, in its filter and in the CSV."""

from __future__ import annotations

import re

from .actions import AuditAction

ACTION_LABELS: dict[str, str] = {
    AuditAction.CONTACTS_LISTED: "Viewed the contact list",
    AuditAction.CONTACTS_SEARCHED: "Searched contacts",
    AuditAction.CONTACT_OPENED: "Opened a contact",
    AuditAction.NUMBER_REVEALED: "Revealed a masked number",
    AuditAction.MESSAGES_READ: "Viewed message history",
    AuditAction.EXPORT_ASKED: "Asked for an export",
    AuditAction.EXPORT_READY: "Export finished",
    AuditAction.CONTACTS_EXPORTED: "Downloaded an export",
    AuditAction.EXPORT_FAILED: "Export failed",
    AuditAction.EXPORT_CANCELLED: "Export cancelled",
    AuditAction.EXPORT_EXPIRED: "Export expired",
    AuditAction.SNAPSHOT_STARTED: "Started a copy of contacts",
    AuditAction.PROFILE_SWITCHED: "Switched to this profile",
    AuditAction.VIEW_CHANGED: "Changed a shared view",
    AuditAction.PAGE_DENIED: "Access denied",
    AuditAction.NUMBER_LOOKED_UP: "Looked up a number",
    AuditAction.NUMBER_ALSO_IN: "Saw “Also in” of a contact",
    AuditAction.QUOTA_EXCEEDED: "Reached the hourly limit",
    AuditAction.SIGN_IN: "Signed in",
    AuditAction.SIGN_OUT: "Signed out",
    AuditAction.SECOND_FACTOR_ADDED: "Added a second factor",
    AuditAction.SECOND_FACTOR_REMOVED: "Removed a second factor",
    AuditAction.PASSWORD_CHANGED: "Changed a password",
    AuditAction.ROLE_CHANGED: "Changed a role",
    AuditAction.PROFILE_ASSIGNMENT: "Changed profile access",
    AuditAction.PERSON_CHANGED: "Changed a person",
    AuditAction.POLICY_CHANGED: "Changed masking",
    AuditAction.ADMIN_CHANGED: "Changed data in Django’s admin",
    AuditAction.PERSON_LINK_MADE: "Created a password link",
    AuditAction.PERSON_SESSIONS_ENDED: "Ended a person’s sessions",
    AuditAction.AUDIT_READ: "Viewed the audit log",
    AuditAction.AUDIT_EXPORTED: "Exported the audit log",
    AuditAction.AUDIT_PRUNED: "Deleted old entries",
}
# What was only tried: a wrong password is not "Signed in".
TRIED_LABELS: dict[str, str] = {
    AuditAction.CONTACTS_LISTED: "Tried to view the contact list",
    AuditAction.CONTACTS_SEARCHED: "Tried to search contacts",
    AuditAction.CONTACT_OPENED: "Tried to open a contact",
    AuditAction.NUMBER_REVEALED: "Tried to reveal a number",
    AuditAction.MESSAGES_READ: "Tried to view message history",
    AuditAction.EXPORT_ASKED: "Tried to export contacts",
    AuditAction.CONTACTS_EXPORTED: "Tried to download an export",
    AuditAction.PROFILE_SWITCHED: "Tried to switch profile",
    AuditAction.NUMBER_LOOKED_UP: "Tried to look up a number",
    AuditAction.SIGN_IN: "Failed to sign in",
    AuditAction.AUDIT_READ: "Tried to view the audit log",
    AuditAction.AUDIT_EXPORTED: "Tried to export the audit log",
}
# What the CSV calls by a name of its own, as the filter does: what was only tried of an action.
TRIED_CHOICES: dict[str, AuditAction] = {"sign_in.failed": AuditAction.SIGN_IN}
# Pages by URL name, as their links call them: what somebody was denied.
PAGES: dict[str, str] = {
    "people-list": "People",
    "people-profiles": "Profiles",
    "people-profile": "Profiles",
    "people-masking": "Masking",
    "person-new": "Add a person",
    "person-edit": "A person’s page",
    "person-do": "A person’s page",
    "person-link": "A person’s page",
    "gateway-status": "Status",
    "gateway-state": "Status as JSON",
    "profile-list": "Switch profile",
    "export-new": "Export contacts",
    "export-list": "Exports",
    "export-detail": "An export’s page",
    "export-mark": "An export’s page",
    "export-file": "An export’s file",
    "home": "Start page",
    "security-txt": "Security contact",
    "command-list": "Go to",
    "command-list-anywhere": "Go to",
    "contact-list": "Contacts",
    "contact-detail": "A contact’s page",
    "contact-messages": "A contact’s messages",
    "contact-reveal": "A contact’s number",
    "profile-pin": "Switch profile",
    "saved-view-list": "Saved views",
    "saved-view-new": "Saved views",
    "saved-view-edit": "A saved view",
    "saved-view-delete": "A saved view",
    "saved-view-default": "A saved view",
    "number-lookup": "Find a number",
    "number-lookup-progress": "Find a number",
    "audit-list": "Audit log",
    "audit-export": "Audit log as CSV",
    "suggestion-list": "Suggestions of names",
    "preferences": "Preferences",
    "preferences-steps": "Preferences",
    "preferences-theme": "Preferences",
}
_OWN_ACCOUNT = ("account_", "mfa_", "usersessions_", "openid_", "socialaccount_", "sso-", "step-up-", "totp-")
LIST_LOOKUP = "Looked up a list"  # the events of one pasted list
NUMBER_FOUND = "Found the number in a profile"  # the event of a profile that has it
OUTCOMES = {"ok": "Done", "denied": "Denied", "failed": "Failed"}


def about_label(action: str, about: str | None) -> str | None:
    """What an event is about, in words; a page by its title. The mark of a link session stays."""
    if action != AuditAction.PAGE_DENIED or not about:
        return about
    name, space, mark = about.partition(" ")
    return f"{_page(name)}{space}{mark}"


def _page(name: str) -> str:
    """The page of a URL name, in words also for one of another version, and of Django's admin."""
    if name.startswith(_OWN_ACCOUNT):
        return "Sign-in and security"
    return PAGES.get(name) or re.sub("[-_]+", " ", name).capitalize()


def stored_name(action: str, outcome: str) -> str:
    """The action in the CSV, as it is stored: its outcome stands beside it. A failed sign-in has a name of its own."""
    tried = (name for name, of in TRIED_CHOICES.items() if of == action and outcome != "ok")
    return next(tried, action)
