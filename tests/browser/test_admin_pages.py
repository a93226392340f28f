"""Admin pages in Chromium: the browser's time zone, a password shown, details without JavaScript, the way around."""

from __future__ import annotations

import re

from playwright.sync_api import ViewportSize, expect

from tests.browser.conftest import NewContext


def test_zone_of_browser_is_offered_and_taken(new_context: NewContext) -> None:
    page = new_context.signed_in("pat", at="/preferences/", timezone_id="Europe/Vienna")
    page.get_by_role("button", name="Use Europe/Vienna").click()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Vienna")
    expect(page.get_by_role("button", name="Use Europe/Vienna")).to_be_hidden()


def test_password_is_shown_until_it_is_sent(new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto("/sign-in/")
    password = page.locator("[name=password]")
    password.fill("not the password")
    page.get_by_role("button", name="Show password").click()
    expect(password).to_have_attribute("type", "text")
    page.fill("[name=login]", "mara")
    # The type of the input at the moment the form is sent, for the next page to read.
    page.evaluate("addEventListener('submit', () => { window.name = document.querySelector('[name=password]').type; })")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("do not match")).to_be_visible()
    assert page.evaluate("window.name") == "password"


def test_words_of_new_password_stay_in_their_boxes_by_keyboard(new_context: NewContext) -> None:
    page = new_context.signed_in("nia", at="/you/password/")
    page.locator("[name=oldpassword]").focus()
    for words in ("old harbour", "violet lamp 42", "violet lamp 42"):
        page.keyboard.type(words)
        page.keyboard.press("Tab")
    typed = page.locator("input.input").evaluate_all("all => all.map((input) => [input.type, input.value])")
    assert typed == [["password", "old harbour"], *[["password", "violet lamp 42"]] * 2]
    page.keyboard.press("Space")
    shown = page.locator("input.input").evaluate_all("all => all.map((input) => input.type)")
    assert shown == ["text"] * 3
    expect(page.get_by_role("button", name="Show password").last).to_be_focused()


def test_admin_walks_from_person_to_activity_to_contacts_without_javascript(new_context: NewContext) -> None:
    page = new_context.signed_in("admin", at="/account/contacts/?page_size=20", java_script_enabled=False)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="People").click()
    page.get_by_role("link", name="Activity of admin").click()
    page.locator("summary").first.click()
    expect(page.locator("details[open] dl")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Contacts").click()
    expect(page.get_by_role("heading", level=1, name="Contacts")).to_be_visible()


PHONE: ViewportSize = {"width": 390, "height": 844}


def test_header_is_one_row_on_a_phone_and_menu_has_the_pages(new_context: NewContext) -> None:
    page = new_context.signed_in(
        "admin", at="/account/contacts/?page_size=20", viewport=PHONE, java_script_enabled=False
    )
    page.set_viewport_size({"width": 560, "height": 844})
    expect(page.get_by_role("button", name="Menu", exact=True)).to_be_hidden()
    page.set_viewport_size(PHONE)
    header = page.locator(".topbar").bounding_box()
    assert header is not None
    assert header["height"] < 60
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Audit log").click()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.get_by_role("navigation", name="Menu").locator("[aria-current]")).to_have_text("Audit log")


def test_dates_of_cards_say_what_they_are_on_a_phone(new_context: NewContext) -> None:
    page = new_context.signed_in("admin", at="/account/contacts/?page_size=20", viewport=PHONE)
    said = page.locator("#results td.c-updated").evaluate_all("""cells => cells.map((cell) => {
        const [before, after] = ["::before", "::after"].map((part) => getComputedStyle(cell, part).content);
        return [before, cell.textContent, after].filter((text) => text !== "none").join("").replaceAll('"', "");
    })""")
    assert {re.sub(r"[A-Z]\w\w 20\d\d$", "…", text) for text in said} == {"Updated …", "Never updated"}
    page.goto("/people/")
    said = page.locator("td.c-seen").all_inner_texts()
    assert said
    assert all(re.match("Signed in|Last sign-in: |Invit|Never signed in", text) for text in said), said


def test_signing_in_again_takes_a_new_tab_while_a_form_is_written(new_context: NewContext) -> None:
    page = new_context.signed_in("pat", at="/preferences/")
    page.get_by_label("Default country").fill("Portugal")
    page.context.clear_cookies(name="session")
    page.get_by_role("button", name="Dark theme").click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Sign in again").click()
    expect(opened.value.get_by_label("User name or e-mail")).to_be_visible()
    expect(page.get_by_label("Default country")).to_have_value("Portugal")


def test_typed_number_of_a_list_is_readable_in_a_narrow_table(new_context: NewContext) -> None:
    size: ViewportSize = {"width": 768, "height": 1024}
    listed = "%2B12025559001%0A%2B44 20 7946 0958"
    page = new_context.signed_in("admin", at=f"/account/contacts/?search={listed}", viewport=size)
    cells = page.locator("td.c-typed")
    expect(cells).to_have_count(2)
    assert cells.evaluate_all("cells => cells.every((cell) => cell.scrollWidth <= cell.clientWidth)")
