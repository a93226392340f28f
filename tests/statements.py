"""SQL statements of a list: counted on the database of the environment, by their first words.

Also for a program on PostgreSQL (audit/test_statements.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import connection
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from contacts_ui.models import AuditEntry, QuotaWindow

from .html import FRAGMENT
from .sign_in.changes import signed_in

# Not of the list: savepoints of a test's transaction, and the hint which reading a search was answered by.
_OTHERS = ("SAVEPOINT", "RELEASE", "SELECT cache_key")


def statements(ask: Callable[[], HttpResponseBase]) -> list[str]:
    """The verbs of the statements of a request, in order; of one WITH, what it does."""
    with CaptureQueriesContext(connection) as captured:
        assert ask().status_code == 200
    texts = [query["sql"].split() for query in captured.captured_queries]
    wanted = [words for words in texts if not " ".join(words[:2]).startswith(_OTHERS)]
    return ["INSERT" if words[0] == "WITH" else words[0] for words in wanted]


def of_list(client: Client, address: str) -> Mapping[str, list[str]]:
    """The statements of a list, in both forms, cached and not; the person is known from a request before."""
    client.get(address)
    client.get(address)
    asked = {
        "cached page": lambda: client.get(address),
        "cached fragment": lambda: client.get(address, headers=FRAGMENT),
        "uncached fragment": lambda: client.get(f"{address}?page=2", headers=FRAGMENT),
        "uncached search": lambda: client.get(f"{address}?search=2", headers=FRAGMENT),
    }
    return {name: statements(ask) for name, ask in asked.items()}


def counts() -> list[str]:
    """A line for each form of the list of a new support agent."""
    _user, client = signed_in("counted")
    profile = client.get("/").headers["Location"]
    return [f"{name}: {' '.join(verbs)}" for name, verbs in of_list(client, profile).items()]


def quota() -> str:
    """What a person is shown whose hour allows two pages, and what is stored of it."""
    user, client = signed_in("curious")
    profile = client.get("/").headers["Location"]
    with override_settings(DESK_CONTACTS_PER_HOUR=100):
        answers = [client.get(profile, {"page": number}, headers=FRAGMENT) for number in (1, 1, 1)]
    events = AuditEntry.objects.filter(person_id=user.pk).exclude(action="sign_in").order_by("pk")
    shown, refused = [event for event in events if event.rows], [event for event in events if not event.rows]
    said = ", ".join(f"{event.action} {event.outcome}" for event in refused)
    hour = QuotaWindow.objects.get(user=user).contacts
    return (
        f"shown {sum(event.rows or 0 for event in shown)}, then {answers[2].status_code} with {said}; "
        f"{len(shown)} rows of the log, {hour} of the hour"
    )
