"""HTTP client of a running desk that keeps cookies and sends forms as a browser does."""

from __future__ import annotations

import requests


class Visitor(requests.Session):
    """HTTP client: keeps cookies, follows no redirects, sends the CSRF token with each form."""

    def __init__(self, url: str, address: str | None = None) -> None:
        super().__init__()
        self.trust_env = False
        self.url = url
        if address:
            self.headers["X-Forwarded-For"] = address

    def see(self, path: str) -> requests.Response:
        """Opens a path of the desk, or an absolute URL it was redirected to."""
        return self.get(path if path.startswith("http") else self.url + path, allow_redirects=False, timeout=30)

    def submit(self, path: str, **fields: str) -> requests.Response:
        """Posts a form of the desk."""
        if "csrf" not in self.cookies:
            self.see("/sign-in/")
        token = {"csrfmiddlewaretoken": self.cookies.get("csrf", "")}
        return self.post(self.url + path, data=fields | token, allow_redirects=False, timeout=60)

    def signed_in(self) -> bool:
        """Whether this client is signed in."""
        return self.see("/preferences/").status_code == 200
