"""Settings: unsafe or invalid values stop the start with a message; cookies, HSTS and hosts follow from SITE_URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.settings_process import READ, Run, Value, reading_settings, value_with

A_KEY, ANOTHER_KEY = "a-key-of-tests-" + "k" * 40, "another-key-of-tests-" + "k" * 40


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Runs code in a process of its own that has not read the settings yet."""
    with reading_settings() as run:
        yield run


@pytest.fixture(scope="module")
def value(run: Run) -> Value:
    """Reads one setting."""
    return value_with(run)


@pytest.mark.parametrize(
    "url", ["http://api.sent.dm", "ftp://localhost", "api.sent.dm", "http://localhost.evil.example"]
)
def test_insecure_api_url_is_refused(run: Run, url: str) -> None:
    result = run(READ, SENT_API_URL=url)
    assert result.returncode != 0
    assert "it carries the key" in result.stderr


@pytest.mark.slow
def test_server_does_not_start_without_api_key(run: Run) -> None:
    result = run("import dashboard.wsgi", SENT_API_KEY=None)
    assert result.returncode != 0
    assert "SENT_API_KEY is not set" in result.stderr


def test_settings_load_without_api_key(value: Value) -> None:
    assert value("SENT_API_KEY", SENT_API_KEY=None) == "None"


def test_secret_may_be_read_from_file(value: Value, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file")
    assert value("SENT_API_KEY", SENT_API_KEY=None, SENT_API_KEY_FILE=str(tmp_path / "key")) == "from-a-file"


@pytest.mark.parametrize("end", ["", "\n", "\r\n", " \n\n"])
@pytest.mark.parametrize("name", ["SECRET_KEY", "AUDIT_KEY", "DATA_KEY", "SENT_API_KEY", "EMAIL_URL", "CACHE_URL"])
def test_secret_file_is_stripped_of_trailing_whitespace(run: Run, tmp_path: Path, name: str, end: str) -> None:
    secret = {"EMAIL_URL": "smtp://desk:pw@mail.example:25", "CACHE_URL": "rediss://:pw@cache.example/0"}.get(
        name, A_KEY
    )
    (tmp_path / "secret").write_bytes(f"{secret}{end}".encode())
    code = f"from django.conf import settings; print(repr(settings.{name}))"
    changes = {name: None, f"{name}_FILE": str(tmp_path / "secret")}
    assert run(code, **changes).stdout.strip() == repr(secret)


def test_oidc_secret_may_be_read_from_file(value: Value, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from-a-file\n")
    site = {"OIDC_ISSUER": "https://id.example.org", "OIDC_CLIENT_ID": "desk"}
    said = value("SOCIALACCOUNT_PROVIDERS", OIDC_CLIENT_SECRET_FILE=str(tmp_path / "secret"), **site)
    assert "'secret': 'from-a-file'" in said


def test_secret_file_takes_precedence_over_environment(value: Value, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{A_KEY}\n")
    assert value("AUDIT_KEY", AUDIT_KEY=ANOTHER_KEY, AUDIT_KEY_FILE=str(tmp_path / "secret")) == A_KEY


@pytest.mark.slow
def test_https_site_has_secure_cookies_and_hsts(value: Value) -> None:
    site = {"SITE_URL": "https://desk.example.org"}
    assert value("SESSION_COOKIE_NAME", **site) == "__Host-session"
    assert value("SESSION_COOKIE_SECURE", **site) == "True"
    assert value("SECURE_HSTS_SECONDS", **site) == "31536000"
    assert value("ALLOWED_HOSTS", **site) == "['desk.example.org']"


def test_local_site_works_over_http(value: Value) -> None:
    site = {"SITE_URL": "http://localhost:8000"}
    assert value("SESSION_COOKIE_SECURE", **site) == "False"
    assert value("SECURE_HSTS_SECONDS", **site) == "0"


def test_malformed_site_url_is_refused(run: Run) -> None:
    assert "SITE_URL must look like" in run(READ, SITE_URL="desk").stderr


def test_secret_key_fallbacks_apply_to_audit_without_audit_key(value: Value) -> None:
    assert value("AUDIT_KEY_FALLBACKS", SECRET_KEY=A_KEY, SECRET_KEY_FALLBACKS=ANOTHER_KEY) == f"['{ANOTHER_KEY}']"
    assert (
        value("AUDIT_KEY_FALLBACKS", SECRET_KEY=A_KEY, SECRET_KEY_FALLBACKS=ANOTHER_KEY, AUDIT_KEY=ANOTHER_KEY) == "[]"
    )


@pytest.mark.parametrize("url", ["dbcache://table", "filecache:///tmp/x", "memcache://h"])
def test_cache_url_other_than_memory_or_redis_is_refused(run: Run, url: str) -> None:
    assert "contacts are not stored on disk" in run(READ, CACHE_URL=url).stderr


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache.example/0",
        "redis://:pw@10.0.0.5:6379/0",
        "redis://localhost.evil.example/0",
        "redis://localhost@evil.example/0",
        "redis:///0?host=evil.example",
    ],
)
def test_redis_of_another_host_without_tls_is_refused(run: Run, url: str) -> None:
    result = run(READ, CACHE_URL=url)
    assert result.returncode != 0
    assert "CACHE_URL must be rediss://" in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1/0,redis://evil.example/0", "redis://[::1]/0;redis://evil.example/0"]
)
def test_list_of_redis_servers_is_refused(run: Run, url: str) -> None:
    assert "CACHE_URL must name one Redis server" in run(READ, CACHE_URL=url).stderr


