"""Error page: an error as a page shows it, and the advice that several share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """An error as a page shows it: title, text, advice, and an id to quote.

    `advice` is what the reader can do, `admin_advice` what an admin can do instead. They may name `{admins}`, whom to
    tell, and `{key}`, where the key is set. `tone` is red, amber or plain. `retry_after` is in seconds. `details` are
    further sentences. `request_id` is the API's, `reference` the desk's; the page quotes the first that is there.
    """

    status: int
    tone: str
    icon: str
    title: str
    text: str
    advice: str = ""
    admin_advice: str | None = None
    retry: bool = True
    request_id: str | None = None
    reference: str | None = None
    retry_after: int | None = None
    details: tuple[str, ...] = ()


ESCALATE = "Try again in a moment. If it keeps happening, tell an admin and quote this ID."
ADMIN_ESCALATE = (
    "Try again in a moment. If it keeps happening, see the Status page, "
    "and quote this ID to the support of the messaging service."
)
TELL = "Tell {admins}."
