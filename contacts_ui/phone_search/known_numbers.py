"""Known numbers: what a guided plan asks of whoever knows which numbers exist (number_index). Protocols alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class KnownPiece(Protocol):
    """A piece of national formats as it stands there, "3 9658", and how many contacts have it."""

    @property
    def text(self) -> str: ...
    @property
    def contacts(self) -> int: ...


class KnownBeginnings(Protocol):
    """What is known of numbers by their beginning, country code first."""

    def begins(self, digits: str) -> bool:
        """True if a contact's number begins with these digits."""

    def numbers_beginning(self, digits: str, most: int) -> Sequence[str]:
        """Numbers that begin with these digits, country code first: all, or `most` of them."""

    def numbers_containing(self, beginning: str, digits: str, most: int) -> Sequence[str]:
        """Numbers that begin so and have these digits: all, or `most` of them."""


class KnownNumbers(KnownBeginnings, Protocol):
    """Which numbers a scope has. `complete`: none that it does not know of, but for new ones."""

    @property
    def complete(self) -> bool: ...
    def pieces(self, digits: str, *, ending: bool = False) -> Sequence[KnownPiece]:
        """The distinct pieces in which the digits stand, most contacts first."""

    def has(self, e164: str) -> bool:
        """True if a contact has exactly this number."""

    def beginnings_with(self, digits: str) -> Sequence[str]:
        """How numbers begin up to these digits, country code first, most contacts first."""

    def numbers_with(self, digits: str) -> Sequence[str]:
        """The numbers in which the digits stand, country code first; none where there are many."""
