"""Password links: an admin makes one for a person to set a password. Shown once, stored nowhere."""

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

from .permissions import NotAllowed, check_may_change, is_self, people_lock
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
    """A link. `mailed`: whether it was also sent to the person, None when not tried. `repr` omits `url`, for logs."""

    person: Person
    url: str = field(repr=False)
    mailed: bool | None = None

    @property
    def hours(self) -> int:
        """Hours for which it is valid."""
        return int(settings.PASSWORD_RESET_TIMEOUT // 3600)


def issue_for_user(actor: User, person_id: int) -> PasswordLink:
    """A link for somebody whose password is lost. Raises NotAllowed, Http404, AuditWriteError."""
    with people_lock(actor):
        person = get_person(person_id)
        check_may_change(actor, person)
        if is_self(actor, person):
            raise NotAllowed("You change your own password under “Sign-in and security”.")
        if is_sso_user(person.user):
            raise NotAllowed(f"{person.name} signs in with {settings.OIDC_NAME}, and has no password here.")
        if not person.user.is_active:
            raise NotAllowed(f"{person.name} is switched off. Switch them on first.")
        link = create(person, actor)
    return send(link)


def create(person: Person, maker: User | None = None) -> PasswordLink:
    """Makes and audits a link. Valid until the password changes, and for PASSWORD_RESET_TIMEOUT seconds at most.

    The link names its maker, None for a command on the server: the audit row of the new password says who it was.
    """
    user = person.user
    token = make_token(user, maker.pk if maker else ON_THE_SERVER)
    key = {"uidb36": user_pk_to_url_str(user), "key": token}
    audit.append_now(audit.AuditEvent(audit.AuditAction.PERSON_LINK_MADE, about=user.username))
    return PasswordLink(person, settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key))


def send(link: PasswordLink) -> PasswordLink:
    """Mails the link to its person where the desk sends mail and has an address. Call it outside every transaction."""
    user = link.person.user
    if not settings.EMAIL_URL or not user.email:
        return link
    text = _MAIL.format(name=link.person.name, hours=link.hours, url=link.url, username=user.username)
    try:
        send_mail(_SUBJECT, text, None, [user.email])
    except OSError as error:  # every failure of a mail server; its text may contain the address
        log.warning("desk.people.mail_failed", extra={"error": type(error).__name__})
        return PasswordLink(link.person, link.url, mailed=False)
    return PasswordLink(link.person, link.url, mailed=True)
