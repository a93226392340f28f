"""Seeded ids: ids and pseudo-random values derived from the seed by keyed hashing, so that none need be stored.

Internally a contact is an ordinal, 0 to n-1. The upper 96 bits of its id are a hash of the ordinal, the lower 32 bits
the ordinal XORed with a hash of the upper bits. So an id is decoded to its ordinal without a table of a million.
"""

from __future__ import annotations

import hashlib
import re
from uuid import UUID

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
# Bits of version (4) and variant (binary 10) in the upper 96 bits of a UUID.
_VERSION_MASK = 0xF << 44 | 0x3 << 30
_VERSION_4 = 0x4 << 44 | 0x2 << 30
_LOW = 0xFFFF_FFFF


def well_formed(text: str) -> bool:
    """True for a UUID with hyphens, in either case."""
    return _UUID.fullmatch(text) is not None


class SeededHash:
    """Keyed hashes of one seed: the source of all generated values.

    The `purpose` strings are part of the data: another string gives other values for the same seed.
    """

    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(8, "big")

    def bytes(self, purpose: str, number: int, size: int = 32) -> bytes:
        """`size` bytes, at most 64, that depend on seed, purpose and number only."""
        message = b"%s/%d" % (purpose.encode(), number)
        return hashlib.blake2b(message, key=self._key, digest_size=size).digest()

    def number(self, purpose: str, number: int) -> int:
        """An unsigned integer of 64 bits that depends on seed, purpose and number only."""
        return int.from_bytes(self.bytes(purpose, number, 8), "big")

    def owner_id(self, number: int) -> str:
        """Id of the organization (0) or of its profile number 1, 2, …"""
        return str(UUID(bytes=self.bytes("owner", number, 16), version=4))

    def contact_id(self, ordinal: int) -> str:
        """Id of a contact: a version 4 UUID in lower case (sent-api-v3, `id`)."""
        upper = int.from_bytes(self.bytes("contact", ordinal, 12), "big") & ~_VERSION_MASK | _VERSION_4
        return str(UUID(int=upper << 32 | (ordinal ^ self._mask(upper))))

    def ordinal(self, contact_id: str) -> int | None:
        """The ordinal in this well-formed id, or None if it is not an id of this seed."""
        value = UUID(contact_id).int
        ordinal = (value & _LOW) ^ self._mask(value >> 32)
        return ordinal if UUID(self.contact_id(ordinal)).int == value else None

    def _mask(self, upper: int) -> int:
        return self.number("mask", upper) & _LOW
