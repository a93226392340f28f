"""What a person types to what the API understands. Pure functions, nothing of Django."""

from __future__ import annotations

from .candidates import e164, international
from .search_plan import Plan, Step, chosen, plan, several

__all__ = ["Plan", "Step", "chosen", "e164", "international", "plan", "several"]
