"""Mutants: who is asking, and what they had of their hour."""

from __future__ import annotations

from .mutant import Mutant

_CHANGES = "tests/sign_in/test_principal.py::test_change_counts_from_next_request_on"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a person who was switched off is still served",
        "contacts_ui/sign_in/authentication.py",
        "        and principal.user.is_active\n",
        "",
        (f"{_CHANGES}[switched off]",),
    ),
    Mutant(
        "a session outlives a new password",
        "contacts_ui/sign_in/authentication.py",
        "if constant_time_compare(held, present) or _is_renewed(session, principal.user, held, present):",
        "if True:",
        (f"{_CHANGES}[password]",),
    ),
    Mutant(
        "a group named like a list of roles makes admins",
        "contacts_ui/principal.py",
        " AND g.name IN ({roles})",
        "",
        ("tests/sign_in/test_principal.py::test_group_named_like_a_list_of_roles_is_no_role",),
    ),
    Mutant(
        "a session that nobody can end by its person is served",
        "contacts_ui/sign_in/hashed_sessions.py",
        "if session is None or owner_ids(data) != (session.user_id, session.waiting_id):",
        "if session is None:",
        ("tests/sign_in/test_hashed_sessions.py::test_session_whose_columns_contradict_its_data_opens_nothing",),
    ),
    Mutant(
        "a policy of masking forces nobody",
        "contacts_ui/principal.py",
        "        bool(mask_forced),\n",
        "        False,\n",
        (f"{_CHANGES}[policy]",),
    ),
    Mutant(
        "whoever signs in halfway comes in after everyone was signed out",
        "contacts_ui/people/sessions.py",
        "Q(user=user) | Q(waiting=user)",
        "Q(user=user)",
        ("tests/sign_in/test_second_factors.py",),
    ),
    Mutant(
        "an hour's contacts have no end",
        "contacts_ui/quota.py",
        "OR w.contacts + excluded.contacts <= %s",
        "OR %s >= 0",
        ("tests/test_quota.py::test_list_over_quota_shows_sentence_and_no_row",),
    ),
    Mutant(
        "PostgreSQL shows what it did not record",
        "contacts_ui/audit/log.py",
        "            written = cursor.rowcount > 0\n",
        "            written = True\n",
        ("tests/audit/test_statements.py",),
    ),
)
