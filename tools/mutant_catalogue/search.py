"""Mutants: search guided by the index."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a beginning that no contact has is offered, and leads to nobody",
        "contacts_ui/phone_search/guided_plan.py",
        "beginnings = filter(self.known.begins, self._international_beginnings())",
        "beginnings = self._international_beginnings()",
        ("tests/test_guided_plan.py::test_beginning_of_nobody_offers_nothing",),
    ),
    Mutant(
        "a merged list shows a contact twice",
        "contacts_ui/contacts/merged_rows.py",
        "                contacts.setdefault(contact.id, contact)\n",
        "                contacts[UUID(int=len(contacts))] = contact\n",
        ("tests/test_guided_search.py::test_merged_list_is_paged_in_the_order_of_its_pieces",),
    ),
    Mutant(
        "a merged list drops its third piece",
        "contacts_ui/phone_search/guided_plan.py",
        "for piece in pieces if SEPARATOR not in piece.value)[:MAX_ATTEMPTS])",
        "for piece in pieces if SEPARATOR not in piece.value)[:2])",
        ("tests/test_guided_plan.py::test_digits_in_several_pieces_are_one_list_most_contacts_first",),
    ),
    Mutant(
        "an old index is trusted without the literal call",
        "contacts_ui/phone_search/guided_plan.py",
        '[first, *(following if first.kind == "search" else ()), *self._literal], [*others, *numbers])',
        "[first], [*others, *numbers])",
        ("tests/test_guided_search.py::test_piece_that_finds_nobody_falls_through_to_the_literal_call",),
    ),
    Mutant(
        "three pieces of an old index leave no call for the literal one",
        "contacts_ui/contacts/merged_rows.py",
        "        if len(results) >= limits.most - (0 if found else limits.spare):\n",
        "        if len(results) >= limits.most:\n",
        ("tests/test_guided_search.py::test_piece_that_finds_nobody_falls_through_to_the_literal_call",),
    ),
    Mutant(
        "a remembered interpretation hides what the index knows",
        "contacts_ui/contacts/search.py",
        "if len(requests) < 2 or text is None or plan is None or plan.guided:",
        "if len(requests) < 2 or text is None or plan is None:",
        ("tests/test_guided_search.py::test_remembered_interpretation_does_not_hide_what_the_index_knows",),
    ),
    Mutant(
        "one row of a number that several profiles have claims to be the only one",
        "contacts_ui/contacts/owner_rows.py",
        "    if others > 0 or not whole:\n        facts =",
        "    if False:\n        facts =",
        (
            "tests/test_owner_rows.py::test_failed_question_keeps_the_row_and_claims_no_total",
            "tests/test_owner_rows.py::test_owners_that_only_index_knows_are_counted",
        ),
    ),
    Mutant(
        "a link reads all rows with some digits under a policy that masks numbers",
        "contacts_ui/contacts/filters.py",
        'if attempt and mask_forced and attempt.kind != "phone" and not',
        'if attempt and mask_forced and attempt.kind == "search" and not',
        ("tests/test_masked_search.py::test_link_to_several_spellings_or_to_a_part_tells_nothing",),
    ),
    Mutant(
        "rows without the typed digits are shown as results",
        "contacts_ui/contacts/search.py",
        'if digits in digits_only(each.format_national or ""))',
        "if digits)",
        ("tests/test_search.py::test_rows_that_have_not_all_digits_are_left_out",),
    ),
    Mutant(
        "an index built before its worker was killed is built again, without what traffic brought",
        "contacts_ui/number_index/maintenance.py",
        "if index.snapshot != snapshot.pk and not build(",
        "if not build(",
        ("tests/number_index/test_attacks.py::test_worker_killed_after_the_build_loses_no_row_of_traffic",),
    ),
    Mutant(
        "a page that only a task asks for opens the circuit for everybody",
        "contacts_ui/gateway/call_policy.py",
        "if not background or self._circuit_breaker.state().is_open:",
        "if True:",
        ("tests/gateway/test_crawl_page.py::test_failures_of_crawled_pages_refuse_nobody",),
    ),
    Mutant(
        "digits are marked that were not found, where two formats of a number differ",
        "contacts_ui/contacts/marks.py",
        "            if shown.endswith(national[first:]):",
        "            if start >= 0:",
        ("tests/test_marks.py",),
    ),
)
