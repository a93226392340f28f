"""Error table: from exception class to status, title and what to do."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contacts_ui.access import RoleDenied, ScopeDenied
from contacts_ui.audit import AuditUnwritable
from contacts_ui.gateway import Shown
from contacts_ui.sent_api import errors


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, for a person: what it is called, what to do, what to quote.

    `tone` is red, amber or plain. `retry_after` is in seconds. `details` are further sentences.
    `request_id` is the API's, `reference` our own; the page quotes the first it has.
    """

    status: int
    tone: str
    icon: str
    title: str
    text: str
    retry: bool = True
    request_id: str | None = None
    reference: str | None = None
    retry_after: int | None = None
    details: tuple[str, ...] = ()


LASTING = "Try again in a moment. If it lasts, tell an admin and quote this ID."

# One row for each thing a user would do differently. Subclasses stand before their base.
PROBLEMS: tuple[tuple[type[Exception], Problem], ...] = (
    (
        ScopeDenied,
        Problem(
            404,
            "plain",
            "lock",
            "No such profile for you",
            "There is no profile at this address that you may see. An admin can assign it to you.",
            retry=False,
        ),
    ),
    (
        RoleDenied,
        Problem(
            403,
            "plain",
            "lock",
            "This page is not for your role",
            "An admin can tell you who may see it, or give you another role.",
            retry=False,
        ),
    ),
    (
        AuditUnwritable,
        Problem(
            503,
            "red",
            "alert",
            "Nothing is shown because it cannot be recorded",
            f"Who looks at what is written down here, and that does not work just now. Nothing is lost. {LASTING}",
        ),
    ),
    (
        errors.KeyRejected,
        Problem(
            502,
            "red",
            "key",
            "The API key was rejected",
            "The messaging service no longer accepts this desk’s key. Ask an admin to replace it.",
        ),
    ),
    (
        errors.Forbidden,
        Problem(
            403,
            "plain",
            "lock",
            "The key may not read these contacts",
            "The key works, but the messaging service does not let it in here. Ask an admin to check what it may do.",
        ),
    ),
    (
        errors.ProfileUnknown,
        Problem(
            404,
            "plain",
            "search",
            "The messaging service does not know this profile",
            "It may have been removed. Switch to another profile, or ask an admin.",
        ),
    ),
    (
        errors.ContactNotFound,
        Problem(
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
        Problem(
            400,
            "amber",
            "alert",
            "The messaging service did not accept this",
            "It could not make sense of the request. Change the filters and try again.",
        ),
    ),
    (
        errors.BudgetSpent,
        Problem(
            429,
            "amber",
            "clock",
            "The desk is holding back for a moment",
            "Most calls are left to your customers’ messages; the desk’s share is used up. Nothing you typed is lost.",
        ),
    ),
    (
        errors.RateLimited,
        Problem(
            429,
            "amber",
            "clock",
            "Too many requests",
            "The messaging service asked us to slow down. Nothing you typed is lost.",
        ),
    ),
    (
        errors.NotAnswering,
        Problem(
            503,
            "red",
            "cloud",
            "The messaging service is not answering",
            f"The last calls all failed, so the desk asks only now and then until it answers. {LASTING}",
        ),
    ),
    (
        errors.Crowded,
        Problem(
            503,
            "amber",
            "clock",
            "Too many people are waiting",
            "The messaging service is slow, and too many calls wait for it already. Try again in a moment.",
        ),
    ),
    (
        errors.Unavailable,
        Problem(
            503,
            "red",
            "cloud",
            "The messaging service has a fault",
            f"The fault is on its side, not yours. {LASTING}",
        ),
    ),
    (
        errors.Unreachable,
        Problem(
            503,
            "red",
            "cloud",
            "The messaging service cannot be reached",
            f"There was no connection. {LASTING}",
        ),
    ),
    (
        errors.TimedOut,
        Problem(504, "red", "clock", "The messaging service took too long", f"No answer came in time. {LASTING}"),
    ),
    (
        errors.WrongProfile,
        Problem(
            502,
            "red",
            "lock",
            "An answer for another profile was refused",
            f"The messaging service answered for a profile you did not ask for, so nothing of it is shown. {LASTING}",
        ),
    ),
    (
        errors.UnexpectedAnswer,
        Problem(
            502,
            "red",
            "alert",
            "The messaging service gave an answer we cannot read",
            f"Nothing is lost. {LASTING}",
        ),
    ),
)


def problem_for(exception: Exception, reference: str) -> Problem | None:
    """The row of the table for `exception`, with its ids and details filled in. None when it has no row."""
    row = next((problem for kind, problem in PROBLEMS if isinstance(exception, kind)), None)
    if row is None:
        return None
    return replace(
        row,
        request_id=getattr(exception, "request_id", None),
        reference=reference,
        retry_after=getattr(exception, "retry_after", None),
        details=_details(exception),
    )


def old_because(shown: Shown[object]) -> str | None:
    """Why an old answer is shown, as a sentence. None when it is a fresh one."""
    if not shown.stale:
        return None
    problem = problem_for(shown.because, "") if shown.because else None
    return f"{problem.title}." if problem else "A newer answer is on its way."


def _details(exception: Exception) -> tuple[str, ...]:
    if not isinstance(exception, errors.InvalidRequest):
        return ()
    return tuple(f"{name}: {message}" for name, messages in exception.details.items() for message in messages)
