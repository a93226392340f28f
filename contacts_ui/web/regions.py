"""Regions on a page: their flags and English names."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel import Locale
from django.conf import settings
from django.templatetags.static import static

from contacts_ui.phone_search import regions_of

_TERRITORIES = Locale("en").territories
_FLAGS = Path(settings.BASE_DIR) / "static" / "vendor" / "circle-flags" / "flags"


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


@lru_cache(maxsize=512)
def region_name(region_code: str | None) -> str | None:
    """A region's English name ("United Kingdom" for GB), else the code itself, else None."""
    if not region_code:
        return None
    return str(_TERRITORIES.get(region_code.upper(), region_code))


def country_of(number: str) -> str | None:
    """The English name of the region of an E.164 number, None when it is not known."""
    return region_name(next(iter(regions_of(number)), None))
