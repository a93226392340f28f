"""What each deed is called, for people. One table: the page, its filter and the export say the same."""

from __future__ import annotations

ACTION_LABELS = {
    "contacts.listed": "Looked at the list of contacts",
    "contacts.searched": "Searched contacts",
    "contact.opened": "Opened a contact",
    "number.revealed": "Revealed a masked number",
    "messages.read": "Looked at what was sent to a contact",
    "contacts.exported": "Exported contacts",
    "profile.switched": "Switched to this profile",
    "page.denied": "Asked for a page that is not theirs",
    "sign_in": "Signed in",
    "sign_out": "Signed out",
    "second_factor.added": "Added a second factor",
    "second_factor.removed": "Removed a second factor",
    "password.changed": "Changed a password",
    "role.changed": "Changed a role",
    "profile.assignment": "Changed who has this profile",
    "person.changed": "Changed a person",
    "policy.changed": "Changed what holds for a group",
    "admin.changed": "Changed something in Django’s admin",
    "person.link_made": "Made a link to choose a password",
    "person.sessions_ended": "Ended a person’s sessions",
    "audit.read": "Read the audit log",
    "audit.exported": "Exported the audit log",
    "audit.pruned": "Deleted old rows of the audit log",
}
OUTCOMES = {"ok": "Done", "denied": "Denied", "failed": "Failed"}


def action_label(action: str) -> str:
    """The deed as a sentence; one of another version of the desk keeps its name."""
    return ACTION_LABELS.get(action, action)
