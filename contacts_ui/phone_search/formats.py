"""National number formats of a region, learned by sampling libphonenumber.

A number format has `#` for each digit ("(###) ###-####"). Which formats a region has, how common each is, and how
often each digit is at each position comes from samples: random digits that match the region's own patterns for mobile
and fixed lines, formatted by libphonenumber. So no country is hard-coded here.
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

from .input import digits_of

SAMPLES_PER_PREFIX = 5  # numbers of each kind that start with the same two digits
MAX_TRIES = 40  # random numbers tried to find them
MOBILE_SHARE = 0.9  # of all contacts: they are messaged by SMS and WhatsApp
MIN_SAMPLES = 30  # with fewer, the kind is so narrow that more samples start like its example number
MIN_SHARE = 0.01  # of a region's samples; a less common format is left out
UNIFORM = 0.1  # frequency of each digit at a position where all are equally frequent
MIN_LIKELIHOOD = 1e-3  # relative to a format's weight; a less likely match is none
CHI_SQUARED_CRITICAL = 27.9  # 9 degrees of freedom: one in a thousand samples of uniform digits exceeds it
SMOOTHING = 0.1  # pseudocount of a digit that no sample has at a position
_UNIFORM_ROW = (UNIFORM,) * 10


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """One national format of a region.

    `text` has `#` for every digit. `share` is how common it is among the region's numbers, 0 to 1. `trunk_digits` is
    how many digits the trunk prefix has that precedes the number proper ("0" in GB). `frequencies[i][d]` is how often
    digit i is d. `boundaries` are the digit indexes at which a group starts, 0 and the end included. `positions` are
    the indexes of the digits in `text`.
    """

    text: str
    share: float
    trunk_digits: int
    frequencies: tuple[tuple[float, ...], ...]
    boundaries: frozenset[int]
    positions: tuple[int, ...]

    def render(self, digits: Sequence[str], start: int) -> str:
        """`digits` formatted as digits of such a number from the index `start` on."""
        positions = self.positions[start : start + len(digits)]
        characters = list(self.text[: positions[-1] + 1])
        for position, digit in zip(positions, digits, strict=True):
            characters[position] = digit
        return "".join(characters[positions[0] :])

    def distinctive_digits(self, start: int, size: int) -> tuple[tuple[int, tuple[float, ...]], ...]:
        """Of `size` digits from `start` on those that are not uniform: index, and a likelihood ratio for each digit.

        A ratio to the uniform frequency: 1 carries no information.
        """
        rows = enumerate(self.frequencies[start : start + size])
        return tuple((index, tuple(share / UNIFORM for share in row)) for index, row in rows if row != _UNIFORM_ROW)


@lru_cache(maxsize=300)
def formats_of_region(region: str) -> tuple[NumberFormat, ...]:
    """The formats of a region, most common first; none if libphonenumber does not know it. Cost: 15 ms, then cached."""
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        return ()
    rng = Random(region)  # noqa: S311  # the same formats every time, no secret
    kinds = [list(_samples(metadata, kind, rng)) for kind in (metadata.mobile, metadata.fixed_line)]
    found: dict[str, list[tuple[str, int, float]]] = {}
    for samples, weight in zip(kinds, (MOBILE_SHARE, 1 - MOBILE_SHARE), strict=True):
        for national, trunk_digits in samples:
            digits = digits_of(national)
            found.setdefault(re.sub(r"\d", "#", national), []).append((digits, trunk_digits, weight / len(samples)))
    formats = [_format(text, rows) for text, rows in found.items()]
    return tuple(sorted((each for each in formats if each.share >= MIN_SHARE), key=lambda each: -each.share))


def _samples(metadata: PhoneMetadata, kind: PhoneNumberDesc | None, rng: Random) -> Iterator[tuple[str, int]]:
    """Random numbers of one kind in national format, each with its count of trunk digits."""
    if kind is None or not kind.national_number_pattern or metadata.country_code is None:
        return
    pattern = re.compile(kind.national_number_pattern)
    lengths = tuple(size for size in kind.possible_length if size > 0) or (len(kind.example_number or ""),)
    example = kind.example_number or ""
    # Evenly over the first two digits: how many people live in which area is not known here.
    prefixes = [f"{prefix:02}" for prefix in range(100)]
    samples = [number for prefix in prefixes for number in _matching(pattern, prefix, lengths, example, rng)]
    if len(samples) < MIN_SAMPLES:
        prefixes = [example[:size] for size in range(1, 6)] * 6
        samples += [number for prefix in prefixes for number in _matching(pattern, prefix, lengths, example, rng)]
    for digits in samples:
        yield _national_format(digits, metadata.country_code)


def _matching(
    pattern: re.Pattern[str], prefix: str, lengths: tuple[int, ...], example: str, rng: Random
) -> Iterator[str]:
    """A few random numbers that start with `prefix` and match `pattern`."""
    left = SAMPLES_PER_PREFIX
    for attempt in range(MAX_TRIES):
        size = max(len(example) if attempt % 3 else rng.choice(lengths), len(prefix))
        digits = prefix + f"{rng.randrange(10 ** (size - len(prefix))):0{size - len(prefix)}d}" * (size > len(prefix))
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
    formatted_digits = digits_of(national)
    # Argentina formats a mobile number without its 9, and with a 15 further on.
    trunk_digits = formatted_digits.find(digits[:3])
    return national, trunk_digits if trunk_digits >= 0 else int(formatted_digits.startswith("0"))


def _format(text: str, rows: Sequence[tuple[str, int, float]]) -> NumberFormat:
    size, total = text.count("#"), sum(weight for _, _, weight in rows)
    counts: list[defaultdict[str, float]] = [defaultdict(float) for _ in range(size)]
    for digits, _, weight in rows:
        for index, digit in enumerate(digits):
            counts[index][digit] += weight
    # Effective sample size (Kish): as many samples of equal weight carry as much information.
    samples = total**2 / sum(weight**2 for _, _, weight in rows)
    scaled = [{digit: weight * samples / total for digit, weight in count.items()} for count in counts]
    frequencies = tuple(_smooth(count, samples) for count in scaled)
    trunk_digits = Counter(trunk for _, trunk, _ in rows).most_common(1)[0][0]
    positions = tuple(position for position, character in enumerate(text) if character == "#")
    boundaries = {0, size} | {index for index, position in enumerate(positions) if text[position - 1 : position] != "#"}
    return NumberFormat(text, total, trunk_digits, frequencies, frozenset(boundaries), positions)


def _smooth(counts: Mapping[str, float], samples: float) -> tuple[float, ...]:
    """Digit frequencies at one position. Uniform unless a chi-squared test rejects that: samples are few."""
    expected = samples / 10
    chi_squared = sum((counts.get(str(digit), 0.0) - expected) ** 2 / expected for digit in range(10))
    if chi_squared < CHI_SQUARED_CRITICAL:
        return _UNIFORM_ROW
    return tuple((counts.get(str(digit), 0.0) + SMOOTHING) / (samples + 10 * SMOOTHING) for digit in range(10))
