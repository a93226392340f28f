"""Mutants: what a stolen database opens, and what starts."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a session key read from the database opens the session",
        "contacts_ui/sign_in/hashed_sessions.py",
        "        session.session_key = stored_key(session.session_key)\n",
        "",
        ("tests/sign_in/test_hashed_sessions.py",),
    ),
    Mutant(
        "a stored hash is taken as the key of a cookie",
        "contacts_ui/sign_in/hashed_sessions.py",
        "stored = hashlib.sha256(key.encode()).hexdigest()[:STORED_LENGTH]",
        "stored = _stored(key)",
        ("tests/sign_in/test_hashed_sessions.py::test_stored_key_is_not_a_cookie",),
    ),
    Mutant(
        "a desk that others reach without TLS starts",
        "dashboard/settings.py",
        "require_safe(_site, _listens_on, debug=DEBUG)\n",
        "",
        ("tests/start/test_site_url.py",),
    ),
    Mutant(
        "a misspelt setting is ignored",
        "dashboard/settings.py",
        "require_known_names(env.names, ENV_FILE)\n",
        "",
        ("tests/start/test_names.py",),
    ),
    Mutant(
        "a real admin gets the demo's password and every right",
        "contacts_ui/people/demo_accounts.py",
        "        if unmarked.filter(username__in=NAMES).exists() or (unmarked.exists() and not marked.exists()):\n",
        "        if False:\n",
        ("tests/test_demo_accounts.py::test_real_admin_keeps_password_and_rights",),
    ),
    Mutant(
        "the demo's accounts open a desk with a real key",
        "contacts_ui/management/commands/preflight.py",
        "        _refuse_demo_accounts()\n",
        "",
        ("tests/test_preflight.py::test_active_demo_accounts_stop_start",),
    ),
    Mutant(
        "anybody becomes an admin by break-glass",
        "contacts_ui/people/break_glass.py",
        "    if person.role != ADMIN:\n",
        "    if False:\n",
        ("tests/test_desk_admin.py::test_person_with_other_role_gets_no_link_and_no_rights",),
    ),
    Mutant(
        "hidden digits of masked numbers fall one by one",
        "contacts_ui/phone_search/masked_plan.py",
        'numbers = tuple(attempt for attempt in (*plan.attempts, *plan.alternatives) if attempt.kind == "phone")',
        "numbers = (*plan.attempts, *plan.alternatives)",
        ("tests/test_masked_search.py::test_hidden_digits_cannot_be_searched_one_by_one",),
    ),
    Mutant(
        "four digits show whoever has them anywhere in a masked number",
        "contacts_ui/contacts/search.py",
        "tuple(contact for contact in result.value.contacts if shown_digits(contact) == ending)",
        "result.value.contacts",
        ("tests/test_masked_search.py::test_four_digits_show_only_numbers_that_end_in_them",),
    ),
    Mutant(
        "a number smuggled beside the text is looked up",
        "contacts_ui/contacts/filters.py",
        "    attempt = phone_search.chosen_attempt(named, search, plan)\n",
        "    attempt = phone_search.parse_attempt(named)\n",
        ("tests/audit/test_lookups.py::test_number_that_only_the_link_names_is_not_asked",),
    ),
    Mutant(
        "a short list leaves no hashes of whoever is on it",
        "contacts_ui/views/contact_list.py",
        "    if len(page.contacts) <= audit.MAX_HASHED_RESULTS or audit.has_few_numbers(page.contacts):\n",
        "    if hashes and audit.has_few_numbers(page.contacts):\n",
        ("tests/audit/test_lookups.py",),
    ),
    Mutant(
        "nobody's hour of contacts ends",
        "contacts_ui/quota.py",
        '    raise _exceeded(user_id, {"contacts": contacts, "numbers": numbers, "lookups": lookups})\n',
        "",
        ("tests/test_quota.py",),
    ),
)
