"""Link sessions: for a day after a password was chosen by an admin's link, events of that person's sessions say so.

Whoever made the link may have used it. The log itself knows: that a link was made, and that a password was chosen
without being signed in. At sign-in both are looked up, and the session remembers who made the link.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from contacts_ui.models import AuditEntry
from contacts_ui.sign_in.step_up import LINK_SESSION

from .actions import AuditAction
from .people import done_to

MARKED_FOR = timedelta(days=1)


def mark_session(request: HttpRequest, user: User) -> None:
    """Marks the session that `user` begins, if they chose their password by somebody's link a day ago or less: stores
    under LINK_SESSION who made the link, and until when (ISO 8601) its events are marked.

    Cost: one query, two more within that day.
    """
    now = datetime.now(UTC)
    by_others = _about(user, AuditAction.PASSWORD_CHANGED).exclude(person_id=user.pk).filter(at__gte=now - MARKED_FOR)
    chosen_at = by_others.order_by("-at").values_list("at", flat=True).first()
    if chosen_at is None:
        return
    valid = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    # A new e-mail address counts as a link: the one that anybody can ask for is sent there.
    made = _about(user, AuditAction.PERSON_LINK_MADE) | _about(user, AuditAction.PERSON_CHANGED).filter(
        about__contains="e-mail"
    )
    made = made.filter(at__gte=chosen_at - valid, at__lte=chosen_at).exclude(person_id=user.pk)
    link = made.order_by("-at").values("person").first()
    if link is not None:
        request.session[LINK_SESSION] = [link["person"] or "a command", (chosen_at + MARKED_FOR).isoformat()]


def mark(request: HttpRequest, about: str | None) -> str | None:
    """`about` of an event of this request, whose session has LINK_SESSION, with the mark until its day is over."""
    maker, until = request.session[LINK_SESSION]
    if datetime.now(UTC) > datetime.fromisoformat(until):
        return about
    text = f"(session by a link from {maker})"
    return f"{about[: 299 - len(text)]} {text}" if about else text


def _about(user: User, action: AuditAction) -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(done_to([user.username], [action]))
