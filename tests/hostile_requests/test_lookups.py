"""Lookup over profiles against hostile requests: odd numbers, foreign contacts by path, other people's lookups."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.contacts.lookup_sweep import start
from contacts_ui.contacts.scope_answers import question_about
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, RESTORE, text

from .verdicts import assert_harmless, calls, held

LOOKUP = "/lookup/"
ODD = (
    *("\x00", "+\x00447403965801", "' OR 1=1--", "<script>alert(1)</script>", "%00", "{{7*7}}", "${7*7}", "\u202e+44"),
    *("+" * 5000, "1" * 5000, "\n".join(["+447403965801"] * 500), "+44 7403 965801\r\nX-Injected: 1", "٤٤", "½"),
)


@pytest.mark.slow
@pytest.mark.parametrize("headers", [{}, FRAGMENT, RESTORE], ids=["page", "fragment", "history"])
def test_odd_text_is_no_number_or_one_number(
    support_client: Client, desk_api: SandboxServer, headers: dict[str, str]
) -> None:
    for number in ODD:
        desk_api.reset_requests()
        answer = support_client.post(LOOKUP, {"number": number}, headers=headers, follow=True)
        assert_harmless(answer, 200, desk_api)
        assert "<script>alert" not in text(answer)
        assert not answer.has_header("X-Injected")
        assert len(calls(desk_api)) in {0, 3}  # a call for each of the agent's profiles


def test_foreign_contact_by_path_is_not_found(support_client: Client, desk_api: SandboxServer) -> None:
    profiles = [profile["id"] for profile in desk_api.profiles()]
    theirs = next(iter(held(desk_api, profiles[0])))
    paths = (
        *(f"/p/{profiles[0]}/contacts/{theirs}/", f"/account/contacts/{theirs}/", f"/p/{uuid4()}/contacts/{uuid4()}/"),
        *(
            f"/p/{profiles[1]}/contacts/{theirs}/",
            "//evil.example/x/",
            "javascript:alert(1)",
            "/admin/",
            "\x00",
            "x" * 300,
        ),
    )
    for path in paths:
        answer = support_client.post(LOOKUP, {"contact": path}, follow=True)
        assert answer.status_code == 404, path
        assert (held(desk_api, profiles[0])[theirs] or "+")[1:] not in text(answer)
    # The last profile with a path that may be asked: its own id, somebody else's contact.
    assert {call["profile"] for call in desk_api.requests() if theirs in call["path"]} == {profiles[1]}


@pytest.mark.parametrize("do", ["", "stop", "resume", "delete", "\x00"])
def test_lookup_of_other_person_cannot_be_touched(
    support_client: Client, admin_user: User, desk_api: SandboxServer, do: str
) -> None:
    theirs = start(admin_user, question_about("+447403965801"), (), typed=True)
    for lookup_id in (theirs.pk, UUID(int=0)):
        for headers in ({}, FRAGMENT):
            assert support_client.get(f"{LOOKUP}{lookup_id}/", headers=headers).status_code == 404
            assert support_client.post(f"{LOOKUP}{lookup_id}/", {"do": do}, headers=headers).status_code == 404
    theirs.refresh_from_db()
    assert (theirs.state, theirs.fence) == ("running", 0)
    assert calls(desk_api) == []
