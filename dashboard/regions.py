"""Regions of DESK_REGIONS: ISO codes that number plans exist for, so that UK for GB does not pass in silence."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured


def parse_regions(texts: Sequence[str]) -> list[str]:
    """The codes in upper case, in order."""
    regions = [text.strip().upper() for text in texts if text.strip()]
    if regions:
        from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  # 50 ms, for those who set regions

        wrong = next((region for region in regions if region not in SUPPORTED_REGIONS), None)
        if wrong is not None:
            raise ImproperlyConfigured(
                f"DESK_REGIONS must be codes of two letters with commas between, such as GB,IE; {wrong!r} is none"
            )
    return regions
