"""Old phrases: what the product said before its wording was revised, none of which may come back.

A phrase stands here as it was read, markup apart. Where only a part was wrong, only that part stands.
"""

from __future__ import annotations

OLD_PHRASES: tuple[str, ...] = (
    # Preferences
    "They are yours alone",
    "follow you to every browser",
    "Region of local numbers",
    "None chosen",
    # Sign-in and security
    "How you come in",
    "where you are signed in",
    "Nobody can trick you out of one",
    "They are for the day on which",
    "For the day on which",
    "Confirm that it is you",
    "Before something that matters",
    "The password you have",
    "once more",
    "Scan this picture",
    "So that you know it again",
    "You are signed in nowhere else",
    "Forgotten your password",
    "Too many tries",
    "Look into your mail",
    "does not work any more",
    # Contacts
    "however typed",
    "however it is typed",
    "one a line",
    "Exactly +1",
    "More filters",
    "Show what was sent",
    "SMS first",
    "Not opted out",
    "Inherited",
    "Last changed",
    "As preferred",
    "Up to three digits",
    "May also be",
    "Read as ",
    "s not among these contacts",
    "contact matches",
    "Nothing was searched",
    "Nothing searched",
    "have no names, only numbers",
    # Errors
    "There is nothing here",
    "it is not for you to see",
    "This page is not for your role",
    "No such profile for you",
    "Look again",
    "messaging service has a fault",
    "messaging service knows them",
    "What you see is what it was before",
    "to go on where you are",
    "open for too long. Go back, reload it",
    "can assign profiles to you",
    # People
    "They choose their password themselves",
    "It never changes",
    "speaks of people by it",
    "For signing in too",
    "May sign in, and sees nothing",
    "Reads the audit log, and no contacts",
    "Add and make a link",
    "Add and send a link",
    "Make a new link",
    "It holds from their next click",
    "assigned now",
    "ticked",
    "Coming in",
    "Switch off",
    "Switched off",
    "switched off",
    "Switch on",
    "may come in again",
    "Active or not",
    "people fit",
    "person fits",
    "Nobody fits",
    "Show everybody",
    # Audit log
    "What was done",
    "However it is written",
    "kept nowhere",
    "as typed (mark",
    "Looked at what was sent",
    "Looked at the list",
    "Asked for a page that is not theirs",
    "Changed who has this profile",
    "what holds for a group",
    # Status
    "What stands between the desk",
    "Left now",
    "Allowed a minute",
    "Of them second tries",
    "Answered from what was kept",
    "Old answers shown",
    "Shared with another",
    "Held back by the budget",
    "Not tried",
)


def old_phrases(text: str) -> list[str]:
    """The old phrases in a text, whatever its line breaks and apostrophes."""
    plain = " ".join(text.split())
    return [phrase for phrase in OLD_PHRASES if phrase in plain]
