"""Second corpus: numbers of a running sandbox cut anywhere, written as in 24 countries, pasted as the desk shows them.

Nothing here knows how the desk searches, nor asks a library how numbers are written: fragments are cut from the text
that the API sends, whole numbers follow patterns written by hand (countries.py). The same sandbox gives the same cases.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from testing.sandbox_server import Json, SandboxServer

from .countries import COUNTRIES, Country
from .evaluate import Case, digits_of

PAGE = 100
LEAST = 4  # digits of a fragment
CUTS = 2  # of each contact, bare and as written
EACH = 3  # contacts of a country for each of its patterns
FORMATS = {  # what the contact page shows, with a button to copy it
    "as stored": "phone_number",
    "E.164": "format_e164",
    "international": "format_international",
    "national": "format_national",
    "RFC 3966": "format_rfc",
}
USUAL = ("US", "GB")  # regions of a desk that has not learned any yet
OTHERS = ("US", "GB", "CA", "DE", "IN", "BR", "AU", "FR", "ES", "NL", "IT", "IE")


@dataclass(frozen=True, slots=True)
class _Number:
    e164: str
    region: str
    national: str
    international: str
    shown: tuple[tuple[str, str], ...]

    @property
    def positions(self) -> list[int]:
        return [index for index, character in enumerate(self.national) if character.isdigit()]


def cut_corpus(server: SandboxServer, *, seed: int = 1, every: int = 1) -> tuple[Case, ...]:
    """All cases of the account's contacts, or those of `every` so manieth contact."""
    rng = Random(seed)  # noqa: S311  # the same cases every time, no secret
    numbers = _numbers(server)
    return (
        *_fragments(numbers[::every], rng),
        *_whole_numbers(numbers, rng, -(-EACH // every)),
        *_pasted(numbers[::every], rng),
    )


def contacts_of(server: SandboxServer, profile: str | None = None) -> list[Json]:
    """Every contact of a scope, as the API sends it."""
    found: list[Json] = []
    for page in range(1, 10_000):
        answer = server.get("/v3/contacts", profile=profile, page=page, page_size=PAGE).json()["data"]
        found += answer["contacts"]
        if not answer["contacts"] or len(found) >= answer["pagination"]["total_count"]:
            break
    return found


def _numbers(server: SandboxServer) -> list[_Number]:
    """The numbers that can be looked up and searched, each once."""
    found: dict[str, _Number] = {}
    for row in contacts_of(server):
        e164, national, international = (row.get(f"format_{name}") for name in ("e164", "national", "international"))
        if e164 and national and international and row.get("region_code"):
            shown = tuple((how, row[field]) for how, field in FORMATS.items() if row.get(field))
            found.setdefault(e164, _Number(e164, row["region_code"], national, international, shown))
    return list(found.values())


def _fragments(numbers: Sequence[_Number], rng: Random) -> Iterator[Case]:
    for number in numbers:
        positions = number.positions
        for nth in range(CUTS):
            size = rng.randint(LEAST, len(positions) - 1)
            start = rng.randint(0, len(positions) - size)
            written = number.national[positions[start] : positions[start + size - 1] + 1]
            regions = _known(number.region, nth, rng)
            yield Case(number.e164, number.region, "fragment", "cut anywhere, bare", digits_of(written), regions)
            if not written.isdigit():
                yield Case(number.e164, number.region, "fragment", "cut anywhere, as written", written, regions)


def _whole_numbers(numbers: Sequence[_Number], rng: Random, each: int) -> Iterator[Case]:
    for country in COUNTRIES:
        held = [number for number in numbers if number.region == country.region]
        for how, pattern in _patterns(country):
            fitting = [number for number in held if len(_proper(number, country)) == pattern.count("#")]
            for nth, number in enumerate(rng.sample(fitting, min(each, len(fitting)))):
                typed = _filled(pattern, _proper(number, country))
                if typed is not None:
                    yield Case(number.e164, number.region, "complete", how, typed, _known(number.region, nth, rng))


def _pasted(numbers: Sequence[_Number], rng: Random) -> Iterator[Case]:
    for number in numbers:
        for nth, (how, text) in enumerate(number.shown):
            yield Case(number.e164, number.region, "pasted", f"pasted: {how}", text, _known(number.region, nth, rng))


def _patterns(country: Country) -> Iterator[tuple[str, str]]:
    """How a whole number is written at home, to abroad, and dialled from elsewhere."""
    code = country.code
    for local in country.local:
        yield "written at home", local
    for groups in country.groups:
        yield "with its country code", f"+{code} {groups}"
        yield "dialled from Europe", f"00{code} {groups}"
        yield "dialled from America", f"011 {code} {groups}"
        yield "country code without a plus", f"{code} {groups}"
        yield "country code in brackets", f"(+{code}) {groups}"
        if country.trunk == "0":
            yield "with the zero in brackets", f"+{code} (0){groups}"
            yield "with a zero too many", f"+{code} 0{groups}"
    bare = country.groups[-1].replace(" ", "")
    if set(bare) == {"#"}:
        yield "from a sheet", f"{code}{bare}"
        yield "from a sheet, with decimals", f"{code}{bare}.0"
        yield "from a sheet, without its zero", bare
        yield "beside a name", f"Anna +{code}{bare}"
        yield "beside a ticket", f"Ticket 48213, +{code} {bare}"


def _proper(number: _Number, country: Country) -> str:
    """The digits without country code and trunk prefix; of an Argentine mobile number without its 9."""
    digits = number.e164.removeprefix(f"+{country.code}")
    return digits[1:] if country.region == "AR" and digits.startswith("9") and len(digits) == 11 else digits


def _filled(pattern: str, digits: str) -> str | None:
    """The pattern with the digits; None where it begins with other digits than this number has."""
    left = iter(digits)
    return "".join(next(left) if character == "#" else character for character in pattern)


def _known(own: str, nth: int, rng: Random) -> tuple[str, ...]:
    """The regions of a desk: the contact's own, or among three, or among ten; in any order."""
    others = [region for region in OTHERS if region != own]
    return tuple(rng.sample([own, *rng.sample(others, (0, 2, 9)[nth % 3])], k=(1, 3, 10)[nth % 3]))
