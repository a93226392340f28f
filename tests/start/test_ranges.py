"""Ranges: a value that cannot be right is one sentence and no start."""

from __future__ import annotations

import pytest

from tests.settings_process import READ, Run, Value
from tests.start.conftest import Refusal

OUT_OF_RANGE = {
    "SECRET_KEY": ("", "#", "abc", "a" * 60, "s" * 31),
    "SECRET_KEY_FALLBACKS": ("abc", f"{'a-long-key-' * 5},abc"),
    "AUDIT_KEY": ("", "  ", "# keep it safe", "abc", "a" * 60),
    "SENT_BUDGET_PER_MINUTE": ("500", "201", "0", "-1", "", "many", "1.5", "nan"),
    "SENT_BUDGET_BURST": ("51", "0", "-1", ""),
    "SENT_LIMIT_PER_MINUTE": ("3", "0", "1000001"),
    "SENT_IN_FLIGHT": ("0", "-1", "1001", ""),
    "SENT_DEADLINE": ("-1", "0", "nan", "inf", "121", "", "10s"),
    "SENT_CONNECT_TIMEOUT": ("0", "-3", "nan", "61"),
    "SENT_FRESH_SECONDS": ("-1", "86400", "nan"),
    "SENT_STALE_SECONDS": ("-1", "86400", "inf"),
    "SENT_CA_FILE": ("/nonexistent/ca.pem",),
    "SENT_GATEWAY": ("off", ""),
    "SENT_API_URL": ("", "https://", "http://[::1"),
    "DATABASE_POOL_SIZE": ("0", "-1", "x"),
    "DATABASE_URL": ("", "mysql://desk@localhost/desk", "postgres://desk@localhost", "desk.sqlite3"),
    "TRUST_PROXY": ("maybe", "", "tru", "2"),
    "TRUSTED_PROXIES": ("-1", "11", "one"),
    "REQUIRE_MFA": ("", "admin", "off"),
    "SESSION_IDLE_SECONDS": ("0", "59", "-1", "43201"),
    "DEBUG": ("", "*", "flase"),
    "AUDIT_REQUIRED": ("", "maybe"),
    "DESK_REGIONS": ("UK", "GB,XX", "GBR"),
    "LOG_LEVEL": ("", "LOUD"),
    "EMAIL_URL": ("mail.example.org", "pigeon://mail.example.org", "smtp://"),
    "OIDC_FORM_ORIGINS": ("http://login.example.org", "https://a.example; script-src *", "https://a.example/path"),
    "SENT_API_KEY_FILE": ("/nonexistent/key",),
    "SITE_URL": (
        *("", "desk", "ftp://desk.example.org", "https://", "https://[::1"),
        *("https://desk.example.org/desk", "https://desk.example.org/?a=1", "https://desk.example.org/#a"),
        *("https://user:pass@desk.example.org", "https://*", "https://.example.org", "https://a b.example.org"),
        *("https://127.1", "https://desk.example.org:port", "http://desk.example.org", "http://192.168.1.20:8000"),
        *("http://10.0.0.5", "http://203.0.113.9", "http://[2001:db8::1]", "http://localhost.example.org"),
    ),
}


FIRST = 3  # values of a setting that make test has; of SITE_URL it has all


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, marks=() if at < FIRST or name == "SITE_URL" else pytest.mark.exhaustive)
        for name, values in OUT_OF_RANGE.items()
        for at, value in enumerate(values)
    ],
)
def test_value_out_of_range_is_refused_with_one_sentence(refusal: Refusal, name: str, value: str) -> None:
    said = refusal(**{name: value})
    assert said.startswith(name)
    assert not said.endswith(".")
    assert ". " not in said


@pytest.mark.parametrize("name", ["SECRET_KEY", "AUDIT_KEY"])
def test_refused_key_is_not_printed(run: Run, name: str) -> None:
    assert "hunter2" not in run(READ, **{name: "hunter2-" * 3}).stderr


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("SENT_BUDGET_PER_MINUTE", "200", "200"),
        ("SENT_BUDGET_BURST", "50", "50"),
        ("SENT_FRESH_SECONDS", "0", "0.0"),
        ("DEBUG", "0", "False"),
        ("DESK_REGIONS", "gb, IE", "['GB', 'IE']"),
        ("LOG_LEVEL", "warning", "WARNING"),
        ("OIDC_FORM_ORIGINS", "https://login.example.org", "['https://login.example.org']"),
    ],
)
def test_value_within_its_range_is_read(value: Value, name: str, text: str, read: str) -> None:
    assert value(name, **{name: text}) == read


def test_budget_may_grow_with_limit_of_organization(value: Value) -> None:
    assert value("SENT_BUDGET_PER_MINUTE", SENT_BUDGET_PER_MINUTE="500", SENT_LIMIT_PER_MINUTE="600") == "500"
