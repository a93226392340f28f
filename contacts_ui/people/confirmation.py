"""Confirmation: the page before a change that ends something for a person. It names them, and says how to undo it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from contacts_ui.roles import ROLES

from .actions import ACTIONS
from .editing import PersonEdit
from .filters import NO_ROLE
from .person import Person

_TITLES = {role.name: role.title for role in ROLES} | {NO_ROLE: "No role"}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A question about one person. `fields` is the form that does it, sent to `url`; `back_url` leads away from it."""

    title: str
    text: str
    undo: str
    button: str
    url: str
    back_url: str
    fields: tuple[tuple[str, str], ...]
    danger: bool = True


def confirm_action(person: Person, name: str) -> Confirmation:
    """The question before an action of a button."""
    action, arguments = ACTIONS[name], (person.user.pk,)
    sentence = f"{action.label} {person.name}"
    return Confirmation(
        title=f"{sentence}?",
        text=action.text,
        undo=action.undo,
        button=sentence,
        url=reverse("person-do", args=arguments),
        back_url=reverse("person-edit", args=arguments),
        fields=(("do", name),),
        danger=action.danger,
    )


def confirm_role(edit: PersonEdit, data: QueryDict) -> Confirmation:
    """The question before a save that takes a role away; the rest of the form is saved with it."""
    person = edit.person
    before, after = _TITLES[person.role], _TITLES[edit.form.cleaned_data["role"]]
    url = reverse("person-edit", args=(person.user.pk,))
    sent = tuple((name, str(value)) for name, values in data.lists() for value in values)
    effect = "They can sign in, and see nothing." if after == _TITLES[NO_ROLE] else f"Their role is {after} then."
    return Confirmation(
        title=f"Take the role {before} from {person.name}?",
        text=f"This applies from their next click on. {effect}",
        undo=f"To undo this, give them the role {before} again here. Their profiles are kept.",
        button=f"Take the role from {person.name}",
        url=url,
        back_url=url,
        fields=(*((name, value) for name, value in sent if name != "csrfmiddlewaretoken"), ("confirm", "role")),
    )
