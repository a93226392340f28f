"""Shared test harness: the programs that tests, bench and tools drive. It imports none of these three."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent  # of the repository
