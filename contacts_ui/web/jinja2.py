"""The Jinja2 environment of our pages: strict, escaping, with the few words every template needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from jinja2 import Environment, StrictUndefined

from contacts_ui.contacts.labels import channel_name, masked, reachability, to_copy
from contacts_ui.phone_search import international

from .account_page import own_page

_TERRITORIES = Locale("en").territories
_FLAGS = Path(settings.BASE_DIR) / "static" / "vendor" / "circle-flags" / "flags"


def environment(**options: Any) -> Environment:
    """Called by Django's Jinja2 backend."""
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**options)  # noqa: S701  # Django's backend passes autoescape=True
    made.globals.update(
        static=lru_cache(maxsize=512)(static),
        url=reverse,
        flag=flag,
        flag_class=flag_class,
        region_name=region_name,
        channel_name=channel_name,
        data_for_script=json_script,
        icon=icon,
        own_page=own_page,
        international=lru_cache(maxsize=256)(international),
        masked=masked,
        reachability=reachability,
        to_copy=to_copy,
        badges=lru_cache(maxsize=256)(_macro(made, "channel_badges")),
    )
    made.filters.update(
        ago=ago,
        channel_name=channel_name,
        clock=clock,
        instant=instant,
        lower_first=lower_first,
        moment=moment,
        number=number,
        percent=percent,
    )
    return made


@lru_cache(maxsize=256)
def icon(name: str, class_: str = "") -> SafeString:
    """One of our icons. A function that remembers: a page of fifty rows has two hundred."""
    marked = format_html(' class="{}"', class_) if class_ else ""
    return format_html('<svg aria-hidden="true"{}><use href="{}#{}"/></svg>', marked, static("img/icons.svg"), name)


def _macro(made: Environment, name: str) -> Callable[..., str]:
    """A macro of `shared/ui.html` whose every answer is worth remembering: few combinations, many rows."""

    def call(*arguments: object) -> str:
        macro: Callable[..., str] = getattr(made.get_template("shared/ui.html").module, name)
        return macro(*arguments)

    return call


@lru_cache(maxsize=512)
def flag(region_code: str | None) -> str:
    """The address of a region's flag, or of a neutral mark where there is none."""
    name = _flag_name(region_code)
    return static(f"vendor/circle-flags/flags/{name}.svg" if name else "img/region.svg")


@lru_cache(maxsize=512)
def flag_class(region_code: str | None) -> str:
    """The classes of what a flag stands before: its place in the sprite (app.css), or the neutral mark."""
    name = _flag_name(region_code)
    return f"flag x-{name[0]} y-{name[1]}" if name else "flag"


def _flag_name(region_code: str | None) -> str | None:
    """The file's, where the region has a flag."""
    name = (region_code or "").lower()
    is_code = name.isascii() and name.isalpha() and len(name) == 2
    return name if is_code and (_FLAGS / f"{name}.svg").is_file() else None


def region_name(region_code: str | None) -> str | None:
    """A region's English name ("United Kingdom" for GB), else the code itself, else None."""
    if not region_code:
        return None
    return str(_TERRITORIES.get(region_code.upper(), region_code))


def number(value: int) -> str:
    """12486 as 12,486."""
    return f"{value:,}"


def percent(value: float) -> str:
    """A score from 0 to 100 as a whole number; what lies outside is brought back to the nearest end."""
    return f"{min(100.0, max(0.0, value)):.0f}"


def lower_first(text: str) -> str:
    """The same, to go on a sentence with."""
    return text[:1].lower() + text[1:]


def moment(value: datetime, zone: tzinfo | None = None) -> str:
    """A time in full, in the current time zone or this one: 13 Jan 2026, 12:24 UTC."""
    local = _local(value, zone)
    return f"{local:%-d %b %Y, %H:%M} {_zone_name(local)}"


def instant(value: datetime) -> str:
    """A time to the second, in the current time zone: 13 Jan 2026, 12:24:05 UTC."""
    local = _local(value)
    return f"{local:%-d %b %Y, %H:%M:%S} {_zone_name(local)}"


def clock(value: datetime) -> str:
    """A time of today, in the current time zone: 12:24 UTC."""
    local = _local(value)
    return f"{local:%H:%M} {_zone_name(local)}"


def _local(value: datetime, zone: tzinfo | None = None) -> datetime:
    with suppress(OverflowError):  # the first and the last day there is have no neighbour in another zone
        return value.astimezone(zone or get_current_timezone())
    return value


def _zone_name(value: datetime) -> str:
    """CET, BST; where a zone has no letters, how far it is from UTC: UTC+0530."""
    name = value.tzname() or ""
    return f"UTC{name}" if name.startswith(("+", "-")) else name


_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (2_592_000, 86_400, "d"))


def ago(value: datetime) -> str:
    """How long ago, in one unit: 12 s ago, 5 min ago, 3 mo ago, 1 y ago. A time to come is "just now"."""
    seconds = int((datetime.now(UTC) - value).total_seconds())
    if seconds < 1:
        return "just now"
    for limit, unit, name in _STEPS:
        if seconds < limit:
            return f"{seconds // unit} {name} ago"
    months = int(seconds // 2_629_800) or 1
    return f"{months} mo ago" if months < 12 else f"{months // 12} y ago"
