"""Errors of exports: one for each thing that a person would do differently."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404


class ExportNotFound(Http404):
    """There is none with this id, it is another person's, or what it holds is not theirs (any more). One for all."""


class ExportNotReady(Exception):
    """The file is not finished, or there will be none."""


class ExportExpired(Exception):
    """The file is gone: its day is over, or it was downloaded as often as it may be."""


class FileInUse(Exception):
    """Downloads that are under way, and parts that were sent, leave no room for another one of this file now."""


class TooManyRows(Exception):
    """The list has more contacts than one export may hold: a filter makes it shorter."""

    def __init__(self, rows: int, most: int) -> None:
        super().__init__("the list has more contacts than an export may hold")
        self.rows, self.most = rows, most


class TooManyExports(Exception):
    """The person has as many unfinished exports as they may have: one has to end first."""

    def __init__(self, most: int) -> None:
        super().__init__("the person has too many unfinished exports")
        self.most = most


class DayOfExportsUsed(Exception):
    """The person's exports of the last 24 hours hold as many contacts as they may. `free_at`: when there is room."""

    def __init__(self, most: int, free_at: datetime) -> None:
        super().__init__("the exports of a day are used up")
        self.most, self.free_at = most, free_at


class NothingToExport(Exception):
    """The list has no contact."""
