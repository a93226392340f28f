"""Ids and chances that follow from the seed alone, so that nothing about a contact need be stored.

A contact is known inside by its ordinal, 0 to n-1. Its id is that ordinal in disguise: the upper 96 bits are a hash of
it, the lower 32 bits the ordinal itself under a mask made of the upper. So an id leads back to its ordinal without a
table of a million.
"""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
# Where the upper 96 bits of a UUID keep its version (4) and its variant (binary 10).
_MARKS = 0xF << 44 | 0x3 << 30
_VERSION_4 = 0x4 << 44 | 0x2 << 30
_LOW = 0xFFFF_FFFF


def well_formed(text: str) -> bool:
    """Whether `text` is a UUID in its usual spelling, in either case."""
    return _UUID.fullmatch(text) is not None


class SeededHash:
    """Hashes of one seed: the only source of variety in the sandbox."""

    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(8, "big")

    def bytes(self, purpose: str, number: int, size: int = 32) -> bytes:
        """`size` bytes that depend on seed, purpose and number only. At most 64."""
        name = b"%s/%d" % (purpose.encode(), number)
        return hashlib.blake2b(name, key=self._key, digest_size=size).digest()

    def number(self, purpose: str, number: int) -> int:
        """The same as a whole number of 64 bits."""
        return int.from_bytes(self.bytes(purpose, number, 8), "big")

    def owner_id(self, number: int) -> str:
        """Id of the organization (0) or of its profile number 1, 2, …"""
        return str(UUID(bytes=self.bytes("owner", number, 16), version=4))

    def contact_id(self, ordinal: int) -> str:
        """Id of a contact: a version 4 UUID in lower case (sent-api-v3, `id`)."""
        upper = int.from_bytes(self.bytes("contact", ordinal, 12), "big") & ~_MARKS | _VERSION_4
        return str(UUID(int=upper << 32 | (ordinal ^ self._mask(upper))))

    def ordinal(self, contact_id: str) -> int | None:
        """The contact with this well-formed id, or None if no contact, not even a later one, has it."""
        value = UUID(contact_id).int
        ordinal = (value & _LOW) ^ self._mask(value >> 32)
        return ordinal if UUID(self.contact_id(ordinal)).int == value else None

    def _mask(self, upper: int) -> int:
        return self.number("mask", upper) & _LOW
