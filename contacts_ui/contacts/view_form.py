"""Form of a saved view: name, filters, where it is offered and for whom. No field takes a search or a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from unicodedata import normalize, numeric

from django import forms
from django.contrib.auth.models import User
from django.http import QueryDict

from contacts_ui.access import sees_owners
from contacts_ui.columns import COLUMNS, OWNER
from contacts_ui.models import SavedView
from contacts_ui.roles import ROLES, role_of
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import PAGE_SIZES
from contacts_ui.text import single_line

from .filters import ContactListQuery
from .list_parameters import CHANNELS
from .saved_views import ViewRefused, save_view, scope_key

MAX_NAME = 60  # characters
NO_NUMBERS = "Longer numbers, years too, aren’t saved in views: one could be a phone number."
MAX_DIGITS = 3  # in a name: four are what a masked number shows, and more are a number
HERE, ANYWHERE = "here", "any"
OWN, THESE = "own", "these"  # columns: as each person prefers, or those ticked
EACH_OWN = "Each person’s own"
_ONE_OF_THESE = dict.fromkeys(("required", "invalid_choice"), "Choose one of these.")
_AMONG_THESE = {"invalid_choice": "Choose among these."}


class SavedViewForm(forms.Form):
    """The form of `view`, stored or new, for a person in a scope, filled in from `initial`, a list.

    `shown_columns` are those the person sees: ticking starts from them.
    """

    name = forms.CharField(
        label="Name",
        max_length=MAX_NAME,
        error_messages={
            "required": "Enter a name.",
            "max_length": f"Use at most {MAX_NAME} characters.",
            "null_characters_not_allowed": "There’s a character in this name that can’t be seen. Enter it again.",
        },
    )
    channel = forms.ChoiceField(
        label="Channel", required=False, choices=[("", "All"), *CHANNELS], error_messages=_ONE_OF_THESE
    )
    page_size = forms.TypedChoiceField(
        label="Rows per page",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", EACH_OWN), *((str(n), str(n)) for n in PAGE_SIZES)],
        error_messages=_ONE_OF_THESE,
    )
    column_choice = forms.ChoiceField(
        label="Columns",
        required=False,
        choices=[(OWN, EACH_OWN), (THESE, "Chosen below")],
        error_messages=_ONE_OF_THESE,
    )
    columns = forms.MultipleChoiceField(
        label="Columns of this view", required=False, choices=COLUMNS, error_messages=_AMONG_THESE
    )
    place = forms.ChoiceField(label="Where", error_messages=_ONE_OF_THESE)
    audience = forms.ChoiceField(label="Who sees it", error_messages=_ONE_OF_THESE)

    def __init__(
        self,
        data: QueryDict | None,
        *,
        user: User,
        scope: Scope,
        view: SavedView,
        initial: ContactListQuery | None = None,
        shown_columns: Sequence[str] = (),
    ) -> None:
        super().__init__(data, initial=_initial(view, initial, _shown_in(scope, shown_columns)))
        self._user, self._scope, self.view = user, scope, view
        fields = cast("dict[str, Any]", self.fields)
        fields["place"].choices = [(HERE, f"Only {scope.title}"), (ANYWHERE, "Every profile")]
        fields["place"].disabled = not scope.switchable  # they see one scope, and need no word for others
        fields["columns"].choices = [column for column in COLUMNS if column[0] != OWNER or sees_owners(user)]
        fields["audience"].choices = audiences(view, scope)

    def clean_name(self) -> str:
        """The name with single spaces and without invisible characters. Digits beyond MAX_DIGITS may be a number."""
        name = single_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("Enter a name.")
        if count_digits(name) > MAX_DIGITS:
            raise forms.ValidationError(f"Use at most {MAX_DIGITS} digits. {NO_NUMBERS}")
        return name

    def clean(self) -> dict[str, Any]:
        """Refuses a view of all contacts, which has an address already. A form without `column_choice` means what is
        ticked.
        """
        data = super().clean() or self.cleaned_data
        if data.get("column_choice") == OWN:
            data["columns"] = []
        elif data.get("column_choice") == THESE and data.get("columns") == []:
            self.add_error("columns", f"Choose at least one, or “{EACH_OWN}”.")
        if not self.errors and not (data["channel"] or data["page_size"] or data["columns"]):
            self.add_error(None, "Choose a channel, rows or columns. Without any it would be All contacts.")
        return data

    def save(self) -> bool:
        """Stores the view; False when it was refused, which the form then says."""
        data, view = self.cleaned_data, self.view
        view.name, view.audience = data["name"], data["audience"]
        view.scope = None if data["place"] == ANYWHERE else scope_key(self._scope)
        view.channel, view.page_size = data["channel"] or None, data["page_size"]
        view.columns = [name for name, _title in COLUMNS if name in data["columns"]] or None  # as a URL names them
        try:
            save_view(self._user, self._scope, view)
        except ViewRefused as refusal:
            self.add_error(refusal.field, str(refusal))
            return False
        return True


def count_digits(text: str) -> int:
    """How many digits a text holds, in any script and disguise: one in 7, ７, ٧, ⑦ and 七, two in ❿ and 十."""
    values = (numeric(character, -1) for character in normalize("NFKC", text))
    return sum(len(str(int(value))) for value in values if value in range(100))


def audiences(view: SavedView, scope: Scope) -> list[tuple[str, str]]:
    """Who may see a view, with the words for it. Its owner's role counts, also when an admin changes it. In the
    account's list the form says "Admins only" for everyone, unless it is for every profile.
    """
    role = role_of(view.owner) or view.role
    title = next((role_.title for role_ in ROLES if role_.name == role), "my role")
    everyone = "Everyone with access" if scope.switchable else "Everyone"
    return [("me", "Only me"), ("role", f"Everyone with the role {title}"), ("everyone", everyone)]


def _shown_in(scope: Scope, columns: Sequence[str]) -> list[str]:
    """Those of the columns that the scope's list shows: only the account's own has owners."""
    return [name for name in columns if name != OWNER or scope.profile_id is None]


def _initial(view: SavedView, query: ContactListQuery | None, shown: list[str]) -> dict[str, Any]:
    """What the form starts with: the stored view, or the filters of the list that is to be saved."""
    if query is None:
        channel, size, columns = view.channel, view.page_size, view.columns
    else:
        named = query.filters.page_size != query.default_size
        channel, size, columns = query.filters.channel, query.filters.page_size if named else None, query.columns
    return {
        "name": view.name,
        "channel": channel or "",
        "page_size": size or "",
        "column_choice": THESE if columns else OWN,
        "columns": columns or shown,
        "place": ANYWHERE if view.pk and view.scope is None else HERE,
        "audience": view.audience,
    }
