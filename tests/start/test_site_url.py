"""SITE_URL and HOST: who can reach the desk decides cookies, second factors, and whether it starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from requests import Session

from testing.desk_template import PASSWORD, DeskTemplate
from testing.running_desk import running_desk
from testing.sandbox_server import SandboxServer
from tests.settings_process import READ, Run, Value
from tests.start.conftest import Refusal


@pytest.mark.parametrize(
    ("url", "canonical", "host"),
    [
        ("http://[fd00::5]:8000", "http://[fd00::5]:8000", "[fd00::5]"),
        ("http://[FD00:0:0::5]:80/", "http://[fd00::5]", "[fd00::5]"),
        ("https://Desk.Example.org:443/", "https://desk.example.org", "desk.example.org"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("http://127.0.0.2:8000", "http://127.0.0.2:8000", "127.0.0.2"),
    ],
)
def test_site_url_is_read_as_browser_sends_it(value: Value, url: str, canonical: str, host: str) -> None:
    assert value("CSRF_TRUSTED_ORIGINS", SITE_URL=url) == f"['{canonical}']"
    assert value("ALLOWED_HOSTS[0]", SITE_URL=url) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.20", "desk.lan", "[::]"])  # noqa: S104  # the attack
def test_listening_to_others_with_local_site_url_is_refused(refusal: Refusal, host: str) -> None:
    assert refusal(HOST=host).startswith(f"HOST={host} lets other machines in while SITE_URL is http://localhost:8000")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1", "[::1]", "::ffff:127.0.0.1"])
def test_listening_on_loopback_needs_no_https(value: Value, host: str) -> None:
    assert value("REQUIRE_MFA", HOST=host) == "none"


@pytest.mark.slow
def test_command_line_of_server_counts_as_listening_address(run: Run) -> None:
    for command in (
        ["granian", "--host", "::"],
        ["granian", "--host=0.0.0.0"],
        ["manage.py", "runserver", "0:80"],
    ):
        said = run(f"import sys; sys.argv = {command!r}; {READ}").stderr
        assert "lets other machines in" in said, command
    assert "lets other machines in" in run(f"import sys; sys.argv = ['granian']; {READ}", GRANIAN_HOST="::").stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_https_site_demands_second_factor_wherever_it_listens(value: Value, host: str) -> None:
    assert value("REQUIRE_MFA", SITE_URL="https://desk.example.org", HOST=host) == "admins"


def test_desk_at_ipv6_address_serves_its_pages_and_forms(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path: Path
) -> None:
    site = "[fd00::5]:8000"
    with running_desk(tmp_path, running_sandbox.url, template, SITE_URL=f"http://{site}") as desk, Session() as browser:
        browser.trust_env = False
        browser.headers["Host"] = site
        assert browser.get(f"{desk.url}/sign-in/").status_code == 200
        sent = {"login": "support", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrf"]}
        origin = {"Origin": f"http://{site}"}
        answer = browser.post(f"{desk.url}/sign-in/", sent, headers=origin, allow_redirects=False)
        assert answer.headers["Location"] == "/"


def test_unique_local_address_demands_second_factor(value: Value) -> None:
    assert value("REQUIRE_MFA", SITE_URL="http://[fd00::5]:8000") == "admins"


@pytest.mark.parametrize(
    "where",
    [{"SITE_URL": "https://desk.example.org"}, {"SITE_URL": "https://desk.example.org", "HOST": "0.0.0.0"}],  # noqa: S104
)
def test_debug_where_others_reach_the_desk_is_refused(refusal: Refusal, where: dict[str, str]) -> None:
    assert refusal(DEBUG="true", **where).startswith("DEBUG shows errors in full")
