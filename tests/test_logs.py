"""Log redaction: no API key, phone number or query string in any record; and the fields of the request log."""

from __future__ import annotations

import io
import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus

import phonenumbers
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils.html import format_html
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from contacts_ui.observability.json_logs import JsonFormatter, StdoutHandler
from contacts_ui.observability.redaction import (
    LONGEST_TEXT,
    LONGEST_TRACEBACK,
    MOST_REMEMBERED,
    TOO_LONG,
    Redactor,
    redact_text,
)
from testing.sandbox_server import SandboxServer

from .html import fragment, rows

KEY = "sk_live_canary_9f27c1"
E164 = phonenumbers.PhoneNumberFormat.E164
FORMATS = (
    E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
)
EXAMPLES = tuple(
    number
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    if (number := phonenumbers.example_number_for_type(region, kind))
)
KEPT = (
    "req_7X9zKp2jDw4a",
    "desk_0123456789abcdef",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "2026-01-05T10:11:12.123456Z",
    "2026-01-05 10:11:12,123",
    "2026-01-05",
    "127.0.0.1:54321",
    "10.0.0.5",
    "203.0.113.77:8000",
    "localhost:8000",
    "took 0.1234567 s",
    "took 1234.567891 ms",
    "at 0x7f12ab345678",
    "line 1234, in view",
    "fe80::1234:5678:9abc",
    "Not Found: /account/contacts/",
)


# Texts of every line, which are not looked through again.
EVERY_LINE = (
    "desk.request.answered",
    "p/<uuid:profile_id>/contacts/",
    "GET",
    "Authorization: Bearer opaque",
    "a@b.c/?d",
)


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Output of the desk's log handler for all loggers at DEBUG."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = StdoutHandler()
    handler.setFormatter(JsonFormatter())
    handler.setStream(stream)
    loud = logging.getLogger("urllib3")
    before = root.level, loud.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    loud.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before[0])
    loud.setLevel(before[1])


def _line(message: str, arguments: tuple[object, ...] = (), error: Exception | None = None, **extra: Any) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("other.library", logging.INFO, __file__, 1, message, arguments, info)
    vars(record).update(extra)
    return JsonFormatter().format(record)


def _lines(out: io.StringIO, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    return [line for line in lines if line["event"] == event]


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdecimal())


def _raised(text: str) -> Exception:
    try:
        int(f"no number: {text}")
    except ValueError as error:
        return error
    raise AssertionError


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" if chr(byte) in "+() /" or byte > 127 else chr(byte) for byte in text.encode())


SPELLED: tuple[Callable[[str], str], ...] = (
    str,
    repr,
    ascii,
    _quoted,
    lambda text: _quoted(_quoted(text).replace("%", "%25")),
    lambda text: text.replace(" ", "+"),
    lambda text: text.replace(" ", "\u00a0").replace("-", "\u2011"),
    lambda text: text.replace(" ", "."),
    lambda text: text.replace(" ", "\u200e \u2060"),
    lambda text: "".join(chr(ord(sign) + 0xFEE0) if sign.isdecimal() else sign for sign in text),
    lambda text: "".join(chr(ord(sign) + 0x0630) if sign.isdecimal() else sign for sign in text),
    lambda text: json.dumps({"phone": text}),
)


@st.composite
def _spellings(draw: st.DrawFn) -> str:
    """A number of any region in any spelling or encoding, with at least seven digits."""
    number = draw(st.sampled_from(EXAMPLES))
    text = phonenumbers.format_number(number, draw(st.sampled_from(FORMATS)))
    if len(_digits(text)) < 7:
        text = phonenumbers.format_number(number, E164)
    return draw(st.sampled_from(SPELLED))(text)


# Surrounding text without digits and without characters that would make a number part of an id or escape.
_AROUND = st.text(st.characters(exclude_categories=("Nd", "Cs", "Nl", "No"), exclude_characters="%\\x"), max_size=20)


def _placed(place: str, text: str) -> str:
    """A log line with `text` at this place of its record."""
    return {
        "message": lambda: _line(text),
        "argument": lambda: _line("called %s, twice %r", (text, [text])),
        "field": lambda: _line("x", something=text),
        "deep": lambda: _line("x", something={"a": [{"b": (text, {text: {text}})}]}),
        "bytes": lambda: _line("x", something=[text.encode(errors="replace")]),
        "exception": lambda: _line("x", error=_raised(text)),
        "object": lambda: _line("x", something=_raised(text)),
        "address": lambda: _line("GET %s", (f"/v3/contacts?phone={text}",)),
    }[place]()


PLACES = ("message", "argument", "field", "deep", "bytes", "exception", "object", "address")


