"""Mutants: audit log and logs."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "the log says of a number what was done with another whose hash begins alike",
        "contacts_ui/audit/queries.py",
        "    return AuditEntry.objects.filter(whole, pk__in=found).alias(**columns)\n",
        "    return AuditEntry.objects.filter(pk__in=found).alias(**columns)\n",
        ("tests/audit/test_numbers.py::test_hash_with_same_beginning_is_not_found",),
    ),
    Mutant(
        "an e-mail address is guessed letter by letter in the log's person box",
        "contacts_ui/audit/people.py",
        "email__iexact",
        "email__icontains",
        ("tests/audit/test_page.py::test_person_is_found_by_full_name_and_by_whole_address",),
    ),
    Mutant(
        "what was done to a person is said of another whose name begins alike",
        "contacts_ui/audit/people.py",
        'about__startswith=f"{name}:"',
        "about__startswith=name",
        ("tests/audit/test_page.py::test_person_filter_finds_what_others_did_to_them",),
    ),
    Mutant(
        "a change of rights is hidden in the line of another",
        "contacts_ui/audit/folds.py",
        "        if entry.reference and entry.action in _FOLDED:\n",
        "        if entry.reference:\n",
        ("tests/audit/test_folds.py::test_every_change_and_denial_has_a_line_of_its_own",),
    ),
    Mutant(
        "a lookup over profiles is started that the log knows nothing of",
        "contacts_ui/views/number_lookup.py",
        "    audit.append_now(audit.AuditEvent(_ACTION, **known), request)\n",
        "    audit.record(request, _ACTION, **known)\n",
        ("tests/lookup/test_sweep.py::test_start_is_recorded_by_its_number_whoever_has_it",),
    ),
    Mutant(
        "an action of the log's menu finds rows that are called otherwise",
        "contacts_ui/audit/queries.py",
        "    entries = entries.filter(_special(name), **conditions)\n",
        "    entries = entries.filter(**conditions)\n",
        ("tests/audit/test_names.py::test_name_finds_exactly_the_rows_that_have_it",),
    ),
    Mutant(
        "contacts and revealed numbers are shown when the audit log cannot be written",
        "contacts_ui/middleware/audit.py",
        "return error_response(desk_request, error) or response",
        "return response",
        (
            "tests/audit/test_write_failures.py::test_unrecordable_reveal_shows_no_number",
            "tests/audit/test_write_failures.py::test_unrecordable_view_shows_no_number",
        ),
    ),
    Mutant(
        "the audit log contains numbers in clear",
        "contacts_ui/audit/number_hashes.py",
        "hmac.new(secret, text, hashlib.sha256).hexdigest()[:HASH_LENGTH] for text in texts",
        "text.decode() for text in texts",
        ("tests/audit/test_recorder.py::test_number_is_in_no_column",),
    ),
    Mutant(
        "log lines contain keys and numbers",
        "contacts_ui/observability/json_logs.py",
        "redactor().fields(fields)",
        "fields",
        ("tests/test_logs.py::test_api_key_is_redacted_everywhere",),
    ),
    Mutant(
        "log lines contain a number that came before",
        "contacts_ui/observability/redaction.py",
        "if redacted == text and _DIGITLESS.fullmatch(text):",
        "if _DIGITLESS or redacted == text:",
        ("tests/test_logs.py::test_text_is_redacted_the_same_when_it_comes_again",),
    ),
    Mutant(
        "log lines contain a key that looks like an id",
        "contacts_ui/observability/redaction.py",
        "(_ID.fullmatch(text) and not self._has_secret(text))",
        "_ID.fullmatch(text)",
        ("tests/test_logs.py::test_secret_that_looks_like_an_id_is_redacted",),
    ),
    Mutant(
        "an error contains the requested URL with its number",
        "contacts_ui/sent_api/client.py",
        "raise _map_exception(error, call_deadline) from None",
        "raise _map_exception(error, call_deadline) from OSError(prepared.url)",
        ("tests/gateway/test_fault_matrix.py::test_refused_connection_is_connection_failure",),
    ),
)
