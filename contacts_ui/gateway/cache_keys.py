"""Cache keys: keyed hashes over API key, scope and question, so that no number or key can be read in one."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery


class Keys:
    """Cache keys: an HMAC over the API key's fingerprint, the scope and the question.

    So no number is readable in them, no two scopes share one, and another key or secret finds nothing.
    """

    def __init__(self, secret: str, api_key: str) -> None:
        self._secret = hashlib.sha256(f"contacts cache|{secret}".encode()).digest()
        self.fingerprint = self._digest("fingerprint", api_key)[:16]

    def page(self, scope: Scope, query: ContactQuery) -> str:
        """For one page of contacts."""
        return self._key("page", scope, *(part for pair in query.params() for part in pair))

    def contact(self, scope: Scope, contact_id: UUID) -> str:
        """For one contact."""
        return self._key("contact", scope, str(contact_id))

    def messages(self, scope: Scope, contact_id: UUID) -> str:
        """For what was sent to one contact."""
        return self._key("messages", scope, str(contact_id))

    def regions(self, scope: Scope) -> str:
        """For the regions seen in a scope."""
        return self._key("regions", scope)

    def reading(self, user_id: int, text: str) -> str:
        """For how a text that a user searched was read."""
        return f"reading:{self._digest('reading', str(user_id), text)}"

    def mark(self, text: str) -> str:
        """To know a text again by, without keeping it."""
        return self._digest("mark", text)

    def closed(self, scope: Scope) -> str:
        """For the moment since which nothing older of this scope may be shown."""
        return self._key("closed", scope)

    def refresh(self, user_id: int) -> str:
        """For a user's last refresh."""
        return f"refresh:{self._digest(str(user_id))[:32]}"

    def account(self) -> str:
        """For the answer of /v3/me."""
        return f"account:{self._digest('account')[:32]}"

    def _key(self, kind: str, scope: Scope, *parts: str) -> str:
        return f"{kind}:{self._digest(kind, self.fingerprint, scope.profile_id or 'account', *parts)}"

    def _digest(self, *parts: str) -> str:
        return hmac.new(self._secret, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()
