"""Commands of the files in deploy/: those of a systemd unit and those of compose.yaml, as programs of this machine.

Tests and benches start what these files say, so that the files cannot rot.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, cast

import yaml

from testing import ROOT

DEPLOY = ROOT / "deploy"
UNITS = ("desk-migrate", "desk-web", "desk-worker")
# Where the units and the image have the program, with its .venv.
PROGRAM_FOLDERS = ("/srv/desk/current", "/srv/desk")
_PORT = re.compile(r"\b(8000|5432|6379)\b")


def unit_commands(unit: str, program: Path) -> list[list[str]]:
    """The ExecStart lines of a unit, for a program in another folder."""
    return [_words(line, program) for line in _lines(unit, "ExecStart")]


def unit_environment(unit: str) -> dict[str, str]:
    """The Environment lines of a unit."""
    pairs = [pair.partition("=") for line in _lines(unit, "Environment") for pair in shlex.split(line)]
    return {name: value for name, _, value in pairs}


def compose_services() -> dict[str, dict[str, Any]]:
    """The services of compose.yaml."""
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return cast("dict[str, dict[str, Any]]", services)


def compose_command(service: str, program: Path, ports: dict[str, int]) -> list[str]:
    """The command of a service, for a program in another folder and with other ports."""
    words = [_in_folder(word, program) for word in compose_services()[service]["command"]]
    return [_PORT.sub(lambda port: str(ports[port[1]]), word) for word in words]


def _lines(unit: str, name: str) -> list[str]:
    text = (DEPLOY / "systemd" / f"{unit}.service").read_text()
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{name}=")]


def _words(line: str, program: Path) -> list[str]:
    return [_in_folder(word, program) for word in shlex.split(line)]


def _in_folder(word: str, program: Path) -> str:
    for folder in PROGRAM_FOLDERS:
        if word.startswith(f"{folder}/"):
            return f"{program}/{word.removeprefix(f'{folder}/')}"
    return word
