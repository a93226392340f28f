"""Errors of exports: their rows of the error table, and why an export failed in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from contacts_ui.exports import errors

from .error_page import ErrorPage

_AGAIN = "Start the export again."
_FILTER = "Choose a channel or search for part of a number, then export again."
_WAITED = "The messaging service gave no answer for an hour"

EXPORT_ERROR_PAGES: tuple[tuple[type[Exception], ErrorPage], ...] = (
    (
        errors.ExportNotFound,
        ErrorPage(
            404,
            "plain",
            "search",
            "Export not found",
            "It doesn’t exist, or you don’t have access to it.",
            retry=False,
        ),
    ),
    (
        errors.ExportNotReady,
        ErrorPage(
            409,
            "plain",
            "clock",
            "There is no file to download",
            "The export isn’t finished, or it ended without a file. Its page says what happened.",
            retry=False,
        ),
    ),
    (
        errors.ExportExpired,
        ErrorPage(
            410,
            "plain",
            "clock",
            "This file is gone",
            "A file is kept for 24 hours or 3 downloads. Export the list again to get a new one.",
            retry=False,
        ),
    ),
    (
        errors.FileInUse,
        ErrorPage(
            429,
            "plain",
            "clock",
            "This file is being downloaded already",
            "Wait for the other downloads of this file to end. If it stays like this, export the list again.",
        ),
    ),
    (
        errors.TooManyRows,
        ErrorPage(422, "plain", "list", "Too many contacts for one file", _FILTER, retry=False),
    ),
    (
        errors.TooManyExports,
        ErrorPage(
            429,
            "plain",
            "clock",
            "Finish your other exports first",
            "You have as many exports in progress as one person may have. Wait for one to finish, or cancel it.",
        ),
    ),
    (
        errors.DayOfExportsUsed,
        ErrorPage(
            429,
            "amber",
            "lock",
            "You have reached this day’s limit",
            "How many contacts one person exports in 24 hours is limited. If your work needs more, ask an admin: "
            "they can raise the limit.",
            retry=False,
        ),
    ),
    (
        errors.NothingToExport,
        ErrorPage(409, "plain", "empty", "Nothing to export", "This list is empty.", retry=False),
    ),
)


@dataclass(frozen=True, slots=True)
class ExportFailure:
    """Why an export has no file: the reason, and what to do."""

    title: str
    advice: str


# By the name of the exception. Everything else is an error of the messaging service that lasted for an hour.
FAILURES: dict[str, ExportFailure] = {
    "DiskFull": ExportFailure("The desk ran out of disk space", "Tell an admin, then start the export again."),
    "TooManyRows": ExportFailure("The list grew too long for one file", _FILTER),
    "FileTooLarge": ExportFailure("The file grew too large", _FILTER),
    "RightsWithdrawn": ExportFailure("Access to these contacts was taken away", "Ask an admin if you need it again."),
    "ProfileMismatch": ExportFailure(
        "The messaging service answered for another profile", f"Nothing of it was kept. {_AGAIN}"
    ),
    "ProfileNotFound": ExportFailure(
        "The messaging service no longer knows this profile", "It may have been removed. Ask an admin."
    ),
    "InvalidApiKey": ExportFailure("The API key was rejected", "Tell an admin, then start the export again."),
    "Forbidden": ExportFailure("The key may not read these contacts", "Tell an admin."),
    "OtherApiKey": ExportFailure("The desk’s API key was replaced", _AGAIN),
    "Expired": ExportFailure("It wasn’t finished within 24 hours", _AGAIN),
    "SealError": ExportFailure("What had been read can’t be opened any more", _AGAIN),
    "RateLimited": ExportFailure(_WAITED, "It had too many requests. Try again later."),
    "LocalRateLimited": ExportFailure("The desk had no calls to spare for an hour", "Try again later."),
}
_NO_ANSWER = ExportFailure(_WAITED, "Try again later. If it keeps happening, tell an admin and quote the request ID.")


def export_failure(error: str | None) -> ExportFailure:
    """Why an export has no file, by the name of the exception that ended it."""
    return FAILURES.get(error or "", _NO_ANSWER)


def export_details(exception: Exception) -> tuple[str, ...]:
    """Further sentences about an error of exports: how many are too many, and when there is room again."""
    if isinstance(exception, errors.TooManyRows):
        return (f"This list has {exception.rows:,} contacts. One file holds up to {exception.most:,}.",)
    if isinstance(exception, errors.DayOfExportsUsed):
        hours = max(1, -(-int((exception.free_at - datetime.now(UTC)).total_seconds()) // 3600))
        when = "an hour" if hours == 1 else f"{hours} hours"
        return (f"The limit is {exception.most:,} contacts. You can export again within {when}.",)
    return ()
