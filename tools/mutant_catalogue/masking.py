"""Mutants: unmasked numbers shown to users with masking."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a lookup that takes nothing tells that a hidden number is one of the choices",
        "contacts_ui/contacts/lookup_pages.py",
        "        return question.number in page.forms\n",
        "        return question.number in (*page.forms, *page.choices)\n",
        ("tests/lookup/test_paid.py::test_choices_tell_no_hidden_number_of_a_contact",),
    ),
    Mutant(
        "a number is looked for beside one that was paid for",
        "contacts_ui/contacts/lookup_pages.py",
        "        return not page.forms and page.text == reading.text\n",
        "        return not {*reading.choices}.isdisjoint(page.choices)\n",
        ("tests/lookup/test_paid.py::test_text_with_one_choice_of_another_takes_its_own_lookup",),
    ),
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
    Mutant(
        "a copy button copies what the number is read out as, where its E.164 form is another",
        "contacts_ui/web/contact_rows.py",
        "None if as_read else escape(copied)",
        "None",
        ("tests/test_contact_rows.py::test_copied_number_is_written_where_label_does_not_give_it",),
    ),
    Mutant(
        "a masked number has a label, and with it a copy button",
        "contacts_ui/web/contact_rows.py",
        "return escape(mask_number(contact)), None, None",
        "return escape(mask_number(contact)), escape(number), None",
        ("tests/test_contact_rows.py::test_masked_row_has_no_digit_beyond_the_last_four",),
    ),
    Mutant(
        "the length of a compressed page tells what it repeats of its address",
        "contacts_ui/middleware/compression.py",
        "_PADDING[randbelow(len(_PADDING))]",
        "_PADDING[0]",
        ("tests/test_compression.py::test_length_of_equal_pages_differs",),
    ),
)
