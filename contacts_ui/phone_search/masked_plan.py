"""Masked plan: what somebody may search for who is to know no more of a number than its last four digits.

Any other fragment would tell hidden digits: whoever finds a masked contact by "7911" has learned that it holds 7911.
"""

from __future__ import annotations

from collections.abc import Sequence

from .attempts import MAX_ALTERNATIVES, MAX_ATTEMPTS, Attempt, SearchPlan
from .input import normalize
from .known_numbers import KnownNumbers
from .search_plan import plan_number, split_numbers

SHOWN_DIGITS = 4  # of a masked number

WHOLE_OR_ENDING = "Your group sees masked numbers. Search for a whole number, or for its last four digits."
ONE_NUMBER = "Your group sees masked numbers. Look up one number at a time."


def masked_plan(raw: str, regions: Sequence[str], known: KnownNumbers | None = None) -> SearchPlan:
    """The plan of `raw` for such a person: whole numbers, or the spellings of four digits that a number ends in.

    What is `known` of the numbers decides nothing but which spelling of the ending is tried first.
    """
    if split_numbers(raw):
        return SearchPlan(message=ONE_NUMBER)
    phone_input = normalize(raw)
    digits = phone_input.digits
    if len(digits) == SHOWN_DIGITS and not phone_input.international:
        endings = _endings(digits, regions, known)
        return SearchPlan(endings[:MAX_ATTEMPTS], endings[MAX_ATTEMPTS:][:MAX_ALTERNATIVES], ending=digits)
    plan = plan_number(raw, regions)
    numbers = whole_numbers_only(plan)
    return numbers if numbers.attempts else SearchPlan(message=plan.message or WHOLE_OR_ENDING)


def whole_numbers_only(plan: SearchPlan) -> SearchPlan:
    """The plan without pieces of numbers."""
    numbers = tuple(attempt for attempt in (*plan.attempts, *plan.alternatives) if attempt.kind == "phone")
    return SearchPlan(numbers[:MAX_ATTEMPTS], numbers[MAX_ATTEMPTS:])


def _endings(digits: str, regions: Sequence[str], known: KnownNumbers | None) -> tuple[Attempt, ...]:
    """The spellings of the last four digits: those that exist, those of the person's regions, those of most of the
    world.
    """
    existing = [piece.text for piece in known.pieces(digits, ending=True)] if known else []
    plan = plan_number(f"ending {digits}", regions)
    likely = [attempt.value for attempt in (*plan.attempts, *plan.alternatives) if attempt.kind == "search"]
    usual = [digits, *(f"{digits[:at]}{mark}{digits[at:]}" for mark in " -" for at in (2, 1, 3))]
    return tuple(Attempt("search", text) for text in dict.fromkeys([*existing, *likely, *usual]))
