"""Mutants: pages of exports."""

from __future__ import annotations

from .mutant import Mutant

DOWNLOAD, ASK = "tests/export_pages/test_download.py", "tests/export_pages/test_ask.py"
MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "an export starts without the proof of who asks",
        "contacts_ui/middleware/step_up.py",
        '    "export-new": Rule("Export contacts of {scope}", "contact-list", _SENT, exempt=only_asks),\n',
        '    "export-new": Rule("Export contacts of {scope}", "contact-list", frozenset()),\n',
        (f"{ASK}::test_start_asks_for_proof_and_loses_nothing",),
    ),
    Mutant(
        "the rest of any file is had without a proof",
        "contacts_ui/views/export_file.py",
        "    return is_rest and 0 <= time.time() - started < RESUMED_WITHIN\n",
        "    return is_rest\n",
        (f"{DOWNLOAD}::test_download_asks_for_proof_and_its_rest_does_not",),
    ),
    Mutant(
        "support agents are offered and given exports",
        "contacts_ui/views/exports.py",
        "@require_role(EXPORTER, ADMIN)\ndef export_new(",
        "@require_role(EXPORTER, ADMIN, 'support')\ndef export_new(",
        ("tests/test_roles_and_urls.py::test_get_status_matches_table_for_each_role",),
    ),
    Mutant(
        "a download that was cut counts as one",
        "contacts_ui/views/export_file.py",
        "        self._given += len(chunk)\n",
        "        self._given += len(chunk)\n        self._sent = self._given\n",
        (f"{DOWNLOAD}::test_download_that_is_cut_counts_as_none",),
    ),
    Mutant(
        "downloads at once take the file more than three times",
        "contacts_ui/exports/downloads.py",
        "state=ExportState.READY, downloads__lt=MAX_DOWNLOADS)",
        "state=ExportState.READY)",
        ("tests/exports/test_attacks.py::test_downloads_at_once_are_three",),
    ),
    Mutant(
        "a file is had for ever without its last byte",
        "contacts_ui/exports/downloads.py",
        '    if not readable.update(sent_bytes=F("sent_bytes") + number):\n',
        "    if not readable.exists():\n",
        ("tests/hostile_requests/test_exports.py::test_file_without_its_last_byte_is_not_had_for_ever",),
    ),
    Mutant(
        "a search on the page that asks is in no log",
        "contacts_ui/views/exports.py",
        "    event = audit_list_request(request, query)\n",
        "    event = audit.PendingEvent(audit.AuditEvent(audit.AuditAction.CONTACTS_SEARCHED))\n",
        (f"{ASK}::test_search_of_page_is_recorded_by_hash",),
    ),
)
