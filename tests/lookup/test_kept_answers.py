"""Kept answers: a sweep from a page with answers asks only the others, and shows all."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.access import scopes_across
from contacts_ui.contacts.kept_answers import opened_answers, sealed_answers
from contacts_ui.contacts.scope_answers import ScopeAnswer, question_about
from contacts_ui.models import AuditEntry
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.html import text

from .test_page import LOOKUP, NOBODYS, asked, names, said, shared

__all__ = ["names", "shared"]
KEPT = re.compile(r'name="kept" value="([^"]+)"')


def _looked_up(client: Client, number: str) -> tuple[str, str]:
    """The page with the answers, and what its form carries."""
    page = text(client.post(LOOKUP, {"number": number}, follow=True))
    return page, KEPT.findall(page)[0]


@pytest.mark.slow
def test_only_profiles_in_doubt_are_asked_and_rows_stay(
    support_client: Client, number_index: Callable[..., None], sandbox: SandboxServer, shared: str
) -> None:
    number_index()
    page, kept = _looked_up(support_client, shared)
    assert "Check it again: 1 API call, about 5 seconds" in page
    assert "1 was not asked just now" in page
    question = AuditEntry.objects.get(action="number.looked_up", scope=None)
    assert question.about == "2 of 3 have it, 1 not asked just now"  # the log says it as the page does
    sandbox.reset_requests()
    path = str(support_client.post(LOOKUP, {"number": shared, "kept": kept, "start": "1"})["Location"])
    running = text(support_client.get(path))
    assert said(running)["here"] == said(page)["here"]
    assert "2 of 3 asked, here in 2" in running
    assert "1 API call, about 5 seconds to go" in running
    run_tasks()
    done = text(support_client.get(path))
    assert (said(done)["here"], said(done)["absent"]) == (said(page)["here"], said(page)["absent"])
    assert len(asked(sandbox)) == 1


@pytest.mark.slow
def test_kept_answer_is_recorded_once(
    support_client: Client, number_index: Callable[..., None], sandbox: SandboxServer, shared: str
) -> None:
    number_index()
    _, kept = _looked_up(support_client, shared)
    before = AuditEntry.objects.filter(action="number.looked_up", rows__gt=0).count()
    path = str(support_client.post(LOOKUP, {"number": shared, "kept": kept, "start": "1"})["Location"])
    support_client.get(path)
    assert AuditEntry.objects.filter(action="number.looked_up", rows__gt=0).count() == before


def test_answers_of_another_person_or_number_are_not_believed(
    support_user: User, admin_user: User, desk_api: SandboxServer
) -> None:
    across, question = scopes_across(support_user), question_about(NOBODYS)
    kept = sealed_answers(support_user, question, [ScopeAnswer(across.scopes[0], "absent")])
    assert len(opened_answers(support_user, question, kept, across)) == 1
    assert opened_answers(admin_user, question, kept, across) == ()
    assert opened_answers(support_user, question_about("+14155550101"), kept, across) == ()
    for text_ in (kept[:-8], kept[8:], "é", "x", "====", "AAAA" * 40):
        assert opened_answers(support_user, question, text_, across) == ()


def test_answer_of_profile_that_was_taken_away_is_left_out(support_user: User, desk_api: SandboxServer) -> None:
    across, question = scopes_across(support_user), question_about(NOBODYS)
    kept = sealed_answers(support_user, question, [ScopeAnswer(scope, "absent") for scope in across.scopes])
    fewer = dataclasses.replace(across, scopes=across.scopes[:1])
    assert [each.scope for each in opened_answers(support_user, question, kept, fewer)] == [across.scopes[0]]
