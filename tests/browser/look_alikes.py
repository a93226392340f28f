"""Which page states make test sees in full, which once, and which not at all: look-alikes, whose words alone differ."""

from __future__ import annotations

from .export_states import EXPORT_LOOK_ALIKES, EXPORT_SAMPLE

# State that make test sees -> states of the same template and classes with other words, for make test-all alone. Their
# words are tested without a browser, each beside its page: tests/test_error_pages.py, tests/test_search.py, and so on.
LOOK_ALIKES: dict[str, tuple[str, ...]] = {
    **EXPORT_LOOK_ALIKES,
    "rate-limited": (
        "unavailable",
        "key-rejected",
        "profile-gone",
        "not-answering",
        "timed-out",
        "unreachable",
        "unreadable",
        "wrong-profile",
        "holding-back",
    ),
    "list-ignored": ("list", "list-filtered", "list-merged", "list-groupings", "list-read", "masked"),
    "no-match-filters": (
        *("empty", "no-match", "no-match-read", "number-not-found", "nothing-searched", "beyond-end"),
        *("export-too-many", "export-nothing"),
    ),
    "revealed": ("masked-drawer",),
    "lookup-found": ("lookup-nowhere", "lookup-unread"),
    "not-found": (
        *("profile-denied", "contact-not-found", "role-denied"),
        *("export-not-found", "export-no-file", "export-gone"),
    ),
    "drawer-messages": ("drawer",),
    "sign-in-error": ("sign-in", "sign-in-ended", "sign-in-locked"),
    "sign-in-code": ("sign-in-code-wrong",),
    "password-sent": ("switched-off", "password-link-old", "password-forgotten"),
    "password-change-wrong": ("password-change",),
    "security-all": ("security",),
    "passkeys": ("passkeys-none",),
    "confirm-code-or-passkey": ("confirm-code",),
    "confirm-role": ("confirm",),
    "app-remove": ("recovery-codes-new", "passkey-remove"),
    "preferences-saved": ("preferences", "preferences-errors"),
    "gateway-key-rejected": ("gateway",),
    "audit-details": ("audit", "audit-filtered", "audit-number", "audit-empty"),
    "people-ignored": ("people", "people-nobody-fits"),
    "person-own": ("person", "person-admin", "person-guarded", "person-finds-nothing", "person-switched-off"),
    "person-switch-off": ("person-remove-factors", "person-sign-out", "person-role"),
    "person-new-errors": ("person-new",),
    "switcher-no-match": ("switcher",),
    "stale-form": ("form-kept",),
}
LESSER = frozenset(name for names in LOOK_ALIKES.values() for name in names)

# States that make test sees in all sizes and themes; the others it sees once. Whatever kind of element (tag, classes,
# role) any state has, one of these has: test_sample_has_each_kind_of_element_of_all_states finds what a new one brings.
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
