"""Mutants: the number index."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the account's index tells a profile of everybody's numbers",
        "contacts_ui/number_index/scope_index.py",
        "owned = None if self.owner is None else self.columns.mask_of_owner(self.owner)",
        "owned = None",
        ("tests/number_index/test_pieces.py::test_profile_of_an_account_index_sees_its_own_rows_alone",),
    ),
    Mutant(
        "the index of another API key answers",
        "contacts_ui/number_index/store.py",
        "return kept.filter(key_fingerprint=fingerprint)",
        "return kept",
        ("tests/number_index/test_store.py::test_another_api_key_finds_nothing_and_old_index_is_deleted",),
    ),
    Mutant(
        "a row of another profile enters a profile's index",
        "contacts_ui/number_index/ownership.py",
        "        elif owner is None or owner == own:\n",
        "        else:\n",
        ("tests/number_index/test_traffic.py::test_row_of_another_profile_never_enters",),
    ),
    Mutant(
        "the index of a profile that the API refused still answers",
        "contacts_ui/number_index/registry.py",
        "        if own.is_refused:\n",
        "        if False:\n",
        ("tests/number_index/test_traffic.py::test_refused_scope_has_no_index_until_the_api_answers",),
    ),
)
