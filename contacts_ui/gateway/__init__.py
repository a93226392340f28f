"""The only door to the API: scope, cache, coalescing, budget, breaker, bulkhead, client under a deadline."""

from __future__ import annotations

from .door import Gateway
from .making import gateway
from .shown import Messages, OneContact, Report, Shown
from .tally import Minute

__all__ = ["Gateway", "Messages", "Minute", "OneContact", "Report", "Shown", "gateway"]
