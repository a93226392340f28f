"""Phone search: any text a person types becomes a plan of API queries. Pure functions, no Django."""

from __future__ import annotations

from .attempts import Attempt, SearchPlan, parse_attempt
from .candidates import e164, international
from .masked_plan import SHOWN_DIGITS, masked_plan
from .search_plan import (
    DEFAULT_REGIONS,
    build_plan,
    chosen_attempt,
    one_number_a_line,
    plan_exact,
    plan_number,
    split_numbers,
)

__all__ = [
    "DEFAULT_REGIONS",
    "SHOWN_DIGITS",
    "Attempt",
    "SearchPlan",
    "build_plan",
    "chosen_attempt",
    "e164",
    "international",
    "masked_plan",
    "one_number_a_line",
    "parse_attempt",
    "plan_exact",
    "plan_number",
    "split_numbers",
]
