"""Entry point of `python -m sandbox`."""

from __future__ import annotations

import sys

from .options import parse
from .server import serve

if __name__ == "__main__":
    sys.exit(serve(parse()))
