"""Confirmation: the page before a change that ends something for a person. It names them, and says how to undo it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from contacts_ui.roles import ROLES
from contacts_ui.sign_in.oidc import is_sso_user

from .actions import ACTIONS
from .assignments import selected_ids
from .changes import changes_by_form
from .editing import PersonEdit
from .filters import NO_ROLE
from .permissions import is_promotion
from .person import Person

_TITLES = {role.name: role.title for role in ROLES} | {NO_ROLE: "No role"}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A question about one person. `fields` is the form that does it, sent to `url`; `back_url` leads away from it.
    `changes`: all that it changes, where that is a form.
    """

    title: str
    text: str
    undo: str
    button: str
    url: str
    back_url: str
    fields: tuple[tuple[str, str], ...]
    danger: bool = True
    changes: str | None = None


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
    """The question before a save that takes a role away or gives a guarded one; the rest of the form goes with it."""
    person = edit.person
    before, after = _TITLES[person.role], _TITLES[edit.form.cleaned_data["role"]]
    url = reverse("person-edit", args=(person.user.pk,))
    sent = tuple((name, str(value)) for name, values in data.lists() for value in values)
    fields = (*((name, value) for name, value in sent if name != "csrfmiddlewaretoken"), ("confirm", "role"))
    changes = changes_by_form(person, edit.form, selected_ids(data))
    if is_promotion(person.role, edit.form.cleaned_data["role"]):
        return Confirmation(
            title=f"Make {person.name} an {after.lower()}?",
            text=_promotion(edit),
            undo=f"To undo this, give them the role {before} again here.",
            button=f"Make {person.name} an {after.lower()}",
            url=url,
            back_url=url,
            fields=fields,
            danger=False,
            changes=changes,
        )
    effect = "They can sign in but have no access." if after == _TITLES[NO_ROLE] else f"Their role will be {after}."
    return Confirmation(
        title=f"Take the role {before} from {person.name}?",
        text=f"This applies immediately. {effect}",
        undo=f"To undo this, give them the role {before} again here.",
        button=f"Take the role from {person.name}",
        url=url,
        back_url=url,
        fields=fields,
        changes=changes,
    )


def _promotion(edit: PersonEdit) -> str:
    """What a guarded role changes. Where the desk sends mail, an admin may have set the address of the new link."""
    if is_sso_user(edit.person.user):
        return "This applies immediately."
    email = edit.form.cleaned_data["email"]
    if not edit.sends_mail:
        link = "You send it to them yourself."
    elif email:
        link = f"It’s emailed to {email}: check with them that it’s their address."
    else:
        link = "It’s emailed to them, so they need an e-mail address."
    return f"They’re signed out everywhere and need a new password. You create a link for it next. {link}"
