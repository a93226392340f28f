"""Unknown settings: a misspelt name would be ignored in silence, so it stops the start with the nearest known one."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

OWN_PREFIXES = ("SENT_", "OIDC_", "AUDIT_", "DESK_", "NUMBER_INDEX_")
# Read by the launcher (tools/run.py), not by the settings.
LAUNCHER_NAMES = {"PORT", "SANDBOX_PORT", "SANDBOX_ARGS", "DEMO_PASSWORD", "ENV_FILE"}
# Kubernetes and Docker add variables for a service that is called desk, audit, oidc or sent.
_OF_A_SERVICE = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)")
_LINE = re.compile(r"^\s*(?:export )?([A-Za-z_0-9]+)=", re.MULTILINE)
_SIMILAR = 0.85  # of 1: a name in `.env` without our prefix may be for another program, unless it is this close


def require_known_names(known: Collection[str], env_file: str | os.PathLike[str]) -> None:
    """Raises ImproperlyConfigured for names of ours that nothing reads, in the environment and in `.env`."""
    names = {*known, *(f"{name}_FILE" for name in known), *LAUNCHER_NAMES}
    unknown = [name for name in os.environ if name.startswith(OWN_PREFIXES) and not _OF_A_SERVICE.fullmatch(name)]
    unknown += [name for name in _names_in(env_file) if get_close_matches(name, names, 1, _SIMILAR)]
    wrong = sorted({name for name in unknown if name not in names})
    if wrong:
        raise ImproperlyConfigured(f"{_list(_hint(name, names) for name in wrong)}")


def _hint(name: str, names: Collection[str]) -> str:
    # One candidate a setting: X_FILE is as near to a misspelt X as X itself.
    (nearest,) = get_close_matches(name, sorted(names, key=len), 1, 0.0)
    return f"{name} is not a setting of the desk; the nearest one is {nearest}"


def _list(hints: Iterable[str]) -> str:
    return ", and ".join(hints)


def _names_in(env_file: str | os.PathLike[str]) -> list[str]:
    path = Path(env_file)
    return _LINE.findall(path.read_text(errors="replace")) if path.is_file() else []
