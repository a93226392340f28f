"""Phone search: any text a person types becomes a plan of API queries. Pure functions, no Django."""

from __future__ import annotations

from .candidates import e164, international, national, regions_of
from .masked_plan import SHOWN_DIGITS, masked_plan
from .numbering_changes import other_forms
from .search_plan import (
    DEFAULT_REGIONS,
    Attempt,
    SearchPlan,
    build_plan,
    chosen_attempt,
    one_number_a_line,
    parse_attempt,
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
    "national",
    "one_number_a_line",
    "other_forms",
    "parse_attempt",
    "plan_exact",
    "plan_number",
    "regions_of",
    "split_numbers",
]
