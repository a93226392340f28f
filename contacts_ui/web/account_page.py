"""Account page context: what every desk page has, and how the person signs in.

The views are django-allauth's and create no DeskPage, so the templates call `account_page` themselves
(account_settings/base.html).
"""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa import app_settings
from django.conf import settings
from django.contrib.messages import get_messages
from django.urls import reverse

from contacts_ui.preferences import EffectivePreferences
from contacts_ui.roles import role_of
from contacts_ui.sign_in.oidc import is_sso_user
from contacts_ui.sign_in.second_factor import has_second_factor, must_add_second_factor
from contacts_ui.sign_in.step_up import HeldRequest, back_url, held_request
from contacts_ui.sign_in.user_agents import device_name

from .export_mark import export_mark
from .held_changes import asked_next, changes_of
from .navigation import NavigationItem, leads_back, navigation, sees_several
from .request import DeskRequest, preferences_of


@dataclass(frozen=True, slots=True)
class FlashMessage:
    """A sentence about what was just done or failed. `wrong`: it failed."""

    text: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The context of the pages of a person's own account.

    `must_add`: no other page opens before they add a second factor. `protected`: they have one. `provider` is the name
    of their identity provider, None for a person with a password here. `back_url` is where "Cancel" leads on the pages
    that ask for a proof, `waiting` what they ask it for where that waits in the session, `asks` what the page after
    them asks about.
    """

    request: DeskRequest
    preferences: EffectivePreferences
    role: str | None
    navigation: tuple[NavigationItem, ...]
    leads_back: bool
    messages: tuple[FlashMessage, ...]
    must_add: bool
    protected: bool
    provider: str | None
    back_url: str
    waiting: HeldRequest | None
    asks: str | None

    def changes(self, held: HeldRequest) -> str | None:
        """What a request that waits would change, in words."""
        return changes_of(self.request.user, held)

    def device(self, user_agent: str) -> str:
        """The name of the browser with this User-Agent header."""
        return device_name(user_agent)

    def codes(self, used_mask: int) -> str:
        """How many recovery codes are left, from the mask of used ones: the codes are not decrypted."""
        number: int = app_settings.RECOVERY_CODE_COUNT
        return f"{number - used_mask.bit_count()} of {number}"


def account_page(request: DeskRequest) -> AccountPage:
    """The context of this request. Call it once: it consumes the flash messages. Cost: five queries."""
    user, must_add = request.user, must_add_second_factor(request)
    role = None if must_add else role_of(user)  # nothing else opens yet, so nothing else is offered
    known = {"switchable": sees_several(request, None), "exports": export_mark(user, role) is not None}
    told = [FlashMessage(str(message), message.level_tag == "error") for message in get_messages(request)]
    return AccountPage(
        request=request,
        preferences=preferences_of(request),
        role=role_of(user),
        navigation=navigation(role, None, "", request.path, **known),
        leads_back=leads_back(role, None, **known),
        messages=tuple(sorted(told, key=lambda message: message.wrong)[-1:]),  # one at a time, a failure before all
        must_add=must_add,
        protected=has_second_factor(user),
        provider=settings.OIDC_NAME if is_sso_user(user) else None,
        back_url=back_url(request),
        waiting=_waiting(request),
        asks=asked_next(user, _next_url(request)),
    )


def _waiting(request: DeskRequest) -> HeldRequest | None:
    """The request that this page's proof is for: an older one may still wait, but then `next` leads elsewhere."""
    return held_request(request) if _next_url(request) == reverse("step-up-continue") else None


def _next_url(request: DeskRequest) -> str:
    return request.POST.get("next") or request.GET.get("next") or ""
