"""Mutants: exports."""

from __future__ import annotations

from .mutant import Mutant

RIGHTS = "tests/exports/test_rights.py"
MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the file of a list that was picked out of an answer holds the whole answer",
        "contacts_ui/exports/searching.py",
        'attempt.kind != "search" or attempt.rows_with or ',
        'attempt.kind != "search" or ',
        ("tests/exports/test_requests.py::test_file_of_a_beginning_holds_no_row_that_its_list_leaves_out",),
    ),
    Mutant(
        "an export reads on after its role or profile was taken away",
        "contacts_ui/exports/reading.py",
        "    if rights_of(export, in_background=True) is None:\n",
        "    if False:\n",
        (f"{RIGHTS}::test_right_taken_in_reading_stops_within_a_page",),
    ),
    Mutant(
        "a file is written to its end after the right to it was taken away",
        "contacts_ui/exports/writing.py",
        "            if rights is None:\n",
        "            if False:\n",
        (f"{RIGHTS}::test_right_taken_in_writing_stops_at_the_next_batch",),
    ),
    Mutant(
        "a file is downloaded by whoever has lost the role or the profile",
        "contacts_ui/exports/downloads.py",
        "    if rights is None or (rights.mask_forced and not current.masked):\n",
        "    if rights is not None and rights.mask_forced and not current.masked:\n",
        (f"{RIGHTS}::test_right_taken_makes_the_file_unreachable",),
    ),
    Mutant(
        "a writer that wakes up late deletes the blocks of the next one",
        "contacts_ui/exports/lease.py",
        "        write(export, (), **values)\n        ExportPart.objects.filter(export=export).delete()\n",
        "        pass\n    ExportPart.objects.filter(export=export).delete()\n    write(export, (), **values)\n",
        ("tests/exports/test_attacks.py::test_writer_that_wakes_up_deletes_nothing_of_the_next",),
    ),
    Mutant(
        "an admin downloads the files of others",
        "contacts_ui/exports/downloads.py",
        "    if export.person_id is None or export.person_id != user.pk:\n",
        "    if export.person_id is None:\n",
        (f"{RIGHTS}::test_nobody_else_downloads_and_admins_see_and_cancel",),
    ),
    Mutant(
        "the numbers of a masked export are complete",
        "contacts_ui/exports/columns.py",
        "    if not masked:\n",
        "    if True:\n",
        (f"{RIGHTS}::test_masked_file_has_no_digit_but_the_last",),
    ),
    Mutant(
        "a mask that is forced while a file is written is ignored",
        "contacts_ui/exports/writing.py",
        "        if export.progress is None or (rights.mask_forced and not export.masked):\n",
        "        if export.progress is None:\n",
        (f"{RIGHTS}::test_mask_forced_in_writing_masks_the_whole_file",),
    ),
    Mutant(
        "a file is downloaded after its day",
        "contacts_ui/exports/downloads.py",
        "    if current.has_expired or current.downloads >= MAX_DOWNLOADS:\n",
        "    if current.downloads >= MAX_DOWNLOADS:\n",
        ("tests/exports/test_lifecycle.py::test_file_is_gone_after_its_day",),
    ),
    Mutant(
        "an expired export keeps its key",
        "contacts_ui/exports/lifecycle.py",
        '    values = {"state": state, "wrapped_key": None, "details": None, "progress": None, "lease_until": None}\n',
        '    values = {"state": state, "details": None, "progress": None, "lease_until": None}\n',
        ("tests/exports/test_lifecycle.py::test_file_is_gone_after_its_day",),
    ),
    Mutant(
        "a part of the list that is missing is not noticed",
        "contacts_ui/exports/writing.py",
        "        if progress.rows != self._export.rows:\n",
        "        if False:\n",
        ("tests/exports/test_lifecycle.py::test_part_of_the_list_that_disappeared_is_noticed",),
    ),
    Mutant(
        "a writer that was believed dead spoils the file",
        "contacts_ui/exports/lease.py",
        "    return Export.objects.filter(pk=export.pk, fence=export.fence, state=ExportState.WRITING)\n",
        "    return Export.objects.filter(pk=export.pk, state=ExportState.WRITING)\n",
        ("tests/exports/test_budget.py::test_writer_that_wakes_up_late_writes_nothing",),
    ),
    Mutant(
        "a formula runs when somebody opens a CSV file",
        "contacts_ui/exports/csv_file.py",
        "    return _FORMULA.match(piece) is not None and not is_phone_number(piece)\n",
        "    return False\n",
        ("tests/exports/test_cells.py::test_no_formula_begins_a_cell_of_csv",),
    ),
    Mutant(
        "a file that was begun without a style for dates goes on with dates",
        "contacts_ui/exports/xlsx_file.py",
        "self._times = times if self.state.has_dates else ()",
        "self._times = times",
        ("tests/exports/test_cells.py::test_file_begun_before_dates_goes_on_with_texts",),
    ),
)
