"""Brute-force limits: who attacks an account from elsewhere does not lock it, and is slowed wherever they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.sign_in.attempts import FIRST_PAUSE, FREE_FAILURES, HOUR, MINUTE, Limit, growing_pause, network_of
from testing.clock import Clock
from tests.html import text
from tests.sign_in.attacks import ATTACKER, OWNER, checked, clock, known_browser, lock_network, mara, signs_in

pytestmark = pytest.mark.slow  # each signs in by forms, many times

__all__ = ["clock", "mara"]  # fixtures


# --- Locking others out ------------------------------------------------------------------------------


def test_attack_from_one_network_leaves_owner_elsewhere_alone(mara: User) -> None:
    lock_network()
    assert not signs_in(address=ATTACKER)
    assert signs_in(address=OWNER)


def test_one_wrong_try_a_minute_for_hours_locks_nobody_out(mara: User, clock: Clock) -> None:
    for _ in range(2 * 60):  # longer than anything is counted
        signs_in(typed="wrong", address=ATTACKER)
        clock.now += MINUTE
    assert signs_in(address=OWNER)


def test_known_browser_gets_in_from_network_of_attacker(mara: User) -> None:
    browser = known_browser()
    lock_network()
    assert signs_in(address=ATTACKER, client=browser)


def test_known_browser_gets_in_while_many_networks_attack(mara: User, clock: Clock) -> None:
    browser = known_browser()
    for number in range(160):
        signs_in(typed="wrong", address=f"100.64.{number}.1")
    assert not signs_in(address=OWNER), "more networks than anyone can tell from the owner's"
    assert signs_in(client=browser)


def test_wrong_tries_of_known_browser_are_limited_too(mara: User) -> None:
    browser = known_browser()
    for _ in range(5):
        signs_in(typed="wrong", client=browser)
    assert not signs_in(client=browser)


def test_flood_of_forms_from_one_address_leaves_known_browser_alone(mara: User) -> None:
    browser = known_browser()
    for number in range(40):
        signs_in(f"nobody-{number}", "wrong", address=OWNER)
    assert Client().post("/sign-in/", {"login": "mara", "password": "x"}, REMOTE_ADDR=OWNER).status_code == 429
    assert signs_in(client=browser, address=OWNER)


def test_refused_tries_do_not_prolong_lock(mara: User, clock: Clock) -> None:
    for _ in range(20):
        signs_in(typed="wrong", address=ATTACKER)
        clock.now += 10
    clock.now += 5 * MINUTE - 200 + 1
    assert signs_in(address=ATTACKER)


def reset(address: str) -> str:
    """The page after asking for a reset mail for mara."""
    form = {"email": "mara@example.org"}
    return text(Client().post("/sign-in/password/", form, REMOTE_ADDR=address, follow=True))


def test_stranger_who_asks_for_resets_leaves_owner_hers(mara: User, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example"
    pages = [reset(ATTACKER) for _ in range(4)]
    assert "Too many attempts" in pages[-1]
    assert reset(OWNER) == pages[0]


def test_strangers_at_many_networks_fill_no_mailbox(
    mara: User, settings: Settings, mailoutbox: list[Any], clock: Clock
) -> None:
    settings.EMAIL_URL = "smtp://mail.example"
    assert len({reset(f"100.64.{number}.1") for number in range(20)}) == 1
    assert len(mailoutbox) == 5
    clock.now += HOUR + 1
    reset(OWNER)
    assert len(mailoutbox) == 6


# --- Still slowing attackers -------------------------------------------------------------------------


def test_account_is_slowed_for_attackers_at_many_networks(mara: User) -> None:
    for _ in range(2):
        for network in range(40):
            signs_in(typed="wrong", address=f"100.64.{network}.1")
    assert checked() <= 40  # of 80


def test_addresses_of_one_network_share_tries(mara: User) -> None:
    for number in range(20):
        signs_in(typed="wrong", address=f"203.0.113.{number}")
    assert checked() == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:7:8:9::1", "2001:db8:7::/48"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
    ],
)
def test_network_is_ipv4_24_or_ipv6_48(address: str, network: str) -> None:
    assert network_of(address) == network


def test_pause_doubles_with_failures_up_to_hour() -> None:
    now = 10_000.0
    pauses = [growing_pause([now], [now] * failures, now) for failures in (29, 30, 40, 50, 150)]
    assert pauses == [0, FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, HOUR]


def test_network_without_failure_never_pauses() -> None:
    assert growing_pause([], [10_000.0] * FREE_FAILURES * 3, 10_000.0) == 0


def test_failures_older_than_hour_cause_no_pause() -> None:
    assert growing_pause([10_000.0], [10_000.0] * FREE_FAILURES, 10_000.0 + HOUR + 1) == 0


def test_limit_waits_until_oldest_counted_failure_expires() -> None:
    assert Limit("name", "x", 2, 60.0).wait([0.0, 10.0, 30.0], 40.0) == 30.0


@pytest.mark.parametrize("spelled", ["MARA", " mara ", "Mara", "\uff2dara"])
def test_spellings_of_name_share_tries(mara: User, spelled: str) -> None:
    lock_network(spelled)
    assert not signs_in(address=ATTACKER)


def test_correct_password_is_not_counted(mara: User) -> None:
    assert all(signs_in() for _ in range(7))
