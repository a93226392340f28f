"""Form of an export: the kind of file and its columns."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from .columns import columns_of
from .service import COLUMNS, FORMATS

_ONE_OF_THESE = dict.fromkeys(("required", "invalid_choice"), "Choose one of these.")


class ExportForm(forms.Form):
    """What a person chooses of a file: Excel and every column, until they choose otherwise.

    `masked`: the file has no columns that would tell hidden digits.
    """

    file_format = forms.ChoiceField(label="File", choices=FORMATS, error_messages=_ONE_OF_THESE)
    column = forms.MultipleChoiceField(
        label="Columns",
        required=False,
        choices=COLUMNS,
        error_messages={"invalid_choice": "Choose among these."},
    )

    def __init__(self, data: QueryDict | None, *, masked: bool) -> None:
        kept = columns_of([name for name, _title in COLUMNS], masked=masked, has_owners=False)
        names = {column.name for column in kept}
        columns = [(name, title) for name, title in COLUMNS if name in names]
        super().__init__(data, initial={"file_format": FORMATS[0][0], "column": [name for name, _title in columns]})
        self.fields["column"].choices = columns  # type: ignore[attr-defined]  # a field with choices
