"""Static files: WhiteNoise, without the manifest of `collectstatic`, which lists every file with its hash.

Files whose names hold a hash are also looked for on the disk when they are asked for: in a deploy, one process still
serves the release before while another's pages already name the new files (docs/decisions, 50).
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

MANIFEST = "staticfiles.json"
_HASHED = re.compile(r"(?:[\w-]+/)*[\w.-]+\.[0-9a-f]{12}\.\w+", re.ASCII)  # css/app.0123456789ab.css: no "..", no "//"


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Serves the collected files from memory."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The file, where the path is one's; everything else goes on. A miss costs a look into the folder."""
        path = request.path_info
        if path not in self.files and path.startswith(self.static_prefix):
            self._add_newer(path)
        response: HttpResponseBase = super().__call__(request)
        return response

    def _add_newer(self, url: str) -> None:
        """Adds a file that was collected after this process started."""
        name = url.removeprefix(self.static_prefix)
        if self.static_root and _HASHED.fullmatch(name):
            root = Path(self.static_root).resolve()
            found = (root / name).resolve()
            if found.is_relative_to(root) and found.is_file():
                self.add_file_to_dictionary(url, str(found))

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        """Adds a file to those that are served."""
        if PurePath(path).name != MANIFEST:
            super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
