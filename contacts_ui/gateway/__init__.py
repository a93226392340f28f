"""The only door to the API: scope, cache, coalescing, budget, breaker, bulkhead, client under a deadline."""

from __future__ import annotations

from .door import Gateway, OneContact, Report, Shown
from .making import gateway
from .tally import Minute

__all__ = ["Gateway", "Minute", "OneContact", "Report", "Shown", "gateway"]
