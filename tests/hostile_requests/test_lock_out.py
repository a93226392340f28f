"""Attackers at sign-in: nobody locks a named account out, and nobody guesses at it faster from many networks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.desk_template import PASSWORD, DeskTemplate
from testing.running_desk import Desk, running_desk
from testing.sandbox_server import SandboxServer
from tests.sign_in.running_desk import Visitor

OWNER, ATTACKER = "198.51.100.7", "203.0.113.9"
KNOWN_BROWSER = "known-browser"


@pytest.fixture(scope="module")
def desk_behind_proxy(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A desk that takes the visitor's address from its proxy."""
    folder = tmp_path_factory.mktemp("locks")
    with running_desk(folder, running_sandbox.url, template, TRUSTED_PROXIES="1") as desk:
        yield desk


@pytest.fixture
def desk(desk_behind_proxy: Desk) -> Desk:
    """That desk, without the failures of earlier tests."""
    desk_behind_proxy.forget_limits()
    return desk_behind_proxy


def signs_in(visitor: Visitor, username: str, password: str = PASSWORD) -> bool:
    """Whether this password signs in; signs out again."""
    visitor.submit("/sign-in/", login=username, password=password)
    if not visitor.signed_in():
        return False
    visitor.submit("/sign-out/")
    return True


def attack(desk: Desk, username: str, addresses: list[str]) -> None:
    """One wrong password from each address in turn."""
    visitor = Visitor(desk.url)
    for number, address in enumerate(addresses):
        visitor.headers["X-Forwarded-For"] = address
        visitor.submit("/sign-in/", login=username, password=f"guess {number}")


def checked(desk: Desk, username: str) -> int:
    """How many wrong passwords of this user were compared with the hash."""
    query = "SELECT count(*) FROM contacts_ui_auditentry WHERE person = ? AND about = 'wrong password'"
    return int(desk.sql(query, username)[0][0])


@pytest.mark.parametrize("username", ["mara", "admin"])  # an admin, and the superuser for breaking the glass
def test_attacker_at_one_network_locks_nobody_out(desk: Desk, username: str) -> None:
    attack(desk, username, [ATTACKER] * 12)
    assert not signs_in(Visitor(desk.url, ATTACKER), username)
    assert signs_in(Visitor(desk.url, OWNER), username)


def test_attacker_with_many_addresses_of_one_network_has_five_tries(desk: Desk) -> None:
    attack(desk, "pat", [f"203.0.113.{number}" for number in range(25)])
    assert checked(desk, "pat") == 5
    assert signs_in(Visitor(desk.url, OWNER), "pat")


@pytest.mark.exhaustive  # in this process: tests/sign_in/test_attempts.py
def test_attackers_at_many_networks_are_slowed(desk: Desk) -> None:
    attack(desk, "masha", [f"100.64.{number % 35}.1" for number in range(140)])
    assert checked(desk, "masha") <= 35
    assert signs_in(Visitor(desk.url, OWNER), "masha")


@pytest.mark.exhaustive  # in this process: tests/sign_in/test_attempts.py
def test_known_browser_gets_in_while_botnet_attacks(desk: Desk) -> None:
    browser = Visitor(desk.url, OWNER)
    assert signs_in(browser, "nia")
    attack(desk, "nia", [f"100.65.{number}.1" for number in range(155)])
    attack(desk, "nia", [OWNER] * 8)
    assert not signs_in(Visitor(desk.url, OWNER), "nia")
    assert signs_in(browser, "nia")


def test_cookie_of_known_browser_opens_no_other_door(desk: Desk) -> None:
    browser, thief = Visitor(desk.url, OWNER), Visitor(desk.url, ATTACKER)
    assert signs_in(browser, "support")
    thief.cookies.set(KNOWN_BROWSER, browser.cookies[KNOWN_BROWSER], domain="127.0.0.1")
    thief.cookies.set("session", browser.cookies[KNOWN_BROWSER], domain="127.0.0.1")
    assert not thief.signed_in()
    attack(desk, "mara", [ATTACKER] * 5)
    assert not signs_in(thief, "mara"), "it counts for support alone"


@pytest.mark.parametrize("value", ["x", "W10:1u:AAAA", "e30" * 500, '["a", [1, 2, 3]]', "a:b:c:d"])
def test_forged_cookie_is_a_stranger(desk: Desk, value: str) -> None:
    attack(desk, "mara", [ATTACKER] * 5)
    forger = Visitor(desk.url, ATTACKER)
    forger.cookies.set(KNOWN_BROWSER, value, domain="127.0.0.1")
    assert not signs_in(forger, "mara")
