"""A running desk as the tests of signing in use it: people made in it, its rows read, browsers that talk to it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import requests

from bench.desk import Desk

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a long demo password"


def run(settings: Mapping[str, str], code: str) -> None:
    """Runs Python in the desk's own Django."""
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
    subprocess.run(command, cwd=ROOT, env=dict(settings), check=True)


def make_person(settings: Mapping[str, str], username: str, role: str | None = None, **fields: Any) -> None:
    """Makes somebody with PASSWORD and a role."""
    run(
        settings,
        f"""
from django.contrib.auth.models import User
from contacts_ui.roles import give_role
give_role(User.objects.create_user({username!r}, password={PASSWORD!r}, **{fields!r}), {role!r})
""",
    )


def rows(desk: Desk, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the desk's database says."""
    with closing(sqlite3.connect(desk.folder / "desk.sqlite3", timeout=20)) as database:
        found = database.execute(query, values).fetchall()
        database.commit()
        return found


class Visitor(requests.Session):
    """A browser without pictures: keeps cookies, follows nothing by itself, sends the token with each form."""

    def __init__(self, url: str, address: str | None = None) -> None:
        super().__init__()
        self.trust_env = False
        self.url = url
        if address:
            self.headers["X-Forwarded-For"] = address

    def see(self, path: str) -> requests.Response:
        """Opens a page of the desk, or an address it was sent to."""
        return self.get(path if path.startswith("http") else self.url + path, allow_redirects=False, timeout=30)

    def submit(self, path: str, **fields: str) -> requests.Response:
        """Sends a form of the desk."""
        if "csrf" not in self.cookies:
            self.see("/sign-in/")
        token = {"csrfmiddlewaretoken": self.cookies.get("csrf", "")}
        return self.post(self.url + path, data=fields | token, allow_redirects=False, timeout=60)

    def signed_in(self) -> bool:
        """Whether the desk knows who this is."""
        return self.see("/preferences/").status_code == 200
