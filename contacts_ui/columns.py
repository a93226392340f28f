"""Columns of the contact table: those that exist, in their order, and those of somebody who never chose."""

from __future__ import annotations

# The number itself is always shown; the owner only in the account's own list, where rows have several.
OWNER = "owner"
COLUMNS = (
    (OWNER, "Owner"),
    ("region", "Region"),
    ("channels", "Channels"),
    ("opt_out", "Opt-out"),
    ("created", "Created"),
    ("updated", "Updated"),
)


def default_columns() -> list[str]:
    """The columns of somebody who never chose: all of them."""
    return [name for name, _title in COLUMNS]
