"""Page states: every state of every page, how to bring it about with the sandbox, and the text it shows."""

from __future__ import annotations

import itertools
import time
from collections import Counter

import requests
from playwright.sync_api import Page, expect

from testing.sandbox_server import SandboxServer

from . import sign_in_steps as signing_in
from .export_states import EXPORT_STATES
from .page_helpers import ROWS, wait_for_results
from .state import Reach, State, at

LIST = "/account/contacts/"
FEW = f"{LIST}?page_size=20"  # few rows, so that axe-core is fast
LOOKUP = "/lookup/"
_NOBODYS_NUMBER = "+1 202-555-0143"
NOBODYS_CONTACT = f"{LIST}6ba7b810-9dad-11d1-80b4-00c04fd430c8/"
NOBODYS_PROFILE = "/p/6ba7b810-9dad-11d1-80b4-00c04fd430c8/contacts/"

SLOW_SECONDS = 80  # longer than a test of a state, shorter than the deadline

# --- Steps to the states -------------------------------------------------------------------------


def _failing(address: str = LIST, **fault: object) -> Reach:
    """Opens `address` while the API has this fault."""

    def go(page: Page, sandbox: SandboxServer) -> None:
        sandbox.fault(**({"route": "contacts", "times": 3} | fault))
        page.goto(address)

    return go


def _in_profile(index: int, **fault: object) -> Reach:
    """Opens the contacts of a profile of the sandbox, by index, with a fault if one is given."""

    def go(page: Page, sandbox: SandboxServer) -> None:
        if fault:
            sandbox.fault(route="contacts", **fault)
        page.goto(f"/p/{sandbox.profiles()[index]['id']}/contacts/")

    return go


def _after(times: int, **fault: object) -> Reach:
    """Opens the list after `times` calls had this fault: the circuit breaker or rate limiter of the desk is active."""

    def go(page: Page, sandbox: SandboxServer) -> None:
        sandbox.fault(route="contacts", times=times, **fault)
        while len(sandbox.fired()) < times:  # a slow failure comes after the response of the page
            page.context.request.get(LIST)
        page.goto(LIST)

    return go


