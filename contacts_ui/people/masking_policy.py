"""Masking policy: for which roles and groups numbers are masked, whatever their people prefer.

Who is masked by a policy does not lift it: an admin changes it for support agents and exporters, and for groups that
they are not in; for admins, and for a group of their own, it needs a superuser.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.http import QueryDict

from contacts_ui.models import GroupPolicy
from contacts_ui.roles import AUDITOR, ROLES

from .demo_accounts import MARK
from .permissions import GUARDED, people_lock

_TITLES = {role.name: role.title for role in ROLES}
FIXED = "Only a superuser can change this."


@dataclass(frozen=True, slots=True)
class MaskingChoice:
    """One role or group. `fixed`: why the actor may not change it, None where they may."""

    group_id: int
    title: str
    is_role: bool
    masked: bool
    fixed: str | None


def masking_choices(actor: User) -> tuple[MaskingChoice, ...]:
    """The roles that see contacts, then the other groups. Cost: two queries."""
    own = set(actor.groups.values_list("pk", flat=True))
    groups = Group.objects.select_related("policy").exclude(name__in=(AUDITOR, MARK))
    choices = [_choice(group, actor, own) for group in groups]
    return tuple(sorted(choices, key=lambda choice: (not choice.is_role, choice.title.casefold())))


def masked_ids(data: QueryDict) -> frozenset[int]:
    """The groups that are ticked in the form. Anything but a number is ignored."""
    return frozenset(int(text) for text in data.getlist("masked") if text.isascii() and text.isdecimal())


def save_masking(actor: User, masked: Collection[int]) -> int:
    """Masks the numbers of these groups and of no other that the actor may change; how many changed.

    Each change is audited by its signal. Raises RoleDenied, AuditWriteError.
    """
    changed = 0
    with people_lock(actor):
        for choice in masking_choices(actor):
            wanted = choice.group_id in masked
            if choice.fixed is None and wanted != choice.masked:
                GroupPolicy.objects.update_or_create(group_id=choice.group_id, defaults={"mask_numbers": wanted})
                changed += 1
    return changed


def _choice(group: Group, actor: User, own: Collection[int]) -> MaskingChoice:
    policy: GroupPolicy | None = getattr(group, "policy", None)
    fixed = None if actor.is_superuser or not (group.name in GUARDED or group.pk in own) else FIXED
    title = _TITLES.get(group.name, group.name)
    return MaskingChoice(group.pk, title, group.name in _TITLES, policy is not None and policy.mask_numbers, fixed)
