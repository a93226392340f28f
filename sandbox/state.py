"""Sandbox state: options, data, rate limiter, faults and request log of one running sandbox.

The server puts it into the WSGI environment of every request; there are no globals.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from sandbox.faults.queue import FaultQueue

from .limiter import Limiter
from .options import Options
from .request_log import RequestLog
from .store import Store

SANDBOX = "sandbox.sandbox"  # key in the WSGI environment


@dataclass(frozen=True, slots=True)
class Sandbox:
    """One running sandbox."""

    options: Options
    store: Store
    limiter: Limiter
    faults: FaultQueue
    requests: RequestLog

    @classmethod
    def from_options(cls, options: Options) -> Sandbox:
        """A new sandbox, its data generated."""
        store = Store(options)
        store.warm()
        return cls(options, store, Limiter(options.rate, options.burst), FaultQueue(), RequestLog())


def sandbox_of(request: HttpRequest) -> Sandbox:
    """The sandbox that serves this request."""
    sandbox: Sandbox = request.META[SANDBOX]
    return sandbox
