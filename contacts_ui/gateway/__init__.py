"""Gateway: the only way to the API, through cache, single flight, rate limiter, circuit breaker and a total timeout."""

from __future__ import annotations

from .cached_fetch import FetchPolicy
from .factory import get_gateway
from .gateway import Gateway
from .lifetime import LifetimeCounts
from .results import CachedResult, ContactResult, GatewayStatus, MessageSummaryResult
from .stats import MinuteStats

__all__ = [
    "CachedResult",
    "ContactResult",
    "FetchPolicy",
    "Gateway",
    "GatewayStatus",
    "LifetimeCounts",
    "MessageSummaryResult",
    "MinuteStats",
    "get_gateway",
]