def _wrong_profile(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": sandbox.profiles()[2]["id"]})
    page.goto(f"/p/{sandbox.profiles()[1]['id']}/contacts/")


def _several_owners(page: Page, sandbox: SandboxServer) -> None:
    """A number that several profiles own, one of which `/v3/me` does not name."""
    ((number, _),) = Counter(number for number in sandbox.contacts().values() if number).most_common(1)
    (row,) = sandbox.get("/v3/contacts", page=1, page_size=1, phone=number).json()["data"]["contacts"]
    unknown = {"data.contacts.1.customer_id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}
    sandbox.fault(route="contacts", kind="patch", set=unknown)
    page.goto(f"{LIST}?search={row['format_national'][-8:]}")  # of the whole number the API shows one owner's row


def _looked_up(number: str | None = None, **fault: object) -> Reach:
    """Looks up a number, by default one that several profiles have, while the API has this fault."""

    def go(page: Page, sandbox: SandboxServer) -> None:
        page.goto(LOOKUP)
        if fault:
            sandbox.fault(**fault)
        page.fill("#lookup-number", number or shared_number(sandbox))
        page.press("#lookup-number", "Enter")

    return go


def shared_number(sandbox: SandboxServer) -> str:
    """A number that the first two profiles have."""
    first, second = (set(sandbox.contacts(profile["id"]).values()) - {None} for profile in sandbox.profiles()[:2])
    return min(number for number in first & second if number)


def _sweep(then: str | None = None) -> Reach:
    """Starts the lookup that asks profile by profile; no worker runs here. Then stops it."""

    def go(page: Page, sandbox: SandboxServer) -> None:
        page.goto(LOOKUP)
        start_sweep(page, shared_number(sandbox))
        if then:
            page.get_by_role("button", name=then.capitalize()).click()

    return go


def start_sweep(page: Page, number: str) -> None:
    """What the button of the page /lookup/ does, which is offered only where the account's list cannot tell."""
    token = page.locator("#lookup-form [name=csrfmiddlewaretoken]").input_value()
    form: dict[str, str | float | bool] = {"number": number, "start": "1", "csrfmiddlewaretoken": token}
    response = page.context.request.post(page.url, form=form, headers={"Referer": page.url})
    page.goto(response.url)


# A cached response is no longer slow: each slow state requests something not requested before.
_unused_number = itertools.count(2)


def _loading(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="slow", seconds=SLOW_SECONDS)
    page.goto(f"{LIST}?page={next(_unused_number)}&page_size=100")


def _reloading(page: Page, sandbox: SandboxServer) -> None:
    page.goto(FEW)
    wait_for_results(page)
    sandbox.fault(route="contacts", kind="slow", seconds=SLOW_SECONDS)
    page.fill("#search", f"20{next(_unused_number)}")


def _stale(page: Page, sandbox: SandboxServer) -> None:
    address = f"{LIST}?channel=sms&page_size=20"
    page.goto(address)
    wait_for_results(page)
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    # Each process of the desk has its own cache, and a new connection reaches any of them.
    for _ in range(12):
        requests.get(page.url, cookies=cookies, timeout=5).raise_for_status()
    sandbox.fault(route="contacts", kind="status", status=500)
    page.goto(address)


def _offline(page: Page, _sandbox: SandboxServer) -> None:
    page.goto(FEW)
    wait_for_results(page)
    page.context.set_offline(True)


def _session_ended(page: Page, _sandbox: SandboxServer) -> None:
    page.goto(FEW)
    wait_for_results(page)
    page.context.clear_cookies()
    page.get_by_role("link", name="Next page").click()
    page.evaluate("scrollTo(0, 0)")  # the click scrolled: a row half below the header is a small target to axe


def _drawer(page: Page, _sandbox: SandboxServer, rows: str = ROWS, index: int = 2) -> None:
    page.goto(FEW)
    page.locator(f"{rows} .phone__link").nth(index).click()
    expect(page.locator("#drawer-body[aria-busy=false] > *").first).to_be_visible()


def _drawer_opted_out(page: Page, sandbox: SandboxServer) -> None:
    _drawer(page, sandbox, f"{ROWS}:has(.badge--out)", 0)


def _drawer_loading(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contact", kind="slow", seconds=SLOW_SECONDS)
    page.goto(FEW)
    page.locator(f"{ROWS} .phone__link").nth(next(_unused_number)).click()


def _drawer_offline(page: Page, sandbox: SandboxServer) -> None:
    _drawer(page, sandbox)
    page.context.set_offline(True)


def _drawer_failed(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contact", kind="status", status=500)
    _drawer(page, sandbox)


def _messages(page: Page, sandbox: SandboxServer) -> None:
    _drawer(page, sandbox)
    page.keyboard.press("m")
    page.locator(".messages > [data-profile-id]").scroll_into_view_if_needed()


def _messages_failed(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="message-summary", kind="status", status=500)
    _messages(page, sandbox)


def _a_contact(ending: str = "") -> Reach:
    """Opens the page of the third contact of the account."""

    def go(page: Page, sandbox: SandboxServer) -> None:
        page.goto(f"{LIST}{list(sandbox.contacts())[2]}/{ending}")

    return go


def _revealed(page: Page, _sandbox: SandboxServer) -> None:
    page.goto(FEW)
    page.get_by_role("button", name="Reveal").nth(1).click()
    expect(page.locator(f"{ROWS} [data-copy]")).to_have_count(1)


def _reveal_failed(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contact", kind="status", status=500)
    page.goto(FEW)
    page.get_by_role("button", name="Reveal").nth(1).click()


def _switcher(page: Page, sandbox: SandboxServer) -> None:
    for profile in sandbox.profiles()[3:5]:  # fills the recent profiles
        page.context.request.get(f"/p/{profile['id']}/contacts/")
    page.goto(FEW)
    page.locator("[data-popover=profiles]").click()
    expect(page.get_by_role("combobox", name="Find a profile")).to_be_focused()
    page.keyboard.press("ArrowDown")


def _switcher_no_match(page: Page, sandbox: SandboxServer) -> None:
    _switcher(page, sandbox)
    page.keyboard.type("zebra")


def _commands(page: Page, _sandbox: SandboxServer) -> None:
    page.goto(FEW)
    wait_for_results(page)
    page.keyboard.press("Control+K")
    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()
    page.keyboard.press("ArrowDown")


def _view_errors(page: Page, _sandbox: SandboxServer) -> None:
    page.goto("/account/views/new/")
    page.fill("#name", "Call 2025550143")
    page.get_by_role("button", name="Save").click()


def _preferences_saved(page: Page, _sandbox: SandboxServer) -> None:
    page.goto("/preferences/")
    page.get_by_role("button", name="Save").click()


def _preferences_errors(page: Page, _sandbox: SandboxServer) -> None:
    page.goto("/preferences/")
    # Values that this version of the desk does not know.
    for name in ("region", "time_zone"):
        page.fill(f"#{name}", "Nowhere")
    page.evaluate("document.querySelector('[name=density]:checked').value = 'airy'")
    page.get_by_role("button", name="Save").click()


def _gateway(page: Page, _sandbox: SandboxServer) -> None:
    for number in range(1, 7):  # data for the chart
        page.context.request.get(f"{LIST}?page={number}")
    page.goto("/gateway/")


def _gateway_failing(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500, times=9)
    for number in range(5):
        page.context.request.get(f"{LIST}?search=555-017{number}")  # lists that no other state has cached
    page.goto("/gateway/")


def _gateway_key_rejected(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=401, empty=True, times=3)
    page.context.request.get(f"{LIST}?search=555-0199")  # a list that no other state has cached
    page.goto("/gateway/")


def _shortcuts(page: Page, _sandbox: SandboxServer) -> None:
    page.goto(FEW)
    wait_for_results(page)
    page.keyboard.press("?")


def _menu(page: Page, _sandbox: SandboxServer) -> None:
    """The menu of a phone, in whatever size."""
    page.goto(FEW)
    page.evaluate("document.getElementById('sections-menu').showPopover()")


def _account_menu(page: Page, _sandbox: SandboxServer) -> None:
    page.goto(FEW)
    page.get_by_role("button", name="Account menu").click()


def _person(page: Page, username: str) -> None:
    """Opens the page of a person by the search of the people page."""
    page.goto(f"/people/?search={username}")
    page.locator("#people .phone__link").first.click()
    page.wait_for_url("**/people/*/")
    page.wait_for_load_state()


def _of_person(username: str) -> Reach:
    return lambda page, _sandbox: _person(page, username)


def _profile_people(page: Page, sandbox: SandboxServer) -> None:
    page.goto(f"/people/profiles/{sandbox.profiles()[1]['id']}/")


def _person_finds_nothing(page: Page, _sandbox: SandboxServer) -> None:
    _person(page, "nia")
    page.locator(".profile-picker .check").first.click()
    page.fill("#find", "zebra")


def _person_refused(page: Page, _sandbox: SandboxServer) -> None:
    _person(page, "nia")
    page.locator("[name=version]").evaluate("box => { box.value = 'older'; }")
    page.get_by_role("button", name="Save", exact=True).click()


def _person_added(page: Page, _sandbox: SandboxServer) -> None:
    page.goto("/people/new/")
    page.fill("#username", f"ada-{time.time_ns()}")
    page.fill("#name", "Ada Lovelace")
    page.check("[name=role][value=support]")
    page.get_by_role("button", name="Create and get link").click()


def _person_new_errors(page: Page, _sandbox: SandboxServer) -> None:
    page.goto("/people/new/")
    page.fill("#username", "NIA")
    page.fill("#email", "nia@home")
    page.get_by_role("button", name="Create and get link").click()


def _person_switched_off(page: Page, sandbox: SandboxServer) -> None:
    _person_added(page, sandbox)
    page.get_by_role("link", name="Assign profiles").click()
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Deactivate Ada Lovelace").click()


def _person_asked(name: str, username: str = "support") -> Reach:
    """The page that asks before the action of this button."""

    def go(page: Page, _sandbox: SandboxServer) -> None:
        _person(page, username)
        page.get_by_role("button", name=name).click()

    return go


def _person_role_asked(page: Page, _sandbox: SandboxServer) -> None:
    _person(page, "support")
    page.check("[name=role][value=none]")
    page.get_by_role("button", name="Save", exact=True).click()


def _audit(page: Page, _sandbox: SandboxServer) -> None:
    page.context.request.get(FEW)
    page.goto("/audit/")


def _audit_filtered(page: Page, _sandbox: SandboxServer) -> None:
    page.context.request.get(NOBODYS_PROFILE)
    page.goto("/audit/?outcome=denied&person=mara&action=nonsense&to=soon")


def _audit_details(page: Page, sandbox: SandboxServer) -> None:
    _looked_up()(page, sandbox)
    page.locator("[data-answer]").first.wait_for()
    page.goto("/audit/")
    page.locator("summary").first.click()


def _audit_number(page: Page, sandbox: SandboxServer) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    page.context.request.get(f"{LIST}{contact_id}/")
    page.goto("/audit/")
    page.fill("#number", number)
    page.get_by_role("button", name="Find").click()


# --- All states -------------------------------------------------------------------------------

_ERROR_DETAILS = ("Request ID", "Try again")
_SEVERAL = "%2B12025559001,%2B44+20+7946+0958,99999999999999999"

STATES = (
    State("list", ("Phone number", "contacts", "Updated"), at(FEW)),
    State("list-owners", ("Owner", "Northwind Retail", "Bluefin Travel", "Not named"), _several_owners),
    State("list-filtered", ("Search", "SMS", "results"), at(f"{FEW}&search=20&channel=sms")),
    State(
        "list-ignored",
        ("There is no such page", "There is no such channel", "Rows per page can be 20, 50 or 100."),
        at(f"{LIST}?search=20&page=0&channel=fax&page_size=7"),
    ),
    State("list-merged", ("results", "2", "Updated"), at(f"{FEW}&search=20&as=20%7C2+0")),
    State("list-groupings", ("Other groupings:", "Updated"), at(f"{FEW}&search=212)+5")),
    State("list-read", ("Showing results for", "instead"), at(f"{FEW}&search=212.5")),
    State("loading", ("Loading contacts",), _loading, patient=True),
    State("reloading", ("Still showing: all contacts",), _reloading, patient=True),
    State(
        "stale", ("Showing data from", "The messaging service returned an error.", "Try again"), _stale, patient=True
    ),
    State("empty", ("No contacts yet", "They appear here when they’re added"), _in_profile(-1), empty=True),
    State(
        "no-match",
        ("No contacts match", "“998-8776”", "Clear the search"),
        at(f"{LIST}?search=998-8776"),
        empty=True,
    ),
    State("no-match-read", ("It was searched as", "“555-0142”"), at(f"{LIST}?search=5550142"), empty=True),
    State("nothing-searched", ("Enter a phone number", "Contacts have no names"), at(f"{LIST}?search=zzz")),
    State("several", ("Not in ", "This is not a whole number"), at(f"{LIST}?search={_SEVERAL}")),
    State(
        "no-match-filters",
        ("“998-8776” on WhatsApp", "Clear the search", "All channels", "Clear search and filters"),
        at(f"{LIST}?search=998-8776&channel=whatsapp"),
        empty=True,
    ),
    State("lookup", ("Which profile has this number?", "Enter a phone number"), at(LOOKUP)),
    State("lookup-found", ("Here in", "Subscribed", "Not here"), _looked_up()),
    State("lookup-nowhere", ("Not in any of your profiles", "Not here"), _looked_up(_NOBODYS_NUMBER)),
    State("lookup-country", ("Which country is this number from?", "default country"), _looked_up("07403 965801")),
    State(
        "lookup-unread",
        ("This number is not complete", "Type the whole number with its country code"),
        _looked_up("12345"),
    ),
    State(
        "lookup-no-answer",
        ("No answer", "The messaging service returned an error.", "No profile with an answer has it"),
        _looked_up(_NOBODYS_NUMBER, times=60, route="contacts", kind="status", status=500),
        person="pat",
    ),
    State("lookup-running", ("0 of", "asked", "Stop", "to go"), _sweep()),
    State("lookup-stopped", ("Stopped", "Ask the rest", "These answers are kept until"), _sweep("stop")),
    State(
        "number-not-found",
        ("+1 202-555-0143 isn’t in ", "Check the digits"),
        at(f"{LIST}?phone=%2B1+202-555-0143"),
    ),
    State("beyond-end", ("There is no page 999", "The last page is", "First page"), at(f"{LIST}?page=999")),
    State(
        "key-rejected", ("The API key was rejected", *_ERROR_DETAILS), _failing(kind="status", status=401, empty=True)
    ),
    State(
        "forbidden",
        ("The key may not read these contacts", *_ERROR_DETAILS),
        _failing(kind="status", status=403, empty=True),
    ),
    State(
        "profile-gone",
        ("The messaging service does not know this profile", "Switch to another profile"),
        _in_profile(1, kind="status", status=404, code="RESOURCE_004"),
    ),
    State("profile-denied", ("Profile not found", "An admin can assign it"), at(NOBODYS_PROFILE)),
    State(
        "not-accepted",
        ("The messaging service did not accept this", "page: Too odd", *_ERROR_DETAILS),
        _failing(kind="status", status=400, code="VALIDATION_001", details={"page": ["Too odd"]}),
    ),
    State(
        "rate-limited",
        ("Too many requests", "Your results load again in", *_ERROR_DETAILS),
        _failing(kind="rate_limited", retry_after="119"),
    ),
    State(
        "holding-back",
        ("The desk is holding back for a moment", "Your results load again in"),
        _after(1, kind="rate_limited", retry_after="119"),
    ),
    State(
        "unavailable", ("The messaging service returned an error", *_ERROR_DETAILS), _failing(kind="status", status=500)
    ),
    State(
        "not-answering",
        ("The messaging service is not answering", "asks only now and then"),
        _after(5, kind="status", status=500),
    ),
    State("timed-out", ("The messaging service took too long", *_ERROR_DETAILS), _failing(kind="hang", seconds=20)),
    State(
        "unreachable",
        ("The messaging service cannot be reached", *_ERROR_DETAILS),
        _failing(kind="reset", after="headers"),
    ),
    State(
        "unreadable",
        ("The messaging service gave an answer we cannot read", *_ERROR_DETAILS),
        _failing(kind="html", status=200),
    ),
    State("wrong-profile", ("An answer for another profile was refused", "nothing of it is shown"), _wrong_profile),
    State("offline", ("You are offline", "This page may be out of date", "Phone number"), _offline),
    State("session-ended", ("Your session has ended", "Sign in again", "Signed out"), _session_ended),
    State("drawer", ("3 of 20 on this page", "Number formats", "Copy number", "Open page"), _drawer),
    State("drawer-opted-out", ("Do not message: opted out", "Opted out"), _drawer_opted_out),
    State("drawer-messages", ("Channels used", "delivered", "Read"), _messages),
    State(
        "drawer-messages-failed",
        ("The messaging service returned an error", "Number formats", "Try again"),
        _messages_failed,
    ),
    State("drawer-loading", ("of 20 on this page",), _drawer_loading, patient=True),
    State("drawer-offline", ("You are offline", "Number formats"), _drawer_offline),
    State("drawer-failed", ("The messaging service returned an error", "Try again"), _drawer_failed),
    State("contact", ("Number formats", "Record", "Show message history", "Copy link"), _a_contact()),
    State("contact-messages", ("Messages", "Channels used", "The contact"), _a_contact("messages/")),
    State("contact-not-found", ("Contact not found", "It may have been deleted"), at(NOBODYS_CONTACT)),
    State("masked", ("••••", "Phone number"), at(FEW), person="masha"),
    State("masked-drawer", ("••••", "Reveal number", "Numbers are masked"), _drawer, person="masha"),
    State("revealed", ("••••", "+"), _revealed, person="masha"),
    State("reveal-failed", ("••••", "The messaging service returned an error"), _reveal_failed, person="masha"),
    State("switcher", ("Recent", "All profiles", "13 profiles"), _switcher),
    State("switcher-no-match", ("No profile is called “zebra”.", "0 of 13 profiles"), _switcher_no_match),
    State("profiles", ("Switch profile", "13 profiles", "Find"), at("/account/profiles/")),
    State("nothing-assigned", ("No profiles are assigned to you yet", "Check again"), at("/"), person="nia"),
    State("views", ("Saved views", "Reachable by SMS", "Shared by", "Make default"), at("/account/views/")),
    State("view-errors", ("Not saved.", "Use at most 3 digits.", "Who sees it"), _view_errors),
    State("commands", ("Views", "New contacts", "Profiles"), _commands),
    State("commands-page", ("Go to", "Search phone numbers", "Audit log", "Sign out"), at("/account/go/")),
    State("preferences", ("Appearance", "Rows per page", "Single-key shortcuts", "Save"), at("/preferences/")),
    State("preferences-saved", ("Saved.",), _preferences_saved, person="pat"),
    State(
        "preferences-errors",
        ("Not saved.", "Choose one of these.", "Choose a country from the list."),
        _preferences_errors,
        person="pat",
    ),
    State("shortcuts", ("Keyboard shortcuts", "Next contact", "Turn them off"), _shortcuts),
    State("menu", ("Contacts", "Find a number", "Audit log"), _menu),
    State("account-menu", ("Signed in as", "Preferences", "Sign out", "Status"), _account_menu),
    State("sign-in", ("User name or e-mail", "Sign in with a passkey"), at("/sign-in/"), person=None),
    State("sign-in-ended", ("Your session has ended.", "User name or e-mail"), at("/sign-in/?ended=1"), person=None),
    State("sign-in-error", ("This user name and password do not match",), signing_in.error, person=None),
    State("sign-in-locked", ("Too many attempts", "Wait 5 minutes"), signing_in.locked, person=None),
    State("sign-in-code", ("Two-step sign-in", "Sign in as someone else"), signing_in.code, person=None),
    State("sign-in-code-wrong", ("This code is not right",), signing_in.code_wrong, person=None),
    State("stale-form", ("This page was out of date", "nothing you entered is lost", "Continue"), signing_in.stale),
    State("form-kept", ("You’re signed out", "nothing you entered is lost", "Continue"), signing_in.kept),
    State("already-signed-in", ("You’re already signed in", "nia"), signing_in.already_signed_in, person=None),
    State("switched-off", ("This account is deactivated",), at("/sign-in/inactive/"), person=None),
    State("password-forgotten", ("This desk doesn’t send email",), at("/sign-in/password/"), person=None),
    State("password-sent", ("Check your email",), at("/sign-in/password/sent/"), person=None),
    State("password-link-old", ("This link no longer works",), at("/sign-in/password/1-gone/"), person=None),
    State("sign-out", ("Sign out of this browser?", "Stay signed in"), at("/sign-out/")),
    State("security", ("Sign-in and security", "Add a passkey", "Off"), at("/you/second-factor/"), person="nia"),
    State("security-all", ("2 passkeys", "On", "10 of 10 left"), at("/you/second-factor/"), person="theo"),
    State(
        "confirm",
        ("Confirm it’s you", "To do: Create a link for Nia Okafor.", "Your password", "Cancel"),
        signing_in.asked,
        person="pat",
        unproven=True,
    ),
    State(
        "confirm-role",
        ("Nia Okafor: role from none to Exporter", "To do: Save Nia Okafor.", "Cancel"),
        signing_in.role_asked,
        person="pat",
        unproven=True,
    ),
    State("confirm-code", ("From your authenticator app",), at("/sign-in/again/code/"), person="kim"),
    State("confirm-code-or-passkey", ("Other ways to confirm",), at("/sign-in/again/code/"), person="theo"),
    State(
        "confirmed",
        ("One more click: nothing has happened yet", "Create a link for Nia Okafor"),
        signing_in.asked_and_confirmed,
        person="pat",
        unproven=True,
    ),
    State(
        "app-add",
        ("Scan this QR code", "Or enter this key"),
        signing_in.confirmed("/you/second-factor/totp/activate/"),
        person="nia",
    ),
    State(
        "app-remove",
        ("You won’t be asked for its codes",),
        signing_in.confirmed("/you/second-factor/totp/deactivate/"),
        person="theo",
    ),
    State(
        "recovery-codes",
        ("10 of 10 left", "Copy codes"),
        signing_in.confirmed("/you/second-factor/recovery-codes/"),
        person="theo",
    ),
    State(
        "recovery-codes-new",
        ("remaining codes will stop working",),
        signing_in.confirmed("/you/second-factor/recovery-codes/generate/"),
        person="theo",
    ),
    State("passkeys", ("Work laptop", "not used yet"), at("/you/second-factor/passkeys/"), person="theo"),
    State("passkeys-none", ("No passkeys yet",), at("/you/second-factor/passkeys/"), person="nia"),
    State(
        "passkey-add",
        ("Your browser will ask", "Name"),
        signing_in.confirmed("/you/second-factor/passkeys/add/"),
        person="nia",
    ),
    State("passkey-rename", ("Rename the passkey", "Save"), signing_in.passkey("Rename"), person="theo"),
    State("passkey-remove", ("You won’t be able to sign in with it",), signing_in.passkey("Remove"), person="theo"),
    State(
        "sessions",
        ("Safari on iPhone", "This browser", "Sign out everywhere else"),
        at("/you/sessions/"),
        person="theo",
    ),
    State("password-change", ("Current password", "New password"), at("/you/password/"), person="nia"),
    State("password-change-wrong", ("This is not your password.",), signing_in.password_errors, person="nia"),
    State("not-found", ("Page not found", "Back to your contacts"), at("/nowhere/")),
    State("gateway", ("API status and usage", "Refused sign-ins", "Available now", "The last hour"), _gateway),
    State("gateway-failing", ("It doesn’t answer.", "Start manage.py desk_worker."), _gateway_failing),
    State("gateway-key-rejected", ("The API key was rejected.", "restart the desk"), _gateway_key_rejected),
    State("audit", ("Audit log", "Viewed the contact list", "Who looked up this number?"), _audit),
    State(
        "audit-filtered",
        ("Denied", "Unknown action ignored", "“soon” isn’t a valid time", "Views of this log are hidden"),
        _audit_filtered,
    ),
    State(
        "audit-details",
        ("Looked up a number", "Found the number in a profile", "Network address", "Reference", "Open"),
        _audit_details,
    ),
    State("audit-number", ("the one typed", "Opened a contact"), _audit_number),
    State("audit-empty", ("No entry matches", "person “zebra”", "Clear filters"), at("/audit/?person=zebra")),
    State("role-denied", ("You don’t have access to this page", "another role"), at("/people/"), person="nia"),
    State("people", ("Set up Contact Desk", "Mara Ellis", "No second factor", "Never signed in"), at("/people/")),
    State("people-profiles", ("Profiles", "Nobody", "Admins see every profile."), at("/people/profiles/")),
    State("people-profile", ("Approved", "Activity"), _profile_people),
    State("people-masking", ("Always mask numbers for", "Only a superuser can change this."), at("/people/masking/")),
    State(
        "people-ignored",
        ("Unknown role ignored", "Unknown status ignored", "There is no such page"),
        at("/people/?role=king&status=asleep&page=0"),
    ),
    State("people-nobody-fits", ("No matches", "Clear filters"), at("/people/?search=zebra")),
    State("person", ("Assigned profiles", "Can sign in but has no access.", "Deactivate"), _of_person("nia")),
    State("person-admin", ("This selection is kept but not used.", "Create reset link"), _of_person("pat")),
    State("person-guarded", ("Only a superuser can change the roles",), _of_person("masha")),
    State("person-switch-off", ("Deactivate support?", "To undo this", "Cancel"), _person_asked("Deactivate")),
    State(
        "person-remove-factors",
        ("Remove the second factors of Theo Brandt?", "This can’t be undone."),
        _person_asked("Remove second factors", "theo"),
    ),
    State("person-sign-out", ("Sign out support?", "Nothing to undo"), _person_asked("Sign out everywhere")),
    State("person-role", ("Take the role Support from support?", "To undo this"), _person_role_asked),
    State("person-own", ("You can’t change your own role.",), _of_person("mara")),
    State("person-finds-nothing", ("No profile is called “zebra”.", "1 selected"), _person_finds_nothing),
    State("person-refused", ("Someone changed this person while this page was open", "Reload"), _person_refused),
    State("person-new", ("Add a person", "Can view and export the audit log, not contacts."), at("/people/new/")),
    State(
        "person-new-errors",
        ("Not added.", "This user name is already taken.", "Enter a valid e-mail address."),
        _person_new_errors,
    ),
    State("person-added", ("added", "Invitation link", "Assign profiles"), _person_added),
    State("person-switched-off", ("is deactivated and signed out everywhere.", "Reactivate"), _person_switched_off),
    *EXPORT_STATES,
)
