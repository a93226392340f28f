"""Contact columns: the few stored bytes of each contact, in arrays by ordinal. All else is computed when read.

A million contacts take about 40 MB and a few seconds to generate: hence loops without repeated lookups.
"""

from __future__ import annotations

import random
from array import array
from itertools import accumulate

from .accounts import Owner
from .contact_json import missing_fields
from .number_blocks import BLOCKS
from .seeded_ids import SeededHash

SUFFIX_STEP = 61_803_399
"""Distance of consecutive numbers in a block; coprime to every power of ten, so no number repeats."""

CHANNEL_SETS = (("sms", 520), ("sms,whatsapp", 360), ("whatsapp", 100), ("sms,whatsapp,rcs", 12), ("rcs", 8))
"""`available_channels` and its contacts per thousand (sent-api-v3, contacts)."""

INCOMPLETE_PER_MILLE = 5
INCOMPLETE = 8  # flag bit: some fields are null or missing
CHANNEL_BITS = {"sms": 1, "whatsapp": 2, "rcs": 4}

SHARED_NUMBERS = 40  # numbers held by several profiles
SHARED_STEP = 7  # positions between two of them, so that the first pages of two profiles still differ


class Columns:
    """Numbers, number blocks, flags and national formats of all contacts."""

    def __init__(self, seeded: SeededHash, owners: list[Owner], seed: int) -> None:
        total = owners[-1].contacts.stop
        weights = list(accumulate(block.weight for block in BLOCKS))
        blocks = bytearray(random.Random(f"{seed}/blocks").choices(range(len(BLOCKS)), cum_weights=weights, k=total))  # noqa: S311
        self.numbers, suffixes = _numbers(seeded, blocks)
        _share_numbers(owners, blocks, self.numbers, suffixes)
        self.blocks = bytes(blocks)
        """Index into `BLOCKS`."""
        self.flags = _flags(seed, total)
        """Bits of CHANNEL_BITS, and INCOMPLETE."""
        self.width = max(len(block.template) for block in BLOCKS) + 1
        """Bytes per row of `nationals`."""
        self.nationals = self._nationals(suffixes, seeded)
        """The national formats, each padded with newlines to `width`: the text that `search` scans."""

    def _nationals(self, suffixes: array[int], seeded: SeededHash) -> bytes:
        digits = [f"%0{block.free_digits}d" for block in BLOCKS]
        patterns = [block.template.replace("#", "%s").ljust(self.width + block.free_digits, "\n") for block in BLOCKS]
        rows = [
            patterns[block] % tuple(digits[block] % suffix) for block, suffix in zip(self.blocks, suffixes, strict=True)
        ]
        empty = "\n" * self.width
        for ordinal, flags in enumerate(self.flags):
            if flags & INCOMPLETE and "format_national" in missing_fields(seeded, ordinal):
                rows[ordinal] = empty
        return "".join(rows).encode("ascii")


def _numbers(seeded: SeededHash, blocks: bytearray) -> tuple[array[int], array[int]]:
    """E.164 numbers without plus, and their free digits as suffixes. No number repeats."""
    bases = [int(block.prefix) * 10**block.free_digits for block in BLOCKS]
    limits = [10**block.free_digits for block in BLOCKS]
    next_suffix = [seeded.number("first number", index) % limit for index, limit in enumerate(limits)]
    numbers, suffixes = array("Q", bytes(8 * len(blocks))), array("I", bytes(4 * len(blocks)))
    for ordinal, block in enumerate(blocks):
        suffix = next_suffix[block]
        next_suffix[block] = (suffix + SUFFIX_STEP) % limits[block]
        suffixes[ordinal] = suffix
        numbers[ordinal] = bases[block] + suffix
    return numbers, suffixes


def _share_numbers(owners: list[Owner], blocks: bytearray, numbers: array[int], suffixes: array[int]) -> None:
    """Copies some numbers of the largest profile to the other profiles, at the same positions."""
    profiles = [owner.contacts for owner in owners[1:]]
    largest = max(profiles, key=len, default=range(0))
    for profile in profiles:
        positions = range(0, min(SHARED_NUMBERS * SHARED_STEP, len(profile), len(largest)), SHARED_STEP)
        for position in positions if profile != largest else ():
            target, source = profile[position], largest[position]
            blocks[target], numbers[target], suffixes[target] = blocks[source], numbers[source], suffixes[source]


def _flags(seed: int, total: int) -> bytes:
    values, weights = [], []
    for channels, weight in CHANNEL_SETS:
        bits = sum(CHANNEL_BITS[channel] for channel in channels.split(","))
        values += [bits, bits | INCOMPLETE]
        weights += [weight * (1000 - INCOMPLETE_PER_MILLE), weight * INCOMPLETE_PER_MILLE]
    return bytes(random.Random(f"{seed}/flags").choices(values, weights, k=total))  # noqa: S311
