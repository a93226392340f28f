"""What one running sandbox is made of. The server hands it to every request; there are no globals."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from sandbox.faults.queue import FaultQueue

from .limiter import Limiter
from .options import Options
from .request_log import CallLog
from .store import Store

STATE = "sandbox.state"  # its name in the WSGI environment


@dataclass(frozen=True, slots=True)
class State:
    """One sandbox."""

    options: Options
    store: Store
    limiter: Limiter
    faults: FaultQueue
    calls: CallLog

    @classmethod
    def of(cls, options: Options) -> State:
        """A new sandbox as the flags say."""
        store = Store(options)
        store.warm()
        return cls(options, store, Limiter(options.rate, options.burst), FaultQueue(), CallLog())


def state_of(request: HttpRequest) -> State:
    """The sandbox this request came to."""
    state: State = request.META[STATE]
    return state
