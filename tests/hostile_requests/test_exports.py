"""Exports against hostile requests: guessed ids, odd ranges, a file asked for without end, forged rows and fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from contacts_ui.models import AuditEntry, Export, ProfileAccess
from testing.accounts import sign_in
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, RESTORE, text

from .verdicts import assert_harmless, calls

START = {"start": "1", "file_format": "csv"}
ODD = ("\x00", "' OR 1=1--", "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "x" * 5000, "\u202e")
ODD_RANGES = (
    *("bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "items=0-1", "bytes=0-0,1-1", "bytes=٠-٥", "bytes=0-\x00"),
    *(f"bytes={'9' * 4000}-", "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)), "bytes=-0", "bytes=--1"),
)


def _exporter(sandbox: SandboxServer, name: str) -> Client:
    user = User.objects.create_user(name, password="x")
    user.groups.add(Group.objects.get(name="exporter"))
    for profile in sandbox.profiles()[1:3]:
        ProfileAccess.objects.create(user=user, profile_id=UUID(profile["id"]))
    return sign_in(Client(), user)


@pytest.fixture
def erin(desk_api: SandboxServer, db: None) -> Client:
    """An exporter with two profiles."""
    return _exporter(desk_api, "erin")


@pytest.fixture
def ask_path(desk_api: SandboxServer) -> str:
    """The page that asks about the contacts of one of them."""
    return f"/p/{desk_api.profiles()[1]['id']}/contacts/export/"


@pytest.fixture
def ready(erin: Client, ask_path: str) -> Export:
    """An export of theirs with its file."""
    erin.post(ask_path, START)
    run_tasks()
    return Export.objects.get(state="ready")


def _plain(page: str) -> str:
    """A page without what differs between any two: ids to quote, tokens, its own address."""
    return re.sub(r"desk_\w{16}|value=\"\w{64}\"|[0-9a-f-]{36}", "", page)


@pytest.mark.slow
def test_guessed_and_foreign_ids_have_one_answer(erin: Client, desk_api: SandboxServer, ready: Export) -> None:
    other = _exporter(desk_api, "omar")
    for ending in ("", "mark/", "file/"):
        for headers in ({}, FRAGMENT, RESTORE):
            seen = [
                other.get(f"/exports/{export_id}/{ending}", headers=headers)
                for export_id in (ready.pk, uuid4(), UUID(int=0))
            ]
            for answer in seen:
                assert_harmless(answer, 404, desk_api)
            assert len({_plain(text(answer)) for answer in seen}) == 1
    for export_id in (ready.pk, uuid4()):
        assert other.post(f"/exports/{export_id}/", {"do": "cancel"}).status_code == 404
    ready.refresh_from_db()
    assert (ready.state, ready.downloads) == ("ready", 0)


@pytest.mark.slow
@pytest.mark.parametrize("asked", ODD_RANGES, ids=range(len(ODD_RANGES)))
def test_odd_range_is_whole_file_or_416(erin: Client, ready: Export, asked: str) -> None:
    answer = erin.get(f"/exports/{ready.pk}/file/", headers={"range": asked})
    assert answer.status_code in {200, 416}
    if answer.status_code == 200:
        assert answer["Content-Length"] == str(ready.size)
    answer.close()
    ready.refresh_from_db()
    assert ready.downloads == 0


@pytest.mark.slow
def test_file_without_its_last_byte_is_not_had_for_ever(erin: Client, ready: Export) -> None:
    most, path = (ready.size or 0) - 2, f"/exports/{ready.pk}/file/"
    statuses, got = list[int](), 0
    while len(statuses) < 20 and 429 not in statuses:
        answer = erin.get(path, headers={"range": f"bytes=0-{most}"})
        statuses.append(answer.status_code)
        got += len(b"".join(cast("Iterable[bytes]", answer.streaming_content))) if answer.streaming else 0  # type: ignore[attr-defined]
        answer.close()
    assert statuses[-1] == 429
    assert got <= 6 * (ready.size or 0)


@pytest.mark.slow
def test_downloads_begun_at_once_have_one_limit(erin: Client, ready: Export) -> None:
    answers = [erin.get(f"/exports/{ready.pk}/file/") for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429, 429]
    for answer in answers[:6]:
        answer.close()
    ready.refresh_from_db()
    assert (ready.state, ready.sent_bytes) == ("ready", 0)


@pytest.mark.slow
@pytest.mark.parametrize("field", ["file_format", "column", "search", "phone", "channel", "as", "kept", "page"])
def test_odd_field_starts_nothing_else(erin: Client, desk_api: SandboxServer, ask_path: str, field: str) -> None:
    for value in ODD:
        answer = erin.post(ask_path, {"file_format": "csv", field: value})
        assert_harmless(answer, 200, desk_api)
        assert "<script>alert" not in text(answer)
    assert not Export.objects.exists()


def test_rows_of_other_person_or_forged_are_not_written(erin: Client, desk_api: SandboxServer, ask_path: str) -> None:
    profile = desk_api.profiles()[1]["id"]
    number = next(number for number in desk_api.contacts(profile).values() if number)
    pasted = f"{number}\n+12025550143"
    theirs = text(_exporter(desk_api, "omar").get(f"/p/{profile}/contacts/", {"search": pasted}))
    kept = re.findall(r'name="kept" form="export-form" value="([^"]+)"', theirs)
    assert kept
    erin.post(ask_path, START | {"search": pasted, "kept": [*kept, *ODD]})
    run_tasks()
    export = Export.objects.get()
    answer = erin.get(f"/exports/{export.pk}/file/")
    body = b"".join(cast("Iterable[bytes]", answer.streaming_content)).decode()  # type: ignore[attr-defined]
    assert body.count("Not looked up") == 2


def test_foreign_profile_is_not_exported(erin: Client, desk_api: SandboxServer) -> None:
    for profile_id in (desk_api.profiles()[5]["id"], str(uuid4())):
        for answer in (
            erin.get(f"/p/{profile_id}/contacts/export/"),
            erin.post(f"/p/{profile_id}/contacts/export/", START),
        ):
            assert_harmless(answer, 404, desk_api)
    assert erin.post("/account/contacts/export/", START).status_code == 404
    assert not Export.objects.exists()
    assert calls(desk_api) == []


def test_start_without_token_is_refused(desk_api: SandboxServer, erin: Client, ask_path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = erin.cookies
    assert strict.post(ask_path, START).status_code == 403
    assert not Export.objects.exists()
    assert not AuditEntry.objects.filter(action="export.asked").exists()
