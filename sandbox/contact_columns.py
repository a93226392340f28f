"""The few bytes kept of each contact, in arrays by ordinal. Everything else is worked out when it is read.

A million contacts take about 40 MB and a few seconds: hence loops that look up nothing twice.
"""

from __future__ import annotations

import random
from array import array
from itertools import accumulate

from .accounts import Owner
from .contact_json import missing_fields
from .number_blocks import BLOCKS
from .seeded_ids import SeededHash

STEP = 61_803_399
"""Consecutive numbers of a block lie this far apart; it shares no divisor with a power of ten, so none comes twice."""

MIXES = (("sms", 520), ("sms,whatsapp", 360), ("whatsapp", 100), ("sms,whatsapp,rcs", 12), ("rcs", 8))
"""`available_channels` and how many of a thousand contacts have it (sent-api-v3, contacts)."""

RAGGED_PER_MILLE = 5
RAGGED = 8  # flag: some fields are null or missing
CHANNEL_BITS = {"sms": 1, "whatsapp": 2, "rcs": 4}

SHARED = 40  # numbers that several profiles hold
SHARED_EVERY = 7  # positions apart in a profile, so that the first pages of two profiles still differ


class Columns:
    """Numbers, blocks, flags and national formats of all contacts."""

    def __init__(self, chance: SeededHash, owners: list[Owner], seed: int) -> None:
        total = owners[-1].contacts.stop
        weights = list(accumulate(block.weight for block in BLOCKS))
        blocks = bytearray(random.Random(f"{seed}/blocks").choices(range(len(BLOCKS)), cum_weights=weights, k=total))  # noqa: S311
        self.numbers, suffixes = _numbers(chance, blocks)
        _share(owners, blocks, self.numbers, suffixes)
        self.blocks = bytes(blocks)
        """Index in `BLOCKS`."""
        self.flags = _flags(seed, total)
        """Bits of CHANNEL_BITS, and RAGGED."""
        self.width = max(len(block.template) for block in BLOCKS) + 1
        """Bytes of one row of `nationals`."""
        self.nationals = self._nationals(suffixes, chance)
        """The national formats, each padded with newlines to `width`: what `search` looks through."""

    def _nationals(self, suffixes: array[int], chance: SeededHash) -> bytes:
        digits = [f"%0{block.free}d" for block in BLOCKS]
        patterns = [block.template.replace("#", "%s").ljust(self.width + block.free, "\n") for block in BLOCKS]
        rows = [
            patterns[block] % tuple(digits[block] % suffix) for block, suffix in zip(self.blocks, suffixes, strict=True)
        ]
        empty = "\n" * self.width
        for ordinal, flags in enumerate(self.flags):
            if flags & RAGGED and "format_national" in missing_fields(chance, ordinal):
                rows[ordinal] = empty
        return "".join(rows).encode("ascii")


def _numbers(chance: SeededHash, blocks: bytearray) -> tuple[array[int], array[int]]:
    """E.164 numbers without plus, and their free digits. No number comes twice."""
    bases = [int(block.prefix) * 10**block.free for block in BLOCKS]
    limits = [10**block.free for block in BLOCKS]
    following = [chance.number("first number", index) % limit for index, limit in enumerate(limits)]
    numbers, suffixes = array("Q", bytes(8 * len(blocks))), array("I", bytes(4 * len(blocks)))
    for ordinal, block in enumerate(blocks):
        suffix = following[block]
        following[block] = (suffix + STEP) % limits[block]
        suffixes[ordinal] = suffix
        numbers[ordinal] = bases[block] + suffix
    return numbers, suffixes


def _share(owners: list[Owner], blocks: bytearray, numbers: array[int], suffixes: array[int]) -> None:
    """Gives some numbers of the largest profile to the other profiles as well, at the same positions."""
    profiles = [owner.contacts for owner in owners[1:]]
    largest = max(profiles, key=len, default=range(0))
    for profile in profiles:
        positions = range(0, min(SHARED * SHARED_EVERY, len(profile), len(largest)), SHARED_EVERY)
        for position in positions if profile != largest else ():
            to, source = profile[position], largest[position]
            blocks[to], numbers[to], suffixes[to] = blocks[source], numbers[source], suffixes[source]


def _flags(seed: int, total: int) -> bytes:
    values, weights = [], []
    for mix, weight in MIXES:
        bits = sum(CHANNEL_BITS[channel] for channel in mix.split(","))
        values += [bits, bits | RAGGED]
        weights += [weight * (1000 - RAGGED_PER_MILLE), weight * RAGGED_PER_MILLE]
    return bytes(random.Random(f"{seed}/flags").choices(values, weights, k=total))  # noqa: S311
