"""Audit actions: every kind of event that the audit log knows, by the name that is stored."""

from __future__ import annotations

from enum import StrEnum


class AuditAction(StrEnum):
    """The action of an event. Values are stored: renaming one needs a migration."""

    CONTACTS_LISTED = "contacts.listed"
    CONTACTS_SEARCHED = "contacts.searched"
    CONTACT_OPENED = "contact.opened"
    NUMBER_REVEALED = "number.revealed"
    MESSAGES_READ = "messages.read"
    EXPORT_ASKED = "export.asked"
    EXPORT_READY = "export.ready"
    CONTACTS_EXPORTED = "contacts.exported"  # the file was downloaded
    EXPORT_FAILED = "export.failed"
    EXPORT_CANCELLED = "export.cancelled"
    EXPORT_EXPIRED = "export.expired"
    SNAPSHOT_STARTED = "snapshot.started"
    PROFILE_SWITCHED = "profile.switched"
    VIEW_CHANGED = "view.changed"  # a saved view that others see; one's own is none of theirs
    PAGE_DENIED = "page.denied"
    NUMBER_LOOKED_UP = "number.looked_up"
    NUMBER_ALSO_IN = "number.also_in"  # shown with a contact that was opened; nobody asked
    QUOTA_EXCEEDED = "quota.exceeded"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    SECOND_FACTOR_ADDED = "second_factor.added"
    SECOND_FACTOR_REMOVED = "second_factor.removed"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105  # no password
    ROLE_CHANGED = "role.changed"
    PROFILE_ASSIGNMENT = "profile.assignment"
    PERSON_CHANGED = "person.changed"
    POLICY_CHANGED = "policy.changed"
    ADMIN_CHANGED = "admin.changed"
    PERSON_LINK_MADE = "person.link_made"
    PERSON_SESSIONS_ENDED = "person.sessions_ended"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_PRUNED = "audit.pruned"
