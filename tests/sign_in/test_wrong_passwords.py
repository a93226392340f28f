"""Brute-force limits counted across processes: concurrent wrong passwords and one-time codes on three processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from threading import Barrier

import pytest
import requests

from testing.accounts import create_account
from testing.desk_template import PASSWORD
from testing.processes import free_port, running_program
from testing.running_desk import Desk, granian_command, manage
from testing.totp import SECRET, code_now
from tests.sign_in.running_desk import Visitor

LIMIT = 5  # wrong passwords for a name from one network in five minutes (sign_in/attempts.py)
ATTEMPTS = 60


@pytest.fixture(scope="module")
def three_desks(sso_desk: Desk) -> Iterator[list[Desk]]:
    """Three processes behind a trusted proxy that share one database and its cache."""
    settings = sso_desk.settings | {"TRUSTED_PROXIES": "1"}
    with ExitStack() as stack:
        desks = []
        for number in range(3):
            port = free_port()
            url, log = f"http://127.0.0.1:{port}", sso_desk.folder / f"log-{number}"
            server = running_program(granian_command(port), health=f"{url}/healthz", log=log, env=settings)
            desks.append(replace(sso_desk, url=url, settings=settings, pid=stack.enter_context(server).pid))
        yield desks


def run_concurrently(desks: list[Desk], number: int, do: Callable[[Visitor, int], requests.Response]) -> list[Visitor]:
    """Runs `do` concurrently for this many visitors, each from its own address, spread over the processes."""
    visitors = [Visitor(desks[index % 3].url, f"10.{number}.0.{index + 1}") for index in range(number)]
    gate = Barrier(number)

    def go(index: int) -> None:
        visitors[index].see("/sign-in/")
        gate.wait(timeout=60)
        do(visitors[index], index)

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(go, range(number)))
    return visitors


def checked_passwords(desk: Desk, username: str) -> int:
    """How many wrong passwords of this user were checked against the hash: each is in the audit log."""
    query = "SELECT count(*) FROM contacts_ui_auditentry WHERE person = ? AND about = 'wrong password'"
    return int(desk.sql(query, username)[0][0])


def test_concurrent_wrong_passwords_are_checked_up_to_limit(three_desks: list[Desk]) -> None:
    desk = three_desks[0]
    create_account(desk, "target", "support", email="target@example.org")
    create_account(desk, "bystander", "support")
    names = ("target", "TARGET", " target ", "Target")  # one name, spelled in four ways
    visitors = run_concurrently(
        three_desks,
        ATTEMPTS,
        lambda visitor, index: visitor.submit("/sign-in/", login=names[index % 4], password=f"guess {index}"),
    )
    assert 1 <= checked_passwords(desk, "target") <= LIMIT
    assert not any(visitor.signed_in() for visitor in visitors)
    late = Visitor(three_desks[1].url, f"10.{ATTEMPTS}.0.250")  # of the same network
    late.submit("/sign-in/", login="target", password=PASSWORD)
    assert not late.signed_in(), "a right password must not tell itself apart while the account is locked"
    other = Visitor(three_desks[2].url, "10.9.9.10")
    other.submit("/sign-in/", login="bystander", password=PASSWORD)
    assert other.signed_in()


@pytest.fixture(scope="module")
def recovery_code(three_desks: list[Desk]) -> str:
    """A recovery code of the user "rescued"; "coder" has an authenticator app as well."""
    for username in ("coder", "rescued"):
        create_account(three_desks[0], username, "support")
    return manage(
        three_desks[0].settings,
        code=f"""
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
for user in User.objects.filter(username__in=("coder", "rescued")).order_by("username"):
    TOTP.activate(user, {SECRET!r})
print(RecoveryCodes.activate(user).get_unused_codes()[0])
""",
    ).splitlines()[-1]


@pytest.mark.usefixtures("recovery_code")
def test_totp_code_sent_concurrently_signs_in_once(three_desks: list[Desk]) -> None:
    assert _signed_in_count(three_desks, "coder", code_now(SECRET)) == 1


def test_recovery_code_sent_concurrently_signs_in_once(three_desks: list[Desk], recovery_code: str) -> None:
    assert _signed_in_count(three_desks, "rescued", recovery_code) == 1


def _signed_in_count(desks: list[Desk], username: str, code: str) -> int:
    """How many of four concurrent requests with the code are signed in."""

    def try_it(visitor: Visitor, _index: int) -> requests.Response:
        return visitor.submit("/sign-in/code/", code=code)

    visitors = [Visitor(desks[index % 3].url, f"10.8.{len(username)}.{index + 1}") for index in range(4)]
    for visitor in visitors:
        assert visitor.submit("/sign-in/", login=username, password=PASSWORD).headers["Location"] == "/sign-in/code/"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(try_it, visitors, range(4)))
    return sum(visitor.signed_in() for visitor in visitors)
