"""Older tabs: forms from before the browser's last sign-in work, or take one more click, and lose nothing."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.models import AuditEntry, Preferences
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, SITE_URL, text

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

THEME = "/preferences/theme/"
OLD = "o" * 64  # the token of a tab from before the last sign-in
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture
def browser(desk_api: SandboxServer, admin_user: User) -> Client:
    """A browser that checks tokens and sends Origin, where Mara signed in again in another tab."""
    client = Client(enforce_csrf_checks=True, headers={"origin": SITE_URL})
    client.force_login(admin_user)
    client.get("/preferences/")
    return client


@pytest.fixture
def signed_out(db: None) -> Client:
    """The same browser after signing out again."""
    client = Client(enforce_csrf_checks=True, headers={"origin": SITE_URL})
    client.get("/sign-in/")
    return client


def _post(client: Client, path: str, headers: dict[str, str] | None = None, /, **fields: Any) -> Answer:
    """Sends a form of an older tab."""
    return client.post(path, fields | {"csrfmiddlewaretoken": OLD}, headers=headers)


def _again(client: Client, answer: Answer) -> Answer:
    """Presses the button of the page that offers the form again."""
    page = text(answer)
    (action,) = re.findall(r'<form class="sign-in__form" method="post" action="([^"]+)"', page)
    fields: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(page):
        fields.setdefault(html.unescape(name), []).append(html.unescape(value))
    return client.post(html.unescape(action), fields)


def _signed_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200


# --- Signing out -----------------------------------------------------------------------------------


def test_sign_out_in_older_tab_signs_out(browser: Client) -> None:
    assert _post(browser, "/sign-out/")["Location"] == "/sign-in/"
    assert not _signed_in(browser)


def test_sign_out_in_older_tab_is_recorded(browser: Client) -> None:
    _post(browser, "/sign-out/")
    assert list(AuditEntry.objects.filter(action="sign_out").values_list("outcome", flat=True)) == ["ok"]


@pytest.mark.parametrize("origin", [SITE_URL, "https://evil.example", None])
def test_sign_out_when_nobody_is_signed_in_leads_to_sign_in(db: None, origin: str | None) -> None:
    client = Client(enforce_csrf_checks=True, headers={"origin": origin} if origin else None)
    assert _post(client, "/sign-out/")["Location"] == "/sign-in/"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{SITE_URL}0", ""])
def test_other_site_cannot_sign_anybody_out(browser: Client, origin: str) -> None:
    assert _post(browser, "/sign-out/", {"origin": origin}).status_code == 403
    assert _signed_in(browser)


# --- The sign-in form ------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["mara", " MARA ", "mara@example.org"])
def test_second_sign_in_form_leads_on_for_who_is_signed_in(browser: Client, admin_user: User, typed: str) -> None:
    User.objects.filter(pk=admin_user.pk).update(email="mara@example.org")
    answer = _post(browser, "/sign-in/", login=typed, password="x", next="/people/")
    assert answer["Location"] == "/people/"


def test_sign_in_form_never_leads_to_other_site(browser: Client) -> None:
    answer = _post(browser, "/sign-in/", login="mara", password="x", next="//evil.example/")
    assert answer["Location"] == "/"


def test_second_sign_in_form_of_somebody_else_says_who_is_signed_in(browser: Client) -> None:
    page = text(_post(browser, "/sign-in/", login="nia", password="x"))
    assert "You’re already signed in" in page
    assert "as <b>mara</b>" in page


def test_sign_in_form_keeps_name_and_way_but_no_password(signed_out: Client) -> None:
    answer = _post(signed_out, "/sign-in/", login='m"ara', password="geheim-7431", next="/people/")
    page = text(answer)
    assert answer.status_code == 409
    assert 'value="m&quot;ara"' in page
    assert '<input type="hidden" name="next" value="/people/">' in page
    assert "This page was out of date. Sign in again." in page
    assert "geheim-7431" not in page


def test_typing_goes_on_with_the_password_where_the_name_is_known(signed_out: Client) -> None:
    pages = [text(signed_out.get("/sign-in/")), text(_post(signed_out, "/sign-in/", login="mara", password="x"))]
    assert [re.findall(r'name="(\w+)"[^>]* autofocus', page) for page in pages] == [["login"], ["password"]]


def test_sign_in_form_shown_again_signs_in(signed_out: Client, admin_user: User) -> None:
    page = text(_post(signed_out, "/sign-in/", login="mara", password="x"))
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
    signed_out.post("/sign-in/", {"login": "mara", "password": "x", "csrfmiddlewaretoken": token})
    assert _signed_in(signed_out)


def test_browser_without_cookies_reads_that_they_are_needed(db: None) -> None:
    client = Client(enforce_csrf_checks=True, headers={"origin": SITE_URL})
    assert "Your browser sent no cookies." in text(_post(client, "/sign-in/", login="mara", password="x"))


def test_name_from_other_site_is_not_put_into_sign_in_form(signed_out: Client) -> None:
    page = _post(signed_out, "/sign-in/", {"origin": "https://evil.example"}, login="planted", password="x")
    assert page.status_code == 403
    assert "planted" not in text(page)


# --- Other forms -----------------------------------------------------------------------------------


def test_theme_button_in_older_tab_is_offered_again(browser: Client, admin_user: User) -> None:
    answer = _post(browser, THEME, {"referer": f"{SITE_URL}/people/?role=admin"}, theme="dark", next="/people/")
    page = text(answer)
    assert answer.status_code == 409
    assert ">Dark theme</button>" in page
    assert 'href="/people/?role=admin"' in page
    assert not Preferences.objects.filter(user=admin_user, theme="dark").exists()
    assert _again(browser, answer)["Location"] == "/people/"
    assert Preferences.objects.filter(user=admin_user, theme="dark").exists()


def test_everything_entered_is_sent_again(browser: Client, support_user: User) -> None:
    fields = {"first_name": '<b>"S&am"', "last_name": "Zoë\r\n", "profiles": ["a", "b"], "kept": ""}
    page = text(_post(browser, f"/people/{support_user.pk}/?find=a&b", **fields))
    sent = [(name, html.unescape(value)) for name, value in HIDDEN.findall(page) if name != "csrfmiddlewaretoken"]
    several = [("profiles", "a"), ("profiles", "b"), ("kept", "")]
    assert sent == [("first_name", '<b>"S&am"'), ("last_name", "Zoë\r\n"), *several]
    assert f'action="/people/{support_user.pk}/?find=a&amp;b"' in page
    assert "You’re signed in as <b>mara</b>" in page


def test_form_of_older_tab_does_nothing_before_the_click(browser: Client) -> None:
    before = User.objects.count()
    _post(browser, "/people/new/", username="ada", role="support")
    assert User.objects.count() == before


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/you/password/", {"oldpassword": "geheim-7431", "password1": "neu-7431", "password2": "neu-7431"}),
        ("/sign-in/again/", {"password": "geheim-7431"}),
        ("/sign-in/code/", {"code": "7431"}),
    ],
)
def test_secret_is_asked_for_again(browser: Client, path: str, fields: dict[str, str]) -> None:
    answer = _post(browser, path, **fields)
    assert (answer.status_code, answer["Location"], answer.content) == (302, path, b"")


def test_page_that_asks_again_says_why(browser: Client) -> None:
    answer = _post(browser, "/you/password/", oldpassword="a", password1="b", password2="b")
    page = text(browser.get(answer["Location"]))
    assert "This page was out of date, so nothing was saved. Fill it in again." in page


def test_older_tab_of_who_signed_out_asks_to_sign_in_and_keeps_the_form(signed_out: Client) -> None:
    page = text(_post(signed_out, "/people/new/", username="ada"))
    assert "You’re signed out" in page
    assert '<input type="hidden" name="username" value="ada">' in page


@pytest.mark.parametrize(
    ("referer", "way"),
    [(f"{SITE_URL}/people/?role=admin", "/people/%3Frole%3Dadmin"), ("https://evil.example/people/", "/"), ("", "/")],
)
def test_form_after_signing_out_leads_back_to_its_page(db: None, referer: str, way: str) -> None:
    answer = Client().post(THEME, {"theme": "dark"}, headers={"referer": referer})
    assert answer["Location"] == f"/sign-in/?next={way}"


def test_script_gets_new_token_that_is_valid(browser: Client, admin_user: User) -> None:
    answer = _post(browser, THEME, {"hx-request": "true"}, theme="dark")
    assert (answer.status_code, answer.content) == (409, b"")
    fields = {"theme": "dark", "csrfmiddlewaretoken": answer["X-Form-Token"]}
    assert browser.post(THEME, fields, headers={"hx-request": "true"}).status_code == 204
    assert Preferences.objects.get(user=admin_user).theme == "dark"


def test_older_tab_is_not_recorded_as_denied(browser: Client) -> None:
    _post(browser, THEME, theme="dark")
    assert not AuditEntry.objects.filter(outcome="denied").exists()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", f"{SITE_URL}.evil.example", "http://localhost"])
@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_form_of_other_site_is_refused_without_its_fields(
    browser: Client, origin: str, headers: dict[str, str]
) -> None:
    answer = _post(browser, "/people/new/", headers | {"origin": origin}, username="planted")
    assert answer.status_code == 403
    assert "X-Form-Token" not in answer
    assert "planted" not in text(answer)
    assert "This form couldn’t be accepted" in text(answer)


def test_form_without_origin_is_refused(desk_api: SandboxServer, admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert _post(client, THEME, theme="dark").status_code == 403


def test_every_address_of_this_machine_is_an_own_page() -> None:
    assert SITE_URL in settings.SITE_ORIGINS


# --- A session that has ended --------------------------------------------------------------------------


@pytest.fixture
def ended(desk_api: SandboxServer, admin_user: User) -> tuple[Client, str]:
    """A browser whose session ended while a form was open, and the token of that form, which is still right."""
    client = Client(enforce_csrf_checks=True, headers={"origin": SITE_URL})
    client.force_login(admin_user)
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', text(client.get("/preferences/")))[0]
    del client.cookies[settings.SESSION_COOKIE_NAME]
    return client, token


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/preferences/", {"theme": "dark", "columns": ["region", "updated"], "time_zone": "Europe/Vienna"}),
        ("/people/new/", {"username": "ada", "name": "Ada & Lovelace"}),
        ("/account/views/new/", {"name": "Mine", "channel": "sms"}),
    ],
)
def test_form_after_the_session_ended_loses_nothing(
    ended: tuple[Client, str], path: str, fields: dict[str, Any]
) -> None:
    client, token = ended
    answer = client.post(path, fields | {"csrfmiddlewaretoken": token})
    page = text(answer)
    assert answer.status_code == 409
    assert "You’re signed out" in page
    kept = [(html.unescape(name), html.unescape(value)) for name, value in HIDDEN.findall(page)]
    sent = [(name, one) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)]
    assert [pair for pair in kept if pair[0] != "csrfmiddlewaretoken"] == sent


def test_form_goes_on_after_signing_in_again(ended: tuple[Client, str], admin_user: User) -> None:
    client, token = ended
    chosen = {"theme": "dark", "density": "compact", "page_size": "20", "time_zone": "Europe/Vienna"}
    answer = client.post("/preferences/", chosen | {"csrfmiddlewaretoken": token})
    client.force_login(admin_user)
    assert _again(client, answer)["Location"] == "/preferences/"
    assert Preferences.objects.get(user=admin_user).time_zone == "Europe/Vienna"


def test_password_is_on_no_page_after_the_session_ended(ended: tuple[Client, str]) -> None:
    client, token = ended
    secret = {"oldpassword": "a secret of mine", "password1": "another one", "password2": "another one"}
    answer = client.post("/you/password/", secret | {"csrfmiddlewaretoken": token})
    assert answer.status_code == 302
    assert "a secret of mine" not in text(answer)


def test_script_is_told_that_the_session_ended(ended: tuple[Client, str]) -> None:
    client, token = ended
    answer = client.post("/lookup/", {"number": "1", "csrfmiddlewaretoken": token}, headers=FRAGMENT)
    assert answer["Location"].startswith("/sign-in/")
