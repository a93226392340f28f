"""Mutant catalogue: the faults that would do most harm, each as one edit, with the tests that must notice it.

`old` stands in `file` exactly once. `tests` are part of `make test`, drive no browser, and take a few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`name` says what goes wrong for a person; `tests` are paths or node ids for pytest."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS: tuple[Mutant, ...] = (
    # --- One tenant's contacts shown to another -----------------------------------------------------
    Mutant(
        "an answer that names another profile is shown",
        "contacts_ui/sent_api/client.py",
        "        self._check_profile(answer, call.profile_id)\n",
        "",
        ("tests/test_contact_list.py::test_an_echo_of_another_profile_is_refused_and_never_shown",),
    ),
    Mutant(
        "rows that another profile owns are shown",
        "contacts_ui/gateway/gateway.py",
        "            _refuse_foreign(scope, others, page.contacts, page.request_id)\n",
        "",
        ("tests/test_contact_list.py::test_a_foreign_row_is_refused_and_never_shown",),
    ),
    Mutant(
        "all profiles share their kept answers",
        "contacts_ui/gateway/cache.py",
        "self.fingerprint, scope.profile_id or 'account', *parts",
        "self.fingerprint, *parts",
        ("tests/gateway/test_cache.py::test_no_two_questions_share_a_key",),
    ),
    Mutant(
        "support sees profiles that are not assigned to them",
        "contacts_ui/access.py",
        "if profile.id.lower() in assigned)",
        "if profile.id)",
        ("tests/test_access.py::test_support_sees_what_is_assigned_and_nothing_else",),
    ),
    Mutant(
        "kept rows are shown after the API refused the profile",
        "contacts_ui/gateway/cached_fetch.py",
        "self._shelf.close(self._keys.closed(wish.scope))",
        "pass",
        ("tests/gateway/test_refused_scopes.py::test_after_the_profile_was_refused_nothing_old_of_it_is_shown",),
    ),
    Mutant(
        "old rows are shown of a profile refused during a failing call",
        "contacts_ui/gateway/cached_fetch.py",
        "        kept = self._kept(wish)\n        if kept is None:\n            raise error\n",
        "        kept = self._shelf.get(wish.key, wish.kind)\n        if kept is None:\n            raise error\n",
        ("tests/gateway/test_refused_scopes.py::test_a_scope_refused_during_a_failing_call_shows_nothing_old",),
    ),
    Mutant(
        "an answer about another contact is shown as this one's",
        "contacts_ui/sent_api/client.py",
        "if found.id != contact_id:",
        "if found.id is None:",
        ("tests/test_contact_detail.py::test_an_answer_about_another_contact_is_refused",),
    ),
    # --- Whole numbers before people who may not read them ------------------------------------------
    Mutant(
        "the list shows whole numbers to somebody who is masked",
        "templates/desk/contacts/_results.html",
        "not preferences.mask_numbers",
        "true",
        ("tests/test_masking.py::test_a_list_shows_no_more_than_the_last_four_digits_of_any_number",),
    ),
    Mutant(
        "a look-up of several shows whole numbers to somebody who is masked",
        "templates/desk/contacts/_batch.html",
        "not preferences.mask_numbers",
        "true",
        ("tests/test_masking.py::test_a_lookup_of_several_shows_the_last_four_digits_at_most",),
    ),
    Mutant(
        "a contact shows its whole number to somebody who is masked",
        "templates/desk/contacts/_contact.html",
        "revealed or not preferences.mask_numbers",
        "true",
        ("tests/test_masking.py::test_a_contact_shows_no_more_than_the_last_four_digits_in_any_format",),
    ),
    # --- What is written down -----------------------------------------------------------------------
    Mutant(
        "contacts and revealed numbers are shown though nobody could record it",
        "contacts_ui/middleware/error_pages.py",
        "return answer_for(desk_request, error) or response",
        "return response",
        (
            "tests/audit/test_write_failures.py::test_a_number_that_cannot_be_recorded_is_not_revealed",
            "tests/audit/test_write_failures.py::test_a_view_that_cannot_be_recorded_shows_no_number",
        ),
    ),
    Mutant(
        "the audit log holds numbers in clear",
        "contacts_ui/audit/number_hashes.py",
        'return hmac.new(secret, f"{kind}|{text}".encode(), hashlib.sha256).hexdigest()[:LENGTH]',
        "return text",
        ("tests/audit/test_recorder.py::test_the_number_itself_is_in_no_column",),
    ),
    Mutant(
        "log lines hold keys and numbers",
        "contacts_ui/observability/json_logs.py",
        "cleaned(rest, secrets())",
        "rest",
        ("tests/test_logs.py::test_a_key_never_comes_out",),
    ),
    Mutant(
        "an error carries the address that was called, number included",
        "contacts_ui/sent_api/client.py",
        "raise _meaning(error, deadline) from None",
        "raise _meaning(error, deadline) from error",
        ("tests/gateway/test_fault_matrix.py::test_a_refused_connection_is_unreachable",),
    ),
    # --- What is said of the data -------------------------------------------------------------------
    Mutant(
        "old rows are shown as if they were fresh",
        "contacts_ui/gateway/cached_fetch.py",
        "return Shown(kept, stale=True, because=because)",
        "return Shown(kept)",
        ("tests/gateway/test_cache.py::test_an_old_answer_is_better_than_none_and_says_so",),
    ),
    Mutant(
        "a failure is shown as a list without contacts",
        "contacts_ui/sent_api/client.py",
        "except ContactNotFound as missing:\n            return ContactPage(",
        "except SentError as missing:\n            return ContactPage(",
        ("tests/test_error_pages.py::test_a_failure_has_its_own_page",),
    ),
    Mutant(
        "a look-up of several says the opposite of who opted out",
        "templates/desk/contacts/_batch.html",
        "{% if contact and contact.opt_out %}",
        "{% if contact and not contact.opt_out %}",
        ("tests/test_search.py::test_a_lookup_of_several_says_of_each_contact_if_it_opted_out",),
    ),
    Mutant(
        "a contact says the opposite of whether it opted out",
        "templates/desk/contacts/_contact.html",
        '"Opted out", "Yes" if contact.opt_out else',
        '"Opted out", "Yes" if not contact.opt_out else',
        ("tests/test_contact_detail.py::test_fact_badge_and_reach_agree_on_whether_a_contact_opted_out",),
    ),
    Mutant(
        "the last page that can be asked for has a next link",
        "contacts_ui/web/pagination.py",
        "if more and number < MAX_PAGE else None",
        "if more else None",
        ("tests/test_pagination.py::test_the_last_page_that_can_be_asked_for_has_no_next_link",),
    ),
    # --- What the desk may take ---------------------------------------------------------------------
    Mutant(
        "calls pile up beyond the places there are",
        "contacts_ui/gateway/call_policy.py",
        "            raise Crowded\n",
        "            return\n",
        ("tests/gateway/test_call_policy.py::test_who_finds_no_place_in_flight_is_turned_away_until_one_leaves",),
    ),
    Mutant(
        "a second try takes a call from the customers' messages",
        "contacts_ui/gateway/call_policy.py",
        "        if self._budget.take(bulk=bulk) > 0:\n            return False\n",
        "",
        ("tests/gateway/test_call_policy.py::test_without_budget_there_is_no_second_try",),
    ),
    # --- Who comes in, and what they may do ---------------------------------------------------------
    Mutant(
        "a one-time code lets two in who send it at once",
        "contacts_ui/sign_in/totp_reuse.py",
        "if period is None or period <= kept.data.get(LAST_PERIOD, -1):",
        "if period is None:",
        ("tests/sign_in/test_second_factors.py::test_of_two_who_send_the_same_code_at_once_one_is_let_in",),
    ),
    Mutant(
        "an admin needs no second factor",
        "contacts_ui/sign_in/second_factor.py",
        "return not has_second_factor(user)",
        "return False",
        ("tests/sign_in/test_mfa_required.py::test_nothing_opens_before_it",),
    ),
    Mutant(
        "a link to the desk leads on to another site",
        "contacts_ui/sign_in/adapters.py",
        "bool(url) and local_path(str(url)) is not None and not",
        "bool(url) and not",
        ("tests/test_open_redirect.py::test_every_way_leads_to_a_page_of_the_site_and_by_no_trick",),
    ),
    Mutant(
        "support opens the People page and the audit log",
        "contacts_ui/access.py",
        '            if role_of(cast("User", request.user)) not in roles:\n                raise RoleDenied\n',
        "",
        ("tests/test_roles_and_urls.py::test_reading_is_for_whom_the_table_says[support]",),
    ),
)
