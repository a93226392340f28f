"""The audit log as the browser asks for it. A bad parameter is left out and named; a number never stands in an address.

Who types a number sends it by POST and is led to an address with its marks (docs/decisions, 14).
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
from contacts_ui.gateway import gateway
from contacts_ui.models import AuditEntry
from contacts_ui.observability.redaction import without_secrets
from contacts_ui.text import fits

from .labels import OUTCOMES, SENTENCES
from .log import ACCOUNT
from .queries import Wanted, entry_at

MAX_TYPED = 150  # characters of a name
MAX_NUMBER = 256  # characters of a number with what may stand around it
MOST_MATCHES = 50  # people or profiles that one name may mean
PATIENCE = 0.8  # seconds the page waits for the names of profiles
ANYWHERE = ("US", "GB")  # whose numbers are meant when nobody says
NO_NUMBER = "none"  # in place of marks: something was typed that has no digits

_MARKS = re.compile(r"[0-9a-f]{20}(?:-[0-9a-f]{20}){0,23}", re.ASCII)
_PLACE = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
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
class LogChip:
    """An active filter: what it is called, what it says, and the address of the log without it."""

    name: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What one page of the log shows: where it lives, what counts of the address, and what was ignored, in sentences.

    `given` are the parameters that count, as the address says them. `before` and `after` are the row the page goes on
    from. `zone` is the one that times are typed in.
    """

    path: str
    export_path: str
    wanted: Wanted
    given: Mapping[str, str]
    said: Mapping[str, str]
    zone: ZoneInfo
    before: AuditEntry | None = None
    after: AuditEntry | None = None
    ignored: tuple[str, ...] = ()

    def url(self, path: str | None = None, **changes: Any) -> str:
        """The address of this log with some of it changed, at its newest rows unless `before` or `after` is named."""
        asked = {name: value for name, value in ({**self.given, **changes}).items() if value is not None}
        base = self.path if path is None else path
        return f"{base}?{urlencode(asked)}" if asked else base

    @property
    def export_url(self) -> str:
        """Where all of these rows can be had as a file."""
        return self.url(path=self.export_path)

    @property
    def chips(self) -> tuple[LogChip, ...]:
        """One for each active filter, in the order of the form."""
        return tuple(
            LogChip(_NAMES[name], self.said[name], self.url(**{name: None})) for name in _NAMES if name in self.given
        )

    @property
    def about(self) -> str | None:
        """The filters in words, for the row that this look is itself. It says no number."""
        said = ", ".join(f"{chip.name.lower()}: {chip.value}" for chip in self.chips)
        return without_secrets(said) or None  # who looks for a number may type it into the wrong box

    def typed(self, name: str) -> str:
        """What stands in the box: times in the person's own zone, everything else as the address says it."""
        value = self.given.get(name, "")
        return _local(datetime.fromisoformat(value), self.zone) if value and name in {"from", "to"} else value


def profile_titles() -> dict[str, str]:
    """The profiles by id, as far as the messaging service says soon enough. Cost: one API call in five minutes."""
    known = gateway().account_soon(PATIENCE)
    return {profile.id.lower(): profile.title for profile in known.value.profiles} if known else {}


def marks_of_typed(text: str, region: str | None) -> str:
    """What stands for a typed number in the address. `region` is the one whose numbers the person means."""
    regions = tuple(filter(None, dict.fromkeys([region, *settings.DESK_REGIONS]))) or ANYWHERE
    return "-".join(audit.wanted_marks(text[:MAX_NUMBER], regions)) or NO_NUMBER


def log_query(
    path: str, export_path: str, parameters: QueryDict | Mapping[str, str], titles: Mapping[str, str], zone: ZoneInfo
) -> LogQuery:
    """The log as `parameters` ask for it. Never fails. Cost: a query or two for a person, one for a place."""
    read = _Reading(parameters, titles, zone)
    for name in _NAMES:
        getattr(read, f"read_{name}")(_typed(parameters, name))
    read.check_order()
    return LogQuery(
        path=path,
        export_path=export_path,
        wanted=read.wanted,
        given=read.given,
        said=read.said,
        zone=zone,
        before=read.place("before"),
        after=read.place("after"),
        ignored=tuple(read.ignored),
    )


