"""Cache keys: keyed hashes over API key, scope and question, so that no number or key can be read in one."""

from __future__ import annotations

import hmac
from uuid import UUID

from django.utils.crypto import salted_hmac

from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery


class CacheKeys:
    """HMACs over the API key's fingerprint, the scope and the question.

    So no number is readable in them, no two scopes share one, and another key or secret finds nothing.
    """

    def __init__(self, secret: str, api_key: str) -> None:
        self._secret = salted_hmac("contacts_ui.gateway.cache_keys", "", secret, algorithm="sha256").digest()
        self.api_key_fingerprint = self._digest("fingerprint", api_key)[:16]

    def page(self, scope: Scope, query: ContactQuery) -> str:
        """For one page of contacts."""
        return self._key("page", scope, *(part for pair in query.params() for part in pair))

    def contact(self, scope: Scope, contact_id: UUID) -> str:
        """For one contact."""
        return self._key("contact", scope, str(contact_id))

    def message_summary(self, scope: Scope, contact_id: UUID) -> str:
        """For the message summary of one contact."""
        return self._key("messages", scope, str(contact_id))

    def regions(self, scope: Scope) -> str:
        """For the counts of regions in a scope."""
        return self._key("regions", scope)

    def search_interpretation(self, user_id: int, text: str) -> str:
        """For the attempt that found rows for a user's search text."""
        return f"reading:{self._digest('reading', str(user_id), text)}"

    def digest(self, text: str) -> str:
        """A keyed hash of a text, to compare it without storing it."""
        return self._digest("mark", text)

    def scope_invalidated_at(self, scope: Scope) -> str:
        """For the moment before which nothing stored of this scope may be served."""
        return self._key("closed", scope)

    def refresh_throttle(self, user_id: int) -> str:
        """For the throttle of a user's refreshes."""
        return f"refresh:{self._digest(str(user_id))[:32]}"

    def account_list(self) -> str:
        """For whether the account's own list holds the rows of its profiles."""
        return f"account-list:{self._digest('account-list', self.api_key_fingerprint)[:32]}"

    def account(self) -> str:
        """For the answer of /v3/me."""
        return f"account:{self._digest('account', self.api_key_fingerprint)[:32]}"

    def _key(self, kind: str, scope: Scope, *parts: str) -> str:
        return f"{kind}:{self._digest(kind, self.api_key_fingerprint, scope.profile_id or 'account', *parts)}"

    def _digest(self, *parts: str) -> str:
        return hmac.digest(self._secret, "\x1f".join(parts).encode(), "sha256").hex()
