"""Changes in words: what a form about people would change, for the pages between the form and its effect.

Somebody who proves who they are, or confirms, sees what they do: "Mira Novak: role from Support to Exporter; 1 profile
added: Aldgate". None where the form changes nothing or has errors, which the form's own page says. Cost: a few queries,
and for the names of profiles one API call in five minutes; without a response they are counted.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import Http404, QueryDict

from contacts_ui.audit.filters import profile_names

from .assignments import selected_ids
from .filters import NO_ROLE, ROLE_CHOICES
from .forms import NewPersonForm, PersonForm
from .masking_policy import masked_ids, masking_choices
from .permissions import role_fixed
from .person import Person, get_person

MAX_NAMED = 3  # profiles named of those that are added or removed
_TITLES = dict(ROLE_CHOICES) | {NO_ROLE: "none"}


def changes_by_form(person: Person, form: PersonForm, selected: frozenset[str]) -> str | None:
    """What saving this valid form, with these profiles, changes of the person."""
    user, clean = person.user, form.cleaned_data
    pairs = (
        ("role", _TITLES[person.role], _TITLES[clean["role"]]),
        ("name", user.get_full_name(), clean["name"]),
        ("e-mail", user.email, clean["email"]),
    )
    said = [f"{what} from {before or 'none'} to {after or 'none'}" for what, before, after in pairs if before != after]
    said += _profiles(selected - person.assigned, "added") + _profiles(person.assigned - selected, "removed")
    return f"{person.name}: {'; '.join(said)}" if said else None


def changes_of_person(actor: User, person_id: int, data: QueryDict) -> str | None:
    """The same for a form as it was sent."""
    try:
        person = get_person(person_id)
    except Http404:
        return None
    form = PersonForm(data, person, role_fixed=role_fixed(actor, person) is not None)
    return changes_by_form(person, form, selected_ids(data)) if form.is_valid() else None


def changes_of_new_person(data: QueryDict) -> str | None:
    """Who is added: "Ada Lovelace (ada): role Exporter; 2 profiles added"."""
    form = NewPersonForm(data, None)
    if not form.is_valid():
        return None
    clean = form.cleaned_data
    name = f"{clean['name']} ({clean['username']})" if clean["name"] else clean["username"]
    said = [f"role {_TITLES[clean['role']]}", *_profiles(selected_ids(data), "added")]
    return f"{name}: {'; '.join(said)}"


def changes_of_masking(actor: User, data: QueryDict) -> str | None:
    """For whom numbers are masked from now on: "Masked for Support. No longer masked for Night shift"."""
    wanted = masked_ids(data)
    changing = [
        choice for choice in masking_choices(actor) if not choice.fixed and choice.masked != (choice.group_id in wanted)
    ]
    masked = ", ".join(choice.title for choice in changing if not choice.masked)
    shown = ", ".join(choice.title for choice in changing if choice.masked)
    said = (masked and f"Masked for {masked}", shown and f"No longer masked for {shown}")
    return ". ".join(filter(None, said)) or None


def _profiles(ids: frozenset[str], done: str) -> list[str]:
    """How many, and the first of them by name."""
    if not ids:
        return []
    count, names = len(ids), profile_names()
    said = f"{count:,} {'profile' if count == 1 else 'profiles'} {done}"
    known = sorted((names[profile_id] for profile_id in ids if profile_id in names), key=str.casefold)[:MAX_NAMED]
    if not known:
        return [said]
    if more := count - len(known):
        return [f"{said}: {', '.join(known)} and {more:,} more"]
    return [f"{said}: {' and '.join(filter(None, (', '.join(known[:-1]), known[-1])))}"]
