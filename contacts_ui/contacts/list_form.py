"""List form: the parameters of a contact list's URL, each checked by itself, with the sentence for a bad one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms
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


class ListForm(forms.Form):
    """The form of a URL. `exact` is the plan of the number in `phone`, `holds_several`: the search is a paste."""

    search = forms.CharField(
        required=False,
        max_length=MAX_SEARCH,
        error_messages={"max_length": f"This is more than {MAX_SEARCH:,} characters, so it was not searched."},
    )
    channel = forms.ChoiceField(
        required=False,
        choices=CHANNELS,
        error_messages={"invalid_choice": "There is no such channel, so all channels are shown."},
    )
    phone = forms.CharField(
        required=False,
        max_length=MAX_PHONE,
        strip=False,
        error_messages=dict.fromkeys(("max_length", "null_characters_not_allowed"), NO_NUMBER.format("This")),
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=MAX_PAGE)
    page_size = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(str(n), str(n)) for n in PAGE_SIZES]
    )

    def __init__(
        self,
        parameters: QueryDict | Mapping[str, str],
        *,
        regions: Sequence[str],
        known: KnownNumbers | None,
        mask_forced: bool,
    ) -> None:
        super().__init__(parameters)
        self.regions, self.known, self.mask_forced = regions, known, mask_forced
        self.holds_several = False
        self.exact: SearchPlan | None = None  # of the number in `phone`

    def clean_search(self) -> str:
        text = str(self.cleaned_data["search"])
        numbers = phone_search.split_numbers(text)
        self.holds_several = bool(numbers)
        # Spaces of every kind are one space, and what cannot be seen is not there: sheets and chats bring both.
        # Lines without a number stay where they are, so that the page can name them.
        kept = phone_search.one_number_a_line(text) if numbers else (text,)
        lines = (printable(" ".join(line.split())) for line in kept)
        return "\n".join(" ".join(line.split()) for line in lines)  # what cannot be seen may stand between two spaces

    def clean_phone(self) -> str:
        text = str(self.cleaned_data["phone"])
        if not text.strip():
            return ""
        plan = phone_search.plan_exact(text, self.regions, None if self.mask_forced else self.known)
        plan = phone_search.whole_numbers_only(plan) if self.mask_forced else plan
        if not plan.attempts:
            raise forms.ValidationError(NO_NUMBER.format(f"“{printable(text)[:MAX_NAMED]}”"))
        self.exact = plan
        return plan.number or ""
