"""Desk under test: a running desk with its sandbox, and sessions of the people that page states need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allauth.usersessions.models import UserSession

from contacts_ui.models import SavedView
from contacts_ui.sign_in.hashed_sessions import stored_key
from testing.accounts import create_session, insert, user_id
from testing.running_desk import NOTHING_KEPT, Desk
from testing.sandbox_server import SandboxServer

from .export_rows import insert_exports

# Settings for states with a slow API or stale data: long timeout, stale data kept.
PATIENT = {"SENT_DEADLINE": "90", "SENT_FRESH_SECONDS": "0", "SENT_STALE_SECONDS": "300"}
# Settings for all other states: short timeout, nothing cached.
QUICK = {"SENT_DEADLINE": "3", **NOTHING_KEPT}

PEOPLE = ("mara", "masha", "pat", "nia", "theo", "kim")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True, slots=True)
class DeskUnderTest:
    """Running desk and its sandbox. `sessions`: username -> session cookie."""

    desk: Desk
    sandbox: SandboxServer
    sessions: Mapping[str, str]

    @property
    def url(self) -> str:
        """Base URL of the desk."""
        return self.desk.url

    def reset(self) -> None:
        """Removes queued faults, and the counters of failed calls and wrong passwords."""
        self.sandbox.clear()
        self.desk.forget_limits()


def settle_in(desk: Desk, sandbox: SandboxServer) -> DeskUnderTest:
    """Creates a session for each person in PEOPLE (Theo has two, on a phone and a laptop) and Mara's saved views."""
    sessions = {name: create_session(desk, name) for name in PEOPLE}
    mara = user_id(desk, "mara")
    insert(
        desk,
        SavedView(owner_id=mara, name="Reachable by SMS", channel="sms", page_size=20),
        SavedView(owner_id=mara, name="New contacts", columns=["region", "created"], audience="everyone"),
        SavedView(owner_id=user_id(desk, "pat"), name="WhatsApp", channel="whatsapp", audience="everyone"),
    )
    insert_exports(desk)
    theo, elsewhere = user_id(desk, "theo"), create_session(desk, "theo")
    insert(
        desk,
        UserSession(user_id=theo, session_key=stored_key(elsewhere), ip="203.0.113.7", user_agent=PHONE),
        UserSession(user_id=theo, session_key=stored_key(sessions["theo"]), ip="198.51.100.20", user_agent=LAPTOP),
    )
    return DeskUnderTest(desk, sandbox, sessions)
