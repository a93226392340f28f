"""Observers of the gateway: parts above it that are told what passes through, which it knows by this protocol alone.

None is registered while the number index is off: then nothing is called.
"""

from __future__ import annotations

from typing import Protocol

from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import ContactPage


class GatewayObserver(Protocol):
    """Told on the thread of a request: it must be quick, and must not raise."""

    def page_fetched(self, scope: Scope, query: ContactQuery, page: ContactPage) -> None:
        """The API gave this page, and every row of it may belong to the scope."""

    def scope_refused(self, scope: Scope) -> None:
        """The API refused the key or the profile: nothing kept of the scope may be shown."""


OBSERVERS: list[GatewayObserver] = []
