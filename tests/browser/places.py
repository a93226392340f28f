"""Where the states are reached: a desk that really runs on a sandbox, and the people who are signed in to it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.sandbox_server import SandboxServer

ROOT = Path(__file__).resolve().parent.parent.parent
LEDGER_BYTES = 8 * 64

# What a desk needs for the states in which an answer is long in coming, or old.
PATIENT = {"SENT_DEADLINE": "90", "SENT_FRESH_SECONDS": "0", "SENT_STALE_SECONDS": "300"}
# And for all others: failures come soon, and nothing old stands in for them.
QUICK = {"SENT_DEADLINE": "3", "SENT_FRESH_SECONDS": "0", "SENT_STALE_SECONDS": "0"}

_PEOPLE = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from contacts_ui.models import Preferences

sessions = {}
for name, first, last, role, wishes in (
    ("mara", "Mara", "Ellis", "admin", {}),
    ("masha", "Masha", "Lind", "admin", {"mask_numbers": True}),
    ("pat", "Pat", "Moreno", "admin", {}),
    ("nia", "Nia", "Okafor", None, {}),
    ("theo", "Theo", "Brandt", None, {}),
    ("kim", "Kim", "Adeyemi", None, {}),
):
    user, _ = User.objects.update_or_create(
        username=name, defaults={"first_name": first, "last_name": last, "is_staff": name == "mara"}
    )
    user.set_password("a long demo password")
    user.save()
    user.groups.set(Group.objects.filter(name=role))
    Preferences.objects.update_or_create(user=user, defaults=wishes)
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    sessions[name] = store.session_key
# Theo has everything there is to sign in with, and sits at two desks; Kim has an app and codes.
theo, kim = User.objects.get(username="theo"), User.objects.get(username="kim")
Authenticator.objects.filter(user__in=(theo, kim)).delete()
for user in (theo, kim):
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(user)
for name in ("Work laptop", "Phone"):
    kept = {"name": name, "credential": {}}
    Authenticator.objects.create(user=theo, type=Authenticator.Type.WEBAUTHN, data=kept)
there = SessionStore()
there.update(SessionStore(sessions["theo"]).load())
there.create()
for key, address, browser in (
    (there.session_key, "203.0.113.7", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"),
    (sessions["theo"], "198.51.100.20", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/140.0"),
):
    UserSession.objects.create(user=theo, session_key=key, ip=address, user_agent=browser)
print(json.dumps(sessions))
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A running desk and its sandbox, and the session cookie of everyone there."""

    url: str
    sandbox: SandboxServer
    ledger: Path
    database: Path
    sessions: Mapping[str, str]

    def forget(self) -> None:
        """Makes it as it was in the beginning: no fault waits, no failure and no wrong password is remembered."""
        self.sandbox.clear()
        with closing(sqlite3.connect(self.database, timeout=20)) as database, database:
            database.execute("DELETE FROM desk_cache")
        if self.ledger.exists():
            with self.ledger.open("r+b") as file:
                file.write(bytes(LEDGER_BYTES))


def settle_in(url: str, sandbox: SandboxServer, settings: Mapping[str, str]) -> Place:
    """The place of a desk that runs at `url` with `settings` in its environment: people are made, nobody signs in."""
    command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", _PEOPLE]
    done = subprocess.run(command, cwd=ROOT, env=dict(settings), check=True, stdout=subprocess.PIPE, text=True)
    sessions: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    database = Path(settings["DATABASE_URL"].removeprefix("sqlite:///"))
    return Place(url, sandbox, Path(settings["SENT_BUDGET_FILE"]), database, sessions)
