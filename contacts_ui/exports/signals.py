"""Signals: what others may do when an export has ended."""

from __future__ import annotations

from django.dispatch import Signal

ended = Signal()  # sender: Export, export: the row; ready, failed, cancelled or expired. After the commit.
