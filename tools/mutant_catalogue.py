"""Mutant catalogue: the most harmful faults, each as one text replacement, with the tests that must kill it.

`old` occurs in `file` exactly once. `tests` are part of `make test`, drive no browser, and take a few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `name` describes its effect on a user; `tests` are paths or node ids for pytest."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS: tuple[Mutant, ...] = (
    # --- One profile's contacts shown to another --------------------------------------------------------
    Mutant(
        "a response for another profile is shown",
        "contacts_ui/sent_api/client.py",
        "        self._check_profile(response, request.profile_id)\n",
        "",
        ("tests/test_contact_list.py::test_response_of_other_profile_is_refused_and_not_shown",),
    ),
    Mutant(
        "rows owned by another profile are shown",
        "contacts_ui/gateway/gateway.py",
        "            _check_row_ownership(scope, other_profile_ids, page.contacts, page.request_id)\n",
        "",
        ("tests/test_contact_list.py::test_foreign_row_is_refused_and_not_shown",),
    ),
    Mutant(
        "a contact of an unknown owner passes for the account's own",
        "contacts_ui/contacts/owners.py",
        "named[customer_id.lower()] for customer_id in ids if customer_id.lower() in named",
        "named.get(customer_id.lower(), named[(known.value.id or '').lower()]) for customer_id in ids",
        ("tests/test_owner_column.py::test_owner_that_api_does_not_name_is_said_to_be_unnamed",),
    ),
    Mutant(
        "all profiles share cached responses",
        "contacts_ui/gateway/cache_keys.py",
        "self.api_key_fingerprint, scope.profile_id or 'account', *parts",
        "self.api_key_fingerprint, *parts",
        ("tests/gateway/test_cache.py::test_cache_keys_differ_by_api_key_scope_and_query",),
    ),
    Mutant(
        "sealed values share a nonce, so that two of them give both away",
        "contacts_ui/sealing/sealer.py",
        "nonce = os.urandom(NONCE_BYTES)",
        "nonce = bytes(NONCE_BYTES)",
        ("tests/sealing/test_sealer.py::test_equal_texts_are_sealed_differently",),
    ),
    Mutant(
        "a cached value is believed after its end",
        "contacts_ui/sealing/caches.py",
        "return value if ends_at is None or ends_at > time.time() else _ABSENT",
        "return value",
        ("tests/sealing/test_caches.py::test_value_written_back_after_its_end_is_absent",),
    ),
    Mutant(
        "support sees unassigned profiles",
        "contacts_ui/access.py",
        "if profile.id.lower() in assigned)",
        "if profile.id)",
        ("tests/test_access.py::test_support_sees_only_assigned_profiles",),
    ),
    Mutant(
        "cached rows are shown after the API rejected the profile",
        "contacts_ui/gateway/cached_fetch.py",
        "self._cache.invalidate_scope(self._keys.scope_invalidated_at(request.scope))",
        "pass",
        ("tests/gateway/test_refused_scopes.py::test_rejected_scope_shows_no_stale_data",),
    ),
    Mutant(
        "stale rows are shown of a profile rejected during a failing call",
        "contacts_ui/gateway/cached_fetch.py",
        "        cached = self._cached(request)\n        if cached is None:\n            raise error\n",
        "        cached = self._cache.get(request.key, request.result_type)\n"
        "        if cached is None:\n            raise error\n",
        ("tests/gateway/test_refused_scopes.py::test_scope_rejected_during_failing_call_shows_no_stale_data",),
    ),
    Mutant(
        "a response about another contact is shown",
        "contacts_ui/sent_api/client.py",
        "if contact.id != contact_id:",
        "if contact.id is None:",
        ("tests/test_contact_detail.py::test_answer_about_other_contact_is_refused",),
    ),
    Mutant(
        "a snapshot keeps rows owned by another profile",
        "contacts_ui/gateway/gateway.py",
        "            _check_row_ownership(scope, others, page.contacts, page.request_id)\n",
        "",
        ("tests/snapshots/test_runner.py::test_foreign_row_stops_the_snapshot",),
    ),
    Mutant(
        "a worker believed dead overwrites what another has done",
        "contacts_ui/snapshots/lease.py",
        "fence=snapshot.fence, state=SnapshotState.RUNNING",
        "state=SnapshotState.RUNNING",
        ("tests/snapshots/test_lease.py::test_write_of_revived_runner_is_refused_with_its_part",),
    ),
    Mutant(
        "an expired snapshot can still be read",
        "contacts_ui/snapshots/lifecycle.py",
        "Snapshot.objects.filter(pk=snapshot.pk).update(wrapped_key=None, question=None)",
        "Snapshot.objects.filter(pk=snapshot.pk).update(question=None)",
        ("tests/snapshots/test_snapshots.py::test_expired_snapshot_loses_its_key_before_its_parts",),
    ),
    Mutant(
        "a part of a snapshot opens in another's place",
        "contacts_ui/snapshots/parts.py",
        'return f"{snapshot.pk}|{what}".encode()',
        'return b""',
        ("tests/snapshots/test_parts.py::test_part_of_other_snapshot_with_same_key_does_not_open",),
    ),
    Mutant(
        "a copy of a list that lost rows is called whole",
        "contacts_ui/snapshots/crawl.py",
        "if first != last or snapshot.shrank_in_pass:",
        "if first != last:",
        ("tests/snapshots/test_crawl.py::test_list_that_shrank_and_grew_again_is_not_whole",),
    ),
    # --- Unmasked numbers shown to users with masking ---------------------------------------------------
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
    # --- Audit log and logs -----------------------------------------------------------------------------
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
        "redact(rest, secret_values())",
        "rest",
        ("tests/test_logs.py::test_api_key_is_redacted_everywhere",),
    ),
    Mutant(
        "an error contains the requested URL with its number",
        "contacts_ui/sent_api/client.py",
        "raise _map_exception(error, call_deadline) from None",
        "raise _map_exception(error, call_deadline) from error",
        ("tests/gateway/test_fault_matrix.py::test_refused_connection_is_connection_failure",),
    ),
    # --- Wrong statements about the data ----------------------------------------------------------------
    Mutant(
        "stale rows are shown as fresh",
        "contacts_ui/gateway/cached_fetch.py",
        "return CachedResult(cached, stale=True, error=reason)",
        "return CachedResult(cached)",
        ("tests/gateway/test_cache.py::test_stale_page_is_shown_with_reason_when_api_fails_or_is_slow",),
    ),
    Mutant(
        "a failure is shown as an empty list",
        "contacts_ui/sent_api/client.py",
        "except ContactNotFound as error:\n            return ContactPage(",
        "except SentError as error:\n            return ContactPage(",
        ("tests/test_error_pages.py::test_failure_has_its_own_page",),
    ),
    Mutant(
        "a bulk lookup inverts opt-out",
        "templates/desk/contacts/_lookup_rows.html",
        "{% if contact and contact.opt_out %}",
        "{% if contact and not contact.opt_out %}",
        ("tests/test_search.py::test_bulk_lookup_shows_opt_out_of_each_contact",),
    ),
    Mutant(
        "a contact inverts opt-out",
        "templates/desk/contacts/_contact.html",
        '"Consent", "Opted out" if contact.opt_out else',
        '"Consent", "Opted out" if not contact.opt_out else',
        ("tests/test_contact_detail.py::test_field_badge_and_reachability_agree_on_opt_out",),
    ),
    Mutant(
        "the last page that the API serves has a next link",
        "contacts_ui/web/pagination.py",
        "if more and number < MAX_PAGE else None",
        "if more else None",
        ("tests/test_pagination.py::test_last_possible_page_has_no_next_link",),
    ),
    # --- Load limits ------------------------------------------------------------------------------------
    Mutant(
        "calls in flight exceed the bulkhead",
        "contacts_ui/gateway/call_policy.py",
        "            raise Overloaded\n",
        "            pass\n",
        ("tests/gateway/test_call_policy.py::test_call_without_free_slot_is_rejected_until_one_is_released",),
    ),
    Mutant(
        "a retry bypasses the rate limiter",
        "contacts_ui/gateway/call_policy.py",
        "        if self._rate_limiter.acquire(bulk=bulk) > 0:\n            return False\n",
        "",
        ("tests/gateway/test_call_policy.py::test_retry_is_skipped_when_rate_limit_is_exhausted",),
    ),
    # --- Authentication and permissions -----------------------------------------------------------------
    Mutant(
        "a one-time code is accepted twice when sent concurrently",
        "contacts_ui/sign_in/totp_reuse.py",
        "if period is None or period <= kept.data.get(LAST_PERIOD, -1):",
        "if period is None:",
        ("tests/sign_in/test_second_factors.py::test_concurrent_use_of_same_code_is_accepted_once",),
    ),
    Mutant(
        "whoever has a password link can make it name another maker",
        "contacts_ui/sign_in/password_tokens.py",
        'self.key_salt = f"{PasswordResetTokenGenerator.key_salt}|made by {maker_id}"',
        "self.key_salt = PasswordResetTokenGenerator.key_salt",
        ("tests/audit/test_password_makers.py::test_maker_of_link_cannot_be_changed",),
    ),
    Mutant(
        "a factor deleted in Django's admin leaves the sessions of its owner",
        "contacts_ui/people/factors.py",
        "    end_sessions_and_record(factor.user)\n",
        "",
        ("tests/test_admin.py::test_factor_deleted_in_admin_is_recorded_and_ends_sessions",),
    ),
    Mutant(
        "an admin needs no second factor",
        "contacts_ui/sign_in/second_factor.py",
        "return not has_second_factor(user)",
        "return False",
        ("tests/sign_in/test_mfa_required.py::test_page_redirects_to_mfa_setup_without_second_factor",),
    ),
    Mutant(
        "the cookie of any account's browser counts for every account",
        "contacts_ui/sign_in/attempts.py",
        "if browser is not None and user is not None and browser.knows(user):",
        "if browser is not None and user is not None:",
        ("tests/sign_in/test_limits_tell_nothing.py::test_cookie_of_one_account_does_not_help_at_another",),
    ),
    Mutant(
        "a password lifts what the second factor protects",
        "contacts_ui/sign_in/step_up.py",
        'accepted = {"mfa"} if has_second_factor(user) else {"password", "socialaccount"}',
        'accepted = {"mfa", "password", "socialaccount"}',
        ("tests/sign_in/test_step_up.py::test_every_view_asks_for_the_factor_there_is",),
    ),
    Mutant(
        "an admin has the auditor's new password mailed to himself",
        "contacts_ui/people/permissions.py",
        "return actor.is_superuser or is_self(actor, person) or person.role not in GUARDED",
        "return True",
        ("tests/test_people_guarded.py::test_admin_does_not_redirect_mail_of_guarded_person",),
    ),
    Mutant(
        "a link to the desk redirects to another site",
        "contacts_ui/sign_in/adapters.py",
        "bool(url) and safe_redirect_path(str(url)) is not None and not",
        "bool(url) and not",
        ("tests/test_open_redirect.py::test_redirect_follows_own_path_and_no_trick",),
    ),
    Mutant(
        "support can open the People page and the audit log",
        "contacts_ui/access.py",
        '            if role_of(cast("User", request.user)) not in roles:\n                raise RoleDenied\n',
        "",
        ("tests/test_roles_and_urls.py::test_get_status_matches_table_for_each_role[support]",),
    ),
    # --- What a stolen database opens, and what starts ---------------------------------------------------
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
        "tuple(c for c in page.contacts if shown_digits(c) == digits)",
        "page.contacts",
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
        "    if len(page.contacts) <= audit.MAX_HASHED_RESULTS:\n",
        "    if hashes and len(page.contacts) <= audit.MAX_HASHED_RESULTS:\n",
        ("tests/audit/test_lookups.py",),
    ),
    Mutant(
        "nobody's hour of contacts ends",
        "contacts_ui/quota.py",
        "    raise _exceeded(current.first(), spent, limits, now)\n",
        "",
        ("tests/test_quota.py",),
    ),
    # --- Saved views -------------------------------------------------------------------------------------
    Mutant(
        "everybody is offered the private views of others",
        "contacts_ui/contacts/saved_views.py",
        "return SavedView.objects.filter(here, Q(owner=user) | shared)",
        "return SavedView.objects.filter(here)",
        (
            "tests/test_saved_views.py::test_private_view_of_other_person_is_on_no_page",
            "tests/test_saved_views.py::test_private_view_of_other_person_is_absent_by_every_method",
        ),
    ),
    Mutant(
        "a view outlives the profile that was taken away",
        "contacts_ui/contacts/saved_views.py",
        "    here = Q(scope=None) | Q(scope=scope_key(scope))\n",
        "    here = Q()\n",
        ("tests/test_saved_views.py::test_view_of_one_profile_is_offered_in_no_other",),
    ),
    Mutant(
        "everybody changes the views that others share",
        "contacts_ui/contacts/saved_views.py",
        "    if view.owner_id != user.pk and role_of(user) != ADMIN:\n",
        "    if False:\n",
        ("tests/test_saved_views.py::test_shared_view_is_changed_by_owner_and_admin_alone",),
    ),
    Mutant(
        "a phone number is saved as the name of a view",
        "contacts_ui/contacts/view_form.py",
        "        if sum(map(str.isdigit, name)) > MAX_DIGITS:\n",
        "        if False:\n",
        ("tests/test_saved_views.py::test_name_with_number_or_nothing_is_refused",),
    ),
    Mutant(
        "a search is handed to the form of a view",
        "contacts_ui/contacts/saved_views.py",
        'query.url(path=f"{scope.path}views/new/", search=None, phone=None)',
        'query.url(path=f"{scope.path}views/new/")',
        ("tests/test_saved_views.py::test_form_starts_with_filters_of_list_and_without_its_search",),
    ),
    Mutant(
        "the command list shows masked numbers in full",
        "contacts_ui/views/command_list.py",
        "(mask_number(contact) if masked else contact.number)",
        "contact.number",
        ("tests/test_command_list.py::test_masked_number_of_opened_contact_stays_masked",),
    ),
    Mutant(
        "numbers of the command list are on no record",
        "contacts_ui/views/command_list.py",
        "        audit.record(request, audit.AuditAction.CONTACTS_LISTED, about=",
        "        dict(about=",
        ("tests/test_command_list.py::test_numbers_shown_again_are_on_record",),
    ),
    # --- The number index -------------------------------------------------------------------------------
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
)
