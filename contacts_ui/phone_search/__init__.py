"""Phone search: any text a person types becomes a plan of API queries. Pure functions, no Django."""

from __future__ import annotations

from .candidates import e164, international
from .search_plan import DEFAULT_REGIONS, Attempt, SearchPlan, build_plan, parse_attempt, plan_number, split_numbers

__all__ = [
    "DEFAULT_REGIONS",
    "Attempt",
    "SearchPlan",
    "build_plan",
    "e164",
    "international",
    "parse_attempt",
    "plan_number",
    "split_numbers",
]
