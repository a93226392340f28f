"""Second factors of other people: deleted on the People page or in Django's admin, with the same audit rows."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_removed
from django.http import HttpRequest

from .sessions import end_sessions_and_record


def delete_factor(request: HttpRequest, factor: Authenticator) -> None:
    """Deletes one factor; the signal is audited. Raises AuditWriteError."""
    factor.delete()
    authenticator_removed.send(sender=Authenticator, request=request, user=factor.user, authenticator=factor)


def remove_factor(request: HttpRequest, factor: Authenticator) -> None:
    """Deletes one factor and ends the sessions of its owner, which it may have opened. Raises AuditWriteError."""
    delete_factor(request, factor)
    end_sessions_and_record(factor.user)
