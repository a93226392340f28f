"""Which page states make test sees: those that together have every kind of element. make test-all sees all of them."""

from __future__ import annotations

from .export_states import EXPORT_SAMPLE

# States that make test sees in all sizes and themes. Whatever kind of element (tag, classes, role) any state has, one
# of these has: test_sample_has_each_kind_of_element_of_all_states finds what a new one brings. What the others say is
# tested without a browser, beside their pages: tests/test_error_pages.py, tests/test_search.py, and so on.
SAMPLE = EXPORT_SAMPLE | frozenset(
    {
        "account-menu",
        "already-signed-in",
        "app-add",
        "audit-details",
        "commands",
        "confirm-code-or-passkey",
        "confirm-role",
        "drawer-failed",
        "drawer-loading",
        "drawer-messages",
        "drawer-messages-failed",
        "drawer-opted-out",
        "export-list",
        "forbidden",
        "gateway-key-rejected",
        "list-ignored",
        "list-owners",
        "loading",
        "lookup-country",
        "lookup-found",
        "lookup-no-answer",
        "lookup-running",
        "no-match-filters",
        "not-accepted",
        "offline",
        "passkeys",
        "password-change-wrong",
        "people-ignored",
        "people-profiles",
        "person-added",
        "person-own",
        "person-refused",
        "person-switch-off",
        "preferences-saved",
        "profiles",
        "rate-limited",
        "recovery-codes",
        "reloading",
        "security-all",
        "sessions",
        "several",
        "shortcuts",
        "sign-in-error",
        "stale",
        "switcher-no-match",
        "view-errors",
        "views",
    }
)

# States in which make test judges contrast, light and dark, half of what axe-core costs. Whatever pair of colours any
# state has, one of these has: test_coloured_states_have_each_pair_of_colours_of_all_states finds what a new one brings.
COLOURED = frozenset(
    {
        "audit-details",
        "commands",
        "drawer-failed",
        "list-owners",
        "offline",
        "passkeys",
        "password-change-wrong",
        "people-ignored",
        "sessions",
        "sign-in-error",
        "switcher-no-match",
    }
)
