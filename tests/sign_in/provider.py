"""A running OpenID Connect provider: users, forged claims, and what a browser does there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from testing.processes import free_port, running_program


@dataclass(frozen=True, slots=True)
class Provider:
    """A running provider; `url` is its issuer."""

    url: str
    program: subprocess.Popen[bytes]

    def stop(self) -> None:
        """Stops the provider."""
        self.program.terminate()
        self.program.wait(timeout=10)

    def knows(self, subject: str, **claims: Any) -> None:
        """Adds or replaces the user with this subject and these claims."""
        _asked("PUT", f"{self.url}/users/{subject}", json=claims)

    def forge(self, **forged: dict[str, Any]) -> None:
        """Forges these claims in `id_token`, `userinfo` or `configuration`; none without arguments."""
        _asked("PUT", f"{self.url}/_witness/forged", json=forged)

    def token_requests(self) -> list[dict[str, str]]:
        """The forms posted to the token endpoint."""
        forms: list[dict[str, str]] = _asked("GET", f"{self.url}/_witness/tokens").json()
        return forms

    def authorize(self, address: str, subject: str) -> str:
        """Signs in at the provider; returns the callback URL it redirects the browser to."""
        answer = _asked("POST", address, data={"sub": subject}, allow_redirects=False)
        return answer.headers["Location"]

    def deny(self, address: str) -> str:
        """Cancels at the provider; returns the callback URL likewise."""
        return _asked("POST", address, data={"action": "deny"}, allow_redirects=False).headers["Location"]


def query_of(address: str) -> dict[str, str]:
    """The query parameters of a URL."""
    return dict(parse_qsl(urlsplit(address).query))


@contextmanager
def running_provider(folder: Path) -> Iterator[Provider]:
    """A provider on a free port until the block ends."""
    port = free_port()
    environment = dict(os.environ) | {"AUTHLIB_INSECURE_TRANSPORT": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.sign_in.provider_program", str(port)]
    url = f"http://localhost:{port}"
    health = f"{url}/.well-known/openid-configuration"
    with running_program(command, health=health, log=folder / "provider-log", env=environment) as program:
        yield Provider(url, program)


def _asked(method: str, url: str, **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, url, timeout=10, **options)
        answer.raise_for_status()
        return answer
