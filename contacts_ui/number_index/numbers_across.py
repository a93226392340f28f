"""Numbers across scopes: which numbers some scope of several has, without a word on which. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from .scope_index import ScopeIndex


@dataclass(frozen=True)
class NumbersAcross:
    """The indexes of several scopes; `account` is that of the account's list, of which some of them are views."""

    account: ScopeIndex
    indexes: tuple[ScopeIndex, ...]

    def held(self, numbers: Iterable[str]) -> tuple[str, ...]:
        """Those of the numbers (E.164) that a contact of these scopes has, in their order. Cost: 10 µs a number and
        scope with an index of its own.
        """
        own = [index for index in self.indexes if index.owner is None]
        return tuple(
            number
            for number in numbers
            if (self._owners and self._owners & self.account.owners_of(number))
            or any(index.has(number) for index in own)
        )

    def written(self, digits: str) -> tuple[str, ...]:
        """The numbers (E.164) whose national format is these digits, with or without a trunk prefix before them."""
        return tuple(dict.fromkeys(number for index in self.indexes for number in index.numbers_written(digits)))

    def begins(self, digits: str) -> bool:
        """True if a number of these scopes begins with these digits, country code first."""
        return any(index.begins(digits) for index in self.indexes)

    @cached_property
    def _owners(self) -> frozenset[str | None]:
        """The profiles whose numbers are rows of the account's index: they are looked for once for all of them."""
        return frozenset(index.owner for index in self.indexes if index.owner is not None)
