"""Log lines: the deeds of a page as it shows them, one line each, with the rows that each of them folds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from contacts_ui.models import AuditEntry
from contacts_ui.text import parse_uuid

from .abouts import SWEEP_PREFIX, ListPart, lookup_words, read_part
from .actions import AuditAction
from .folds import Deed
from .labels import about_label
from .log import ACCOUNT
from .names import NUMBER_FOUND_IN, entry_label, is_part, name_of

_ABOUT_CONTACT = frozenset(
    {
        AuditAction.CONTACT_OPENED,
        AuditAction.NUMBER_REVEALED,
        AuditAction.MESSAGES_READ,
        AuditAction.NUMBER_LOOKED_UP,
        AuditAction.NUMBER_ALSO_IN,
    }
)
MAX_CONTACTS = 3  # linked of one row


@dataclass(frozen=True, slots=True)
class LogPart:
    """One row in the details of a line. `label` says what was done or tried, `about` to what. The URLs are for whoever
    may open these pages: of the contacts and the profile that it names, empty or None where it names none.
    """

    entry: AuditEntry
    name: str
    label: str
    about: str | None
    contact_urls: tuple[str, ...] = ()
    profile_url: str | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. `entry` is its newest row, `parts` are all its rows, oldest first: the first one says what was done.

    `name` is the value of that in the filter, `label` says it, `summary` to what, and what else was done. `rows` were
    shown altogether. `scopes` are those of its rows, each once. `whole`: no row of it is on another page.
    """

    entry: AuditEntry
    parts: tuple[LogPart, ...]
    name: str
    label: str
    summary: str | None
    rows: int | None
    scopes: tuple[str, ...]
    person_url: str | None = None
    whole: bool = True

    @property
    def addresses(self) -> tuple[str, ...]:
        """The network addresses of its rows, each once."""
        return tuple(dict.fromkeys(part.entry.address for part in self.parts if part.entry.address))

    @property
    def references(self) -> tuple[str, ...]:
        """Our references of its requests, each once."""
        return tuple(dict.fromkeys(part.entry.reference for part in self.parts if part.entry.reference))


def log_lines(deeds: Iterable[Deed], *, links: bool) -> tuple[LogLine, ...]:
    """The lines of these deeds. `links`: the reader may open contacts, profiles and people. No query."""
    return tuple(_line(deed, links=links) for deed in deeds)


def _line(deed: Deed, *, links: bool) -> LogLine:
    newest, entries = deed.entries[0], deed.entries[::-1]
    parts = tuple(_part(entry, links=links) for entry in entries)
    lead = parts[0]
    counted = [entry for entry in entries if entry.rows is not None]
    # Of the first action that showed some: a reveal is of a contact that was counted with its search.
    shown = [entry.rows or 0 for entry in counted if entry.action == counted[0].action]
    person_url = reverse("person-edit", args=[newest.person_id]) if links and newest.person_id else None
    return LogLine(
        entry=newest,
        parts=parts,
        name=lead.name,
        label=lead.label,
        summary=_summary(parts),
        rows=sum(shown) if shown else None,
        scopes=tuple(dict.fromkeys(entry.scope for entry in entries if entry.scope)),
        person_url=person_url,
        whole=deed.whole,
    )


def _part(entry: AuditEntry, *, links: bool) -> LogPart:
    contacts, profile = _urls(entry) if links else ((), None)
    about = about_label(entry.action, entry.about)
    return LogPart(entry, name_of(entry), entry_label(entry), about, contacts, profile)


def _summary(parts: Sequence[LogPart]) -> str | None:
    """What the line is about, then what else was done. Profiles that have a number are counted, not named."""
    lead, entries = parts[0], [part.entry for part in parts]
    about = _list_text(entries) if is_part(lead.entry) else _without_ids(lead)
    if lead.entry.action == AuditAction.NUMBER_LOOKED_UP and about:
        found = sum(1 for part in parts if part.name == NUMBER_FOUND_IN)
        about = _lookup_text(about, found) if lead.name != NUMBER_FOUND_IN else about
    others = dict.fromkeys(part.label for part in parts if part.name not in {lead.name, NUMBER_FOUND_IN})
    return " · ".join([about, *others] if about else others) or None


def _without_ids(part: LogPart) -> str | None:
    """The text of a row, with the ids of contacts shortened: the whole ones are in its details."""
    if part.about is None or part.entry.action not in _ABOUT_CONTACT:
        return part.about
    words = part.about.split(" ")
    ids = [known for known in map(parse_uuid, words) if known]
    contacts = [f"contact {ids[0][:8]}" if len(ids) == 1 else f"{len(ids)} contacts"] if ids else []
    return " ".join([*contacts, *(word for word in words if not parse_uuid(word))])


def _list_text(entries: Sequence[AuditEntry]) -> str | None:
    """The parts of a list as one."""
    parts = [part for part in (read_part(entry.about) for entry in entries) if part]
    if not parts:
        return entries[0].about
    first, last = min(part.first for part in parts), max(part.last for part in parts)
    return str(ListPart(first, last, parts[0].total, mark=next((part.mark for part in parts if part.mark), "")))


def _lookup_text(about: str, found: int) -> str:
    words = lookup_words(about)
    return f"{words}, found in {found}" if about.startswith(SWEEP_PREFIX) and found else words


def _urls(entry: AuditEntry) -> tuple[tuple[str, ...], str | None]:
    profile_id = parse_uuid(entry.scope or "")
    scoped: list[UUID] | None = [UUID(profile_id)] if profile_id else [] if entry.scope == ACCOUNT else None
    contacts = (entry.about or "").split()[:MAX_CONTACTS] if entry.action in _ABOUT_CONTACT else []
    ids = [UUID(known) for known in map(parse_uuid, contacts) if known]
    return (
        tuple(_contact_url(scoped, contact_id) for contact_id in ids) if scoped is not None else (),
        reverse("people-profile", args=[profile_id]) if profile_id else None,
    )


def _contact_url(scoped: list[UUID], contact_id: UUID) -> str:
    return reverse("contact-detail", args=[*scoped, contact_id])
