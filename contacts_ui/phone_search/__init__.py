"""Phone search: any text a person types becomes a plan of API queries. Pure functions, no Django."""

from __future__ import annotations

from .attempts import SEPARATOR, Attempt, SearchPlan, parse_attempt
from .candidates import (
    EVERY_REGION,
    country_code,
    e164,
    international,
    names_country,
    national,
    numbers_of,
    regions_of,
    vanity_digits,
)
from .exact_plan import plan_exact
from .guided_plan import guided_plan
from .known_numbers import KnownNumbers
from .masked_plan import SHOWN_DIGITS, masked_plan, whole_numbers_only
from .numbering_changes import other_forms
from .search_plan import (
    DEFAULT_REGIONS,
    build_plan,
    chosen_attempt,
    one_number_a_line,
    plan_number,
    split_numbers,
    typed_digits,
)

__all__ = [
    "DEFAULT_REGIONS",
    "EVERY_REGION",
    "SEPARATOR",
    "SHOWN_DIGITS",
    "Attempt",
    "KnownNumbers",
    "SearchPlan",
    "build_plan",
    "chosen_attempt",
    "country_code",
    "e164",
    "guided_plan",
    "international",
    "masked_plan",
    "names_country",
    "national",
    "numbers_of",
    "one_number_a_line",
    "other_forms",
    "parse_attempt",
    "plan_exact",
    "plan_number",
    "regions_of",
    "split_numbers",
    "typed_digits",
    "vanity_digits",
    "whole_numbers_only",
]
