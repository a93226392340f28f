"""Fault matrix: everything the API can do wrong, and the page it becomes. One row, one outcome.

Every row runs through a whole desk page with a canary number in the request and a canary API key. Neither may appear
in a page, a log line, a cache key or a database row.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import ssl
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.observability.json_logs import JsonFormatter
from contacts_ui.sent_api import errors
from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from testing.waiting import becomes_true
from tests.html import rows, text

if TYPE_CHECKING:  # django-stubs' own type: the module has no such name when running
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

CANARY = "+12025550177"
CANARY_DIGITS = "2025550177"
JSON = "application/json"


def _date(seconds: float) -> str:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")


@dataclass(frozen=True)
class Row:
    """`fault` as the sandbox takes it; `status` and text (`says`) of the page; `shows` is its number of rows."""

    fault: dict[str, Any]
    status: int
    says: str
    shows: int = 0
    profile: bool = False
    times: int = 1
    extra: dict[str, Any] = field(default_factory=dict)


def _status(status: int, **more: Any) -> dict[str, Any]:
    return {"kind": "status", "status": status, **more}


def _body(body: str, status: int = 200) -> dict[str, Any]:
    return {"kind": "body", "status": status, "body": body, "content_type": JSON}


def _patch(**changes: Any) -> dict[str, Any]:
    return {"kind": "patch", "set": {f"data.contacts.0.{name}": value for name, value in changes.items()}}


FAULTY = "The messaging service returned an error"
ODD = "The messaging service gave an answer we cannot read"
UNREACHED = "The messaging service cannot be reached"
LATE = "The messaging service took too long"
BUSY = "Too many requests"

ROWS: dict[str, Row] = {
    "401 with an empty body": Row(_status(401, empty=True), 502, "The API key was rejected"),
    "403 with an empty body": Row(_status(403, empty=True), 403, "The key may not read these contacts"),
    "403 because of the profile": Row(_status(403, code="AUTH_004"), 403, "The key may not read", profile=True),
    "404 of the profile": Row(_status(404, code="RESOURCE_004"), 404, "does not know this profile", profile=True),
    "400 with details": Row(_status(400, details={"page": ["Too odd"]}), 400, "page: Too odd"),
    "422 with details": Row(_status(422, details={"search": ["Too long"]}), 400, "search: Too long"),
    "429 with seconds": Row({"kind": "rate_limited", "retry_after": "7"}, 429, 'data-countdown="7"'),
    "429 with a date": Row(_status(429, headers={"Retry-After": _date(40)}), 429, BUSY),
    "429 with garbage": Row({"kind": "rate_limited", "retry_after": "soon"}, 429, BUSY),
    "429 with nothing": Row({"kind": "rate_limited", "retry_after": None}, 429, BUSY),
    "429 in the past": Row(_status(429, headers={"Retry-After": _date(-900)}), 429, 'data-countdown="1"'),
    "429 for ever": Row({"kind": "rate_limited", "retry_after": "9" * 300}, 429, 'data-countdown="3600"'),
    "500": Row(_status(500), 503, FAULTY),
    "502 twice": Row(_status(502), 503, FAULTY, times=2),
    "503 twice": Row(_status(503), 503, FAULTY, times=2),
    "504 twice": Row(_status(504), 503, FAULTY, times=2),
    "503 once": Row(_status(503), 200, "", shows=50),
    "204": Row(_body("", 204), 502, ODD),
    "200 empty": Row(_body(""), 502, ODD),
    "200 HTML": Row({"kind": "html", "status": 200}, 502, ODD),
    "truncated with its length": Row({"kind": "truncate", "keep": 700, "length": True}, 503, UNREACHED, times=2),
    "truncated without": Row({"kind": "truncate", "keep": 700, "length": False}, 502, ODD),
    "deep nesting": Row(_body('{"data": ' + "[" * 90_000), 502, ODD),
    "a huge integer": Row(_body('{"data": {"contacts": ' + "9" * 6000 + "}}"), 502, ODD),
    "NaN": Row(_body('{"data": {"contacts": [], "pagination": NaN}}'), 502, ODD),
    "a wrong root": Row(_body("[1, 2]"), 502, ODD),
    "success false on 200": Row(_body('{"success": false, "data": {"contacts": []}}'), 502, ODD),
    "data null": Row(_body('{"success": true, "data": null}'), 502, ODD),
    "a wrong type in one field": Row(_patch(opt_out="maybe"), 200, "—", shows=50),
    "nulls": Row(_patch(region_code=None, format_international=None, available_channels=None), 200, "", shows=50),
    "no pagination": Row({"kind": "patch", "remove": ["data.pagination"]}, 200, "50 contacts on this page", shows=50),
    "a total that changes": Row({"kind": "patch", "set": {"data.pagination.total_count": 77}}, 200, "77", shows=50),
    "has_more that lies": Row(
        {"kind": "patch", "set": {"data.pagination.has_more": False}}, 200, 'rel="next"', shows=50
    ),
    "the same id twice": Row(
        {"kind": "patch", "set": {"data.contacts.*.id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}}, 200, "", shows=50
    ),
    "headers that drip": Row({"kind": "drip_headers", "seconds": 20}, 504, LATE),
    "a body that drips": Row({"kind": "drip_body", "seconds": 20}, 504, LATE),
    "silence": Row({"kind": "hang", "seconds": 20}, 504, LATE),
    "reset before the answer": Row({"kind": "reset", "after": "accept"}, 503, UNREACHED, times=2),
    "reset after the headers": Row({"kind": "reset", "after": "headers"}, 503, UNREACHED, times=2),
    "reset in the body": Row({"kind": "reset", "after": "body"}, 503, UNREACHED, times=2),
    **{
        f"redirect {status}": Row({"kind": "redirect", "status": status, "location": "http://127.0.0.1:9/"}, 502, ODD)
        for status in (301, 302, 307, 308)
    },
    "10 MB": Row({"kind": "large", "bytes": 10_000_000}, 502, ODD),
    "a gzip bomb": Row({"kind": "gzip_bomb", "bytes": 50_000_000}, 502, ODD),
    "rcs": Row(_patch(available_channels="sms,rcs", default_channel="rcs"), 200, "RCS", shows=50),
    "unknown fields": Row(_patch(nickname={"a": [1]}), 200, "", shows=50),
    "a naive time": Row(_patch(created_at="2026-03-11T21:50:50"), 200, "—", shows=50),
    "30 February": Row(_patch(created_at="2026-02-30T21:50:50Z"), 200, "—", shows=50),
    "an invalid phone": Row(_patch(format_international="not a phone"), 200, "not a phone", shows=50),
    "a script": Row(_patch(format_international="<script>x()</script>"), 200, "&lt;script&gt;x()", shows=50),
    "a cookie": Row({"kind": "headers", "set": {"Set-Cookie": "spy=1"}}, 200, "", shows=50),
    "another profile's name": Row(
        {"kind": "headers", "set": {"X-Profile-Id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}},
        502,
        "An answer for another profile was refused",
        profile=True,
    ),
}


@pytest.fixture
def long_timeout_api(settings: Settings, desk_api: SandboxServer) -> SandboxServer:
    """The sandbox behind a desk with a long total timeout and a cache."""
    settings.SENT_DEADLINE = 10.0
    settings.SENT_FRESH_SECONDS, settings.SENT_STALE_SECONDS = 15.0, 300.0
    get_gateway.cache_clear()
    return desk_api


def _stored_text() -> str:
    """All that the desk stores: the cache keys and every database row."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        stored = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the database's own names
            stored.append(str(cursor.fetchall()))
    return " ".join([*caches["contacts"]._cache, *stored])  # type: ignore[attr-defined]  # the memory cache's own


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_fault_has_its_outcome_and_leaks_no_secret(
    admin_client: Client,
    long_timeout_api: SandboxServer,
    row: Row,
    caplog: pytest.LogCaptureFixture,
    settings: Settings,
) -> None:
    caplog.set_level(logging.INFO)
    path = f"/p/{long_timeout_api.profiles()[1]['id']}/contacts/" if row.profile else "/account/contacts/"
    get_gateway().account()
    response = _faulty_page(admin_client, path, long_timeout_api, row, settings)
    assert response.status_code == row.status
    assert row.says in text(response)
    assert len(rows(response)) == row.shows
    assert row.status == 200 or "Request ID" in text(response)
    assert "No contacts" not in text(response)

    long_timeout_api.clear()
    long_timeout_api.fault(route="contacts", times=row.times, **row.fault)
    canary_response = admin_client.get(path, {"phone": CANARY})
    written = " ".join(JsonFormatter().format(record) for record in caplog.records)
    everywhere = written + _stored_text() + json.dumps(dict(canary_response.headers))
    for secret in (settings.SENT_API_KEY, CANARY_DIGITS):
        assert secret not in everywhere
    assert settings.SENT_API_KEY not in text(canary_response)