@pytest.mark.slow
@hypothesis_settings(deadline=None, max_examples=300)
@given(text=_spellings(), before=_AROUND, after=_AROUND, place=st.sampled_from(PLACES))
def test_number_in_any_spelling_is_redacted_from_log_record(text: str, before: str, after: str, place: str) -> None:
    line = json.loads(_placed(place, before + text + after))
    line.pop("time")
    seen = re.sub(r"line \d+|File \S+|\\+[xuU][0-9a-f]+", "", json.dumps(line, ensure_ascii=False))
    assert len(_digits(seen)) < 7, (text, line)


def test_formats_of_every_country_are_redacted_whole() -> None:
    for number in EXAMPLES:
        for form in FORMATS:
            text = phonenumbers.format_number(number, form)
            if len(_digits(text)) >= 7:
                assert _digits(redact_text(f"to {text} now")) == "", text


@pytest.mark.parametrize("text", KEPT)
def test_text_without_number_is_not_redacted(text: str) -> None:
    assert json.loads(_line("%s", (text,)))["event"] == text


def test_long_integer_is_redacted_as_phone_number() -> None:
    assert Redactor().value({"phone": 12025550143, "ms": 12.5, "status": 200, "ok": True}) == {
        "phone": "[number]",
        "ms": 12.5,
        "status": 200,
        "ok": True,
    }


@pytest.mark.parametrize("value", [447700900123.5, -7700900123.25, 1e300, float("inf")], ids=str)
def test_long_fractional_number_is_redacted_as_phone_number(value: float) -> None:
    assert Redactor().value({"ms": value}) == {"ms": "[number]"}


@pytest.mark.parametrize(
    "spell",
    [quote, quote_plus, partial(quote, safe=""), lambda key: quote(key).replace("%2B", "%2b").replace("%3D", "%3d")],
    ids=["path", "form", "throughout", "lower case"],
)
def test_percent_encoded_secret_is_redacted(spell: Callable[[str], str]) -> None:
    key = "a key/with+every=sign"
    assert Redactor([key]).value({"url": f"GET /v3/{spell(key)} failed"}) == {"url": "GET /v3/[secret] failed"}


def test_ip_address_in_address_field_is_kept() -> None:
    assert Redactor().value({"address": "198.51.100.200"}) == {"address": "198.51.100.200"}
    assert Redactor().value({"address": "30.101.23.45 8"}) == {"address": "[number]"}


@pytest.mark.parametrize(
    "text",
    [
        f"x-api-key: {KEY}",
        f"the key is {KEY}.",
        f"https://desk:{KEY}@example.org/",
        f"Authorization: Bearer {KEY}",
        f"{{'x-api-key': '{KEY}', 'Accept': 'x'}}",
        f"Cookie: session={KEY}; csrf=abc",
    ],
)
def test_api_key_is_redacted_everywhere(settings: Settings, text: str) -> None:
    settings.SENT_API_KEY = KEY
    for place in PLACES:
        assert KEY not in _placed(place, text), place


IDS = ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "desk_0123456789abcdef", "req_7X9zKp2jDw4a")


@pytest.mark.slow
@hypothesis_settings(deadline=None, max_examples=300)
@given(text=st.one_of(_spellings(), _AROUND, st.sampled_from(IDS), st.sampled_from(EVERY_LINE)), twice=st.booleans())
def test_text_is_redacted_the_same_when_it_comes_again(text: str, twice: bool) -> None:
    redactor = Redactor([KEY])
    once = [redactor.text(text), redactor.text(f"{text}{KEY}"), *redactor.fields({text: text}).items()]
    again = redactor if twice else Redactor([KEY])
    assert [again.text(text), again.text(f"{text}{KEY}"), *again.fields({text: text}).items()] == once
    assert once[0] == redactor._looked_through(text, LONGEST_TEXT)


@pytest.mark.parametrize("secret", IDS)
def test_secret_that_looks_like_an_id_is_redacted(settings: Settings, secret: str) -> None:
    settings.SENT_API_KEY = secret
    for place in PLACES:
        assert secret not in _placed(place, secret), place


@pytest.mark.slow
def test_what_is_remembered_is_bounded_and_has_no_digit() -> None:
    redactor = Redactor()
    for number in range(3 * MOST_REMEMBERED):
        word = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        assert redactor.fields({word: word, f"x{number}": f"call {number}", "y": "+1 202 555 0143"})[word] == word
    remembered = redactor._harmless | redactor._plain_names
    assert len(remembered) <= 2 * MOST_REMEMBERED
    assert not any(map(_digits, remembered))


