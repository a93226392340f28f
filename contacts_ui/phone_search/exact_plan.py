"""Exact plan: what to ask the API for a text that is to be one whole number, alone or as a line of a paste."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .attempts import MAX_ATTEMPTS, Attempt, SearchPlan, unique_attempts
from .guided_plan import guided_plan
from .input import digits_of, normalize
from .known_numbers import KnownNumbers
from .search_plan import MAX_LOCAL_DIGITS, MIN_WHOLE_DIGITS, literal_attempt

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def plan_exact(raw: str, regions: Sequence[str], known: KnownNumbers | None = None) -> SearchPlan:
    """The plan of a text that is to be one whole number: no parts of numbers; no attempts when it is none.

    Literal E.164 first, or the number that is known to exist. A national number as it is written is one of the
    attempts: its region may be none of these. Phone systems write the number into the address with its plus, which
    arrives as a space.
    """
    text = raw.strip()
    plus_lost = raw[:1] == " " and text[:1] in "123456789" and len(digits_of(text)) > MAX_LOCAL_DIGITS
    texts = [f"+{text}", text] if plus_lost else [text]
    literal = [Attempt("phone", each) for each in texts if _E164.fullmatch(each)]
    plans = [guided_plan(each, regions, known) for each in texts if each]
    found = [each for plan in plans for each in (*plan.attempts, *plan.alternatives) if each.kind == "phone"]
    named = {each.value: each for each in reversed(found)}
    numbers = unique_attempts([*(named.get(each.value, each) for each in literal), *found])
    held = tuple(each for each in numbers if known and known.has(each.value))
    spelled = [each for plan in plans if held for each in plan.attempts if each.rows_with == held[0].value]
    written = () if literal or held else _as_written(text, plans)
    first = written if written and known and plans[0].guided else ()
    likely = [*numbers[: MAX_ATTEMPTS - len(written)], *written]
    attempts = unique_attempts([*held[:1], *spelled, *held, *first, *likely])[:MAX_ATTEMPTS]
    literal_call = literal_attempt(normalize(text)) if written else None
    return SearchPlan(attempts, literal=literal_call, is_held=bool(held), guided=bool(held or first))


def _as_written(text: str, plans: Sequence[SearchPlan]) -> tuple[Attempt, ...]:
    """The search for a national number as it is written: in the spelling that exists, or just so."""
    literal = literal_attempt(normalize(text))
    digits = digits_of(literal.value) if literal else ""
    if literal is None or len(digits) < MIN_WHOLE_DIGITS:
        return ()
    exists = (plan.attempts[0] for plan in plans if plan.guided and plan.attempts[0].kind == "search")
    exists = (each for each in exists if digits_of(each.value) == digits)
    return tuple(exists) or ((literal,) if literal.value != digits else ())
