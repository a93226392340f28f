"""Sessions of single sign-on: checked with the provider hourly, ended there at sign-out, and told of factors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import signing

from contacts_ui.sign_in.hashed_sessions import stored_key
from testing.accounts import create_session
from testing.desk_template import PASSWORD, DeskTemplate
from testing.running_desk import COOKIE, Desk, running_desk
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT
from tests.sign_in.conftest import OIDC, ROLES
from tests.sign_in.provider import Provider, query_of
from tests.sign_in.running_desk import Visitor
from tests.sign_in.test_oidc import denials, role_of, sign_in, start_sso, user_of

HOUR = 3600.0
PAGE = "/preferences/?search=%2B15550100"
FACTOR = {"amr": ["pwd", "mfa"]}


@pytest.fixture(scope="module")
def strict_desk(
    running_sandbox: SandboxServer,
    provider: Provider,
    template: DeskTemplate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    """A desk whose admins need a second factor."""
    folder = tmp_path_factory.mktemp("strict")
    more = {"OIDC_ISSUER": provider.url, "OIDC_ROLES": ROLES, "REQUIRE_MFA": "admins", **OIDC}
    with running_desk(folder, running_sandbox.url, template, **more) as desk:
        yield desk


def session_of(desk: Desk, provider: Provider, subject: str, age: float, *, former: bool = False) -> Visitor:
    """A browser whose session was begun by single sign-on `age` seconds ago, by a former provider if so."""
    sign_in(desk, provider, subject, preferred_username=subject, groups=["desk-staff"])
    number, username, _ = user_of(desk, subject)
    [(name,)] = desk.sql("SELECT provider FROM socialaccount_socialaccount WHERE uid = ?", subject)
    began = time.time() - age
    name = "oidc-ffffffffffff" if former else name
    signed_in = {"method": "socialaccount", "provider": name, "uid": subject, "at": began}
    visitor = Visitor(desk.url)
    data: dict[str, Any] = {
        "account_authentication_methods": [signed_in],
        "account_authentication_methods_user": str(number),
        "desk.sso.factor": True,
        "desk.began": began,
        "desk.seen": time.time(),
    }
    visitor.cookies.set(COOKIE, create_session(desk, username, proven=False, **data), domain="127.0.0.1")
    return visitor


def still_there(provider: Provider, address: str, subject: str) -> str:
    """The callback URL for a person still signed in at the provider (the test provider itself remembers nobody)."""
    assert "&prompt=none" in address
    return provider.authorize(address.replace("&prompt=none", ""), subject)


# --- Checked again within the hour ---------------------------------------------------------------------


def test_session_is_not_checked_within_the_hour(sso_desk: Desk, provider: Provider) -> None:
    assert session_of(sso_desk, provider, "p-young", HOUR - 60).signed_in()


def test_page_after_an_hour_asks_provider_without_a_prompt(sso_desk: Desk, provider: Provider) -> None:
    answer = session_of(sso_desk, provider, "p-ask", HOUR + 1).see(PAGE)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(provider.url)
    assert query_of(answer.headers["Location"])["prompt"] == "none"
    assert "5550100" not in answer.headers["Location"]


def test_check_leads_back_to_page_with_groups_of_now(sso_desk: Desk, provider: Provider) -> None:
    visitor = session_of(sso_desk, provider, "p-back", HOUR + 1)
    provider.knows("p-back", groups=["desk-admins"])
    back = visitor.see(still_there(provider, visitor.see(PAGE).headers["Location"], "p-back"))
    assert back.headers["Location"] == PAGE
    assert visitor.signed_in()
    assert role_of(sso_desk, "p-back") == {"admin"}


def test_check_leads_nobody_else_to_the_page(sso_desk: Desk, provider: Provider) -> None:
    """Whoever signed in there meanwhile would read a number in the address of the page."""
    provider.knows("p-next", preferred_username="p-next", groups=["desk-staff"])
    visitor = session_of(sso_desk, provider, "p-gone", HOUR + 1)
    back = visitor.see(still_there(provider, visitor.see(PAGE).headers["Location"], "p-next"))
    assert back.headers["Location"] == "/"
    assert visitor.signed_in()


def test_check_does_not_prolong_twelve_hours(sso_desk: Desk, provider: Provider) -> None:
    visitor = session_of(sso_desk, provider, "p-long", 11 * HOUR)
    began = _session_data(sso_desk, visitor.cookies[COOKIE])["desk.began"]
    visitor.see(still_there(provider, visitor.see(PAGE).headers["Location"], "p-long"))
    assert visitor.signed_in()
    assert _session_data(sso_desk, visitor.cookies[COOKIE])["desk.began"] == began


def test_person_signed_out_at_provider_is_out_after_the_hour(sso_desk: Desk, provider: Provider) -> None:
    visitor, before = session_of(sso_desk, provider, "p-gone", HOUR + 1), denials(sso_desk)
    back = provider.authorize(visitor.see(PAGE).headers["Location"], "p-gone")
    assert query_of(back)["error"] == "login_required"
    assert visitor.see(back).headers["Location"].startswith("/sign-in/?next=/preferences/")
    assert not visitor.signed_in()
    assert denials(sso_desk) == before


def test_session_has_ended_before_provider_answers(sso_desk: Desk, provider: Provider) -> None:
    visitor = session_of(sso_desk, provider, "p-ended", HOUR + 1)
    visitor.see(PAGE)
    assert not visitor.signed_in()


def test_fragment_after_an_hour_has_its_page_loaded_anew(sso_desk: Desk, provider: Provider) -> None:
    visitor = session_of(sso_desk, provider, "p-fragment", HOUR + 1)
    current = {"HX-Current-URL": f"{sso_desk.url}{PAGE}"}
    answer = visitor.get(f"{sso_desk.url}/account/contacts/", headers=FRAGMENT | current, allow_redirects=False)
    assert (answer.status_code, answer.headers["HX-Redirect"], answer.text) == (204, PAGE, "")
    assert visitor.see(PAGE).headers["Location"].startswith(provider.url)


@pytest.mark.parametrize("kind", ["form", "picture"])
def test_only_navigation_is_sent_to_provider(sso_desk: Desk, provider: Provider, kind: str) -> None:
    visitor = session_of(sso_desk, provider, "p-form", HOUR + 1)
    if kind == "form":
        answer = visitor.submit("/preferences/theme/", theme="dark")
    else:
        visitor.headers["Sec-Fetch-Dest"] = "image"
        answer = visitor.see("/preferences/")
    assert not answer.headers.get("Location", "").startswith(provider.url)
    assert not visitor.signed_in()


def test_session_of_former_provider_ends_at_once(sso_desk: Desk, provider: Provider) -> None:
    assert not session_of(sso_desk, provider, "p-former", 5, former=True).signed_in()


def test_answer_to_check_of_another_browser_is_refused(sso_desk: Desk, provider: Provider) -> None:
    visitor = session_of(sso_desk, provider, "p-other", HOUR + 1)
    back = still_there(provider, visitor.see(PAGE).headers["Location"], "p-other")
    other = Visitor(sso_desk.url)
    assert other.see(back).status_code == 401
    assert not other.signed_in()


def test_local_session_is_left_alone(sso_desk: Desk) -> None:
    visitor = Visitor(sso_desk.url)
    visitor.submit("/sign-in/", login="support", password=PASSWORD)
    assert visitor.signed_in()
    assert visitor.submit("/sign-out/").headers["Location"] == "/sign-in/"


# --- Signing out -----------------------------------------------------------------------------------------


def test_sign_out_ends_session_at_provider(sso_desk: Desk, provider: Provider) -> None:
    visitor = sign_in(sso_desk, provider, "p-out")
    address = visitor.submit("/sign-out/").headers["Location"]
    asked = query_of(address)
    assert address.startswith(f"{provider.url}/")
    assert (asked["client_id"], asked["post_logout_redirect_uri"]) == ("desk", f"{sso_desk.url}/sign-in/")
    assert asked["id_token_hint"].count(".") == 2
    assert not visitor.signed_in()


def test_id_token_is_sealed_in_session(sso_desk: Desk, provider: Provider) -> None:
    visitor = sign_in(sso_desk, provider, "p-sealed", email="somebody@example.org")
    content = str(_session_data(sso_desk, visitor.cookies[COOKIE]))
    token = query_of(visitor.submit("/sign-out/").headers["Location"])["id_token_hint"]
    assert token not in content
    assert "somebody@" not in content


def test_sign_out_stays_here_when_provider_offers_nothing(sso_desk: Desk, provider: Provider) -> None:
    provider.forge(configuration={"end_session_endpoint": None})
    visitor = sign_in(sso_desk, provider, "p-plain")
    assert visitor.submit("/sign-out/").headers["Location"] == "/sign-in/"


def test_sign_out_does_not_lead_to_host_that_csp_forbids(sso_desk: Desk, provider: Provider) -> None:
    provider.forge(configuration={"end_session_endpoint": "https://evil.example/out"})
    visitor = sign_in(sso_desk, provider, "p-evil")
    assert visitor.submit("/sign-out/").headers["Location"] == "/sign-in/"


def _session_data(desk: Desk, key: str) -> dict[str, Any]:
    ((content,),) = desk.sql("SELECT session_data FROM contacts_ui_session WHERE session_key = ?", stored_key(key))
    data: dict[str, Any] = signing.loads(content, key=desk.secret_key, salt="django.contrib.sessions.SessionStore")
    return data


# --- The second factor of the provider ---------------------------------------------------------------------


def as_admin(desk: Desk, provider: Provider, subject: str, **id_token: Any) -> Visitor:
    """A browser after single sign-on in the admins' group, with these claims in the ID token."""
    provider.forge(id_token=id_token)
    return sign_in(desk, provider, subject, preferred_username=subject, groups=["desk-admins"])


