"""Step-up of people who come by single sign-on: the provider asks them again, and its answer signs nobody in or out."""

from __future__ import annotations

import time

import pytest

from testing.accounts import create_account, create_session
from testing.running_desk import Desk
from tests.sign_in.provider import Provider, query_of
from tests.sign_in.running_desk import Visitor
from tests.sign_in.test_oidc import sign_in

NEW = "/people/new/"
AGAIN = "/sign-in/again/sso/"


@pytest.fixture
def admin(sso_desk: Desk, provider: Provider) -> Visitor:
    """An admin's browser that came by single sign-on."""
    return sign_in(sso_desk, provider, "s-boss", preferred_username="boss", groups=["desk-admins"])


def _to_provider(visitor: Visitor) -> str:
    answer = visitor.submit(AGAIN, next=NEW)
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_admin_by_sso_is_asked_and_led_to_the_provider(admin: Visitor) -> None:
    asked = admin.see(NEW)
    assert asked.headers["Location"] == f"{AGAIN}?next=%2Fpeople%2Fnew%2F"
    page = admin.see(asked.headers["Location"]).text
    assert "Continue to Example Work" in page
    assert 'name="next" value="/people/new/"' in page


def test_provider_is_told_to_ask_again(admin: Visitor) -> None:
    told = query_of(_to_provider(admin))
    assert (told["prompt"], told["max_age"]) == ("login", "0")


def test_sign_in_at_the_provider_is_the_proof(admin: Visitor, provider: Provider) -> None:
    session = admin.cookies["session"]
    answer = admin.see(provider.authorize(_to_provider(admin), "s-boss"))
    assert answer.headers["Location"] == NEW
    assert admin.see(NEW).status_code == 200
    assert admin.cookies["session"] == session


def test_another_person_at_the_provider_is_no_proof(admin: Visitor, provider: Provider) -> None:
    provider.knows("s-else", preferred_username="else", groups=["desk-admins"])
    answer = admin.see(provider.authorize(_to_provider(admin), "s-else"))
    assert answer.headers["Location"] == AGAIN
    assert "You signed in there as someone else." in admin.see(AGAIN).text
    assert admin.see(NEW).status_code == 302
    assert "boss" in admin.see("/preferences/").text


def test_old_sign_in_at_the_provider_is_no_proof(admin: Visitor, provider: Provider) -> None:
    provider.forge(id_token={"auth_time": int(time.time()) - 3600})
    answer = admin.see(provider.authorize(_to_provider(admin), "s-boss"))
    assert answer.headers["Location"] == AGAIN
    assert admin.see(NEW).status_code == 302


def test_proof_brings_the_groups_of_now(admin: Visitor, provider: Provider) -> None:
    address = _to_provider(admin)
    provider.knows("s-boss", preferred_username="boss", groups=["desk-staff"])
    admin.see(provider.authorize(address, "s-boss"))
    assert admin.see(NEW).status_code == 403


def test_answer_for_another_session_is_no_proof(admin: Visitor, sso_desk: Desk, provider: Provider) -> None:
    back = provider.authorize(_to_provider(admin), "s-boss")
    stranger = Visitor(sso_desk.url)
    assert stranger.see(back).status_code == 401
    assert not stranger.signed_in()


def test_ordinary_sign_in_by_sso_is_no_proof(admin: Visitor) -> None:
    assert admin.see(NEW).status_code == 302


def test_person_with_password_is_not_led_to_the_provider(sso_desk: Desk) -> None:
    create_account(sso_desk, f"local-{time.time_ns()}", "admin")
    name = sso_desk.sql("SELECT username FROM auth_user ORDER BY id DESC LIMIT 1")[0][0]
    visitor = Visitor(sso_desk.url)
    visitor.cookies.set("session", create_session(sso_desk, name, proven=False))
    visitor.see("/preferences/")
    assert visitor.submit(AGAIN, next=NEW).headers["Location"] == "/sign-in/again/"
    assert visitor.see(NEW).headers["Location"].startswith("/sign-in/again/?")
