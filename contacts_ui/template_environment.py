"""The Jinja2 environment of our pages: strict, escaping, with the few words every template needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from jinja2 import Environment, StrictUndefined

_TERRITORIES = Locale("en").territories
_FLAGS = Path(settings.BASE_DIR) / "static" / "vendor" / "circle-flags" / "flags"

CHANNEL_NAMES = {"sms": "SMS", "whatsapp": "WhatsApp", "rcs": "RCS"}


def environment(**options: Any) -> Environment:
    """Called by Django's Jinja2 backend."""
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**options)  # noqa: S701  # Django's backend passes autoescape=True
    made.globals.update(
        static=lru_cache(maxsize=512)(static),
        url=reverse,
        flag=flag,
        region_name=region_name,
        channel_name=channel_name,
        icon=icon,
        badges=lru_cache(maxsize=256)(_macro(made, "channel_badges")),
    )
    made.filters.update(ago=ago, clock=clock, moment=moment, number=number)
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
    name = (region_code or "").lower()
    known = name.isascii() and name.isalpha() and len(name) == 2 and (_FLAGS / f"{name}.svg").is_file()
    return static(f"vendor/circle-flags/flags/{name}.svg" if known else "img/region.svg")


def region_name(region_code: str | None) -> str | None:
    """A region's English name ("United Kingdom" for GB), else the code itself, else None."""
    if not region_code:
        return None
    return str(_TERRITORIES.get(region_code.upper(), region_code))


def channel_name(channel: str) -> str:
    """What people call a channel; one we never heard of keeps the API's name."""
    return CHANNEL_NAMES.get(channel.lower(), channel)


def number(value: int) -> str:
    """12486 as 12,486."""
    return f"{value:,}"


def moment(value: datetime) -> str:
    """A time in full: 13 Jan 2026, 12:24 UTC."""
    with suppress(OverflowError):  # the first and the last day there is have no neighbour in another zone
        value = value.astimezone(UTC)
    return f"{value:%-d %b %Y, %H:%M %Z}"


def clock(value: datetime) -> str:
    """A time of today: 12:24 UTC."""
    return f"{value.astimezone(UTC):%H:%M} UTC"


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
