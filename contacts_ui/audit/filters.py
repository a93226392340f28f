"""Audit log filters: URL parameters to a frozen query. An invalid one is left out with a warning.

No phone number is in a URL: it is sent by POST, and the response redirects to a URL with its keyed hashes
(docs/decisions, 14).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict

from contacts_ui import audit
from contacts_ui.gateway import get_gateway
from contacts_ui.models import AuditEntry
from contacts_ui.observability.redaction import redact_text
from contacts_ui.phone_search import DEFAULT_REGIONS
from contacts_ui.text import fold, matches_name, parse_uuid, printable

from .actions import AuditAction
from .filter_links import AuditFilterChip, AuditPreset, presets_of, utc_minute
from .labels import OUTCOMES
from .log import ACCOUNT
from .names import NAMES
from .people import find_people
from .queries import EntryFilter, get_entry

MAX_TEXT = 150  # characters of a name
MAX_NUMBER = 256  # characters of a number with the text around it
MAX_MATCHES = 50  # profiles that one name may match
PROFILE_NAMES_TIMEOUT = 0.8  # seconds the page waits for the names of profiles
NO_DIGITS = "none"  # in place of hashes: the typed text had no digits

_HASHES = re.compile(r"[0-9a-f]{20}(?:-[0-9a-f]{20}){0,23}", re.ASCII)
_CURSOR = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_NAMES = {
    "person": "Person",
    "profile": "Profile",
    "action": "Action",
    "outcome": "Outcome",
    "from": "From",
    "to": "To",
    "number": "Number",
    "reads": "Views of this log",
}


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """One page of the audit log: its path, the valid parameters, their labels, and warnings about the others.

    `params` are written as in the URL. `before` and `after` are the cursor row of a page of older or newer rows. Times
    are typed in `zone`.
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
        """The URL of this log with some parameters changed, at its newest rows unless `before` or `after` is given."""
        params = {name: value for name, value in ({**self.params, **changes}).items() if value is not None}
        base = self.path if path is None else path
        return f"{base}?{urlencode(params)}" if params else base

    @property
    def canonical_url(self) -> str:
        """The URL of exactly this page."""
        return self.url(None, **{name: row.pk for name, row in (("before", self.before), ("after", self.after)) if row})

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
        """The filters in words, for the audit event of reading the log. It contains no phone number."""
        words = ", ".join(f"{chip.name.lower()}: {chip.value}" for chip in self.chips)
        return redact_text(words) or None  # a number may have been typed into the wrong box

    @property
    def presets(self) -> tuple[AuditPreset, ...]:
        """The time ranges of one click, counted in days of the person's zone."""
        return presets_of(self.params, self.url, self.zone)

    def raw(self, name: str) -> str:
        """The value of the input: times in `zone`, a profile by its name, everything else as in the URL."""
        value = self.labels.get(name, "") if name == "profile" else self.params.get(name, "")
        return _local(datetime.fromisoformat(value), self.zone) if value and name in {"from", "to"} else value


def profile_names() -> Mapping[str, str]:
    """Names by scope: that of the account, and those of its profiles by id, as every page has them.

    Empty when the API does not respond in time. Cost: one API call in five minutes.
    """
    known = get_gateway().account_if_known(PROFILE_NAMES_TIMEOUT)
    return {ACCOUNT: known.value.display_name, **known.value.profile_names} if known else {}


def hashes_for_input(text: str, region: str | None) -> str:
    """The keyed hashes of a typed number, joined for the URL. Local numbers are read in `region` first."""
    regions = tuple(filter(None, dict.fromkeys([region, *settings.DESK_REGIONS]))) or DEFAULT_REGIONS
    return "-".join(audit.search_hashes(text[:MAX_NUMBER], regions)) or NO_DIGITS


def parse_filters(
    path: str,
    export_path: str,
    parameters: QueryDict | Mapping[str, str],
    display_names: Mapping[str, str],
    zone: ZoneInfo,
) -> AuditFilters:
    """Parses `parameters`. Never fails. Cost: one or two queries for a person, one for a cursor."""
    parser = _FilterParser(parameters, display_names, zone)
    for name in _NAMES:
        getattr(parser, f"read_{name}")(_raw_value(parameters, name))
    parser.check_order()
    parser.hide_reads()
    return AuditFilters(
        path=path,
        export_path=export_path,
        entry_filter=parser.entry_filter,
        params=parser.params,
        labels=parser.labels,
        zone=zone,
        before=parser.cursor("before"),
        after=parser.cursor("after"),
        warnings=tuple(parser.warnings),
    )


