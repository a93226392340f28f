"""The Jinja2 environment of our pages: strict, escaping, with the few words every template needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from jinja2 import Environment, StrictUndefined

from contacts_ui.contacts.labels import channel_name, copy_value, mask_number, reachability_label
from contacts_ui.phone_search import international

from .account_page import account_page
from .formatting import (
    format_datetime,
    format_datetime_seconds,
    format_int,
    format_time,
    lower_first,
    percent,
    time_ago,
)

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
        region_name=lru_cache(maxsize=512)(region_name),
        channel_name=channel_name,
        data_for_script=json_script,
        icon=icon,
        account_page=account_page,
        international=lru_cache(maxsize=256)(international),
        mask_number=mask_number,
        reachability_label=reachability_label,
        copy_value=copy_value,
        badges=lru_cache(maxsize=256)(_macro(made, "channel_badges")),
    )
    made.filters.update(
        time_ago=time_ago,
        channel_name=channel_name,
        format_time=format_time,
        format_datetime_seconds=format_datetime_seconds,
        lower_first=lower_first,
        format_datetime=format_datetime,
        format_int=format_int,
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
    return f"flag flag-col-{name[0]} flag-row-{name[1]}" if name else "flag"


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