def _faulty_page(client: Client, path: str, api: SandboxServer, row: Row, settings: Settings) -> Answer:
    """The page at `path` under the fault of `row`, which has happened by then.

    The deadline of a late row is short, and longer at the next try if the call had not even been sent by then. The
    account is cached: only the call under test can time out.
    """
    late = row.says == LATE
    for seconds in (0.1, 1.0, 10.0) if late else (10.0,):
        if late:
            settings.SENT_DEADLINE = seconds
            get_gateway.cache_clear()
        api.clear()
        api.fault(route="contacts", times=row.times, **row.fault)
        response = client.get(path)
        if becomes_true(lambda: len(api.fired()) == row.times, 10 * seconds):  # the page may have given up before it
            return response
    raise AssertionError(f"the fault never happened: {row.fault}")


def test_unknown_host_is_connection_failure() -> None:
    _expect(SentClient("https://api.invalid", "key", deadline_seconds=5), errors.ConnectionFailed)


def test_refused_connection_is_connection_failure() -> None:
    _expect(SentClient("http://127.0.0.1:9", "key"), errors.ConnectionFailed)


def _expect(client: SentClient, kind: type[errors.SentError]) -> None:
    with pytest.raises(errors.SentError) as caught:
        client.contacts(ContactQuery(phone=CANARY))
    assert type(caught.value) is kind
    # Its causes included: exceptions of requests contain the whole URL.
    assert CANARY_DIGITS not in repr(caught.value) + "".join(traceback.format_exception(caught.value))


