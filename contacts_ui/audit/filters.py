"""Audit log filters: URL parameters to a frozen query. A bad one is left out with a warning; no number is in a URL.

A number is sent by POST, and the answer redirects to a URL with its keyed hashes (docs/decisions, 14).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import QueryDict

from contacts_ui import audit
from contacts_ui.gateway import get_gateway
from contacts_ui.models import AuditEntry
from contacts_ui.observability.redaction import redact_text
from contacts_ui.phone_search import DEFAULT_REGIONS
from contacts_ui.text import matches_name

from .labels import ACTION_LABELS, OUTCOMES
from .log import ACCOUNT
from .queries import EntryFilter, get_entry

MAX_TEXT = 150  # characters of a name
MAX_NUMBER = 256  # characters of a number with what may stand around it
MAX_MATCHES = 50  # people or profiles that one name may mean
PROFILE_NAMES_TIMEOUT = 0.8  # seconds the page waits for the names of profiles
NO_DIGITS = "none"  # in place of hashes: something was typed that has no digits

_HASHES = re.compile(r"[0-9a-f]{20}(?:-[0-9a-f]{20}){0,23}", re.ASCII)
_CURSOR = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_NAMES = {
    "person": "Person",
    "profile": "Profile",
    "action": "What",
    "outcome": "Outcome",
    "from": "From",
    "to": "Until",
    "number": "Number",
}


@dataclass(frozen=True, slots=True)
class AuditFilterChip:
    """An active filter: its name, its label, and the URL of the log without it."""

    name: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """One page of the audit log: its path, the parameters that count, their labels, and warnings about the others.

    `params` are as the URL has them. `before` and `after` are the row that the page goes on from. Times are typed in
    `zone`.
    """

    path: str
    export_path: str
    entry_filter: EntryFilter
    params: Mapping[str, str]
    labels: Mapping[str, str]
    zone: ZoneInfo
    before: AuditEntry | None = None
    after: AuditEntry | None = None
    warnings: tuple[str, ...] = ()

    def url(self, path: str | None = None, **changes: Any) -> str:
        """The URL of this log with some of it changed, at its newest rows unless `before` or `after` is named."""
        params = {name: value for name, value in ({**self.params, **changes}).items() if value is not None}
        base = self.path if path is None else path
        return f"{base}?{urlencode(params)}" if params else base

    @property
    def export_url(self) -> str:
        """The URL of these rows as CSV."""
        return self.url(path=self.export_path)

    @property
    def chips(self) -> tuple[AuditFilterChip, ...]:
        """One for each active filter, in the order of the form."""
        return tuple(
            AuditFilterChip(_NAMES[name], self.labels[name], self.url(**{name: None}))
            for name in _NAMES
            if name in self.params
        )

    @property
    def about(self) -> str | None:
        """The filters in words, for the audit event of this look itself. It says no number."""
        words = ", ".join(f"{chip.name.lower()}: {chip.value}" for chip in self.chips)
        return redact_text(words) or None  # who looks for a number may type it into the wrong box

    def raw(self, name: str) -> str:
        """The text of the box: times in the person's own zone, everything else as the URL has it."""
        value = self.params.get(name, "")
        return _local(datetime.fromisoformat(value), self.zone) if value and name in {"from", "to"} else value


def profile_names() -> dict[str, str]:
    """Profile names by id, empty when the API does not answer in time. Cost: one API call in five minutes."""
    known = get_gateway().account_if_known(PROFILE_NAMES_TIMEOUT)
    return {profile.id.lower(): profile.display_name for profile in known.value.profiles} if known else {}


def hashes_for_input(text: str, region: str | None) -> str:
    """The hashes of a typed number as the URL has them. `region` is the one whose numbers the person means."""
    regions = tuple(filter(None, dict.fromkeys([region, *settings.DESK_REGIONS]))) or DEFAULT_REGIONS
    return "-".join(audit.search_hashes(text[:MAX_NUMBER], regions)) or NO_DIGITS


def parse_filters(
    path: str, export_path: str, parameters: QueryDict | Mapping[str, str], titles: Mapping[str, str], zone: ZoneInfo
) -> AuditFilters:
    """The log as `parameters` ask for it. Never fails. Cost: a query or two for a person, one for a cursor."""
    read = _FilterParser(parameters, titles, zone)
    for name in _NAMES:
        getattr(read, f"read_{name}")(_typed(parameters, name))
    read.check_order()
    return AuditFilters(
        path=path,
        export_path=export_path,
        entry_filter=read.entry_filter,
        params=read.params,
        labels=read.labels,
        zone=zone,
        before=read.cursor("before"),
        after=read.cursor("after"),
        warnings=tuple(read.warnings),
    )


