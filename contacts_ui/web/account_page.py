"""What the pages of one's own sign-in know: what every page of the desk does, and how one signs in.

Their views are django-allauth's, so that nobody fills a DeskPage for them; the templates ask here (you/base.html).
"""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa import app_settings
from django.conf import settings
from django.contrib.messages import get_messages

from contacts_ui.preferences import EffectivePreferences
from contacts_ui.roles import role_of
from contacts_ui.sign_in.oidc import is_sso_user
from contacts_ui.sign_in.second_factor import has_second_factor, must_add_second_factor
from contacts_ui.sign_in.user_agents import device_name

from .request import DeskRequest, preferences_of


@dataclass(frozen=True, slots=True)
class FlashMessage:
    """A sentence about what was just done, or could not be."""

    text: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A page of somebody's own sign-in. `must_add`: nothing else opens before they have a second factor.

    `provider` is what their identity provider is called, None for who has a password here.
    """

    request: DeskRequest
    preferences: EffectivePreferences
    role: str | None
    messages: tuple[FlashMessage, ...]
    must_add: bool
    protected: bool
    provider: str | None

    def device(self, user_agent: str) -> str:
        """What the browser is called that says this of itself."""
        return device_name(user_agent)

    def codes(self, used_mask: int) -> str:
        """How many recovery codes are left, without opening them."""
        number: int = app_settings.RECOVERY_CODE_COUNT
        return f"{number - used_mask.bit_count()} of {number}"


def account_page(request: DeskRequest) -> AccountPage:
    """Called once by each of the pages: what was said is said once. Cost: four queries."""
    user = request.user
    said = tuple(FlashMessage(str(message), message.level_tag == "error") for message in get_messages(request))
    return AccountPage(
        request=request,
        preferences=preferences_of(request),
        role=role_of(user),
        messages=said,
        must_add=must_add_second_factor(request),
        protected=has_second_factor(user),
        provider=settings.OIDC_NAME if is_sso_user(user) else None,
    )
