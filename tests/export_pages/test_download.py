"""Downloading an export: its bytes, headers and ranges, what counts as a download, and who has none."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.models import AuditEntry, Export, ProfileAccess
from testing.sandbox_server import SandboxServer
from tests.html import text
from tests.sign_in.asking import asks

from .conftest import signed_in

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer


def ask(client: Client, export: Export, headers: Mapping[str, str] | None = None) -> Answer:
    """The response for the file, whose bytes are not taken yet."""
    return client.get(f"/exports/{export.pk}/file/", headers=dict(headers or {}))


def taken(answer: Answer) -> bytes:
    """All bytes of the response, as a server takes them."""
    body = b"".join(cast("Iterable[bytes]", answer.streaming_content))  # type: ignore[attr-defined]
    answer.close()
    return body


def downloads(export: Export) -> int:
    """How many downloads are counted."""
    return Export.objects.values_list("downloads", flat=True).get(pk=export.pk)


def test_file_is_whole_and_its_headers_say_so(exporter_client: Client, ready: Export, sandbox: SandboxServer) -> None:
    answer = ask(exporter_client, ready, {"accept-encoding": "gzip"})
    body = taken(answer)
    digest = hashlib.sha256(body)
    assert answer.status_code == 200
    assert answer["Content-Length"] == str(len(body)) == str(ready.size)
    assert digest.hexdigest() == ready.sha256
    assert answer["ETag"] == f'"{ready.sha256}"'
    assert answer["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert answer["Accept-Ranges"] == "bytes"
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert not answer.has_header("Content-Encoding")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert len(rows) - 1 == len(sandbox.contacts(sandbox.profiles()[1]["id"]))


def test_name_of_file_is_safe(exporter_client: Client, ready: Export) -> None:
    Export.objects.filter(pk=ready.pk).update(file_name='a"b\r\nX-Injected: 1/é.csv')
    answer = ask(exporter_client, ready)
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert not answer.has_header("X-Injected")
    answer.close()


def test_range_is_its_part_of_file(exporter_client: Client, ready: Export) -> None:
    whole = taken(ask(exporter_client, ready))
    part = ask(exporter_client, ready, {"range": "bytes=100-199", "if-range": f'"{ready.sha256}"'})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 100-199/{ready.size}")
    assert part["Content-Length"] == "100"
    assert taken(part) == whole[100:200]
    rest = ask(exporter_client, ready, {"range": "bytes=200-"})
    assert whole[:200] + taken(rest) == whole


def test_range_of_other_file_is_sent_whole(exporter_client: Client, ready: Export) -> None:
    answer = ask(exporter_client, ready, {"range": "bytes=100-", "if-range": '"other"'})
    assert answer.status_code == 200
    assert len(taken(answer)) == ready.size


def test_range_beyond_file_is_416(exporter_client: Client, ready: Export) -> None:
    answer = ask(exporter_client, ready, {"range": f"bytes={ready.size}-"})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{ready.size}")
    assert downloads(ready) == 0


def test_head_says_length_and_counts_nothing(exporter_client: Client, ready: Export) -> None:
    before = AuditEntry.objects.count()
    answer = exporter_client.head(f"/exports/{ready.pk}/file/")
    assert (answer.status_code, answer["Content-Length"]) == (200, str(ready.size))
    assert (downloads(ready), AuditEntry.objects.count()) == (0, before)


def test_download_that_is_cut_counts_as_none(exporter_client: Client, ready: Export) -> None:
    answer = ask(exporter_client, ready)
    next(iter(cast("Iterable[bytes]", answer.streaming_content)))  # type: ignore[attr-defined]
    answer.close()
    assert downloads(ready) == 0
    taken(ask(exporter_client, ready))
    assert downloads(ready) == 1


@pytest.mark.slow
def test_third_download_is_last(exporter_client: Client, ready: Export) -> None:
    for _ in range(3):
        assert len(taken(ask(exporter_client, ready))) == ready.size
    answer = ask(exporter_client, ready)
    assert answer.status_code == 410
    assert "This file is gone" in text(answer)
    assert "A file is kept for 24 hours or 3 downloads." in text(exporter_client.get(f"/exports/{ready.pk}/"))


def test_download_is_in_log_before_its_first_byte(exporter_client: Client, ready: Export) -> None:
    answer = ask(exporter_client, ready)
    entry = AuditEntry.objects.get(action="contacts.exported")
    assert (entry.person, entry.outcome, entry.address) == ("erin", "ok", "127.0.0.1")
    answer.close()


def test_file_of_unfinished_export_is_not_there(exporter_client: Client, asked: Export) -> None:
    answer = ask(exporter_client, asked)
    assert answer.status_code == 409
    assert "There is no file to download" in text(answer)
    assert exporter_client.head(f"/exports/{asked.pk}/file/").status_code == 409


def test_file_is_not_found_for_all_others(other_exporter: Client, admin_client: Client, ready: Export) -> None:
    for client in (other_exporter, admin_client):
        answer = ask(client, ready)
        assert answer.status_code == 404
        assert "Export not found" in text(answer)
    assert downloads(ready) == 0


@pytest.mark.parametrize("taken_away", ["role", "profile", "account"])
def test_file_is_out_of_reach_once_right_is_gone(
    exporter_client: Client, exporter: User, ready: Export, taken_away: str
) -> None:
    if taken_away == "role":
        exporter.groups.clear()
    elif taken_away == "profile":
        ProfileAccess.objects.filter(user=exporter).delete()
    else:
        User.objects.filter(pk=exporter.pk).update(is_active=False)
    answer = ask(exporter_client, ready)
    assert answer.status_code in {302, 403, 404}
    assert not answer.streaming
    assert not answer.has_header("Accept-Ranges")


def test_download_asks_for_proof_and_its_rest_does_not(exporter: User, ready: Export) -> None:
    client = signed_in(exporter, proven=False)
    for headers in ({}, {"range": "bytes=100-"}):
        assert asks(ask(client, ready, headers))
    proven = signed_in(exporter)
    ask(proven, ready).close()
    session = proven.session
    del session["account_authentication_methods"]  # the proof is too old by now
    session.save()
    assert ask(proven, ready, {"range": "bytes=100-"}).status_code == 206
    assert asks(ask(proven, ready))


def test_rest_of_download_needs_proof_again_after_an_hour(exporter: User, ready: Export) -> None:
    """Going on with it does not make the hour longer, and the whole file is no rest."""
    client = signed_in(exporter)
    ask(client, ready).close()
    session = client.session
    del session["account_authentication_methods"]
    session.save()
    for headers in ({"range": "bytes=0-"}, {"range": "lines=5-"}, {"range": "bytes=-50"}):
        assert asks(ask(client, ready, headers))
    for seconds, status in ((3000, 206), (700, 302)):
        session = client.session
        session["desk.exports.started"] = {str(ready.pk): session["desk.exports.started"][str(ready.pk)] - seconds}
        session.save()
        assert ask(client, ready, {"range": "bytes=100-"}).status_code == status


@pytest.mark.slow
def test_download_that_nobody_takes_leaves_file_to_others(exporter_client: Client, ready: Export) -> None:
    """A server that is too busy with files closes the response before its first byte."""
    for _ in range(7):
        answer = ask(exporter_client, ready)
        assert answer.status_code == 200
        answer.close()
    assert len(taken(ask(exporter_client, ready))) == ready.size
    outcomes = AuditEntry.objects.filter(action="contacts.exported").order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == [*("ok", "failed") * 7, "ok"]
