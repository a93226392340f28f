"""List parameters: those of a contact list's URL, each read by itself, with the sentence for a bad one.

By Django's form fields, without a form: one would copy its fields at every request, and nothing of it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from contacts_ui import phone_search
from contacts_ui.phone_search import KnownNumbers, SearchPlan
from contacts_ui.sent_api.queries import MAX_PAGE, PAGE_SIZES, Channel
from contacts_ui.text import printable

MAX_SEARCH = 8_000  # characters of a search: several hundred numbers
MAX_NAMED = 40  # characters of a text that a warning quotes
MAX_PHONE = 256  # characters of one number with what may stand around it
NO_NUMBER = "{} isn’t a whole number, so it was left out. Try +44 20 7946 0958."
CHANNELS: tuple[tuple[Channel, str], ...] = (("sms", "SMS"), ("whatsapp", "WhatsApp"))
WARNINGS = {  # whatever is wrong with it; of the others each field says what it is
    "page": "There is no such page, so this is the first one.",
    "page_size": f"Rows per page can be {', '.join(map(str, PAGE_SIZES[:-1]))} or {PAGE_SIZES[-1]}.",
}

# In the order of their warnings.
FIELDS: dict[str, forms.Field] = {
    "search": forms.CharField(
        required=False,
        max_length=MAX_SEARCH,
        error_messages={"max_length": f"This is more than {MAX_SEARCH:,} characters, so it was not searched."},
    ),
    "channel": forms.ChoiceField(
        required=False,
        choices=CHANNELS,
        error_messages={"invalid_choice": "There is no such channel, so all channels are shown."},
    ),
    "phone": forms.CharField(
        required=False,
        max_length=MAX_PHONE,
        strip=False,
        error_messages=dict.fromkeys(("max_length", "null_characters_not_allowed"), NO_NUMBER.format("This")),
    ),
    "page": forms.IntegerField(required=False, min_value=1, max_value=MAX_PAGE),
    "page_size": forms.TypedChoiceField(required=False, coerce=int, choices=[(str(n), str(n)) for n in PAGE_SIZES]),
}


@dataclass(frozen=True, slots=True)
class NumberContext:
    """How a text is read as a number: the likely regions, the numbers that the scope has, and whether a policy forbids
    what would tell hidden digits of a masked number.
    """

    regions: Sequence[str] = ()
    known: KnownNumbers | None = None
    mask_forced: bool = False

    def plan_search(self, text: str, *, holds_several: bool) -> SearchPlan:
        """The plan of a search, of which it is known whether it holds several numbers."""
        if self.mask_forced:
            return phone_search.masked_plan(text, self.regions, self.known)
        if holds_several:
            return phone_search.build_plan(text, self.regions)
        if self.known is None:
            return phone_search.plan_number(text, self.regions)
        return phone_search.guided_plan(text, self.regions, self.known)

    def plan_phone(self, text: str) -> SearchPlan:
        """The plan of one whole number."""
        plan = phone_search.plan_exact(text, self.regions, None if self.mask_forced else self.known)
        return phone_search.whole_numbers_only(plan) if self.mask_forced else plan


@dataclass(frozen=True, slots=True)
class ListParameters:
    """What a URL asks for; None for what it does not name, and for a bad one, of which `warnings` speak.

    `exact` is the plan of the number in `phone`. `holds_several`: the search is a paste.
    """

    search: str | None = None
    channel: Channel | None = None
    phone: str | None = None
    page: int | None = None
    page_size: int | None = None
    exact: SearchPlan | None = None
    holds_several: bool = False
    warnings: tuple[str, ...] = ()


def read_parameters(parameters: QueryDict | Mapping[str, str], numbers: NumberContext) -> ListParameters:
    """Reads the parameters of a list. Never fails."""
    values, warnings = dict[str, Any](), list[str]()
    for name, field in FIELDS.items():
        if not (text := parameters.get(name)):
            continue
        try:
            value = field.clean(text)
            if name == "search":
                values |= _search(value)
            elif name != "phone":
                values[name] = value
            elif text.strip():
                values |= _exact(text, numbers)
        except ValidationError as error:
            warnings.append(WARNINGS.get(name) or error.messages[0])
    return ListParameters(**values, warnings=tuple(warnings))


def _search(text: str) -> dict[str, Any]:
    """The text to search, and whether it holds several numbers."""
    numbers = phone_search.split_numbers(text)
    # Spaces of every kind are one space, and what cannot be seen is not there: sheets and chats bring both.
    # Lines without a number stay where they are, so that the page can name them.
    kept = phone_search.one_number_a_line(text) if numbers else (text,)
    lines = (printable(" ".join(line.split())) for line in kept)
    # What cannot be seen may stand between two spaces.
    return {"search": "\n".join(" ".join(line.split()) for line in lines) or None, "holds_several": bool(numbers)}


def _exact(text: str, numbers: NumberContext) -> dict[str, Any]:
    """The plan of one whole number, and the number."""
    plan = numbers.plan_phone(text)
    if not plan.attempts:
        raise ValidationError(NO_NUMBER.format(f"“{printable(text)[:MAX_NAMED]}”"))
    return {"phone": plan.number, "exact": plan}
