"""Static files: WhiteNoise, without the manifest of `collectstatic`, which lists every file with its hash."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

MANIFEST = "staticfiles.json"


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves the collected files from memory."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        """Adds a file to those that are served."""
        if PurePath(path).name != MANIFEST:
            super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
