"""Model admins: people with their assigned profiles, groups with their policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from contacts_ui.people.assignments import load_profiles
from contacts_ui.people.sessions import end_sessions

from .models import GroupPolicy, ProfileAccess

if TYPE_CHECKING:  # Django's own classes take no type parameters when they run
    AccessModelForm = forms.ModelForm[ProfileAccess]
    AccessTabularInline = admin.TabularInline[ProfileAccess, User]
    PolicyStackedInline = admin.StackedInline[GroupPolicy, Group]
    PolicyAdmin = admin.ModelAdmin[GroupPolicy]
    BaseUserAdmin = UserAdmin[User]
else:
    AccessModelForm, AccessTabularInline, BaseUserAdmin = forms.ModelForm, admin.TabularInline, UserAdmin
    PolicyStackedInline, PolicyAdmin = admin.StackedInline, admin.ModelAdmin

_NO_PROFILES = "The messaging service names no profiles: its key is not an organization’s, or it is not answering."


def profile_choices() -> list[tuple[str, str]]:
    """The profiles by name, as the API has them now. Empty when it does not answer: none can be assigned then."""
    return list(load_profiles().names.items())


class ProfileAccessForm(AccessModelForm):
    """One assignment, chosen by name from `choices`."""

    choices: ClassVar[list[tuple[str, str]]] = []

    class Meta:
        model = ProfileAccess
        fields = ("profile_id",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list(self.choices)
        stored = str(self.instance.profile_id) if self.instance.pk else None
        if stored and stored not in dict(choices):
            choices.append((stored, f"{stored} (not known now)"))
        self.fields["profile_id"] = forms.TypedChoiceField(
            label="Profile", choices=[("", "Choose a profile"), *choices], help_text="" if choices else _NO_PROFILES
        )


class ProfileAccessInline(AccessTabularInline):
    """The profiles assigned to one person."""

    model = ProfileAccess
    form = ProfileAccessForm
    extra = 1

    def get_formset(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:
        """The forms of one page, with one API call for all of them."""
        form = type("ProfileAccessForm", (ProfileAccessForm,), {"choices": profile_choices()})
        return super().get_formset(request, obj, **(kwargs | {"form": form}))


class PersonAdmin(BaseUserAdmin):
    """A person, with the profiles assigned to them."""

    inlines = (ProfileAccessInline,)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Saves, and ends the sessions of an inactive person: else they would be valid again after activation."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions(obj)


class GroupPolicyInline(PolicyStackedInline):
    """The policy of one group."""

    model = GroupPolicy
    can_delete = False


class RoleAdmin(GroupAdmin):
    """A group, with its policy."""

    inlines = (GroupPolicyInline,)


class GroupPolicyAdmin(PolicyAdmin):
    """A policy by itself, for admins who may not change the permissions of groups."""

    list_display = ("group", "mask_numbers")


admin.site.unregister(User)
admin.site.register(User, PersonAdmin)
admin.site.unregister(Group)
admin.site.register(Group, RoleAdmin)
admin.site.register(GroupPolicy, GroupPolicyAdmin)
