"""Worker of the sweep: killed with SIGKILL at any moment, it loses no answer and asks at most once more."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from testing.accounts import create_session
from testing.desk_template import DeskTemplate
from testing.processes import start_program
from testing.running_desk import COOKIE, NOTHING_KEPT, UNLIMITED, Desk, running_desk
from testing.sandbox_server import SandboxServer

NUMBER = "+14155550100"
KILLS = 10


def _browser(desk: Desk) -> requests.Session:
    browser = requests.Session()
    browser.trust_env = False
    browser.cookies.set(COOKIE, create_session(desk, "admin"))
    return browser


def _answers(desk: Desk) -> int:
    return int(desk.sql("SELECT count(*) FROM contacts_ui_numberlookupanswer")[0][0])


@pytest.mark.exhaustive
def test_killed_worker_costs_at_most_one_call_a_kill(template: DeskTemplate, tmp_path: Path) -> None:
    with (
        SandboxServer(contacts=300, profiles=60, latency_ms=60, account_lists="own") as sandbox,
        running_desk(tmp_path, sandbox.url, template, **UNLIMITED, **NOTHING_KEPT) as desk,
    ):
        browser = _browser(desk)
        form = browser.get(f"{desk.url}/lookup/", timeout=30)
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)[0]
        sent = {"number": NUMBER, "start": "1", "csrfmiddlewaretoken": token}
        page = browser.post(f"{desk.url}/lookup/", data=sent, headers={"Referer": desk.url}, timeout=30)
        assert "0 of 61 asked" in page.text
        sandbox.reset_requests()
        for kill in range(KILLS + 1):
            # Past the lease of whoever was killed: the next worker finds it silent at its start.
            desk.sql("UPDATE contacts_ui_numberlookup SET due_at = '2026-01-01 00:00:00'")
            before = _answers(desk)
            worker = start_program([sys.executable, "manage.py", "desk_worker"], env=desk.settings)
            try:
                until = time.monotonic() + 60
                wanted = 61 if kill == KILLS else min(61, before + 2 + kill % 4)
                while _answers(desk) < wanted and time.monotonic() < until:
                    time.sleep(0.005)
            finally:
                with suppress(ProcessLookupError):
                    worker.kill()
                worker.wait()
        assert "61 of 61 asked" in browser.get(page.url, timeout=30).text
        phones = Counter(call["profile"] for call in sandbox.requests() if "phone=" in call["query"])
        assert set(phones) == {None, *(profile["id"] for profile in sandbox.profiles())}
        assert sum(phones.values()) <= 61 + KILLS
