"""This process's gateway, made from the settings."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

from django.conf import settings
from django.core.cache import caches

from contacts_ui.sent_api.client import SentClient

from .cache import Shelf
from .cache_keys import Keys
from .cached_fetch import Parts
from .call_policy import Caller
from .circuit_breaker import Breaker
from .gateway import Gateway
from .rate_limiter import Budget, FileBudget, NoBudget, heed
from .redis_rate_limiter import RedisBudget
from .shared_memory import Ledger
from .stats import Tally

PROBE_MARGIN = 2.0  # seconds a probe may take beyond its deadline before another may go


@lru_cache(maxsize=1)
def gateway() -> Gateway:
    """Made at the first call. Raises RuntimeError without an API key."""
    if not settings.SENT_API_KEY:
        raise RuntimeError("SENT_API_KEY is not set")
    per_minute, burst = settings.SENT_BUDGET_PER_MINUTE, settings.SENT_BUDGET_BURST
    plain, seconds = settings.SENT_GATEWAY == "plain", settings.SENT_DEADLINE
    ledger = Ledger(Path(settings.SENT_BUDGET_FILE), FileBudget.cells(per_minute))
    keys = Keys(settings.SECRET_KEY, settings.SENT_API_KEY)
    budget = NoBudget() if plain else _budget(ledger, keys.fingerprint)
    breaker, tally = Breaker(ledger, seconds + PROBE_MARGIN), Tally(ledger)
    return Gateway(
        Parts(
            client=SentClient(
                settings.SENT_API_URL,
                settings.SENT_API_KEY,
                connect_seconds=settings.SENT_CONNECT_TIMEOUT,
                deadline_seconds=seconds,
                pool_size=settings.SENT_IN_FLIGHT,
                verify=settings.SENT_CA_FILE,
                on_allowance=partial(heed, budget),
            ),
            caller=Caller(breaker, budget, tally, in_flight=settings.SENT_IN_FLIGHT, deadline_seconds=seconds),
            shelf=Shelf(caches["contacts"], settings.SENT_STALE_SECONDS),
            hints=Shelf(caches["contacts" if settings.REDIS_URL else "default"], settings.SENT_STALE_SECONDS),
            keys=keys,
            budget=budget,
            breaker=breaker,
            tally=tally,
            per_minute=per_minute,
            burst=burst,
            fresh_seconds=0.0 if plain else settings.SENT_FRESH_SECONDS,
            stale_seconds=settings.SENT_STALE_SECONDS,
            deadline_seconds=seconds,
            in_flight=settings.SENT_IN_FLIGHT,
            shared=bool(settings.REDIS_URL),
            plain=plain,
        )
    )


def _budget(ledger: Ledger, name: str) -> Budget:
    """One for all hosts where there is Redis, else one for this host."""
    per_minute, burst = settings.SENT_BUDGET_PER_MINUTE, settings.SENT_BUDGET_BURST
    of_host = FileBudget(ledger, per_minute, burst)
    if not settings.REDIS_URL:
        return of_host
    return RedisBudget(settings.REDIS_URL, name, per_minute, burst, fallback=of_host)
