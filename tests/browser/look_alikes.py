"""Look-alikes: page states that are another one's template with other words, and which make test sees in one size."""

from __future__ import annotations

from .export_states import EXPORT_LOOK_ALIKES

# State that make test sees in all sizes and themes -> states of the same template and classes, with other sentences.
LOOK_ALIKES: dict[str, tuple[str, ...]] = {
    **EXPORT_LOOK_ALIKES,
    "unavailable": (
        "key-rejected",
        "forbidden",
        "profile-gone",
        "not-accepted",
        "not-answering",
        "timed-out",
        "unreachable",
        "unreadable",
        "wrong-profile",
        "holding-back",
    ),
    "no-match-filters": ("empty", "no-match", "no-match-read", "number-not-found", "nothing-searched", "beyond-end"),
    "not-found": ("profile-denied", "contact-not-found", "role-denied"),
    "sign-in-error": ("sign-in-locked",),
    "sign-in-code": ("sign-in-code-wrong",),
    "password-sent": ("switched-off", "password-link-old", "password-forgotten"),
    "confirm-code-or-passkey": ("confirm-code",),
    "app-remove": ("recovery-codes-new", "passkey-remove"),
    "person-switch-off": ("person-remove-factors", "person-sign-out", "person-role"),
    "person": ("person-admin", "person-guarded"),
    "drawer-failed": ("drawer-messages-failed",),
}
LESSER = frozenset(name for names in LOOK_ALIKES.values() for name in names)
