"""Searches as attacks on a running desk: a number asked without its mark, a forced mask lifted by searching."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from testing.accounts import create_session, insert
from testing.desk_template import DeskTemplate
from testing.running_desk import COOKIE, UNLIMITED, Desk, running_desk
from testing.sandbox_server import SandboxServer

ROW = re.compile(r'<tr role="row" data-contact-id="([^"]+)"')
TRIES = 60  # numbers revealed in an hour


@pytest.fixture(scope="module")
def desk(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A desk that masks numbers for support agents by policy, and lets them reveal TRIES an hour."""
    quota = {"DESK_REVEALS_PER_HOUR": str(TRIES)}
    with running_desk(
        tmp_path_factory.mktemp("masking"), running_sandbox.url, template, **UNLIMITED | quota
    ) as running:
        from contacts_ui.models import GroupPolicy  # models need Django set up

        ((group,),) = running.sql("SELECT id FROM auth_group WHERE name = 'admin'")
        insert(running, GroupPolicy(group_id=group, mask_numbers=True))
        yield running


@pytest.fixture
def target(running_sandbox: SandboxServer) -> tuple[str, str]:
    """Id and E.164 number of a contact with a number of eleven digits."""
    held = running_sandbox.contacts(None).items()
    return next((each, number) for each, number in held if number and re.fullmatch(r"\+1\d{10}", number))


def _browser(desk: Desk, username: str) -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    browser.cookies.set(COOKIE, create_session(desk, username))
    return browser


def _get(desk: Desk, browser: requests.Session, **query: Any) -> requests.Response:
    return browser.get(f"{desk.url}/account/contacts/", params=query, timeout=30)


def test_number_smuggled_beside_the_text_is_not_looked_up(desk: Desk, target: tuple[str, str]) -> None:
    """`?search=abc&as=+353…` showed the contact, and the log said that "abc" was searched."""
    contact, number = target
    browser = _browser(desk, "admin")
    for search in ("abc", "zzz 1", "not a number"):
        page = _get(desk, browser, search=search, **{"as": number})
        assert page.status_code == 200
        assert contact not in ROW.findall(page.text), search


def test_hidden_digits_do_not_fall_one_by_one(desk: Desk, target: tuple[str, str]) -> None:
    """The attacker knows four digits, and lengthens them to the left by whichever digit keeps the row."""
    contact, number = target
    browser, known = _browser(desk, "admin"), number[-4:]
    assert contact in ROW.findall(_get(desk, browser, search=known).text)
    for digit in "0123456789":
        for guess in (digit + known, f"{digit}-{known}", f"{digit} {known}", digit + known[:3], digit + known[:2]):
            for more in ({}, {"as": guess}, {"channel": "sms"}, {"page_size": "100"}):
                page = _get(desk, browser, search=guess, **more)
                ids = ROW.findall(page.text)
                ending = len(re.sub(r"\D", "", guess)) == 4 and number.endswith(re.sub(r"\D", "", guess))
                assert contact not in ids or ending, (guess, more)


def test_pasted_candidates_print_no_number(desk: Desk, target: tuple[str, str]) -> None:
    contact, number = target
    candidates = [f"{number[:-5]}{digit}{number[-4:]}" for digit in range(10)] * 5
    for more in ({}, {"from": "0"}, {"from": "5"}):
        page = _get(desk, _browser(desk, "admin"), search="\n".join(candidates), **more)
        assert contact not in page.text, more


def test_guessed_whole_numbers_end_with_the_hour(desk: Desk, target: tuple[str, str]) -> None:
    """Whole numbers can be tried; each try counts, and the log and the People page say so."""
    _, number = target
    browser = _browser(desk, "pat")
    answers = [
        _get(desk, browser, phone=f"{number[:-6]}{guess:02d}{number[-4:]}").status_code for guess in range(TRIES + 3)
    ]
    assert answers == [200] * TRIES + [429] * 3
    stopped = desk.sql("SELECT COUNT(*) FROM contacts_ui_auditentry WHERE action = 'quota.exceeded'")
    assert stopped[0][0] == 3
