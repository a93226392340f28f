"""Attackers who ask which accounts exist: the lock, the sign-in page and the reset page say nothing, in any time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from testing.accounts import create_account
from testing.desk_template import DeskTemplate
from testing.running_desk import Desk, running_desk
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.hostile_requests.mail_server import HeldMailServer, held_mail_server
from tests.sign_in.running_desk import Visitor

KNOWN, KNOWN_EMAIL = "vera", "vera@example.org"
NOBODY, NOBODYS_EMAIL = "zora", "zora@example.org"


@dataclass(frozen=True, slots=True)
class MailingDesk:
    """A running desk and the mail server that it uses."""

    desk: Desk
    server: HeldMailServer


@pytest.fixture(scope="module")
def mailing(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MailingDesk]:
    """A desk that sends mail, with an account that has an address."""
    folder = tmp_path_factory.mktemp("mailing")
    settings = {"TRUSTED_PROXIES": "1", "DEFAULT_FROM_EMAIL": "desk@example.org", "LOG_LEVEL": "INFO"}
    with (
        held_mail_server() as server,
        running_desk(folder, running_sandbox.url, template, EMAIL_URL=server.url, **settings) as desk,
    ):
        create_account(desk, KNOWN, "support", email=KNOWN_EMAIL)
        yield MailingDesk(desk, server)


def answers(desk: Desk, login: str, address: str, number: int = 8) -> list[tuple[int, str]]:
    """Status and page of wrong passwords, without what was typed and what differs each time."""
    visitor, seen = Visitor(desk.url, address), []
    for _ in range(number):
        response = visitor.submit("/sign-in/", login=login, password="wrong")
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text).replace(login, "")
        seen.append((response.status_code, page))
    return seen


def test_lock_does_not_tell_known_name_from_unknown(mailing: MailingDesk) -> None:
    mailing.desk.forget_limits()
    known = answers(mailing.desk, KNOWN, "203.0.113.1")
    assert known == answers(mailing.desk, NOBODY, "198.51.100.1")
    assert "Too many attempts" in known[-1][1]


def test_lock_does_not_tell_known_email_from_unknown(mailing: MailingDesk) -> None:
    mailing.desk.forget_limits()
    known = answers(mailing.desk, KNOWN_EMAIL, "203.0.113.1")
    assert known == answers(mailing.desk, NOBODYS_EMAIL, "198.51.100.1")


def test_lock_does_not_tell_whose_email_it_is(mailing: MailingDesk) -> None:
    mailing.desk.forget_limits()
    answers(mailing.desk, KNOWN, "203.0.113.1", 6)
    answers(mailing.desk, NOBODY, "198.51.100.1", 6)
    of_known = answers(mailing.desk, KNOWN_EMAIL, "203.0.113.2", 1)
    assert of_known == answers(mailing.desk, NOBODYS_EMAIL, "198.51.100.2", 1)
    assert "Too many attempts" not in of_known[0][1]


def test_reset_page_answers_while_mail_server_is_silent(mailing: MailingDesk) -> None:
    desk, server = mailing.desk, mailing.server
    seen = []
    for number, email in enumerate((KNOWN_EMAIL, NOBODYS_EMAIL)):
        visitor = Visitor(desk.url, f"203.0.113.{number}")
        response = visitor.submit("/sign-in/password/", email=email)
        seen.append(
            (response.status_code, response.headers["Location"], visitor.see(response.headers["Location"]).text)
        )
    assert seen[0] == seen[1]
    assert seen[0][:2] == (302, "/sign-in/password/sent/")
    wait_until(lambda: server.connections)
    assert server.mails == [], "the answer was here before the mail server said a word"
    server.released.set()
    wait_until(lambda: server.mails)
    assert f"{desk.settings['SITE_URL']}/sign-in/password/" in server.mails[0]
    assert len(server.mails) == 1


def test_log_says_what_became_of_each_mail_and_names_nobody(mailing: MailingDesk) -> None:
    mailing.server.released.set()
    Visitor(mailing.desk.url, "203.0.113.77").submit("/sign-in/password/", email=KNOWN_EMAIL)
    log = mailing.desk.folder / "log"
    wait_until(lambda: '"mail.sent"' in log.read_text())
    said = log.read_text()
    assert '"mail.queued"' in said
    assert KNOWN_EMAIL not in said
