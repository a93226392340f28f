"""Labels of a contact: its channels, how it can be reached, the text to copy. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from contacts_ui.columns import COLUMNS
from contacts_ui.sent_api.types import Contact

CHANNEL_NAMES = {"sms": "SMS", "whatsapp": "WhatsApp", "rcs": "RCS"}


def channel_name(channel: str) -> str:
    """The name of a channel; an unknown one keeps the API's."""
    return CHANNEL_NAMES.get(channel.lower(), channel)


def reachability_label(contact: Contact) -> str:
    """Whether and how a contact can be messaged, in a line: "Can be messaged by SMS and WhatsApp; SMS first"."""
    if contact.opt_out:
        return "Do not message: opted out"
    names = list(dict.fromkeys(channel_name(channel) for channel in contact.available_channels))
    if not names:
        return "No channel is known, so it may not be possible to message this contact"
    first = channel_name(contact.default_channel) if contact.default_channel else None
    doubt = "" if contact.opt_out is False else ". Whether it opted out is not known"
    order = f"; {first} first" if len(names) > 1 and first in names else ""
    return f"Can be messaged by {join_names(names)}{order}{doubt}"


def column_titles(columns: Sequence[str]) -> str:
    """The columns of a list by their titles: "Region and Created"."""
    return join_names([title for name, title in COLUMNS if name in columns])


def join_names(names: Sequence[str]) -> str:
    """SMS; SMS and WhatsApp; SMS, WhatsApp and RCS."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def copy_value(contact: Contact, number: str | None) -> str:
    """The text that the copy button copies, "" where that is the number shown without its spaces.

    Fifty of them are most of what differs from row to row: leaving them out sends a tenth less.
    """
    number = number or ""
    copied = contact.format_e164 or number
    # Without a call: there is one for each row.
    return "" if copied == "+" + "".join(filter(str.isdecimal, number)) else copied
