"""Stop request: set once when this worker process is to end; tasks look at it between two steps and give back."""

from __future__ import annotations

from threading import Event

STOP = Event()
