"""Person forms: name, e-mail, role and user name; identifiers are unique among all sign-in identifiers."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db.models import Q
from django.http import QueryDict

from contacts_ui.roles import NAMES, SUPPORT
from contacts_ui.text import single_line

from .filters import ROLE_CHOICES
from .person import Person

MAX_NAME = 150  # characters, each of the two parts
_TOO_LONG = {"max_length": "This is too long. At most %(limit_value)d characters fit."}
_ODD = {"null_characters_not_allowed": "There is a character in this that cannot be seen. Type it again."}


class PersonForm(forms.Form):
    """Name, e-mail and role of `person`, None for a new one."""

    name = forms.CharField(label="Full name", required=False, max_length=MAX_NAME, error_messages=_TOO_LONG | _ODD)
    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        error_messages=_TOO_LONG | _ODD | {"invalid": "Enter a valid e-mail address."},
    )
    role = forms.ChoiceField(
        choices=ROLE_CHOICES, error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of these roles.")
    )

    def __init__(self, data: QueryDict | None, person: Person | None, *, role_fixed: bool = False) -> None:
        initial: dict[str, Any] = {"role": SUPPORT}
        if person:
            user = person.user
            initial = {"name": user.get_full_name(), "email": user.email, "role": person.role}
        super().__init__(data, initial=initial)
        self._user_id = person.user.pk if person else None
        self.fields["role"].disabled = role_fixed  # Django ignores what is sent for it

    def clean_name(self) -> str:
        """The name with single spaces and without invisible characters."""
        return single_line(self.cleaned_data["name"])

    def clean_email(self) -> str:
        """The e-mail in lower case, as people sign in with it; it must be unique."""
        email = str(self.cleaned_data["email"]).lower()
        if email and identifier_in_use(email, exclude=self._user_id):
            raise forms.ValidationError("This e-mail address is already in use.")
        return email

    @property
    def selected_role(self) -> str | None:
        """The selected role as roles.set_role takes it, None for no role."""
        role = self.cleaned_data["role"]
        return role if role in NAMES else None


class NewPersonForm(PersonForm):
    """PersonForm with the user name, which never changes afterwards: the audit log identifies people by it."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator(message="Use letters, digits and @ . + - _ only.")],
        error_messages=_TOO_LONG | _ODD | {"required": "Enter a user name."},
    )
    field_order = ("username", "name", "email", "role")

    def __init__(self, data: QueryDict | None, person: None, *, typed: QueryDict | None = None) -> None:
        super().__init__(data, person)
        if typed is not None:  # shown as it was typed, without errors: nothing was submitted yet
            self.initial.update({name: typed[name] for name in self.fields if name in typed})

    def clean_email(self) -> str:
        """The e-mail. Needed where the desk sends mail: the link to choose a password goes there, and nowhere else."""
        email = super().clean_email()
        if settings.EMAIL_URL and not email:
            raise forms.ValidationError("Enter an e-mail address. The link to set a password is sent there.")
        return email

    def clean_username(self) -> str:
        """The user name; it must be unique, whatever its case."""
        username = str(User.normalize_username(self.cleaned_data["username"]))
        if identifier_in_use(username, exclude=None):
            raise forms.ValidationError("This user name is already taken.")
        return username


def identifier_in_use(text: str, *, exclude: int | None) -> bool:
    """True when anybody but `exclude` signs in with this, as user name or as e-mail. Cost: two queries."""
    others, addresses = User.objects.all(), EmailAddress.objects.all()
    if exclude is not None:
        others, addresses = others.exclude(pk=exclude), addresses.exclude(user_id=exclude)
    by_user = others.filter(Q(username__iexact=text) | Q(email__iexact=text))
    return bool(by_user.exists() or addresses.filter(email__iexact=text).exists())


def split_name(name: str) -> tuple[str, str]:
    """First name and the rest; joined by a space they are the name again."""
    first, _, last = name.partition(" ")
    return first, last
