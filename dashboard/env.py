"""Environment reader for settings: environment variables, `.env`, and for X the file that X_FILE names."""

from __future__ import annotations

from environ import FileAwareEnv
from environ.fileaware_mapping import FileAwareMapping


class _Values(FileAwareMapping):  # type: ignore[misc]  # django-environ has no types
    """Strips values read from a file: editors and secret stores add a newline at the end."""

    def __getitem__(self, key: str) -> str:
        value = str(super().__getitem__(key))
        return value.strip() if self.env.get(f"{key}_FILE") else value


class Env(FileAwareEnv):  # type: ignore[misc]
    """Reads a setting as a string, a number, a list or a URL."""

    ENVIRON = _Values()
