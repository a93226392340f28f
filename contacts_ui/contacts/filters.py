"""Browser parameters to frozen query objects. A bad one is left out, named on the page, and never asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from contacts_ui import phone_search
from contacts_ui.phone_search import Plan, Step
from contacts_ui.sent_api.queries import DEFAULT_PAGE_SIZE, MAX_PAGE, PAGE_SIZES, Channel, ContactQuery

from .labels import channel_name

MAX_TYPED = 2_000  # characters of a search: fifty numbers with their labels
MAX_PHONE = 256  # characters of one number with what may stand around it
CHANNELS: tuple[tuple[Channel, str], ...] = (("sms", "SMS"), ("whatsapp", "WhatsApp"))


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What one contacts page shows: where it lives, what is asked, what was typed, what was ignored.

    `path` is the list's own address. `typed_search` and `typed_phone` stay in the boxes as they were typed.
    `ignored` are whole sentences. `default_size` is how many rows a page has for whom none is named.

    `asked` holds the search as it was typed. `plan` says what to ask the API for it, None without a search; `chosen`
    is the one reading of it that a link names.
    """

    path: str
    asked: ContactQuery
    plan: Plan | None = None
    chosen: Step | None = None
    default_size: int = DEFAULT_PAGE_SIZE
    typed_search: str = ""
    typed_phone: str = ""
    ignored: tuple[str, ...] = ()

    def url(self, path: str | None = None, **changes: Any) -> str:
        """The address of this list with some of the query changed. Any change but of `page` starts at page 1.

        `reading` (a Step or None) is one too; another search or number forgets it.
        """
        reading = changes.pop("reading", None if {"search", "phone"} & changes.keys() else self.chosen)
        asked = replace(self.asked, **({"page": 1} | changes))
        given: dict[str, str | None] = {
            "search": asked.search,
            "as": reading.value if reading else None,
            "channel": asked.channel,
            "phone": asked.phone,
            "page": str(asked.page) if asked.page != 1 else None,
            "page_size": str(asked.page_size) if asked.page_size != self._size_unsaid(asked.page) else None,
        }
        query = urlencode({name: value for name, value in given.items() if value is not None})
        base = self.path if path is None else path
        return f"{base}?{query}" if query else base

    def _size_unsaid(self, page: int) -> int:
        """The rows a page has when the address names none. On a later page the same for everyone: links travel."""
        return self.default_size if page == 1 else DEFAULT_PAGE_SIZE

    @property
    def address(self) -> str:
        """The address of exactly this list."""
        return self.url(page=self.asked.page)

    @property
    def filters(self) -> tuple[tuple[str, str], ...]:
        """The active filters as (name, value), without the page: what a form of this page has to carry along."""
        asked = self.asked
        pairs = (("search", asked.search), ("channel", asked.channel), ("phone", asked.phone))
        return tuple((name, value) for name, value in pairs if value is not None)

    @property
    def carried(self) -> tuple[tuple[str, str], ...]:
        """The same with the reading that was chosen."""
        return self.filters + ((("as", self.chosen.value),) if self.chosen else ())

    @property
    def questions(self) -> tuple[tuple[Step | None, ContactQuery], ...]:
        """What to ask the API, in order, until one has rows; each with how the search was read."""
        if self.plan is None:
            return ((None, self.asked),)
        steps = (self.chosen,) if self.chosen else self.plan.steps
        return tuple((step, self._put(step)) for step in steps)

    def _put(self, step: Step) -> ContactQuery:
        if step.kind == "phone":
            return ContactQuery(page_size=self.asked.page_size, phone=step.value)
        return replace(self.asked, search=step.value)

    def read_as(self, step: Step | None) -> ListQuery:
        """The same list, its further pages read as `step` was."""
        return self if step is None or step.value == self.asked.search else replace(self, chosen=step)

    @property
    def chips(self) -> tuple[Chip, ...]:
        """One for each active filter, in the order of the form."""
        return tuple(Chip(name, self._said(name, value), self.url(**{name: None})) for name, value in self.filters)

    def _said(self, name: str, value: str) -> str:
        numbers = self.plan.numbers if self.plan and name == "search" else ()
        return f"{len(numbers)} numbers" if numbers else channel_name(value) if name == "channel" else value


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter: its parameter, what it says, and the address of the list without it."""

    name: str
    value: str
    url: str


class _ListForm(forms.Form):
    search = forms.CharField(
        required=False,
        max_length=MAX_TYPED,
        error_messages={"max_length": "The search was too long and was left out."},
    )
    channel = forms.ChoiceField(
        required=False,
        choices=CHANNELS,
        error_messages={"invalid_choice": "There is no such channel, so all channels are shown."},
    )
    phone = forms.CharField(required=False, max_length=MAX_PHONE)
    page = forms.IntegerField(required=False, min_value=1, max_value=MAX_PAGE)
    page_size = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(str(n), str(n)) for n in PAGE_SIZES]
    )

    def __init__(self, parameters: QueryDict | Mapping[str, str], *, regions: Sequence[str]) -> None:
        super().__init__(parameters)
        self._regions = regions

    def clean_search(self) -> str:
        text = str(self.cleaned_data["search"])
        numbers = phone_search.several(text)
        # Spaces of every kind are one space, and what cannot be seen is not there: sheets and chats bring both.
        lines = ("".join(filter(str.isprintable, " ".join(line.split()))) for line in numbers or (text,))
        return "\n".join(" ".join(line.split()) for line in lines)  # what cannot be seen may stand between two spaces

    def clean_phone(self) -> str:
        text = str(self.cleaned_data["phone"])
        if not text:
            return ""
        number = phone_search.e164(text, self._regions)
        if number is None:
            raise forms.ValidationError("unread")
        return number


_SENTENCES = {
    "page": "There is no such page, so this is the first one.",
    "page_size": f"Rows per page can be {', '.join(map(str, PAGE_SIZES[:-1]))} or {PAGE_SIZES[-1]}.",
    "phone": "This is not a whole number with its country code, so it was left out. Try +44 20 7946 0958.",
}
_OWN_SENTENCE = {"search", "channel"}


def list_query(
    path: str,
    parameters: QueryDict | Mapping[str, str],
    *,
    page_size: int = DEFAULT_PAGE_SIZE,
    regions: Sequence[str] = (),
) -> ListQuery:
    """The list at `path` as the browser asks for it. Never fails: what cannot be read is ignored, and said.

    `page_size` is what the person prefers, `regions` those whose numbers they mean, likeliest first.
    """
    form = _ListForm(parameters, regions=regions)
    form.is_valid()
    clean, errors = form.cleaned_data, form.errors
    page = clean.get("page") or 1
    ignored = [str(messages[0]) if name in _OWN_SENTENCE else _SENTENCES[name] for name, messages in errors.items()]
    phone = clean.get("phone") or None
    search, channel = clean.get("search") or None, clean.get("channel") or None
    if phone and (search or channel):
        ignored.append("Looking up one number sets the search and the channel aside.")
        search = channel = None
    return ListQuery(
        path=path,
        asked=ContactQuery(
            page=page if not phone else 1,
            page_size=clean.get("page_size") or (page_size if page == 1 else DEFAULT_PAGE_SIZE),
            search=search,
            channel=cast("Channel | None", channel),
            phone=phone,
        ),
        plan=phone_search.plan(search, regions) if search else None,
        chosen=phone_search.chosen(parameters.get("as") or "") if search else None,
        default_size=page_size,
        typed_search=_typed(parameters, "search"),
        typed_phone=_typed(parameters, "phone"),
        ignored=tuple(ignored),
    )


def _typed(parameters: QueryDict | Mapping[str, str], name: str) -> str:
    """What stands in the box: as typed, but no longer than a box should hold and without control characters."""
    text = parameters.get(name) or ""
    return "".join(character for character in text[:MAX_TYPED] if character.isprintable() or character == "\n")