def test_admin_with_factor_at_provider_gets_in(strict_desk: Desk, provider: Provider) -> None:
    assert as_admin(strict_desk, provider, "f-good", auth_time=time.time(), **FACTOR).signed_in()


@pytest.mark.parametrize(
    "claims",
    [{"x": 1}, {"amr": ["pwd"]}, {"amr": ["mfa"], "auth_time": 1}, {"amr": ["mfa"], "auth_time": None}],
    ids=str,
)
def test_admin_without_factor_at_provider_is_refused(
    strict_desk: Desk, provider: Provider, claims: dict[str, Any]
) -> None:
    before = denials(strict_desk)
    visitor = as_admin(strict_desk, provider, "f-bad", **claims)
    assert not visitor.signed_in()
    assert "did not confirm a second factor" in visitor.see("/sign-in/").text
    assert denials(strict_desk) == before + 1


def test_support_needs_no_factor_at_provider(strict_desk: Desk, provider: Provider) -> None:
    assert sign_in(strict_desk, provider, "f-staff", groups=["desk-staff"]).signed_in()


def test_session_without_factor_ends_when_person_becomes_admin(strict_desk: Desk, provider: Provider) -> None:
    visitor = sign_in(strict_desk, provider, "f-rise", groups=["desk-staff"])
    strict_desk.sql("UPDATE auth_user SET is_superuser = 1 WHERE id = ?", user_of(strict_desk, "f-rise")[0])
    assert not visitor.signed_in()


def test_provider_is_asked_how_long_ago_person_authenticated(strict_desk: Desk) -> None:
    assert query_of(start_sso(Visitor(strict_desk.url)))["max_age"] == "43200"
