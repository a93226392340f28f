"""What a person types to what the API understands. Pure functions, nothing of Django."""

from __future__ import annotations

from .plan import Plan, Step, chosen, plan, several
from .readings import e164, international

__all__ = ["Plan", "Step", "chosen", "e164", "international", "plan", "several"]
