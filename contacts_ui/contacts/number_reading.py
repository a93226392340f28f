"""Number reading: the whole number that a typed text means, where it may lack its country code.

The countries of the person come first, then any country whose number one of their scopes has: the number index knows.
A country that nobody named is a guess. Of a guess that nobody has it is not said that it is nowhere: the person
chooses the country.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from django.conf import settings
from django.contrib.auth.models import User

from contacts_ui.access import ScopesAcross, visited_profile_ids
from contacts_ui.gateway import get_gateway
from contacts_ui.phone_search import (
    DEFAULT_REGIONS,
    EVERY_REGION,
    country_code,
    names_country,
    numbers_of,
    other_forms,
    plan_number,
    typed_digits,
    vanity_digits,
)
from contacts_ui.preferences import EffectivePreferences

from .cross_profile import KnownAcross, OwnerIndex
from .scope_answers import Question, question_about, question_of

RECENT, MAX_REGIONS = 5, 10
MAX_CHOICES = 6  # countries that are offered
MIN_DIGITS = 7  # of a whole number without its country code
_EXTENSION = re.compile(r"[\s,;]*(?:ext(?:ension|n)?|x|#)[\s.:=]*[0-9]{1,5}\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Countries:
    """The regions of a person's numbers: those that a setting names, and all that are likely, likeliest first."""

    named: tuple[str, ...]
    likely: tuple[str, ...]

    def are_sure_of(self, number: str) -> bool:
        """True where a number without its country code can hardly be another country's."""
        named = {phonenumbers.country_code_for_region(region) for region in self.named}
        known = {phonenumbers.country_code_for_region(region) for region in self.likely}
        return country_code(number) in named or known == {country_code(number)}


@dataclass(frozen=True, slots=True)
class NumberReading:
    """What a text means: one number to ask about, or `choices` (E.164) when only the person knows the country.

    `text`: as typed, "" for a contact. `is_number`: it is a whole number in some country, perhaps in none that can be
    offered. `nowhere`: the number index is complete, and no scope has it in any country. `tried`: the number index was
    asked for the digits, so that not finding them tells something too. `message`: why it is no number at all.
    """

    text: str
    question: Question | None = None
    choices: tuple[str, ...] = ()
    is_number: bool = True
    nowhere: bool = False
    tried: bool = False
    message: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number that this tells something about; of digits that are no number anywhere the digits."""
        if self.question:
            return tuple(dict.fromkeys((*self.question.forms, *self.question.readings)))
        return self.choices or ((f"+{typed_digits(self.text)}",) if self.tried else ())


def countries_of(preferences: EffectivePreferences, user: User, across: ScopesAcross) -> Countries:
    """The regions somebody means who types a number without its country code: their own, the desk's, and those of the
    scopes where they were last. Cost: one query.
    """
    by_id = {scope.profile_id.lower() if scope.profile_id else None: scope for scope in across.scopes}
    recent = [by_id[profile_id] for profile_id in visited_profile_ids(user) if profile_id in by_id]
    common = (region for scope in recent[:RECENT] for region in get_gateway().common_regions(scope))
    named = tuple(region for region in (preferences.region, *settings.DESK_REGIONS) if region)
    likely = tuple(dict.fromkeys(region for region in (*named, *common) if region))[:MAX_REGIONS]
    return Countries(named, likely or DEFAULT_REGIONS)


def read_number(text: str, countries: Countries, across: ScopesAcross, index: OwnerIndex | None) -> NumberReading:
    """What a text means; without an index what is likely. Neither question nor choices for what is no whole number, or
    of a country that none of the scopes has.

    Cost: no API call; some queries, and up to 35 ms where a number lacks its country code.
    """
    question = question_of(text, countries.likely)
    if question is not None and names_country(text, question.number):
        return NumberReading(text, question)
    asked = (question.number, *question.others) if question else ()
    likely = tuple(dict.fromkeys((*asked, *numbers_of(text, countries.likely))))
    readings = tuple(dict.fromkeys((*likely, *_of_any_country(text))))
    known = index.across(across.scopes) if index else None
    if index and known and (held := _held(known, text, readings)):
        return NumberReading(text, _question_about_held(held, likely, countries, across, index))
    if question is not None and countries.are_sure_of(question.number):
        return NumberReading(text, question)
    offered = [number for number in readings if number in likely or (known and known.begins(str(country_code(number))))]
    nowhere = index is not None and bool(readings) and _is_nowhere(readings[0], across, index)
    is_number = bool(offered or (readings and len(typed_digits(text)) >= MIN_DIGITS))
    message = None if is_number else plan_number(text, countries.likely).message
    tried = known is not None and (bool(readings) or bool(_own_digits(text)))
    return NumberReading(text, None, tuple(offered[:MAX_CHOICES]), is_number, nowhere, tried, message)


def _held(known: KnownAcross, text: str, readings: Sequence[str]) -> tuple[str, ...]:
    """Those of the readings that one of the scopes has, in today's form or in another; then whatever number has just
    these digits, though no plan of a country knows it.
    """
    forms = {form: number for number in reversed(readings) for form in (*other_forms(number), number)}
    held = {forms[form] for form in known.held(forms)}
    digits = _own_digits(text)
    written = (*known.written(digits), *known.held([f"+{digits}"])) if digits else ()
    return tuple(dict.fromkeys((*(number for number in readings if number in held), *written)))


def _of_any_country(text: str) -> tuple[str, ...]:
    """The whole numbers that the text is somewhere. Of a text with words its digits are read: to look for a number in
    words takes 2 ms a region.
    """
    digits = _own_digits(text) or _lone_digits(text)
    return numbers_of(digits if any(map(str.isalpha, text)) else text, EVERY_REGION) if digits else ()


def _own_digits(text: str) -> str:
    """The digits of a text that are enough for a number; none of a text that may hold a second one beside them, which
    would be looked for under the name of the first.
    """
    digits = _lone_digits(text)
    return digits if len(digits) >= MIN_DIGITS else vanity_digits(text)


def _lone_digits(text: str) -> str:
    """The digits of a text that has one run of them, and perhaps an extension."""
    return typed_digits(_EXTENSION.sub("", text), alone=True)


def _question_about_held(
    held: Sequence[str], likely: Sequence[str], countries: Countries, across: ScopesAcross, index: OwnerIndex
) -> Question:
    """The question about the first of them; others that nobody has are not offered. It says that it came before a
    likelier reading that is nowhere, where that one was no guess.
    """
    knows_all = {scope.profile_id for scope in across.scopes} <= index.owners(held[0]).complete_for
    best = question_about(held[0], held[1:] if knows_all else (*held[1:], *likely))
    if not likely or likely[0] in best.forms or not countries.are_sure_of(likely[0]):
        return best
    expected = question_about(likely[0])
    nowhere = all(_is_nowhere(form, across, index) for form in expected.forms)
    return dataclasses.replace(best, instead_of=expected.number if nowhere else None)


def _is_nowhere(number: str, across: ScopesAcross, index: OwnerIndex) -> bool:
    """True where the index knows every contact of these scopes, and none has this number."""
    scopes, known = {scope.profile_id for scope in across.scopes}, index.owners(number)
    return scopes <= known.complete_for and not scopes & known.profile_ids
