"""The only door to the API: scope, cache, coalescing, budget, breaker, bulkhead, client under a deadline."""

from __future__ import annotations

from .factory import gateway
from .gateway import Gateway
from .results import Messages, OneContact, Report, Shown
from .stats import Minute

__all__ = ["Gateway", "Messages", "Minute", "OneContact", "Report", "Shown", "gateway"]
