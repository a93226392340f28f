"""Mutants: unmasked numbers shown to users with masking."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the list shows unmasked numbers to a user with masking",
        "templates/desk/contacts/_results.html",
        "not preferences.mask_numbers",
        "true",
        ("tests/test_masking.py::test_masked_list_shows_at_most_last_four_digits",),
    ),
    Mutant(
        "a bulk lookup shows unmasked numbers to a user with masking",
        "templates/desk/contacts/_lookup_rows.html",
        "not preferences.mask_numbers",
        "true",
        ("tests/test_masking.py::test_masked_bulk_lookup_shows_at_most_last_four_digits",),
    ),
    Mutant(
        "a contact shows its unmasked number to a user with masking",
        "templates/desk/contacts/_contact.html",
        "revealed or not preferences.mask_numbers",
        "true",
        ("tests/test_masking.py::test_masked_contact_shows_at_most_last_four_digits",),
    ),
    Mutant(
        "rows that were kept unmasked are shown to a user with masking",
        "contacts_ui/web/contact_rows.py",
        "kept: Markup | None = page.memo.get(look)",
        "kept: Markup | None = page.memo.get(look._replace(readable=True))",
        ("tests/test_contact_rows.py::test_mask_chosen_after_list_was_shown_masks_cached_rows",),
    ),
)
