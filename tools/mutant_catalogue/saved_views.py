"""Mutants: saved views."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "everybody is offered the private views of others",
        "contacts_ui/contacts/saved_views.py",
        "AND (owner_id = %s OR ",
        "AND (owner_id = %s OR TRUE OR ",
        (
            "tests/test_saved_views.py::test_private_view_of_other_person_is_on_no_page",
            "tests/test_saved_views.py::test_private_view_of_other_person_is_absent_by_every_method",
        ),
    ),
    Mutant(
        "a view outlives the profile that was taken away",
        "contacts_ui/contacts/saved_views.py",
        "WHERE (scope IS NULL OR scope = %s)",
        "WHERE (TRUE OR scope = %s)",
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
        "        if count_digits(name) > MAX_DIGITS:\n",
        "        if False:\n",
        ("tests/test_saved_views.py::test_name_with_number_or_nothing_is_refused",),
    ),
    Mutant(
        "columns of one profile's view go along to another",
        "contacts_ui/contacts/saved_views.py",
        "        view.scope is None\n        and tuple(",
        "        tuple(",
        ("tests/test_saved_views.py::test_columns_go_along_only_with_view_for_every_profile",),
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
)
