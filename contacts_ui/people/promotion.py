"""Promotion: whoever becomes an admin or auditor starts with a password and sessions that nobody prepared.

An admin may choose a support agent's password by a link, and keep a session of theirs. Without this both would be an
auditor's from the day of the promotion on. People of single sign-on have no password here: they come by their provider.
"""

from __future__ import annotations

from contacts_ui.sign_in.oidc import is_sso_user

from .permissions import is_promotion
from .person import Person
from .sessions import end_sessions_and_record

NEEDS_LINK = "Saved. {} is signed out everywhere and needs a new password: create a password link."


def start_anew(person: Person, role: str | None) -> bool:
    """Ends the sessions of somebody who is given the role of an admin or auditor and had neither, and takes their
    password. True when it did. Raises AuditWriteError.
    """
    user = person.user
    if not is_promotion(person.role, role) or is_sso_user(user):
        return False
    had_password = user.has_usable_password()
    end_sessions_and_record(user)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    return had_password