class _Secure(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


def _certificate(folder: Path, name: str, days: int) -> tuple[Path, Path]:
    """A self-signed certificate for `name` that expires in `days` days, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


@pytest.fixture
def secure(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A TLS server with a certificate for `name` that expires in `days` days: its URL, and the file to trust."""
    name, days = request.param
    certificate, key = _certificate(tmp_path, name, days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = HTTPServer(("127.0.0.1", 0), _Secure)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_port}", str(certificate)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("secure", [("localhost", -1)], indirect=True, ids=["expired"])
def test_expired_certificate_is_connection_failure(secure: tuple[str, str]) -> None:
    _expect(SentClient(secure[0], "key", verify=secure[1]), errors.ConnectionFailed)


@pytest.mark.parametrize("secure", [("elsewhere.example", 30)], indirect=True, ids=["wrong name"])
def test_certificate_for_other_host_is_connection_failure(secure: tuple[str, str]) -> None:
    _expect(SentClient(secure[0], "key", verify=secure[1]), errors.ConnectionFailed)


@pytest.mark.parametrize("secure", [("localhost", 30)], indirect=True, ids=["unknown"])
def test_untrusted_certificate_is_connection_failure(secure: tuple[str, str]) -> None:
    _expect(SentClient(secure[0], "key"), errors.ConnectionFailed)


@pytest.mark.parametrize("secure", [("localhost", 30)], indirect=True, ids=["good"])
def test_valid_certificate_is_accepted(secure: tuple[str, str]) -> None:
    _expect(
        SentClient(secure[0], "key", verify=secure[1]), errors.InvalidResponse
    )  # connected: "{}" is not a contact list


def test_user_without_role_gets_404(desk_api: SandboxServer, user_without_role: User) -> None:
    client = Client()
    client.force_login(user_without_role)
    assert client.get("/account/contacts/").status_code == 404
