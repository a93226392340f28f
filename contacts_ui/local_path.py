"""Where a wish to be led on may lead: a path of this site, and nowhere else."""

from __future__ import annotations

import re

# Stricter than Django's own check, which lets "//<TAB>/host" through: printable ASCII without the backslash.
_LOCAL_PATH = re.compile(r"/(?!/)[\x21-\x5b\x5d-\x7e]*", re.ASCII)


def local_path(text: str) -> str | None:
    """`text` if it is a path of this site, query string included, else None."""
    return text if _LOCAL_PATH.fullmatch(text) else None
