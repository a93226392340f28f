"""Shared test harness of tests, bench and tools: running programs, accounts, waiting. It imports none of the three."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent  # of the repository
