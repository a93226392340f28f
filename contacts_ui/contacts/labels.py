"""Labels of a contact and of its profile: channels, how it can be reached. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from contacts_ui.columns import COLUMNS
from contacts_ui.sent_api.types import Contact

# What a profile's status means, by the API's word for it. An approved one needs no word.
PROFILE_STATUSES = {
    "incomplete": ("Setup incomplete", "This profile’s setup isn’t finished at the messaging service."),
    "pending_review": ("Pending review", "The messaging service is still reviewing this profile."),
    "rejected": ("Rejected", "The messaging service rejected this profile. Messages may not be sent."),
}
MAX_NAMES = 3  # in a sentence
CHANNEL_NAMES = {"sms": "SMS", "whatsapp": "WhatsApp", "rcs": "RCS"}


def channel_name(channel: str) -> str:
    """The name of a channel; an unknown one keeps the API's."""
    return CHANNEL_NAMES.get(channel.lower(), channel)


def reachability_label(contact: Contact) -> str:
    """Whether and how a contact can be messaged: "Can be messaged by SMS and WhatsApp. SMS is the default"."""
    if contact.opt_out:
        return "Do not message: opted out"
    names = list(dict.fromkeys(channel_name(channel) for channel in contact.available_channels))
    if not names:
        return "The record names no channel, so messages may not reach this contact"
    first = channel_name(contact.default_channel) if contact.default_channel else None
    doubt = "" if contact.opt_out is False else ". Whether it opted out is not known"
    order = f". {first} is the default" if len(names) > 1 and first in names else ""
    return f"Can be messaged by {join_names(names)}{order}{doubt}"


def column_titles(columns: Sequence[str]) -> str:
    """The columns of a list by their titles: "Region and Created"."""
    return join_names([title for name, title in COLUMNS if name in columns])


def consent_label(places: Sequence[tuple[str, Contact]]) -> str | None:
    """Opt-outs side by side: "Opted out in Northwind, not in Bluefin"; None when nobody opted out."""
    out = list(dict.fromkeys(title for title, contact in places if contact.opt_out))
    rest = list(dict.fromkeys(title for title, contact in places if contact.opt_out is False and title not in out))
    if not out:
        return None
    return f"Opted out in {few_names(out)}" + (f", not in {few_names(rest)}" if rest else "")


def few_names(names: Sequence[str]) -> str:
    """Up to three names as they are, more as their count: "4 profiles"."""
    return join_names(names) if len(names) <= MAX_NAMES else f"{len(names)} profiles"


def seen_in_label(count: int) -> str:
    """In how many other profiles a number was seen, for the log. Not their names: a name may contain a number."""
    return "in 1 other profile" if count == 1 else f"in {count} other profiles"


def join_names(names: Sequence[str]) -> str:
    """SMS; SMS and WhatsApp; SMS, WhatsApp and RCS."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def profile_status_label(status: str | None) -> tuple[str, str] | None:
    """The label of a profile's status and what it means; None for one that is approved or not known."""
    return PROFILE_STATUSES.get(status or "")