class _FilterParser:
    """Parses parameters, a method each: `read_<name>` takes what was typed, "" for nothing."""

    def __init__(self, parameters: QueryDict | Mapping[str, str], titles: Mapping[str, str], zone: ZoneInfo) -> None:
        self._parameters, self._titles, self._zone = parameters, titles, zone
        self.entry_filter = EntryFilter()
        self.params: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        self.warnings: list[str] = []

    def _keep(self, name: str, value: str, label: str | None = None, **filters: Any) -> None:
        self.params[name], self.labels[name] = value, label or value
        self.entry_filter = replace(self.entry_filter, **filters)

    def read_person(self, text: str) -> None:
        """A user name, or part of the name of people there are; else a name that nobody has any more."""
        if not text:
            return
        people = _people(Q(username__iexact=text)) or _people(
            Q(username__icontains=text) | Q(first_name__icontains=text) | Q(last_name__icontains=text)
        )
        self._keep("person", text, **({"people": people} if people else {"person": text}))

    def read_profile(self, text: str) -> None:
        """The account, the id of a profile, or part of the names of some."""
        if not text:
            return
        if text.casefold() in {ACCOUNT, f"the {ACCOUNT}"}:
            self._keep("profile", ACCOUNT, f"the {ACCOUNT}", scopes=(ACCOUNT,))
        elif profile_id := _uuid(text):
            self._keep("profile", profile_id, self._titles.get(profile_id), scopes=(profile_id,))
        elif named := tuple(i for i, title in self._titles.items() if matches_name(text, title))[:MAX_MATCHES]:
            self._keep("profile", text, scopes=named)
        elif self._titles:
            self.warnings.append(f"No profile is called “{text}”, so all are shown.")
        else:
            self.warnings.append("The names of profiles are not known just now, so all are shown. Type a profile’s ID.")

    def read_action(self, text: str) -> None:
        """One of ACTION_LABELS."""
        if text in ACTION_LABELS:
            self._keep("action", text, ACTION_LABELS[text], action=text)
        elif text:
            self.warnings.append("There is no such action, so all are shown.")

    def read_outcome(self, text: str) -> None:
        """One of three."""
        if text in OUTCOMES:
            self._keep("outcome", text, OUTCOMES[text], outcome=text)
        elif text:
            self.warnings.append("There is no such outcome, so all are shown.")

    def read_from(self, text: str) -> None:
        """The first moment that counts."""
        self._read_moment("from", "since", text)

    def read_to(self, text: str) -> None:
        """The first moment that counts no more."""
        self._read_moment("to", "until", text)

    def _read_moment(self, name: str, field: str, text: str) -> None:
        """The zone is the person's own unless the address names one: links mean the same rows for everyone."""
        if not text:
            return
        try:
            moment = datetime.fromisoformat(text)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).astimezone(UTC)
            moment = moment.replace(second=0, microsecond=0)
            value, label = moment.isoformat(timespec="minutes"), f"{moment.astimezone(self._zone):%-d %b %Y, %H:%M}"
        except (ValueError, OverflowError):
            self.warnings.append(f"“{text}” is no time that can be read, so it was left out. Try 2026-01-31T14:00.")
            return
        self._keep(name, value, label, **{field: moment})

    def check_order(self) -> None:
        """Leaves both times out when no moment lies between them."""
        since, until = self.entry_filter.since, self.entry_filter.until
        if since and until and since >= until:
            for name in ("from", "to"):
                del self.params[name], self.labels[name]
            self.entry_filter = replace(self.entry_filter, since=None, until=None)
            self.warnings.append("The time from is not before the time until, so both were left out.")

    def read_number(self, text: str) -> None:
        """The hashes of a number. Six digits of the first tell one number from another; the number is not known."""
        if _HASHES.fullmatch(text):
            self._keep("number", text, f"as typed (mark {text[:6]})", number_hashes=tuple(text.split("-")))
        elif text == NO_DIGITS:
            self.warnings.append("There were no digits in the number, so it was left out.")
        elif text:
            self.warnings.append("The number of this address cannot be read, so it was left out. Type it again.")

    def cursor(self, name: str) -> AuditEntry | None:
        """The row to go on from, by its id."""
        text = _typed(self._parameters, name)
        entry = get_entry(int(text)) if _CURSOR.fullmatch(text) else None
        if text and entry is None:
            self.warnings.append("There is no such place in the log any more, so these are the newest rows.")
        return entry


def _typed(parameters: QueryDict | Mapping[str, str], name: str) -> str:
    """What was typed, without what cannot be seen; hashes are longer than anything people type."""
    text = "".join(filter(str.isprintable, parameters.get(name) or "")).strip()
    return text if name == "number" else text[:MAX_TEXT]


def _people(which: Q) -> tuple[int, ...]:
    return tuple(User.objects.filter(which).values_list("pk", flat=True)[:MAX_MATCHES])


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _local(moment: datetime, zone: ZoneInfo) -> str:
    """As `<input type="datetime-local">` takes it."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
