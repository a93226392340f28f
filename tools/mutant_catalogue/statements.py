"""Mutants: wrong statements about the data."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
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
    Mutant(
        "a row that another format may decide is left out without asking",
        "contacts_ui/gateway/derived_pages.py",
        "    return None if undecided else False\n",
        "    return False\n",
        ("tests/gateway/test_derived_pages.py::test_row_that_another_format_may_decide_is_left_to_api",),
    ),
    Mutant(
        "scores that cannot be of this contact's messages are shown as theirs",
        "contacts_ui/contacts/delivery.py",
        "proven = [score for score in scores if _possible_counts(score, most)]",
        "proven = list(scores)",
        ("tests/test_delivery.py::test_score_that_no_whole_messages_give_is_unproven",),
    ),
    Mutant(
        "a channel is recommended for somebody who opted out",
        "contacts_ui/contacts/delivery.py",
        "may_advise = contact is not None and not contact.opt_out",
        "may_advise = contact is not None",
        ("tests/test_delivery.py::test_verdict_praises_no_channel_of_who_may_have_opted_out",),
    ),
)
