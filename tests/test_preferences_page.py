"""Preferences page: saving, validation errors, and the theme button."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import Preferences
from contacts_ui.preferences import DEFAULTS, preferences_for, save_theme
from contacts_ui.quota import spend

from .html import FRAGMENT, text

PAGE = "/preferences/"
THEME = "/preferences/theme/"
CHOSEN: dict[str, Any] = {
    "theme": "dark",
    "density": "compact",
    "page_size": "20",
    "columns": ["updated", "region"],
    "region": "GB",
    "mask_numbers": "on",
    "time_zone": "Europe/Vienna",
}


def _opening(response: Any) -> str:
    """The `<html>` tag of the page."""
    found = re.search(r"<html[^>]*>", text(response))
    assert found
    return found.group()


# --- The page --------------------------------------------------------------------------------------


def test_saving_redirects_back_and_confirms_once(admin_client: Client) -> None:
    response = admin_client.post(PAGE, CHOSEN)
    assert response["Location"] == PAGE
    said = re.search(r'role="status"[^>]*>.*?</p>', text(admin_client.get(PAGE)))
    assert said
    assert "Saved." in said.group()
    assert "Saved." not in text(admin_client.get(PAGE))


def test_page_shows_saved_values(admin_client: Client) -> None:
    admin_client.post(PAGE, CHOSEN)
    page = text(admin_client.get(PAGE))
    ticked = set(re.findall(r'<input type="(?:radio|checkbox)" name="([^"]+)"(?: value="([^"]+)")? checked', page))
    chosen = {("theme", "dark"), ("density", "compact"), ("page_size", "20"), ("mask_numbers", "")}
    assert ticked == chosen | {("columns", "region"), ("columns", "updated")}
    assert 'name="region" list="region-list" value="United Kingdom"' in page
    assert 'name="time_zone" list="time_zone-list" value="Europe/Vienna"' in page


def test_theme_is_rendered_by_server(admin_client: Client, admin_user: User) -> None:
    assert _opening(admin_client.get(PAGE)) == '<html lang="en">'
    for theme in ("light", "dark"):
        save_theme(admin_user, theme)
        response = admin_client.get("/account/contacts/")
        assert f'data-theme="{theme}"' in _opening(response)
        assert f'<meta name="color-scheme" content="{theme}">' in text(response)


def test_density_and_shortcuts_are_rendered_by_server(admin_client: Client) -> None:
    admin_client.post(PAGE, CHOSEN)
    opening = _opening(admin_client.get("/account/contacts/"))
    assert 'data-density="compact"' in opening
    assert 'data-shortcuts="off"' in opening


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("theme", "pink", "Choose one of these."),
        ("theme", "", "Choose one of these."),
        ("density", "x", "Choose one of these."),
        ("page_size", "1000", "Choose one of these."),
        ("page_size", "x", "Choose one of these."),
        ("columns", ["region", "secret"], "Choose among these."),
        ("region", "ZZ", "Choose a country from the list."),
        ("time_zone", "Etc/GMT+1", "Choose a time zone from the list."),
        ("time_zone", "", "Choose a time zone from the list."),
    ],
)
def test_invalid_value_is_reported_beside_its_field(
    admin_client: Client, admin_user: User, field: str, value: str | list[str], sentence: str
) -> None:
    response = admin_client.post(PAGE, CHOSEN | {field: value})
    assert response.status_code == 422
    page = text(response)
    assert re.search(rf'<p class="form-field__error" id="{field}-error"><svg.*?</svg>{re.escape(sentence)}</p>', page)
    assert re.search(rf'aria-describedby="[^"]*\b{field}-error"', page)
    assert 'aria-invalid="true"' in page
    assert page.count('class="form-field__error"') == 1
    assert preferences_for(admin_user) == DEFAULTS


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ("switz", "CH", "Saved. Default country: Switzerland."),
        ("GER", "DE", "Saved. Default country: Germany."),
        ("emirates", "AE", "Saved. Default country: United Arab Emirates."),
        ("Niger", "NE", "Saved."),
        ("", None, "Saved."),
    ],
)
def test_part_of_country_name_takes_the_one_it_means(
    admin_client: Client, admin_user: User, typed: str, code: str | None, said: str
) -> None:
    page = text(admin_client.post(PAGE, CHOSEN | {"region": typed}, follow=True))
    assert preferences_for(admin_user).region == code
    assert f"</svg>{said}</p>" in page


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("region", "united", "country from the list: United Arab Emirates, United Kingdom or United States."),
        ("region", "an", "country from the list."),
        ("region", "narnia", "country from the list."),
        (
            "time_zone",
            "argentina/",
            "zone from the list: America/Argentina/Buenos Aires, America/Argentina/Catamarca, ",
        ),
    ],
)
def test_part_of_several_names_is_refused_naming_them(
    admin_client: Client, admin_user: User, field: str, typed: str, sentence: str
) -> None:
    response = admin_client.post(PAGE, CHOSEN | {field: typed})
    assert response.status_code == 422
    assert sentence in text(response)
    assert preferences_for(admin_user) == DEFAULTS


def test_invalid_value_keeps_other_choices(admin_client: Client) -> None:
    page = text(admin_client.post(PAGE, CHOSEN | {"region": "ZZ"}))
    assert '<input type="radio" name="theme" value="dark" checked>' in page
    assert 'list="time_zone-list" value="Europe/Vienna"' in page


def test_invalid_value_is_reported_at_top_of_page(admin_client: Client) -> None:
    page = text(admin_client.post(PAGE, CHOSEN | {"region": "ZZ"}))
    assert re.search(r'role="alert"[^>]*><svg.*?</svg>Not saved\.', page)


def test_unknown_time_zone_is_shown_as_utc(admin_client: Client, admin_user: User) -> None:
    Preferences.objects.create(user=admin_user, time_zone="Atlantis/Capital")
    assert 'list="time_zone-list" value="UTC"' in text(admin_client.get(PAGE))


def test_saving_changes_no_other_user(admin_client: Client, support_user: User) -> None:
    Preferences.objects.create(user=support_user, region="AT", page_size=100)
    before = preferences_for(support_user)
    admin_client.post(PAGE, CHOSEN | {"user": str(support_user.pk), "user_id": str(support_user.pk)})
    admin_client.post(THEME, {"theme": "light", "user": str(support_user.pk)})
    assert preferences_for(support_user) == before


def test_user_without_profiles_has_preferences(client: Client, user_without_role: User) -> None:
    client.force_login(user_without_role)
    assert client.get(PAGE).status_code == 200


def test_menu_links_to_preferences(admin_client: Client) -> None:
    assert re.search(r'<a class="menu-item" href="/preferences/">.*Preferences</a>', text(admin_client.get(PAGE)))


@pytest.mark.parametrize("path", [PAGE, THEME])
def test_nothing_is_saved_without_csrf_token(admin_user: User, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post(path, CHOSEN).status_code == 403
    assert not Preferences.objects.exists()


def test_nothing_is_saved_without_signing_in(db: None) -> None:
    assert Client().post(PAGE, CHOSEN).status_code == 409  # the form again, after signing in
    assert Client().post(THEME, CHOSEN)["Location"].startswith("/sign-in/")
    assert not Preferences.objects.exists()


# --- The theme button ------------------------------------------------------------------------------


@pytest.mark.parametrize(("theme", "offered"), [("system", "dark"), ("light", "dark"), ("dark", "light")])
def test_theme_button_offers_other_theme(admin_client: Client, admin_user: User, theme: str, offered: str) -> None:
    save_theme(admin_user, theme)
    page = text(admin_client.get(PAGE))
    assert f'name="theme" value="{offered}" aria-label="{offered.capitalize()} theme"' in page
    assert f"icons.svg#{'moon' if offered == 'dark' else 'sun'}" in page


def test_theme_button_saves_and_returns_to_same_page(admin_client: Client, admin_user: User) -> None:
    page = text(admin_client.get("/account/contacts/", {"channel": "sms", "page": "2"}))
    target = re.search(r'data-theme-toggle>.*?name="next" value="([^"]+)"', page)
    assert target
    response = admin_client.post(THEME, {"theme": "dark", "next": target.group(1).replace("&amp;", "&")})
    assert (response.status_code, response["Location"]) == (302, "/account/contacts/?channel=sms&page=2")
    assert preferences_for(admin_user).theme == "dark"


def test_theme_button_changes_only_theme(admin_client: Client, admin_user: User) -> None:
    Preferences.objects.create(user=admin_user, region="AT", page_size=100, shortcuts=False)
    admin_client.post(THEME, {"theme": "dark"})
    held = preferences_for(admin_user)
    assert (held.region, held.page_size, held.shortcuts) == ("AT", 100, False)


def test_theme_change_by_htmx_gets_empty_fragment(admin_client: Client, admin_user: User) -> None:
    response = admin_client.post(THEME, {"theme": "dark", "next": PAGE}, headers=FRAGMENT)
    assert (response.status_code, response["X-Fragment"], response.content) == (204, "1", b"")
    assert preferences_for(admin_user).theme == "dark"


@pytest.mark.parametrize("theme", ["pink", "", "Dark", "dark\0", '"><script>'])
def test_unknown_theme_changes_nothing(admin_client: Client, admin_user: User, theme: str) -> None:
    save_theme(admin_user, "light")
    response = admin_client.post(THEME, {"theme": theme})
    assert response.status_code == 400
    assert "This request couldn’t be read" in text(response)
    assert preferences_for(admin_user).theme == "light"


@pytest.mark.parametrize("target", ["x", ""])
def test_theme_button_without_own_path_redirects_home(admin_client: Client, target: str) -> None:
    assert admin_client.post(THEME, {"theme": "dark", "next": target})["Location"] == "/"


def test_theme_cannot_be_changed_by_get(admin_client: Client) -> None:
    assert admin_client.get(THEME, {"theme": "dark"}).status_code == 405


# --- Country and time zone --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        ("region", "United Kingdom", "GB"),
        ("region", "gb", "GB"),
        ("region", " cote d’ivoire ", "CI"),
        ("region", "", None),
        ("time_zone", "Europe/Vienna", "Europe/Vienna"),
        ("time_zone", "new york", "America/New_York"),
        ("time_zone", "America/Sao_Paulo", "America/Sao_Paulo"),
        ("time_zone", "berlin", "Europe/Berlin"),
        ("time_zone", "utc", "UTC"),
    ],
)
def test_country_and_zone_are_taken_by_any_name(
    admin_client: Client, admin_user: User, name: str, typed: str, stored: str | None
) -> None:
    assert admin_client.post(PAGE, CHOSEN | {name: typed}).status_code == 302
    assert getattr(Preferences.objects.get(user=admin_user), name) == stored


@pytest.mark.parametrize(("name", "typed"), [("region", "Atlantis"), ("time_zone", "Europe"), ("time_zone", "x" * 200)])
def test_unknown_name_is_refused_and_kept_in_the_input(admin_client: Client, name: str, typed: str) -> None:
    response = admin_client.post(PAGE, CHOSEN | {name: typed})
    assert response.status_code == 422
    assert f'value="{typed}"' in text(response)


def test_zone_of_the_browser_is_offered_by_script_alone(admin_client: Client) -> None:
    assert re.search(r"<button [^>]*data-offer-zone hidden>", text(admin_client.get(PAGE)))


@pytest.mark.parametrize(("path", "inputs"), [("/you/password/", 3), ("/sign-in/again/", 1)])
def test_every_password_input_has_a_hidden_toggle(admin_client: Client, path: str, inputs: int) -> None:
    page = text(admin_client.get(path))
    assert page.count('type="password"') == page.count("data-show-password") == inputs
    assert page.count('title="Show password" hidden>') == inputs


def test_sign_in_page_has_a_password_toggle(client: Client, db: None) -> None:
    assert text(client.get("/sign-in/")).count("data-show-password") == 1


def test_one_banner_at_a_time(admin_client: Client) -> None:
    for _ in range(2):
        admin_client.post(PAGE, CHOSEN)
    assert text(admin_client.get(PAGE)).count('class="banner') == 1


# --- What the hour allows ----------------------------------------------------------------------------


def test_rest_of_the_hour_is_on_the_page(admin_client: Client, admin_user: User, settings: Settings) -> None:
    settings.DESK_CONTACTS_PER_HOUR, settings.DESK_LOOKUPS_PER_HOUR = 5000, 30
    admin_client.get("/account/contacts/")
    spend(admin_user.pk, lookups=18)
    page = text(admin_client.get(PAGE))
    assert "<dt>Contacts you can view</dt><dd><span>4,950 of 5,000 left" in page
    assert "<dt>Numbers you can look up in all profiles</dt><dd><span>12 of 30 left" in page
    assert "Masked numbers" not in page


def test_hour_is_not_on_page_of_person_without_contacts(client: Client, user_without_role: User) -> None:
    client.force_login(user_without_role)
    assert "This hour" not in text(client.get(PAGE))


# --- The theme before signing in -----------------------------------------------------------------------


def test_chosen_theme_stays_on_sign_in_page(admin_client: Client) -> None:
    admin_client.post(THEME, {"theme": "dark"})
    admin_client.post("/sign-out/")
    assert _opening(admin_client.get("/sign-in/")) == '<html lang="en" data-theme="dark">'


def test_theme_of_system_is_forgotten_by_browser(admin_client: Client) -> None:
    admin_client.post(PAGE, CHOSEN)
    admin_client.get(PAGE)
    assert admin_client.cookies["theme"].value == "dark"
    admin_client.post(PAGE, CHOSEN | {"theme": "system"})
    admin_client.get(PAGE)
    assert admin_client.cookies["theme"].value == ""
    admin_client.post("/sign-out/")
    assert _opening(admin_client.get("/sign-in/")) == '<html lang="en">'


def test_foreign_theme_cookie_gets_onto_no_page(client: Client, db: None) -> None:
    client.cookies["theme"] = '"><script>'
    assert _opening(client.get("/sign-in/")) == '<html lang="en">'
