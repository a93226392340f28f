"""How the numbers of a region are written nationally, learned from libphonenumber itself.

A shape is a national format with `#` for each digit ("(###) ###-####"). Which shapes a region has, how common each is,
and which digits stand where, comes from sample numbers: digits drawn at random that fit the region's own patterns for
mobile and fixed lines, written by libphonenumber. So nothing about any country is written down here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberDesc, PhoneNumberFormat

EACH_START = 5  # numbers of each kind that begin with the same two digits
TRIES = 40  # random numbers looked at for them
MOBILE = 0.9  # of all contacts: they are messaged by SMS and WhatsApp
NARROW = 30  # fewer samples than this, and the kind is so narrow that chance begins as the example does
RAREST = 0.01  # share of a region's samples; a shape less common is left out
UNIFORM = 0.1  # how often a digit stands where any may
MIN_LIKELIHOOD = 1e-3  # a fit worse than this is none
CHI_SQUARED_CRITICAL = 27.9  # chi squared of ten digits that one in a thousand samples of any digits exceeds
SMOOTHING = 0.1  # times a digit may have stood at a place where no sample had it
_ANY = (UNIFORM,) * 10


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """One way in which a region writes numbers.

    `text` has `#` for every digit. `share` is how common it is among the region's numbers, 0 to 1. `trunk` is how many
    of its digits stand before the number proper (0 in GB). `frequencies[i][d]` is how often digit i is d. `breaks` are
    the places (counted in digits) before which there is punctuation, 0 and the end included. `places` are where the
    digits stand in `text`.
    """

    text: str
    share: float
    trunk: int
    frequencies: tuple[tuple[float, ...], ...]
    breaks: frozenset[int]
    places: tuple[int, ...]

    def render(self, digits: Sequence[str], start: int) -> str:
        """`digits` as they stand from the digit `start` on."""
        places = self.places[start : start + len(digits)]
        piece = list(self.text[: places[-1] + 1])
        for place, digit in zip(places, digits, strict=True):
            piece[place] = digit
        return "".join(piece[places[0] :])

    def distinctive_digits(self, start: int, size: int) -> tuple[tuple[int, tuple[float, ...]], ...]:
        """Of `size` digits from `start` on those that may not be any, each with how often it is which digit.

        Not as shares but so many times as often as where any may stand: 1 tells nothing.
        """
        rows = enumerate(self.frequencies[start : start + size])
        return tuple((place, tuple(share / UNIFORM for share in row)) for place, row in rows if row != _ANY)


@lru_cache(maxsize=300)
def formats_of_region(region: str) -> tuple[NumberFormat, ...]:
    """The shapes of a region, most common first. Empty for one libphonenumber does not know. 15 ms the first time."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        return ()
    chance = Random(region)  # noqa: S311  # the same shapes every time, no secret
    kinds = [list(_samples(metadata, kind, chance)) for kind in (metadata.mobile, metadata.fixed_line)]
    found: dict[str, list[tuple[str, int, float]]] = {}
    for written, weight in zip(kinds, (MOBILE, 1 - MOBILE), strict=True):
        for national, trunk in written:
            digits = "".join(character for character in national if character.isdigit())
            found.setdefault(re.sub(r"\d", "#", national), []).append((digits, trunk, weight / len(written)))
    made = [_format(text, rows) for text, rows in found.items()]
    return tuple(sorted((shape for shape in made if shape.share >= RAREST), key=lambda shape: -shape.share))


def _samples(metadata: PhoneMetadata, kind: PhoneNumberDesc | None, chance: Random) -> Iterator[tuple[str, int]]:
    """National spellings of random numbers of one kind, each with the count of its trunk digits."""
    if kind is None or not kind.national_number_pattern or metadata.country_code is None:
        return
    pattern = re.compile(kind.national_number_pattern)
    lengths = tuple(size for size in kind.possible_length if size > 0) or (len(kind.example_number or ""),)
    example = kind.example_number or ""
    # Evenly over how numbers begin: nobody here knows how many live in London.
    starts = [f"{start:02}" for start in range(100)]
    found = [number for start in starts for number in _fitting(pattern, start, lengths, example, chance)]
    if len(found) < NARROW:
        kept = [example[:size] for size in range(1, 6)] * 6
        found += [number for start in kept for number in _fitting(pattern, start, lengths, example, chance)]
    for digits in found:
        yield _national_format(digits, metadata.country_code)


def _fitting(
    pattern: re.Pattern[str], start: str, lengths: tuple[int, ...], example: str, chance: Random
) -> Iterator[str]:
    """A few random numbers that begin with `start` and fit `pattern`."""
    left = EACH_START
    for turn in range(TRIES):
        size = max(len(example) if turn % 3 else chance.choice(lengths), len(start))
        digits = start + f"{chance.randrange(10 ** (size - len(start))):0{size - len(start)}d}" * (size > len(start))
        if pattern.fullmatch(digits):
            yield digits
            left -= 1
            if not left:
                return


def _national_format(digits: str, calling_code: int) -> tuple[str, int]:
    zeros = len(digits) - len(digits.lstrip("0"))
    number = PhoneNumber(
        country_code=calling_code,
        national_number=int(digits),
        italian_leading_zero=zeros > 0,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    shown = "".join(character for character in national if character.isdigit())
    # Argentina writes a mobile number without its 9, and a 15 further on.
    proper = shown.find(digits[:3])
    return national, proper if proper >= 0 else int(shown.startswith("0"))


def _format(text: str, rows: Sequence[tuple[str, int, float]]) -> NumberFormat:
    size, total = text.count("#"), sum(weight for _, _, weight in rows)
    counts: list[defaultdict[str, float]] = [defaultdict(float) for _ in range(size)]
    for digits, _, weight in rows:
        for place, digit in enumerate(digits):
            counts[place][digit] += weight
    # As many samples of equal weight would tell as much (Kish).
    samples = total**2 / sum(weight**2 for _, _, weight in rows)
    scaled = [{digit: weight * samples / total for digit, weight in count.items()} for count in counts]
    frequencies = tuple(_smooth(count, samples) for count in scaled)
    trunk = Counter(trunk for _, trunk, _ in rows).most_common(1)[0][0]
    places = tuple(place for place, character in enumerate(text) if character == "#")
    breaks = {0, size} | {nth for nth, place in enumerate(places) if text[place - 1 : place] != "#"}
    return NumberFormat(text, total, trunk, frequencies, frozenset(breaks), places)


def _smooth(counts: Mapping[str, float], samples: float) -> tuple[float, ...]:
    """How often each digit stands at a place. Where any may, all alike: samples are few."""
    expected = samples / 10
    chi_squared = sum((counts.get(str(digit), 0.0) - expected) ** 2 / expected for digit in range(10))
    if chi_squared < CHI_SQUARED_CRITICAL:
        return _ANY
    return tuple((counts.get(str(digit), 0.0) + SMOOTHING) / (samples + 10 * SMOOTHING) for digit in range(10))
