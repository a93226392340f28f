"""Script bundle: the scripts that every page loads, collected into one file (docs/decisions, 48).

Twelve files of two kilobytes cost a first visit twelve requests with as many headers, and compress a fifth worse than
one. `collectstatic` writes them one after the other, unchanged. With DEBUG on, pages load the files themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

BUNDLE = "js/desk.js"
# In the order in which they run: later ones use what earlier ones declare.
SCRIPTS = tuple(
    f"js/{name}.js"
    for name in (
        "announce",
        "htmx-guard",
        "deferred-rows",
        "results",
        "copy",
        "theme",
        "clock",
        "switcher",
        "drawer",
        "keys",
        "saved-views",
        "command-list",
    )
)


class BundlingStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Static files with hashed names, compressed when they are collected, the scripts also as one file."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Called by `collectstatic` with the files that it has copied. Adds the bundle to them."""
        if not dry_run and set(SCRIPTS) <= paths.keys():
            texts = [Path(self.path(script)).read_text(encoding="utf-8") for script in SCRIPTS]
            Path(self.path(BUNDLE)).write_text("\n".join(texts), encoding="utf-8")
            paths[BUNDLE] = (self, BUNDLE)
        yield from super().post_process(paths, dry_run=dry_run, **options)


def script_urls() -> list[str]:
    """URLs of the scripts that every page loads, in their order."""
    return [static(script) for script in (SCRIPTS if settings.DEBUG else (BUNDLE,))]
