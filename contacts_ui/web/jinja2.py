"""Jinja2 environment of the desk's pages: strict undefined names, autoescaping, shared globals and filters."""

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

from contacts_ui.contacts.labels import (
    channel_name,
    column_titles,
    consent_label,
    delivery_label,
    few_names,
    profile_status_label,
    reachability_label,
)
from contacts_ui.contacts.marks import marked_numbers
from contacts_ui.contacts.masking import mask_number, mask_text
from contacts_ui.phone_search import international

from .account_page import account_page
from .errors import reason_of
from .export_errors import export_failure
from .formatting import (
    age_seconds,
    format_datetime,
    format_datetime_seconds,
    format_int,
    format_month,
    format_time,
    lower_first,
    percent,
    time_ago,
)
from .scripts import script_urls

_TERRITORIES = Locale("en").territories
_FLAGS = Path(settings.BASE_DIR) / "static" / "vendor" / "circle-flags" / "flags"


def environment(**options: Any) -> Environment:
    """Called by Django's Jinja2 backend."""
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    env = Environment(**options)  # noqa: S701  # Django's backend passes autoescape=True
    env.globals.update(
        static=lru_cache(maxsize=512)(static),
        script_urls=script_urls,
        url=reverse,
        flag=flag,
        flag_class=flag_class,
        region_name=lru_cache(maxsize=512)(region_name),
        channel_name=channel_name,
        column_titles=column_titles,
        data_for_script=json_script,
        icon=icon,
        account_page=account_page,
        desk_version=settings.DESK_VERSION,
        international=lru_cache(maxsize=256)(international),
        mask_number=mask_number,
        marked_numbers=marked_numbers,
        mask_text=mask_text,
        reason_of=reason_of,
        export_failure=export_failure,
        consent_label=consent_label,
        reachability_label=reachability_label,
        delivery_label=delivery_label,
        profile_status_label=profile_status_label,
        badges=lru_cache(maxsize=256)(_macro(env, "channel_badges")),
    )
    env.filters.update(
        time_ago=time_ago,
        age_seconds=age_seconds,
        format_month=format_month,
        channel_name=channel_name,
        few_names=few_names,
        format_time=format_time,
        format_datetime_seconds=format_datetime_seconds,
        lower_first=lower_first,
        format_datetime=format_datetime,
        format_int=format_int,
        percent=percent,
    )
    return env


@lru_cache(maxsize=256)
def icon(name: str, class_: str = "") -> SafeString:
    """One icon of the sprite. Cached: a page of fifty rows has two hundred."""
    class_attribute = format_html(' class="{}"', class_) if class_ else ""
    return format_html(
        '<svg aria-hidden="true"{}><use href="{}#{}"/></svg>', class_attribute, static("img/icons.svg"), name
    )


def _macro(env: Environment, name: str) -> Callable[..., str]:
    """A macro of `shared/ui.html` as a function, for caching its output: few combinations, many rows."""

    def call(*arguments: object) -> str:
        macro: Callable[..., str] = getattr(env.get_template("shared/ui.html").module, name)
        return macro(*arguments)

    return call


@lru_cache(maxsize=512)
def flag(region_code: str | None) -> str:
    """The URL of a region's flag, or of a neutral image if it has none."""
    name = _flag_name(region_code)
    return static(f"vendor/circle-flags/flags/{name}.svg" if name else "img/region.svg")


@lru_cache(maxsize=512)
def flag_class(region_code: str | None) -> str:
    """The CSS classes that place a region's flag from the sprite (app.css), or the neutral image if it has none."""
    name = _flag_name(region_code)
    return f"flag flag-col-{name[0]} flag-row-{name[1]}" if name else "flag"


def _flag_name(region_code: str | None) -> str | None:
    """The file name of the region's flag without its extension; None if it has none."""
    name = (region_code or "").lower()
    is_code = name.isascii() and name.isalpha() and len(name) == 2
    return name if is_code and (_FLAGS / f"{name}.svg").is_file() else None


def region_name(region_code: str | None) -> str | None:
    """A region's English name ("United Kingdom" for GB), else the code itself, else None."""
    if not region_code:
        return None
    return str(_TERRITORIES.get(region_code.upper(), region_code))
