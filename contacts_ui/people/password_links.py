"""Password links: an admin makes one for a person to set a password. Used once, stored nowhere.

Where the desk sends mail, the link goes to the person alone: whoever sees it can become them. Without mail an admin
hands it over; one for an admin or auditor only a superuser makes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.urls import reverse

from contacts_ui import audit
from contacts_ui.sign_in.oidc import is_sso_user
from contacts_ui.sign_in.password_tokens import ON_THE_SERVER, make_token

from .permissions import GUARDED, NotAllowed, check_may_change, is_self, people_lock
from .person import Person, get_person

log = logging.getLogger(__name__)

_SUBJECT = "Contact Desk: choose your password"
_MAIL = """Hello {name},

an admin of Contact Desk made this link for you. Open it to choose a password. It works once, for {hours} hours.

{url}

Your user name is {username}.
"""


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """A link as the admin's page shows it. `url` is None where it was mailed, and `mailed` says whether that worked.

    `repr` omits `url`, for logs.
    """

    person: Person
    url: str | None = field(repr=False)
    mailed: bool = False

    @property
    def hours(self) -> int:
        """Hours for which it is valid."""
        return int(settings.PASSWORD_RESET_TIMEOUT // 3600)


def issue_for_user(actor: User, person_id: int) -> PasswordLink:
    """A link for somebody whose password is lost. Raises NotAllowed, Http404, AuditWriteError."""
    with people_lock(actor):
        person = get_person(person_id)
        check_may_change(actor, person)
        _check_may_link(actor, person)
        link = create(person, actor)
    return deliver(link)


def _check_may_link(actor: User, person: Person) -> None:
    if is_self(actor, person):
        raise NotAllowed("Change your own password under “Sign-in and security”.")
    if is_sso_user(person.user):
        raise NotAllowed(f"{person.name} signs in with {settings.OIDC_NAME} and has no password here.")
    if not person.user.is_active:
        raise NotAllowed(f"{person.name} is deactivated. Reactivate them first.")
    if settings.EMAIL_URL and not person.user.email:
        raise NotAllowed(f"{person.name} has no e-mail address. Add one first: the link is sent there.")
    if not settings.EMAIL_URL and person.role in GUARDED and not actor.is_superuser:
        raise NotAllowed("Only a superuser can create a link for an admin or auditor, because the desk sends no email.")


def create(person: Person, maker: User | None = None) -> PasswordLink:
    """Makes and audits a link. Valid until the password changes, and for PASSWORD_RESET_TIMEOUT seconds at most.

    The link names its maker, None for a command on the server: the audit row of the new password says who it was.
    """
    user = person.user
    token = make_token(user, maker.pk if maker else ON_THE_SERVER)
    key = {"uidb36": user_pk_to_url_str(user), "key": token}
    audit.append_now(audit.AuditEvent(audit.AuditAction.PERSON_LINK_MADE, about=user.username))
    return PasswordLink(person, settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key))


def deliver(link: PasswordLink) -> PasswordLink:
    """Mails the link to its person where the desk sends mail; it is without its URL then, whether that worked or not.

    Call it outside every transaction.
    """
    if not settings.EMAIL_URL:
        return link
    user = link.person.user
    text = _MAIL.format(name=link.person.name, hours=link.hours, url=link.url, username=user.username)
    try:
        send_mail(_SUBJECT, text, None, [user.email])
    except OSError as error:  # every failure of a mail server; its text may contain the address
        log.warning("desk.people.mail_failed", extra={"error": type(error).__name__})
        return PasswordLink(link.person, None, mailed=False)
    return PasswordLink(link.person, None, mailed=True)
