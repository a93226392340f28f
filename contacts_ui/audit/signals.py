"""Audit signals: receivers for sign-in, second factors, roles, assignments and people, wherever they change."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from allauth.account import signals as account_signals
from allauth.mfa import signals as mfa_signals
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from contacts_ui.gateway.lifetime import count
from contacts_ui.models import GroupPolicy, ProfileAccess
from contacts_ui.roles import role_change_in_progress, role_changed
from contacts_ui.sign_in.password_tokens import ON_THE_SERVER, maker_of, token_of

from .actions import AuditAction
from .link_sessions import mark_session
from .log import AuditEvent, AuditWriteError
from .recorder import append_now


@receiver(user_logged_in)
def on_login(request: HttpRequest, user: User, **_: Any) -> None:
    mark_session(request, user)
    try:
        append_now(AuditEvent(AuditAction.SIGN_IN, person_id=user.pk, person=user.username), request)
        count("sign_in_ok")
    except AuditWriteError:
        request.session.flush()  # nobody stays signed in whose sign-in is not recorded
        request.user = AnonymousUser()
        raise


@receiver(user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is None:
        return
    with suppress(AuditWriteError):  # the process log has the failure; signing out must always work
        append_now(AuditEvent(AuditAction.SIGN_OUT, person_id=user.pk, person=user.username), request)


@receiver(user_login_failed)
def on_login_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    # The name that was typed may be a password: only names of existing users are recorded.
    typed = str(credentials.get("username") or credentials.get("email") or "")
    user = User.objects.filter(username__iexact=typed).first() or (
        User.objects.filter(email__iexact=typed).first() if typed else None
    )
    if user is not None and not user.is_active:
        about = "deactivated"
    else:
        about = credentials.get("reason") or ("wrong password" if user else "unknown name")
    if request is not None:
        # One attempt may fail twice: for the password, then for the account. It is recorded once.
        if getattr(request, "audit_denied_sign_in", False):
            return
        request.audit_denied_sign_in = True  # type: ignore[attr-defined]
    append_now(_denied_sign_in(user, about), request)


@receiver(mfa_signals.authentication_failed)
def on_mfa_failed(request: HttpRequest, user: User | None = None, **_: Any) -> None:
    about = "wrong second factor" if user else "unknown passkey"
    append_now(_denied_sign_in(user, about), request)


@receiver(mfa_signals.authenticator_added)
def _factor_added(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    _factor(request, user, AuditAction.SECOND_FACTOR_ADDED, authenticator)


@receiver(mfa_signals.authenticator_removed)
def _factor_removed(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    _factor(request, user, AuditAction.SECOND_FACTOR_REMOVED, authenticator)


def _factor(request: HttpRequest, user: User, action: AuditAction, authenticator: Any) -> None:
    append_now(AuditEvent(action, about=f"{user.username}: {authenticator.get_type_display()}"), request)


@receiver(account_signals.password_changed)
@receiver(account_signals.password_set)
def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    append_now(AuditEvent(AuditAction.PASSWORD_CHANGED, about=user.username), request)


@receiver(account_signals.password_reset)
def _password_set_by_link(request: HttpRequest, user: User, **_: Any) -> None:
    about = f"{user.username}: by {_link_of(maker_of(token_of(request)))}"
    append_now(AuditEvent(AuditAction.PASSWORD_CHANGED, about=about), request)


def _link_of(maker_id: int | None) -> str:
    """A link by who made it. Whoever has a link can set the password, its maker before all others."""
    if maker_id is None:
        return "a link mailed to them"
    if maker_id == ON_THE_SERVER:
        return "a link made on the server"
    maker = User.objects.filter(pk=maker_id).values_list("username", flat=True).first()
    return f"a link that {maker or 'a deleted person'} (user ID {maker_id}) made"


@receiver(m2m_changed, sender=User.groups.through)
def _role_changed(instance: Any, action: str, pk_set: set[int] | None, reverse: bool, **_: Any) -> None:
    # Before removal: a user who is not in a group cannot be removed from it.
    label = {"post_add": "added", "pre_remove": "taken away", "pre_clear": "taken away"}.get(action)
    if label is None or (not reverse and role_change_in_progress(instance)):
        return
    held: Any = instance.user_set if reverse else instance.groups
    changed = held.all() if pk_set is None else held.filter(pk__in=pk_set)
    if reverse:
        for user in changed:
            append_now(AuditEvent(AuditAction.ROLE_CHANGED, about=f"{user.username}: {instance.name} {label}"))
    elif names := ", ".join(changed.order_by("name").values_list("name", flat=True)):
        append_now(AuditEvent(AuditAction.ROLE_CHANGED, about=f"{instance.username}: {names} {label}"))


@receiver(role_changed)
def _role_given(user: User, before: str | None, after: str | None, **_: Any) -> None:
    append_now(
        AuditEvent(AuditAction.ROLE_CHANGED, about=f"{user.username}: {after or 'no role'}, was {before or 'no role'}")
    )


@receiver(pre_save, sender=ProfileAccess)
def _reassigned(instance: ProfileAccess, **_: Any) -> None:
    # In Django's admin a row can be changed to another profile: record one removal and one assignment.
    before = ProfileAccess.objects.filter(pk=instance.pk).first() if instance.pk else None
    if before is not None and _assignment_key(before) != _assignment_key(instance):
        _assignment(before, "taken away")
        instance.desk_moved = True  # type: ignore[attr-defined]


@receiver(post_save, sender=ProfileAccess)
def _assigned(instance: ProfileAccess, created: bool, **_: Any) -> None:
    if created or instance.__dict__.pop("desk_moved", False):
        _assignment(instance, "assigned")


@receiver(post_delete, sender=ProfileAccess)
def _unassigned(instance: ProfileAccess, **_: Any) -> None:
    _assignment(instance, "taken away")


def _assignment_key(access: ProfileAccess) -> tuple[int, str]:
    return access.user_id, str(access.profile_id)


def _assignment(access: ProfileAccess, label: str) -> None:
    name = User.objects.filter(pk=access.user_id).values_list("username", flat=True).first()
    about = f"{name or access.user_id}: {label}"
    append_now(AuditEvent(AuditAction.PROFILE_ASSIGNMENT, scope=str(access.profile_id), about=about))


@receiver(pre_save, sender=User)
def remember_previous_state(instance: User, **_: Any) -> None:
    previous = User.objects.filter(pk=instance.pk).values("is_active", "is_superuser").first() if instance.pk else None
    instance.desk_before = previous  # type: ignore[attr-defined]


@receiver(post_save, sender=User)
def _person_changed(instance: User, created: bool, **_: Any) -> None:
    before = getattr(instance, "desk_before", None) or {"is_active": True, "is_superuser": False}
    labels = ["added"] if created else []
    if instance.is_active != before["is_active"]:
        labels.append("reactivated" if instance.is_active else "deactivated")
    if instance.is_superuser != before["is_superuser"]:
        labels.append("made superuser" if instance.is_superuser else "no longer superuser")
    for label in labels:
        action = AuditAction.ROLE_CHANGED if "superuser" in label else AuditAction.PERSON_CHANGED
        append_now(AuditEvent(action, about=f"{instance.username}: {label}"))


@receiver(post_delete, sender=User)
def _person_deleted(instance: User, **_: Any) -> None:
    append_now(AuditEvent(AuditAction.PERSON_CHANGED, about=f"{instance.username}: deleted"))


@receiver(post_save, sender=GroupPolicy)
def _policy_changed(instance: GroupPolicy, **_: Any) -> None:
    _policy(instance, masked=instance.mask_numbers)


@receiver(post_delete, sender=GroupPolicy)
def _policy_deleted(instance: GroupPolicy, **_: Any) -> None:
    _policy(instance, masked=False)


def _policy(policy: GroupPolicy, *, masked: bool) -> None:
    label = "numbers are masked" if masked else "numbers are not masked"
    append_now(AuditEvent(AuditAction.POLICY_CHANGED, about=f"{policy.group}: {label}"))


@receiver(post_save, sender=LogEntry)
def _changed_in_djangos_admin(instance: LogEntry, **_: Any) -> None:
    """Records every change in Django's admin: a superuser may change passwords, permissions and groups there."""
    kind = instance.content_type.name if instance.content_type else "something"
    append_now(AuditEvent(AuditAction.ADMIN_CHANGED, about=f"{kind}: {instance}"))


def _denied_sign_in(user: User | None, about: str) -> AuditEvent:
    if about != "too many tries":  # counted where the limit is (sign_in/attempts)
        count("sign_in_refused")
    person_id, person = (user.pk, user.username) if user else (None, None)
    return AuditEvent(AuditAction.SIGN_IN, "denied", person_id, person, about=about)
