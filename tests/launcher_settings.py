"""Settings of a launched desk: the desk's own, without compressed static files (5 CPU s)."""

from __future__ import annotations

from dashboard.settings import *  # noqa: F403
from testing.desk_template import UNCOMPRESSED

WHITENOISE_SKIP_COMPRESS_EXTENSIONS = UNCOMPRESSED
