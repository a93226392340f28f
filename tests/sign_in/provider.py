"""A running identity provider, and what a browser does at it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from bench.desk import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Provider:
    """`url` is its issuer too."""

    url: str
    program: subprocess.Popen[bytes]

    def stop(self) -> None:
        """The provider is away from here on."""
        self.program.terminate()
        self.program.wait(timeout=10)

    def knows(self, subject: str, **claims: Any) -> None:
        """Has the provider know somebody by this subject, with these claims."""
        _asked("PUT", f"{self.url}/users/{subject}", json=claims)

    def lies(self, **lies: dict[str, Any]) -> None:
        """Has it put these claims into the next `id_token` and `userinfo`; without any it tells the truth again."""
        _asked("PUT", f"{self.url}/_witness/lies", json=lies)

    def token_requests(self) -> list[dict[str, str]]:
        """The forms that were posted to its token endpoint."""
        forms: list[dict[str, str]] = _asked("GET", f"{self.url}/_witness/tokens").json()
        return forms

    def authorize(self, address: str, subject: str) -> str:
        """What a person does at the provider; the address it sends the browser back to."""
        answer = _asked("POST", address, data={"sub": subject}, allow_redirects=False)
        return answer.headers["Location"]

    def deny(self, address: str) -> str:
        """Likewise, for somebody who turns back."""
        return _asked("POST", address, data={"action": "deny"}, allow_redirects=False).headers["Location"]


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return dict(parse_qsl(urlsplit(address).query))


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider on a free port until the block ends."""
    port = free_port()
    environment = dict(os.environ) | {"AUTHLIB_INSECURE_TRANSPORT": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.sign_in.provider_program", str(port)]
    program = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://localhost:{port}"
        _wait_for(f"{url}/.well-known/openid-configuration", program)
        yield Provider(url, program)
    finally:
        program.terminate()
        program.wait(timeout=10)


def _wait_for(url: str, program: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and program.poll() is None:
        try:
            _asked("GET", url)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the identity provider did not start")


def _asked(method: str, url: str, **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, url, timeout=10, **options)
        answer.raise_for_status()
        return answer
