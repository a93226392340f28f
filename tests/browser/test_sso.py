"""Single sign-on in Chromium: from the desk to the provider and back, under the Content-Security-Policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from testing.running_desk import Desk
from tests.browser.conftest import watch_faults
from tests.sign_in.conftest import provider, sso_desk
from tests.sign_in.provider import Provider

__all__ = ["provider", "sso_desk"]  # fixtures
BUTTON = 'form[action*="/sign-in/sso/"] button'


@pytest.fixture
def page(chromium: Browser, sso_desk: Desk) -> Iterator[Page]:
    """Tab of a new browser profile. CSP violations and uncaught errors fail the test."""
    context, faults = chromium.new_context(base_url=sso_desk.url), list[str]()
    watch_faults(context, faults)
    yield context.new_page()
    context.close()
    assert faults == []


def test_sso_sign_in_returns_to_requested_page(page: Page, provider: Provider) -> None:
    provider.knows("b-1", preferred_username="browser", groups=["desk-admins"])
    page.goto("/account/contacts/?channel=sms")
    page.click(BUTTON)
    page.wait_for_url(f"{provider.url}/**")
    page.fill("[name=sub]", "b-1")
    page.press("[name=sub]", "Enter")
    page.wait_for_url("**/account/contacts/?channel=sms")
    assert page.locator("main[data-profile-id]").count() == 1


def test_sso_user_without_group_sees_no_contacts(page: Page, provider: Provider) -> None:
    provider.knows("b-2", preferred_username="stranger", groups=["others"])
    page.goto("/sign-in/")
    page.click(BUTTON)
    page.fill("[name=sub]", "b-2")
    page.press("[name=sub]", "Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url and not url.startswith(provider.url))
    assert page.locator("[data-contact-id]").count() == 0


def test_cancelled_sso_can_be_retried(page: Page, provider: Provider) -> None:
    page.goto("/sign-in/")
    page.click(BUTTON)
    page.click("[name=action][value=deny]")
    page.wait_for_url(re.compile("/sign-in/sso/"))
    page.locator('a[href^="/sign-in/"]').first.click()
    page.wait_for_selector(BUTTON)


def test_sign_out_leads_through_provider_and_back(page: Page, provider: Provider) -> None:
    provider.knows("b-3", preferred_username="leaving", groups=["desk-admins"])
    page.goto("/account/contacts/")
    page.click(BUTTON)
    page.fill("[name=sub]", "b-3")
    page.press("[name=sub]", "Enter")
    page.wait_for_url("**/account/contacts/")
    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{provider.url}/**")
    page.get_by_role("button", name="End session").click()
    page.wait_for_url("**/sign-in/")
    page.goto("/account/contacts/")
    page.wait_for_url("**/sign-in/?next=**")


def test_admin_by_sso_proves_who_they_are_at_the_provider(page: Page, provider: Provider) -> None:
    provider.knows("b-4", preferred_username="boss", groups=["desk-admins"])
    page.goto("/people/")
    page.click(BUTTON)
    page.fill("[name=sub]", "b-4")
    page.press("[name=sub]", "Enter")
    page.wait_for_url("**/people/")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_role("button", name="Continue to Example Work").click()
    page.wait_for_url(f"{provider.url}/**")
    page.fill("[name=sub]", "b-4")
    page.press("[name=sub]", "Enter")
    page.wait_for_url("**/people/new/")
    assert page.get_by_role("heading", name="Add a person").is_visible()