class _FilterParser:
    """Parses parameters, one method for each: `read_<name>` takes the raw value, "" when it is absent."""

    def __init__(
        self, parameters: QueryDict | Mapping[str, str], display_names: Mapping[str, str], zone: ZoneInfo
    ) -> None:
        self._parameters, self._display_names, self._zone = parameters, display_names, zone
        self.entry_filter = EntryFilter()
        self.params: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        self.warnings: list[str] = []

    def _keep(self, name: str, value: str, label: str | None = None, /, **filters: Any) -> None:
        self.params[name], self.labels[name] = value, label or value
        self.entry_filter = replace(self.entry_filter, **filters)

    def read_person(self, text: str) -> None:
        """A user name, an e-mail address or words of the names of existing people; else the name of a deleted person.
        What was done to them is found, too.
        """
        if not text:
            return
        people = find_people(text)
        known = {"people": tuple(people)} if people else {"person": text}
        self._keep("person", text, done_to=tuple(people.values()) or (text,), **known)

    def read_profile(self, text: str) -> None:
        """The account, a profile id, or a part of the names of both."""
        if not text:
            return
        if text.casefold() in {ACCOUNT, f"the {ACCOUNT}"}:
            self._keep("profile", ACCOUNT, self._display_names.get(ACCOUNT, "Account"), scopes=(ACCOUNT,))
        elif profile_id := parse_uuid(text):
            self._keep("profile", profile_id, self._display_names.get(profile_id), scopes=(profile_id,))
        elif matches := self._named(text):
            self._keep("profile", text, scopes=matches)
        elif self._display_names:
            self.warnings.append(f"No profile is called “{text}”, so all are shown.")
        else:
            self.warnings.append("Profile names aren’t available right now. Enter a profile ID instead.")

    def _named(self, text: str) -> tuple[str, ...]:
        """The scopes of that name, else those that have its words in theirs."""
        exact = tuple(scope for scope, name in self._display_names.items() if fold(name) == fold(text))
        return exact or tuple(s for s, name in self._display_names.items() if matches_name(text, name))[:MAX_MATCHES]

    def read_action(self, text: str) -> None:
        """One of NAMES."""
        if name := NAMES.get(text):
            self._keep("action", text, name.label, name=name)
        elif text:
            self.warnings.append("Unknown action ignored.")

    def read_outcome(self, text: str) -> None:
        """One of OUTCOMES."""
        if text in OUTCOMES:
            self._keep("outcome", text, OUTCOMES[text], outcome=text)
        elif text:
            self.warnings.append("Unknown outcome ignored.")

    def read_from(self, text: str) -> None:
        """The start of the time range, inclusive."""
        self._read_moment("from", "since", text)

    def read_to(self, text: str) -> None:
        """The end of the time range, exclusive."""
        self._read_moment("to", "until", text)

    def _read_moment(self, name: str, field: str, text: str) -> None:
        """A time without an offset is in the person's zone. URLs name the offset: a link gives all the same rows."""
        if not text:
            return
        try:
            moment = datetime.fromisoformat(text)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=self._zone)).astimezone(UTC)
            moment = moment.replace(second=0, microsecond=0)
            value, label = utc_minute(moment), f"{moment.astimezone(self._zone):%-d %b %Y, %H:%M}"
        except (ValueError, OverflowError):
            self.warnings.append(f"“{text}” isn’t a valid time, so it was ignored. Try 2026-01-31T14:00.")
            return
        self._keep(name, value, label, **{field: moment})

    def check_order(self) -> None:
        """Leaves both times out, with a warning, when the range is empty."""
        since, until = self.entry_filter.since, self.entry_filter.until
        if since and until and since >= until:
            for name in ("from", "to"):
                del self.params[name], self.labels[name]
            self.entry_filter = replace(self.entry_filter, since=None, until=None)
            self.warnings.append("“From” must be before “To”, so both were ignored.")

    def read_number(self, text: str) -> None:
        """The keyed hashes of a number. The number is not known, so the label cannot show it, nor its last digits: a
        link that named them beside the hashes could name any.
        """
        if _HASHES.fullmatch(text):
            self._keep("number", text, "the one typed", number_hashes=tuple(text.split("-")))
        elif text == NO_DIGITS:
            self.warnings.append("The number had no digits, so it was ignored.")
        elif text:
            self.warnings.append("The number in this address couldn’t be read. Enter it again.")

    def read_reads(self, text: str) -> None:
        """Views of the log itself are hidden unless asked for: they are most of its rows, and hide what matters."""
        if text == "1":
            self._keep("reads", text, "Shown")
        elif text:
            self.warnings.append("Unknown filter ignored.")

    def hide_reads(self) -> None:
        """Hides them, once all parameters are read."""
        name = self.entry_filter.name
        asked = "reads" in self.params or (name is not None and name.action == AuditAction.AUDIT_READ)
        self.entry_filter = replace(self.entry_filter, hide_reads=not asked)

    def cursor(self, name: str) -> AuditEntry | None:
        """The cursor row, by its id."""
        text = _raw_value(self._parameters, name)
        entry = get_entry(int(text)) if _CURSOR.fullmatch(text) else None
        if text and entry is None:
            self.warnings.append("That page no longer exists. These are the newest entries.")
        return entry


def _raw_value(parameters: QueryDict | Mapping[str, str], name: str) -> str:
    """The typed value without unprintable characters, cut to MAX_TEXT. Hashes are longer, and are not cut."""
    text = printable(parameters.get(name) or "").strip()
    return text if name == "number" else text[:MAX_TEXT]


def _local(moment: datetime, zone: ZoneInfo) -> str:
    """The time in the format of `<input type="datetime-local">`."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