@pytest.mark.parametrize("query", ["ssl_cert_reqs=none", "ssl%5Fcert_reqs=none", "ssl_check_hostname=false"])
def test_redis_with_unchecked_certificate_is_refused(run: Run, query: str) -> None:
    assert "how the certificate of Redis is checked" in run(READ, CACHE_URL=f"rediss://cache.example/0?{query}").stderr


@pytest.mark.parametrize("url", ["redis://localhost:6379/0", "redis://[::1]/0", "rediss://cache.example/0"])
def test_redis_on_this_machine_or_over_tls_is_accepted(value: Value, url: str) -> None:
    assert value("REDIS_URL", CACHE_URL=url) == url


def test_several_hosts_need_redis(run: Run) -> None:
    assert "CACHE_URL must be set where DESK_HOSTS is more than 1" in run(READ, DESK_HOSTS="2").stderr
    assert run(READ, DESK_HOSTS="2", CACHE_URL="redis://localhost/0").returncode == 0


def test_no_cache_unpickles(value: Value) -> None:
    for url in ("locmemcache://contacts", "redis://localhost/0"):
        backends = value("CACHES", CACHE_URL=url)
        assert backends.count("contacts_ui.sealing.caches.") == backends.count("BACKEND") == 3


def test_secret_key_fallbacks_open_sealed_values_without_data_key(value: Value) -> None:
    assert value("DATA_KEY_FALLBACKS", SECRET_KEY=A_KEY, SECRET_KEY_FALLBACKS=ANOTHER_KEY) == f"['{ANOTHER_KEY}']"
    own = "own-" + ANOTHER_KEY
    assert value("DATA_KEY_FALLBACKS", SECRET_KEY=A_KEY, SECRET_KEY_FALLBACKS=ANOTHER_KEY, DATA_KEY=own) == "[]"


# --- Single sign-on: invalid settings stop the start with a message ---------------------------------


OIDC = {"OIDC_CLIENT_ID": "desk", "OIDC_CLIENT_SECRET": "x"}


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("", {}),
        ("staff=support", {"staff": "support"}),
        ("staff=support, bosses = admin", {"staff": "support", "bosses": "admin"}),
        ("a=b=auditor", {"a=b": "auditor"}),
    ],
)
def test_oidc_roles_are_parsed(value: Value, text: str, roles: dict[str, str]) -> None:
    assert value("OIDC_ROLES", OIDC_ROLES=text, **OIDC) == str(roles)


@pytest.mark.parametrize("text", ["staff=king", "staff", "=admin", "staff=", "admin", "staff=Admin"])
def test_invalid_oidc_roles_are_refused(run: Run, text: str) -> None:
    said = run(READ, OIDC_ROLES=text, **OIDC).stderr.splitlines()[-1]
    assert "ImproperlyConfigured: OIDC_ROLES must be pairs" in said


@pytest.mark.parametrize("issuer", ["http://id.example.org", "id.example.org", "ftp://localhost"])
def test_insecure_oidc_issuer_is_refused(run: Run, issuer: str) -> None:
    said = run(READ, OIDC_ISSUER=issuer, **OIDC).stderr.splitlines()[-1]
    assert "ImproperlyConfigured: OIDC_ISSUER must be https" in said


@pytest.mark.parametrize("seconds", ["0", "3601", "-1"])
def test_groups_cannot_be_checked_less_than_hourly(run: Run, seconds: str) -> None:
    assert (
        "OIDC_RECHECK_SECONDS must be a whole number from 1 to 3600" in run(READ, OIDC_RECHECK_SECONDS=seconds).stderr
    )


@pytest.mark.parametrize(("text", "values"), [(None, ["mfa"]), ("", []), ("otp,hwk", ["otp", "hwk"])])
def test_values_of_amr_are_list_and_may_be_none(value: Value, text: str | None, values: list[str]) -> None:
    assert value("OIDC_MFA_AMR", OIDC_MFA_AMR=text, **OIDC) == str(values)


def test_cookie_of_known_browser_is_bound_to_https_host(value: Value) -> None:
    assert value("KNOWN_BROWSER_COOKIE_NAME", SITE_URL="https://desk.example.org") == "__Host-known-browser"
