"""Lookups in the audit log: one line each, the question with its answers, also those that the worker brings later."""

from __future__ import annotations

import re
from html import unescape

from django.contrib.auth.models import Group, User
from django.test import Client

from contacts_ui.models import GroupPolicy
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.audit.conftest import auditor, auditor_client
from tests.html import FRAGMENT, text

from .test_page import LOOKUP, NOBODYS, shared

__all__ = ["auditor", "auditor_client", "shared"]
_LINE = re.compile(r'class="audit-what"><a [^>]*>([^<]+)</a>(?:<small>([^<]*)</small>)?')


def _lines(client: Client) -> list[tuple[str, str]]:
    """Label and summary of each line about the agent, the sign-in apart."""
    lines = _LINE.findall(unescape(text(client.get("/audit/?person=sam"))))
    return [line for line in lines if line[0] not in {"Signed in", "Changed a person"}]


def test_lookup_is_one_line_with_its_answers(auditor_client: Client, support_client: Client, shared: str) -> None:
    support_client.post(LOOKUP, {"number": NOBODYS}, follow=True)
    support_client.post(LOOKUP, {"number": shared}, follow=True)
    support_client.post(LOOKUP, {"number": shared}, follow=True)
    here, absent = ("Looked up a number", "2 of 3 profiles have it"), ("Looked up a number", "0 of 3 profiles have it")
    assert _lines(auditor_client) == [here, here, absent]


def test_masked_lookup_says_that_it_revealed_the_number(
    auditor_client: Client, support_client: Client, support_user: User, shared: str
) -> None:
    GroupPolicy.objects.create(group=Group.objects.get(name="support"), mask_numbers=True)
    support_client.post(LOOKUP, {"number": shared}, follow=True)
    summary = "2 of 3 profiles have it · Revealed a masked number"
    assert ("Looked up a number", summary) in _lines(auditor_client)


def test_lookup_by_the_worker_is_one_line_however_often_it_was_watched(
    auditor_client: Client, support_client: Client, sandbox: SandboxServer, shared: str
) -> None:
    path = str(support_client.post(LOOKUP, {"number": shared, "start": "1"})["Location"])
    support_client.get(path, headers=FRAGMENT)
    run_tasks()
    for _ in range(2):
        support_client.get(path, headers=FRAGMENT)
    assert _lines(auditor_client) == [("Looked up a number", "asked 3 profiles one by one, found in 2")]