@pytest.mark.parametrize("text", ["\u202eevil", "\x9b2J", "\udc80", "Zo\u00eb", format_html("<b>{}</b>", "x"), "\n{"])
def test_line_is_one_line_of_ascii(text: str) -> None:
    line = _line("%s", (text,), field=text)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["field"] == text


@pytest.mark.parametrize("unit", ["a", "%25", "1 ", "/a1b2", "6ba7b810-9dad-11d1-80b4-"])
def test_long_text_is_cut_before_redaction(unit: str) -> None:
    line = json.loads(_line("Not Found: /%s", (unit * (60_000 // len(unit)),), field=unit * 60_000))
    assert all(len(line[name]) <= LONGEST_TEXT + len(TOO_LONG) + 1 for name in ("event", "field"))
    assert line["event"].endswith(TOO_LONG)


def test_traceback_keeps_its_last_line() -> None:
    def deep(calls: int) -> None:
        deep(calls - 1) if calls else int("the reason")

    try:
        deep(0)
        raise AssertionError
    except ValueError as error:
        long = ValueError("x" * 9_000 + " the end")
        long.__cause__ = error
    assert "the end" in json.loads(_line("failed", error=long))["exc_info"]
    assert len(json.loads(_line("failed", error=ValueError("x" * 60_000)))["exc_info"]) < LONGEST_TRACEBACK + 10


@pytest.mark.parametrize(
    "text", ["447,911,123,456", "447'911'123'456", "447\u2019911\u2019123\u2019456", "447911|123456"]
)
def test_number_in_groups_of_a_sheet_is_redacted(text: str) -> None:
    assert redact_text(f"searched {text} today") == "searched [number] today"


def test_password_with_at_sign_is_redacted_whole() -> None:
    assert redact_text("to postgres://desk:open@sesame@host/desk") == "to postgres://[secret]@host/desk"


@pytest.mark.slow
@pytest.mark.parametrize("spelled", SPELLED)
def test_number_at_the_cut_leaves_no_digit(spelled: Callable[[str], str]) -> None:
    for place in range(60):
        text = "x" * (LONGEST_TEXT - place) + " " + spelled("+1 202-555-0188") + " y" * 500
        kept = redact_text(text).removesuffix(TOO_LONG)
        assert not _digits(kept), (place, kept[-60:])
        assert "ff1" not in kept
        assert "%" not in kept


@pytest.mark.slow
@pytest.mark.parametrize(
    "start", ["Authorization: Bearer ", "{'Cookie': 'session=", '{"password": "', "postgres://desk:"]
)
def test_credential_at_the_cut_leaves_nothing(start: str) -> None:
    for place in range(1, 60):
        text = "x" * (LONGEST_TEXT - len(start) - place) + " " + start + "opaque" * 20 + "@host' \"" + " y" * 500
        assert "opaq" not in redact_text(text)


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "password", "csrf_token"])
def test_value_of_sensitive_name_is_redacted(name: str) -> None:
    assert "opaque" not in _line(f"sent {name}: opaque words; more opaque ones")
    assert "opaque" not in _line("x", headers={name: "opaque"}, fields=[{name: "opaque"}])


@pytest.mark.parametrize("name", ["SECRET_KEY", "AUDIT_KEY", "DATA_KEY"])
def test_own_secret_keys_are_redacted(settings: Settings, name: str) -> None:
    setattr(settings, name, "a secret of the desk itself")
    assert "of the desk itself" not in _line("x", something=["holds a secret of the desk itself"])


def test_oidc_secret_and_url_passwords_are_redacted(settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [{"secret": "oidc-secret-value"}]}}
    settings.CACHE_URL = "redis://user:redis%2Fpassword@host/0"
    line = _line("oidc-secret-value redis/password redis%2Fpassword")
    assert "oidc-secret" not in line
    assert "password" not in line


def test_query_string_is_cut_from_log_line() -> None:
    line = json.loads(_line('"GET /v3/contacts?search=555&page=2 HTTP/1.1" 200 %s', ("<WSGIRequest: GET '/a/?b=c'>",)))
    assert line["event"] == '"GET /v3/contacts?… HTTP/1.1" 200 <WSGIRequest: GET \'/a/?…'


def test_record_with_wrong_arguments_is_reported_without_them(
    out: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 7, "%d %d", ("+12025550143",), None)
    next(handler for handler in logging.getLogger().handlers if isinstance(handler, StdoutHandler)).handle(record)
    assert out.getvalue() == ""
    said = capsys.readouterr().err
    assert json.loads(said)["event"] == "log.unwritable"
    assert "2025550143" not in said


def test_closed_stderr_does_not_break_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as gone:
        monkeypatch.setattr("sys.stderr", io.TextIOWrapper(gone, write_through=True))
        StdoutHandler().handle(logging.LogRecord("x", logging.INFO, __file__, 7, "%d", ("no number",), None))


def test_object_with_broken_str_is_named_by_class() -> None:
    class Broken:
        def __str__(self) -> str:
            raise ZeroDivisionError

    assert json.loads(_line("x", something=Broken()))["something"] == "[Broken]"


def test_circular_object_is_cut_short() -> None:
    circle: dict[str, object] = {}
    circle["again"] = circle
    assert "[too deep]" in _line("x", something=circle)


def test_request_is_logged_once_with_route_scope_status_and_ids(
    out: io.StringIO, support_client: Client, desk_api: SandboxServer
) -> None:
    profile_id = desk_api.profiles()[1]["id"]
    response = support_client.get(f"/p/{profile_id}/contacts/", {"search": "555"})
    assert rows(response) or response.status_code == 200
    (line,) = _lines(out, "desk.request.answered")
    assert (line["method"], line["status"], line["route"]) == ("GET", 200, "p/<uuid:profile_id>/contacts/")
    assert (line["page"], line["scope"]) == ("contact-list", profile_id)
    assert line["user_id"] == int(support_client.session["_auth_user_id"])
    assert re.fullmatch(r"desk_[0-9a-f]{16}", line["reference"])
    assert line["request_id"].startswith("req_")
    assert 0 < line["ms"] < 60_000
    assert "555" not in json.dumps({name: value for name, value in line.items() if name in {"route", "event", "page"}})


def test_contact_id_is_not_in_request_log(out: io.StringIO, admin_client: Client, desk_api: SandboxServer) -> None:
    contact_id = next(iter(desk_api.contacts()))
    fragment(admin_client, f"/account/contacts/{contact_id}/")
    (line,) = _lines(out, "desk.request.answered")
    assert line["scope"] == "account"
    assert contact_id not in json.dumps(line)


def test_sign_in_request_is_logged_with_user_id(out: io.StringIO, admin_user: object, desk_api: SandboxServer) -> None:
    Client().post("/sign-in/", {"login": "mara", "password": "x"})
    (line,) = _lines(out, "desk.request.answered")
    assert line["user_id"] is not None


def test_failed_call_is_logged_with_request_id_of_api(
    out: io.StringIO, admin_client: Client, desk_api: SandboxServer
) -> None:
    desk_api.fault(route="contacts", kind="status", status=403)
    admin_client.get("/account/contacts/")
    (line,) = _lines(out, "desk.request.answered")
    assert line["status"] == 403
    assert line["request_id"].startswith("req_")


def test_health_checks_and_static_files_are_not_logged(out: io.StringIO, db: None) -> None:
    logging.getLogger().setLevel(logging.INFO)
    Client().get("/healthz")
    Client().get("/readyz")
    Client().get("/static/css/app.css")
    assert _lines(out, "desk.request.answered") == []


def test_urllib3_debug_log_contains_no_number_or_key(
    out: io.StringIO, admin_client: Client, desk_api: SandboxServer
) -> None:
    fragment(admin_client, "/account/contacts/", phone="+44 20 7946 0958")
    assert any(line["logger"].startswith("urllib3") for line in map(json.loads, out.getvalue().splitlines()))
    # All digits: a few in a row may be a reference's by chance.
    assert "442079460958" not in re.sub(r"\D", "", out.getvalue())
    assert "phone=" not in out.getvalue()
    assert str(django_settings.SENT_API_KEY) not in out.getvalue()


def test_no_log_handler_sends_mail() -> None:
    handlers = [*logging.getLogger().handlers]
    handlers += [
        handler
        for logger in logging.Logger.manager.loggerDict.values()
        if isinstance(logger, logging.Logger)
        for handler in logger.handlers
    ]
    assert not any("Email" in type(handler).__name__ for handler in handlers)
    assert django_settings.ADMINS == []


def test_request_log_has_documented_fields(out: io.StringIO, db: None) -> None:
    Client().get("/nowhere/")
    (line,) = _lines(out, "desk.request.answered")
    wanted = {"time", "level", "logger", "event", "method", "route", "page", "status", "ms", "user_id", "scope"}
    assert isinstance(line, Mapping)
    assert set(line) == wanted | {"reference", "request_id"}
    assert (line["route"], line["status"]) == (None, 404)


def test_password_reset_link_is_redacted() -> None:
    line = _line("Internal Server Error: %s", ("/sign-in/password/3-cz1k2l-a9c3abcdefa1b3c5/",))
    assert json.loads(line)["event"] == "Internal Server Error: /sign-in/password/[secret]/"
