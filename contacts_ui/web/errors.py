"""Error table: maps an exception class to an error page with status, title and advice."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from contacts_ui.access import RoleDenied, ScopeDenied, admin_names
from contacts_ui.audit import AuditWriteError
from contacts_ui.gateway import CachedResult
from contacts_ui.quota import LookupQuotaExceeded, QuotaExceeded
from contacts_ui.sent_api import errors

from .error_page import ADMIN_ESCALATE, ESCALATE, TELL, ErrorPage
from .export_errors import EXPORT_ERROR_PAGES, export_details

# One row for each thing a user would do differently. The first match wins: subclasses come before their base.
ERROR_PAGES: tuple[tuple[type[Exception], ErrorPage], ...] = (
    *EXPORT_ERROR_PAGES,
    (
        ScopeDenied,
        ErrorPage(
            404,
            "plain",
            "lock",
            "Profile not found",
            "It doesn’t exist, or it isn’t assigned to you. An admin can assign it.",
            retry=False,
        ),
    ),
    (
        RoleDenied,
        ErrorPage(
            403,
            "plain",
            "lock",
            "You don’t have access to this page",
            "An admin can give you another role.",
            retry=False,
        ),
    ),
    (
        AuditWriteError,
        ErrorPage(
            503,
            "red",
            "alert",
            "Nothing is shown because it cannot be recorded",
            "Every view is recorded in the audit log, and that doesn’t work just now. Nothing is lost.",
            ESCALATE,
            "Check the desk’s database: its disk may be full, or it may be out of reach.",
        ),
    ),
    (
        LookupQuotaExceeded,
        ErrorPage(
            429,
            "amber",
            "lock",
            "You have looked up as many numbers as an hour allows",
            "How many numbers one person looks up in all their profiles in an hour is limited. The search of a single "
            "profile still works. If your work needs more, ask an admin: they can raise the limit.",
        ),
    ),
    (
        QuotaExceeded,
        ErrorPage(
            429,
            "amber",
            "lock",
            "You have reached this hour’s limit",
            "How many contacts and masked numbers one person sees in an hour is limited, so that nobody copies all. "
            "If your work needs more, ask an admin: they can raise the limit.",
        ),
    ),
    (
        errors.InvalidApiKey,
        ErrorPage(
            502,
            "red",
            "key",
            "The API key was rejected",
            "The messaging service no longer accepts this desk’s key, so contacts can’t be shown.",
            TELL,
            "Replace the key: change {key}, then restart the desk.",
        ),
    ),
    (
        errors.Forbidden,
        ErrorPage(
            403,
            "plain",
            "lock",
            "The key may not read these contacts",
            "The key works, but the messaging service does not let it in here.",
            TELL,
            "Check at the messaging service what the key may do. To use another: change {key}, then restart the desk.",
        ),
    ),
    (
        errors.ProfileNotFound,
        ErrorPage(
            404,
            "plain",
            "search",
            "The messaging service does not know this profile",
            "It may have been removed.",
            "Switch to another profile, or ask an admin.",
            "Switch to another profile, or look at the messaging service whether it still has this one.",
        ),
    ),
    (
        errors.ContactNotFound,
        ErrorPage(
            404,
            "plain",
            "search",
            "Contact not found",
            "There is no contact with this ID here. It may have been deleted, or it belongs to another profile.",
            retry=False,
        ),
    ),
    (
        errors.InvalidRequest,
        ErrorPage(
            400,
            "amber",
            "alert",
            "The messaging service did not accept this",
            "It could not make sense of the request. Change the filters and try again.",
        ),
    ),
    (
        errors.LocalRateLimited,
        ErrorPage(
            429,
            "amber",
            "clock",
            "The desk is holding back for a moment",
            "Most calls are left to your customers’ messages; the desk’s share is used up. Nothing you typed is lost.",
        ),
    ),
    (
        errors.RateLimited,
        ErrorPage(
            429,
            "amber",
            "clock",
            "Too many requests",
            "The messaging service asked us to slow down. Nothing you typed is lost.",
        ),
    ),
    (
        errors.CircuitOpen,
        ErrorPage(
            503,
            "red",
            "cloud",
            "The messaging service is not answering",
            "The last calls all failed, so the desk asks only now and then until it answers.",
            ESCALATE,
            ADMIN_ESCALATE,
        ),
    ),
    (
        errors.Overloaded,
        ErrorPage(
            503,
            "amber",
            "clock",
            "Too many people are waiting",
            "The messaging service is slow, and too many calls wait for it already. Try again in a moment.",
        ),
    ),
    (
        errors.ServerError,
        ErrorPage(
            503,
            "red",
            "cloud",
            "The messaging service returned an error",
            "The problem is on its side, not yours.",
            ESCALATE,
            ADMIN_ESCALATE,
        ),
    ),
    (
        errors.ConnectionFailed,
        ErrorPage(
            503,
            "red",
            "cloud",
            "The messaging service cannot be reached",
            "There was no connection.",
            ESCALATE,
            ADMIN_ESCALATE,
        ),
    ),
    (
        errors.ApiTimeout,
        ErrorPage(
            504,
            "red",
            "clock",
            "The messaging service took too long",
            "No answer came in time.",
            ESCALATE,
            ADMIN_ESCALATE,
        ),
    ),
    (
        errors.ProfileMismatch,
        ErrorPage(
            502,
            "red",
            "lock",
            "An answer for another profile was refused",
            "The messaging service answered for a profile you did not ask for, so nothing of it is shown.",
            ESCALATE,
            ADMIN_ESCALATE,
        ),
    ),
    (
        errors.InvalidResponse,
        ErrorPage(
            502,
            "red",
            "alert",
            "The messaging service gave an answer we cannot read",
            "Nothing is lost.",
            ESCALATE,
            ADMIN_ESCALATE,
        ),
    ),
)


def error_page_for(exception: Exception, reference: str, *, for_admin: bool = False) -> ErrorPage | None:
    """The row of the table for `exception`, with its ids, advice and details. None when it has no row.

    Cost: one query where the advice names the admins.
    """
    row = next((error_page for kind, error_page in ERROR_PAGES if isinstance(exception, kind)), None)
    if row is None:
        return None
    return replace(
        row,
        advice=_advice(row, for_admin=for_admin),
        request_id=getattr(exception, "request_id", None),
        reference=reference,
        retry_after=getattr(exception, "retry_after", None),
        details=_details(exception),
    )


def _advice(row: ErrorPage, *, for_admin: bool) -> str:
    advice = row.admin_advice if for_admin and row.admin_advice is not None else row.advice
    if "{key}" in advice:
        return advice.replace("{key}", settings.SETTING_PLACES["SENT_API_KEY"])
    if "{admins}" in advice:
        return advice.replace("{admins}", " or ".join(admin_names()) or "an admin")
    return advice


def reason_of(error: str) -> str:
    """The title of the row for an error named by its class, for a place that has room for one sentence only."""
    exact = (page.title for kind, page in ERROR_PAGES if kind.__name__ == error)
    return next(exact, "The messaging service gave an answer we cannot read")


def stale_reason(result: CachedResult[object]) -> str | None:
    """A sentence that says why the result is stale. None when it is fresh."""
    if not result.stale:
        return None
    error_page = error_page_for(result.error, "") if result.error else None
    return f"{error_page.title}." if error_page else "A newer answer is on its way."


def _details(exception: Exception) -> tuple[str, ...]:
    if not isinstance(exception, errors.InvalidRequest):
        return export_details(exception)
    return tuple(f"{name}: {message}" for name, messages in exception.details.items() for message in messages)