class _Reading:
    """One set of parameters being read, a method each: `read_<name>` takes what was typed, "" for nothing."""

    def __init__(self, parameters: QueryDict | Mapping[str, str], titles: Mapping[str, str], zone: ZoneInfo) -> None:
        self._parameters, self._titles, self._zone = parameters, titles, zone
        self.wanted = Wanted()
        self.given: dict[str, str] = {}
        self.said: dict[str, str] = {}
        self.ignored: list[str] = []

    def _keep(self, name: str, value: str, said: str | None = None, **wanted: Any) -> None:
        self.given[name], self.said[name] = value, said or value
        self.wanted = replace(self.wanted, **wanted)

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
        elif named := tuple(i for i, title in self._titles.items() if fits(text, title))[:MOST_MATCHES]:
            self._keep("profile", text, scopes=named)
        elif self._titles:
            self.ignored.append(f"No profile is called “{text}”, so all are shown.")
        else:
            self.ignored.append("The names of profiles are not known just now, so all are shown. Type a profile’s ID.")

    def read_action(self, text: str) -> None:
        """One of the table."""
        if text in SENTENCES:
            self._keep("action", text, SENTENCES[text], action=text)
        elif text:
            self.ignored.append("There is no such action, so all are shown.")

    def read_outcome(self, text: str) -> None:
        """One of three."""
        if text in OUTCOMES:
            self._keep("outcome", text, OUTCOMES[text], outcome=text)
        elif text:
            self.ignored.append("There is no such outcome, so all are shown.")

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
            value, said = moment.isoformat(timespec="minutes"), f"{moment.astimezone(self._zone):%-d %b %Y, %H:%M}"
        except (ValueError, OverflowError):
            self.ignored.append(f"“{text}” is no time that can be read, so it was left out. Try 2026-01-31T14:00.")
            return
        self._keep(name, value, said, **{field: moment})

    def check_order(self) -> None:
        """Leaves both times out when no moment lies between them."""
        since, until = self.wanted.since, self.wanted.until
        if since and until and since >= until:
            for name in ("from", "to"):
                del self.given[name], self.said[name]
            self.wanted = replace(self.wanted, since=None, until=None)
            self.ignored.append("The time from is not before the time until, so both were left out.")

    def read_number(self, text: str) -> None:
        """The marks of a number. Six signs of the first tell one number from another; the number is not known."""
        if _MARKS.fullmatch(text):
            self._keep("number", text, f"as typed (mark {text[:6]})", marks=tuple(text.split("-")))
        elif text == NO_NUMBER:
            self.ignored.append("There were no digits in the number, so it was left out.")
        elif text:
            self.ignored.append("The number of this address cannot be read, so it was left out. Type it again.")

    def place(self, name: str) -> AuditEntry | None:
        """The row to go on from."""
        text = _typed(self._parameters, name)
        entry = entry_at(int(text)) if _PLACE.fullmatch(text) else None
        if text and entry is None:
            self.ignored.append("There is no such place in the log any more, so these are the newest rows.")
        return entry


def _typed(parameters: QueryDict | Mapping[str, str], name: str) -> str:
    """What was typed, without what cannot be seen; marks are longer than anything people type."""
    text = "".join(filter(str.isprintable, parameters.get(name) or "")).strip()
    return text if name == "number" else text[:MAX_TYPED]


def _people(which: Q) -> tuple[int, ...]:
    return tuple(User.objects.filter(which).values_list("pk", flat=True)[:MOST_MATCHES])


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _local(moment: datetime, zone: ZoneInfo) -> str:
    """As `<input type="datetime-local">` takes it."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
