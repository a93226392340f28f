#!/usr/bin/env python
"""Django's command line. All commands read `.env`; none needs further configuration."""

from __future__ import annotations

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

from dashboard.private_files import require_private_files
from dashboard.start import explained, keep_files_private

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    keep_files_private()
    with explained():
        settings.SITE_URL  # noqa: B018  # reads them all: Django itself would go on to a traceback, or without them
        if sys.argv[1:2] != ["check"]:  # which reports it as a system check, beside the others
            require_private_files()
        execute_from_command_line(sys.argv)
