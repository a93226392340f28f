"""Model admins: people with their assigned profiles, groups with their policy, second factors and sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django_tasks_db.models import DBTaskResult

from contacts_ui.access import has_profiles
from contacts_ui.people.assignments import load_profiles
from contacts_ui.people.factors import remove_factor
from contacts_ui.people.profile_field import ProfileField, suggestions
from contacts_ui.people.sessions import end_session_and_record, end_sessions_and_record

from .models import GroupPolicy, ProfileAccess

if TYPE_CHECKING:  # Django's own classes take no type parameters when they run
    AccessModelForm = forms.ModelForm[ProfileAccess]
    AccessTabularInline = admin.TabularInline[ProfileAccess, User]
    PolicyStackedInline = admin.StackedInline[GroupPolicy, Group]
    PolicyAdmin = admin.ModelAdmin[GroupPolicy]
    BaseUserAdmin = UserAdmin[User]
    AnyModelAdmin = admin.ModelAdmin[Any]
else:
    AccessModelForm, AccessTabularInline, BaseUserAdmin = forms.ModelForm, admin.TabularInline, UserAdmin
    PolicyStackedInline, PolicyAdmin, AnyModelAdmin = admin.StackedInline, admin.ModelAdmin, admin.ModelAdmin

_NO_PROFILES = "The messaging service names no profiles: its key is not an organization’s, or it is not answering."
# Assignments edited here: each is four fields of the form, and Django accepts a thousand.
MAX_ASSIGNED = 150


class ProfileAccessForm(AccessModelForm):
    """One assignment, typed with suggestions from `names`: the profiles as the API has them now, none when it fails."""

    names: ClassVar[Mapping[str, str]] = {}

    class Meta:
        model = ProfileAccess
        fields = ("profile_id",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = str(self.instance.profile_id) if self.instance.pk else None
        self.fields["profile_id"] = ProfileField(self.names, stored, help_text="" if self.names else _NO_PROFILES)


class ProfileAccessInline(AccessTabularInline):
    """The profiles assigned to one person. Its template adds the list of suggestions, once a page."""

    model = ProfileAccess
    form = ProfileAccessForm
    template = "admin/profile_accesses.html"
    extra = 1

    def get_formset(self, request: HttpRequest, obj: User | None = None, **kwargs: Any) -> Any:
        """The forms of one page, with one API call for all of them."""
        names = load_profiles().names
        form = type("ProfileAccessForm", (ProfileAccessForm,), {"names": names})
        formset: Any = super().get_formset(request, obj, **(kwargs | {"form": form}))
        formset.suggestions = suggestions(names)
        return formset


class PersonAdmin(BaseUserAdmin):
    """A person, with the profiles assigned to them. Those of a person with very many are edited on the People page."""

    fieldsets = (*(UserAdmin.fieldsets or ()), ("Profiles", {"fields": ("assigned_profiles",)}))
    readonly_fields = ("assigned_profiles",)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Without the line about profiles where the key has none to assign."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if has_profiles() else [each for each in fieldsets if each[0] != "Profiles"]

    def get_inlines(self, _request: HttpRequest, obj: User | None) -> list[Any]:
        """The assignments, unless the key has none or there are more than Django would accept back."""
        many = obj is not None and ProfileAccess.objects.filter(user=obj).count() > MAX_ASSIGNED
        return [] if many or not has_profiles() else [ProfileAccessInline]

    @admin.display(description="Assigned")
    def assigned_profiles(self, person: User) -> str:
        """How many, with a link to the page that has all of them."""
        count = ProfileAccess.objects.filter(user=person).count()
        page = reverse("person-edit", args=[person.pk])
        return format_html('{} · <a href="{}">Edit on the People page</a>', count, page)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Saves, and ends the sessions of an inactive person: else they would be valid again after activation."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions_and_record(obj)


class _DeletedOnly(AnyModelAdmin):
    """What people make by signing in: nobody adds or changes it here, and only what is another's is deleted."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What belongs to others: one's own is under “Sign-in and security”, which asks for proof."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.user_id != request.user.pk)


class FactorAdmin(_DeletedOnly):
    """A second factor, without its secret."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type", "created_at", "last_used_at")
    fields = list_display

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """Deletes it as the People page does: recorded, and its owner is signed out everywhere."""
        remove_factor(request, obj)


class SessionAdmin(_DeletedOnly):
    """A session, without its key."""

    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    search_fields = ("user__username", "ip")
    fields = list_display

    def delete_model(self, _request: HttpRequest, obj: UserSession) -> None:
        """Ends the session. Without its row alone it would go on, and be on no list."""
        end_session_and_record(obj)


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
admin.site.unregister(Authenticator)
admin.site.register(Authenticator, FactorAdmin)
admin.site.unregister(UserSession)
admin.site.register(UserSession, SessionAdmin)
admin.site.unregister(DBTaskResult)  # the queue's own rows: there is nothing to decide about them
