"""Settings reader: environment variables, `.env`, and for X the file that X_FILE names; each value in its range.

What cannot be right raises ImproperlyConfigured with one sentence that names the setting. No sentence holds a secret.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

from django.core.exceptions import ImproperlyConfigured
from environ import Env as PlainEnv
from environ import FileAwareEnv
from environ.fileaware_mapping import FileAwareMapping

# Types under other names: in the class below `str` and the like are methods.
Text: TypeAlias = str
YesNo: TypeAlias = bool
Whole: TypeAlias = int
Number: TypeAlias = float

TRUE, FALSE = {"true", "on", "yes", "y", "1"}, {"false", "off", "no", "n", "0"}
DATABASE_ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
SHORTEST_KEY = 32  # characters
FEWEST_DIFFERENT = 5  # characters of a key, as Django's own check of SECRET_KEY


class _Values(FileAwareMapping):  # type: ignore[misc]  # django-environ has no types
    """Strips values read from a file: editors and secret stores add a newline at the end."""

    def __getitem__(self, key: str) -> str:
        path = self.env.get(f"{key}_FILE")
        try:
            value = str(super().__getitem__(key))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise ImproperlyConfigured(f"{key}_FILE names {path}, which cannot be read: {reason}") from None
        return value.strip() if path else value


class Env(FileAwareEnv):  # type: ignore[misc]
    """Reads a setting as text, a number, a list or a URL, and remembers which names were asked for.

    A setting whose default is empty may be empty; any other may not, since an empty value is a line left unfinished.
    """

    ENVIRON = _Values()

    def __init__(self) -> None:
        super().__init__()
        self.names: set[Text] = set()

    @classmethod
    def read_env(cls, env_file: Any = None, *args: Any, **kwargs: Any) -> None:
        """Adds the variables of a `.env` that exists to the environment, which goes before it."""
        path = Path(env_file)
        if path.exists() and not os.access(path, os.R_OK):
            raise ImproperlyConfigured(f"{path} cannot be read by the user that the desk runs as")
        try:
            super().read_env(env_file, *args, **kwargs)
        except UnicodeDecodeError:
            raise ImproperlyConfigured(f"{path} is not UTF-8 text") from None

    def get_value(self, var: Text, *args: Any, **kwargs: Any) -> Any:
        """The value of a setting, or its default."""
        self.names.add(var)
        return super().get_value(var, *args, **kwargs)

    def raw(self, name: Text) -> Text | None:
        """The text as it stands, without spaces around it; None when it is not set."""
        self.names.add(name)
        value = self.ENVIRON.get(name)
        return None if value is None else value.strip()

    def str(self, var: Text, default: Any = FileAwareEnv.NOTSET, **_: Any) -> Text:
        """A text."""
        text = self.raw(var)
        if text is None:
            if default is self.NOTSET:
                raise ImproperlyConfigured(f"{var} is not set")
            return str(default)
        if not text and default != "":
            raise ImproperlyConfigured(f"{var} is empty: give it a value, or remove it")
        return text

    def choice(self, name: Text, choices: tuple[Text, ...], default: Text) -> Text:
        """One of a few words, in lower case."""
        text = self.str(name, default=default).lower()
        if text not in choices:
            raise ImproperlyConfigured(f"{name} must be {_either(choices)}, not {text!r}")
        return text

    def bool(self, var: Text, default: Any = FileAwareEnv.NOTSET) -> YesNo:
        """Yes or no. A third word is refused, or a misspelt one would switch off what protects."""
        text = self.str(var, default=default).lower()
        if text not in TRUE | FALSE:
            raise ImproperlyConfigured(f"{var} must be true or false, not {text!r}")
        return text in TRUE

    def int(self, var: Text, default: Any = FileAwareEnv.NOTSET, low: Whole = 0, high: Whole = 1_000_000) -> Whole:
        """A whole number from `low` to `high`."""
        text = self.str(var, default=default)
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ImproperlyConfigured(f"{var} must be a whole number from {low} to {high}, not {text!r}")
        return number

    def float(self, var: Text, default: Any = FileAwareEnv.NOTSET, low: Number = 0, high: Number = 1_000_000) -> Number:
        """A number from `low` to `high`."""
        text = self.str(var, default=default)
        try:
            number = float(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:  # also refuses nan
            raise ImproperlyConfigured(f"{var} must be a number from {low:g} to {high:g}, not {text!r}")
        return number

    def key(self, name: Text, default: Text | None = None) -> Text:
        """A key that signs or hashes: long and not one character over and over. A comment after NAME= is no key."""
        text = self.raw(name)
        if text is None:
            if default is None:
                raise ImproperlyConfigured(f"{name} is not set")
            return default
        if not text or text.startswith("#"):
            remove = "" if default is None else ", or remove it"
            raise ImproperlyConfigured(f"{name} is empty: give it {SHORTEST_KEY} or more random characters{remove}")
        _refuse_weak(name, text)
        return text

    def keys(self, name: Text) -> list[Text]:
        """Former keys, with commas between. What they signed is still accepted, so none may be weak."""
        keys = [key.strip() for key in self.str(name, default="").split(",") if key.strip()]
        for key in keys:
            _refuse_weak(name, key)
        return keys

    def db_url(self, var: Text, default: Any = FileAwareEnv.NOTSET, **_: Any) -> dict[Text, Any]:
        """A database: SQLite or PostgreSQL."""
        text = self.str(var, default=default)
        try:
            config: dict[Text, Any] = self.db_url_config(text)
        except (ValueError, KeyError, ImproperlyConfigured):
            config = {}
        if config.get("ENGINE") not in DATABASE_ENGINES or not config.get("NAME"):
            raise ImproperlyConfigured(f"{var} must look like postgres://user:password@host/name or sqlite:////path")
        return config

    def email_url(self, var: Text, default: Any = FileAwareEnv.NOTSET, **_: Any) -> dict[Text, Any]:
        """A mail server. An empty value is the default: it is how one switches mail off."""
        text = self.str(var, default="") or default
        try:
            config: dict[Text, Any] = self.email_url_config(text)
        except (ValueError, KeyError, ImproperlyConfigured):
            config = {}
        if not config.get("EMAIL_BACKEND") or ("smtp" in config["EMAIL_BACKEND"] and not config.get("EMAIL_HOST")):
            raise ImproperlyConfigured(f"{var} must look like smtp+tls://user:password@mail.example.org:587")
        return config

    def files(self) -> list[Path]:
        """The files that settings were read from, as X_FILE for a setting X."""
        named = (os.environ.get(f"{name}_FILE") for name in sorted(self.names))
        return [Path(path) for path in named if path]


def _refuse_weak(name: str, key: str) -> None:
    if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_DIFFERENT:
        raise ImproperlyConfigured(f"{name} can be guessed: a key needs {SHORTEST_KEY} or more random characters")


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def dotenv_values(path: str | Path) -> dict[str, str]:
    """Values of a `.env` file as `read_env` reads them, os.environ untouched; a comment after `=` counts as empty."""

    class Dotenv(PlainEnv):  # type: ignore[misc]
        ENVIRON: ClassVar[dict[str, str]] = {}

    Dotenv.read_env(path, overwrite=True)
    return {name: value for name, value in Dotenv.ENVIRON.items() if value.strip() and value.strip()[0] != "#"}


def places_of(path: str | Path, *names: str) -> dict[str, str]:
    """Where the value of each setting comes from, for a sentence about changing it. Call it after `read_env(path)`."""
    values = dotenv_values(path)

    def place(name: str) -> str:
        if file := os.environ.get(f"{name}_FILE"):
            return f"the file {file}"
        # Compared, because read_env copies the file into the environment, and child processes inherit that.
        return f"{name} in {path if name in values and values[name] == os.environ.get(name) else 'the environment'}"

    return {name: place(name) for name in names}
