"""Mutants: authentication and permissions."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "another site fills in a form that one click of a signed-in person sends",
        "contacts_ui/views/stale_form.py",
        'if request.headers.get("Origin") not in settings.SITE_ORIGINS:',
        'if request.headers.get("Origin") is None:',
        ("tests/sign_in/test_stale_forms.py::test_form_of_other_site_is_refused_without_its_fields",),
    ),
    Mutant(
        "a password of an older tab stands on a page",
        "contacts_ui/sign_in/form_again.py",
        'return any(name in _SECRETS or "password" in name for name in request.POST)',
        "return any(name in _SECRETS for name in request.POST)",
        ("tests/sign_in/test_stale_forms.py::test_secret_is_asked_for_again",),
    ),
    Mutant(
        "an address of another site passes for one of our pages",
        "contacts_ui/sign_in/redirects.py",
        'return parts if f"{parts.scheme}://{parts.netloc}" in settings.SITE_ORIGINS else None',
        "return parts if parts.netloc else None",
        ("tests/test_site_address.py::test_address_of_other_site_is_not_ours",),
    ),
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
        "an admin who was switched off comes back by a password link kept from before",
        "contacts_ui/sign_in/password_tokens.py",
        "        return valid and (not maker_id or _is_admin(maker_id))\n",
        "        return valid\n",
        ("tests/audit/test_password_makers.py::test_link_ends_when_its_maker_is_no_admin_any_more",),
    ),
    Mutant(
        "a password that was changed still signs in whoever waits at the second step",
        "contacts_ui/sign_in/adapters.py",
        "        if not constant_time_compare(began_with, user.get_session_auth_hash()):\n",
        "        if False:\n",
        ("tests/sign_in/test_second_factors.py::test_password_changed_between_steps_is_not_enough",),
    ),
    Mutant(
        "a masked person guesses numbers in the audit log without a limit",
        "contacts_ui/views/audit_log.py",
        "            audit.count_reveals(request, 1)\n",
        "            pass\n",
        ("tests/test_masked_search.py::test_guesses_in_audit_log_use_up_the_hour",),
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
        "return not (principal.has_second_factor if principal else has_second_factor(user))",
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
        "signing in by an admin's link opens what needs a proof",
        "contacts_ui/sign_in/step_up.py",
        "if LINK_SESSION in request.session or is_sso_user(user):",
        "if is_sso_user(user):",
        ("tests/sign_in/test_step_up.py::test_sign_in_of_a_marked_session_is_no_proof",),
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
)
