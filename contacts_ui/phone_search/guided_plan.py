"""Guided plan: a search plan by somebody who knows which numbers exist.

The number index says in which pieces of national formats the digits stand, and how many contacts have each; the API
gives the rows. So one call mostly suffices. The index may be old, and somebody may be new: what a plain search would
send is always one of the calls before "no results" is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from .attempts import MAX_ALTERNATIVES, MAX_ATTEMPTS, SEPARATOR, Attempt, SearchPlan, merged, unique_attempts
from .beginnings import digits_after_plus
from .candidates import national
from .crossings import Crossing, crossings_of, searches_for
from .input import PhoneInput, digits_of, normalize, only_punctuation
from .known_numbers import KnownNumbers
from .prefixes import beginning_of, country_code_beginnings, national_prefixes
from .search_plan import (
    ENDING_DIGITS,
    MIN_FRAGMENT_DIGITS,
    MIN_WHOLE_DIGITS,
    every_attempt,
    fragment_of,
    plan_input,
    plan_number,
)

MERGED_CONTACTS = 100  # contacts of one list that is merged from several answers: an API page holds as many
MIN_BEGINNING_DIGITS = 3  # of the national beginning that it is then: "085", "(312"
MAX_CANDIDATES = 12  # whole numbers that are looked for in the index


def guided_plan(raw: str, regions: Sequence[str], known: KnownNumbers | None) -> SearchPlan:
    """The plan of one number or fragment; that of `plan_number` where nothing is known of the numbers."""
    if known is None:
        return plan_number(raw, regions)
    phone_input = normalize(raw)
    attempts = every_attempt(phone_input, regions)
    plan = plan_input(phone_input, attempts, regions)
    guide = _Guide(phone_input, regions, attempts, plan, known)
    return guide.plan() if attempts else guide.of_beginning() or plan


@dataclass(frozen=True)
class _Guide:
    """One text, what it may mean without an index, and the index."""

    phone_input: PhoneInput
    regions: Sequence[str]
    attempts: tuple[Attempt, ...]
    default: SearchPlan
    known: KnownNumbers
    pieces_of: dict[tuple[str, bool], tuple[Attempt, ...]] = field(default_factory=dict)

    def plan(self) -> SearchPlan:
        """The whole number that exists, or else the pieces, or else what the text may begin or end with."""
        first = next(filter(self._is_known, self.attempts), None)
        if first and first.kind == "phone":
            return self._of_numbers()
        pieces = self._pieces_of_fragment()
        if plan := self.of_beginning() or self._of_crossings(pieces, self._crossings(pieces)):
            return plan
        if pieces:
            return self._of_pieces(pieces, self._across_country_codes(pieces))
        if found := self._whole_number():
            return self._with([found, *self._literal, *self.default.attempts], ())
        if pieces := self._prefixes():
            return self._of_pieces(pieces)
        return self._with([first, *self._literal, *self.default.attempts], ()) if first else self._of_unknown()

    def of_beginning(self) -> SearchPlan | None:
        """Whoever's number begins with the text, which has its country code; None where they are many, or not found
        by few pieces.
        """
        begins = beginning_of(self.phone_input.digits) if self.phone_input.international else None
        if begins is None:
            return None
        numbers = self.known.numbers_beginning(begins[1:], MERGED_CONTACTS + 1)
        if not 0 < len(numbers) <= MERGED_CONTACTS:
            return None
        crossing = Crossing(tuple(numbers), begins[1:])
        texts = searches_for([crossing], MAX_ATTEMPTS, MERGED_CONTACTS, self._piece_like).texts
        return self._with([replace(merged(texts), rows_with=begins), *self.default.attempts], ()) if texts else None

    def _of_unknown(self) -> SearchPlan:
        """Nothing that exists: a number is asked for as ever, digits once more, since somebody may be new."""
        numbers, pieces = self._across_formats()
        if numbers:
            return self._with([numbers[0], *self._literal, *numbers[1:], *self.default.attempts], numbers[1:])
        if pieces:
            return self._of_pieces(pieces)
        if any(attempt.kind == "phone" for attempt in self.default.attempts):
            return self._of_unknown_number()
        if self.known.complete:
            return self._with([*self._literal, self.default.attempts[0]][:1], ())
        return self.default

    def _of_numbers(self) -> SearchPlan:
        """A whole number that exists: one call. The others, and whoever has its digits in another, are links."""
        held = [attempt for attempt in self._numbers if self.known.has(attempt.value)]
        others = self._pieces_of_fragment()
        if sum(piece.contacts or 0 for piece in others) <= len(held):
            others = ()  # the same contacts
        tried = [held[0], *self._literal, *self.spelled(held[0].value), *held[1:], *self.default.attempts]
        return replace(self._with(tried, (*held[1:], *others)), is_held=True)

    def spelled(self, number: str) -> tuple[Attempt, ...]:
        """A number that exists as it is written there: the API may not know its E.164, by which it is asked for."""
        piece = self._piece_like(national(number))
        return () if piece is None else (replace(piece, rows_with=number),)

    def _of_pieces(self, pieces: Sequence[Attempt], numbers: Sequence[Attempt] = ()) -> SearchPlan:
        """All pieces in one list, or, of many contacts, the largest; first the one that is written as the text is.
        `numbers` are offered beside them.
        """
        text, contacts = self.phone_input.text, sum(piece.contacts or 0 for piece in pieces)
        pieces = sorted(pieces, key=lambda piece: piece.value != text or text.isdigit())
        if contacts <= MERGED_CONTACTS:
            first = merged(tuple(piece.value for piece in pieces if SEPARATOR not in piece.value)[:MAX_ATTEMPTS])
            first = replace(first, rows_with=pieces[0].rows_with)
        else:
            first = pieces[0]
        others = [piece for piece in pieces if piece.value not in first.spellings]
        following = others[:1] if self.known.complete else self.default.attempts[:1]
        return self._with([first, *(following if first.kind == "search" else ()), *self._literal], [*others, *numbers])

    def _of_unknown_number(self) -> SearchPlan:
        """A number that the index does not have: asked for as ever, and then whoever's number ends like it."""
        ending = self._ending()
        return self._with([*self.default.attempts[:1], *self._literal, ending], ()) if ending else self.default

    def _ending(self) -> Attempt | None:
        """The longest ending of the number that exists, as it is written there."""
        digits, found = self.phone_input.digits, None
        for size in range(ENDING_DIGITS, len(digits)):
            pieces = self.known.pieces(digits[-size:], ending=True)
            if not pieces:
                break
            found = Attempt("search", pieces[0].text)
        return found

    def _pieces_of_fragment(self) -> tuple[Attempt, ...]:
        if self.phone_input.international:
            return ()
        fragment = fragment_of(self.phone_input)
        return self._known_pieces(fragment.digits, ending=fragment.ending)

    def _crossings(self, pieces: Sequence[Attempt]) -> tuple[Crossing, ...]:
        """Who has the digits across their country code; nobody where many have them nationally: they are asked for more
        digits anyway.
        """
        contacts = sum(piece.contacts or 0 for piece in pieces)
        if not self._cut_digits or contacts > MERGED_CONTACTS:
            return ()
        return crossings_of(self.known, self._cut_digits, MERGED_CONTACTS)

    def _whole_number(self) -> Attempt | None:
        """The number that exists and of which the text lacks nothing but the beginning of its country code."""
        numbers = (f"+{digits}" for digits in self._international_beginnings())
        return next((Attempt("phone", number) for number in numbers if self.known.has(number)), None)

    def _prefixes(self) -> tuple[Attempt, ...]:
        """Where the text begins with a country code, or within one: how numbers begin nationally that exist."""
        rows_with = self._cut_digits or None
        if self.phone_input.international:
            texts = [attempt.value for attempt in self.attempts if attempt.kind == "search"]
            rows_with = beginning_of(self.phone_input.digits)
        else:
            beginnings = filter(self.known.begins, self._international_beginnings())
            texts = [text for digits in beginnings for text in national_prefixes(digits)]
        found = [piece for text in dict.fromkeys(texts) if (piece := self._known_piece(text, MIN_BEGINNING_DIGITS))]
        alike = (piece for piece in found if digits_of(piece.value) == digits_of(found[0].value))
        return tuple(replace(piece, rows_with=rows_with) for piece in alike)

    def _across_formats(self) -> tuple[tuple[Attempt, ...], tuple[Attempt, ...]]:
        """The whole numbers that end with the digits, and how others begin up to them, where they stand in E.164 alone:
        a national format may have a trunk prefix or a mobile mark in the midst of them ("12220" of +54 9 11 2220-4567),
        and it lacks the country code. Of a few numbers that begin in no way of their own all are named ("52644" of
        +852 6442 9730).
        """
        digits = self._cut_digits
        beginnings = self.known.beginnings_with(digits) if digits else ()
        numbers = tuple(Attempt("phone", f"+{each}") for each in beginnings if self.known.has(f"+{each}"))
        texts = (text for each in beginnings for text in national_prefixes(each))
        found = (self._known_piece(text, MIN_BEGINNING_DIGITS) for text in dict.fromkeys(texts))
        pieces = tuple(filter(None, found))
        if beginnings and not (numbers or pieces):
            numbers = tuple(Attempt("phone", f"+{each}") for each in self.known.numbers_with(digits))
        return numbers, pieces

    def _of_crossings(self, pieces: Sequence[Attempt], crossings: Sequence[Crossing]) -> SearchPlan | None:
        """Who has the digits across their country code, and who has them nationally: one list, as far as that can be;
        the others are counted. None without any crossing.
        """
        if not crossings:
            return None
        contacts = sum(piece.contacts or 0 for piece in pieces)
        room, most = max(0, MAX_ATTEMPTS - len(pieces)), max(0, MERGED_CONTACTS - contacts)
        searches = searches_for(crossings, room, most, self._piece_like)
        numbers = [f"+{number}" for crossing in crossings for number in crossing.numbers]
        if not pieces and len(numbers) == 1 and not (searches.texts and self._begins_so(searches.texts[0], numbers[0])):
            return self._with([Attempt("phone", numbers[0]), *self._literal], ())
        if searches.texts:
            texts = (*(piece.value for piece in pieces), *searches.texts)
            plan = self._with([replace(merged(texts), rows_with=self._cut_digits), *self._literal], ())
        elif pieces := pieces or self._prefixes():
            plan = self._of_pieces(pieces, self._across_country_codes(pieces))
        else:
            first, *others = (Attempt("phone", number) for number in numbers)
            return replace(self._with([first, *self._literal], others), elsewhere=searches.left_out - 1)
        return replace(plan, elsewhere=searches.left_out)

    def _begins_so(self, text: str, number: str) -> bool:
        """True where the text is less than the whole number: whoever is new is found by it, too."""
        return digits_of(text) != digits_of(national(number))

    def _across_country_codes(self, pieces: Sequence[Attempt]) -> tuple[Attempt, ...]:
        """How numbers begin that have the digits from their country code on, and such numbers, where few contacts have
        them nationally: what was typed may be cut out of one of these.
        """
        digits = self._cut_digits
        if len(digits) <= MIN_FRAGMENT_DIGITS or sum(piece.contacts or 0 for piece in pieces) > MAX_ATTEMPTS:
            return ()
        numbers = (f"+{each}" for each in self.known.numbers_with(digits))
        whole = (Attempt("phone", each) for each in numbers if digits not in digits_of(national(each)))
        return (*self._prefixes(), *whole)

    @cached_property
    def _cut_digits(self) -> str:
        """The digits of a text that may be cut out of E.164 anywhere; none of a text that says where it begins."""
        text = self.phone_input
        if text.international or text.ending or not only_punctuation(text.text):
            return ""
        digits = digits_after_plus(text) or text.digits
        return digits if len(digits) >= MIN_FRAGMENT_DIGITS else ""

    def _international_beginnings(self) -> Iterator[str]:
        """Digits that may have been cut from an international number: with what is missing of its country code."""
        digits = digits_after_plus(self.phone_input)
        if digits is None:
            return
        yield digits
        missing = (each for region in self.regions for each in country_code_beginnings(digits, region))
        yield from (beginning + digits for beginning in dict.fromkeys(missing))

    def _known_piece(self, text: str, least: int = MIN_FRAGMENT_DIGITS) -> Attempt | None:
        """The text with its count, None where it does not exist. A bracket before it is not part of a piece."""
        inner = text.strip(" ()-/.")
        pieces = self._known_pieces(digits_of(text), least=least)
        return next((replace(piece, value=text) for piece in pieces if piece.value == inner), None)

    def _piece_like(self, text: str) -> Attempt | None:
        """The text with its count, in the spelling that exists."""
        known = self._known_piece(text, MIN_BEGINNING_DIGITS)
        return known or next(iter(self._known_pieces(digits_of(text), least=MIN_WHOLE_DIGITS)), None)

    def _known_pieces(
        self, digits: str, *, ending: bool = False, least: int = MIN_FRAGMENT_DIGITS
    ) -> tuple[Attempt, ...]:
        if len(digits) < least:
            return ()
        key = digits, ending
        if key not in self.pieces_of:
            pieces = self.known.pieces(digits, ending=ending)
            self.pieces_of[key] = tuple(Attempt("search", piece.text, contacts=piece.contacts) for piece in pieces)
        return self.pieces_of[key]

    def _is_known(self, attempt: Attempt) -> bool:
        if attempt.kind == "phone":
            return attempt in self._numbers and self.known.has(attempt.value)
        return self._known_piece(attempt.value) is not None

    @cached_property
    def _numbers(self) -> tuple[Attempt, ...]:
        return tuple(attempt for attempt in self.attempts if attempt.kind == "phone")[:MAX_CANDIDATES]

    @cached_property
    def _literal(self) -> tuple[Attempt, ...]:
        """What a plain search would send; of a text with words its digits as they are."""
        if self.default.literal or self.phone_input.international:
            return tuple(filter(None, [self.default.literal]))
        fragment = fragment_of(self.phone_input)
        return (Attempt("search", fragment.text),) if self.default.attempts[0].kind == "search" else ()

    def _with(self, attempts: Sequence[Attempt], others: Sequence[Attempt]) -> SearchPlan:
        """The plan of these, at most three. Counts are true, and nothing else is offered, if the index is complete."""
        listed = attempts[0].spellings
        counted = {each.value: each for each in others if each.contacts}  # as typed, and not in the list
        others_tried = (
            counted.get(each.value, each) for each in attempts[1:] if each.kind == "phone" or each.value not in listed
        )
        tried = unique_attempts([attempts[0], *others_tried])[:MAX_ATTEMPTS]
        offered = [*others, *([] if self.known.complete else self.default.attempts + self.default.alternatives)]
        alternatives = [each for each in unique_attempts(offered) if each not in tried]
        plan = SearchPlan(
            tried,
            tuple(alternatives[:MAX_ALTERNATIVES]),
            literal=self.default.literal,
            digits=self.default.digits,
            guided=True,
            complete=self.known.complete,
        )
        return plan if self.known.complete else plan.without_counts()
