"""Where the states are reached: a desk that really runs on a sandbox, and the people who are signed in to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allauth.usersessions.models import UserSession

from testing.accounts import create_session, insert, user_id
from testing.running_desk import NOTHING_KEPT, Desk
from testing.sandbox_server import SandboxServer

# What a desk needs for the states in which an answer is long in coming, or old.
PATIENT = {"SENT_DEADLINE": "90", "SENT_FRESH_SECONDS": "0", "SENT_STALE_SECONDS": "300"}
# And for all others: failures come soon, and nothing old stands in for them.
QUICK = {"SENT_DEADLINE": "3", **NOTHING_KEPT}

PEOPLE = ("mara", "masha", "pat", "nia", "theo", "kim")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1"
LAPTOP = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True, slots=True)
class DeskUnderTest:
    """A running desk and its sandbox, and the session cookie of everyone there."""

    desk: Desk
    sandbox: SandboxServer
    sessions: Mapping[str, str]

    @property
    def url(self) -> str:
        """The desk's address."""
        return self.desk.url

    def forget(self) -> None:
        """Makes it as it was in the beginning: no fault waits, no failure and no wrong password is remembered."""
        self.sandbox.clear()
        self.desk.forget_limits()


def settle_in(desk: Desk, sandbox: SandboxServer) -> DeskUnderTest:
    """Signs everyone in without a form. Theo sits at two machines."""
    sessions = {name: create_session(desk, name) for name in PEOPLE}
    theo, elsewhere = user_id(desk, "theo"), create_session(desk, "theo")
    insert(
        desk,
        UserSession(user_id=theo, session_key=elsewhere, ip="203.0.113.7", user_agent=PHONE),
        UserSession(user_id=theo, session_key=sessions["theo"], ip="198.51.100.20", user_agent=LAPTOP),
    )
    return DeskUnderTest(desk, sandbox, sessions)
