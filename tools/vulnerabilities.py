"""Vulnerability audit (`make audit`): pip-audit over the locked packages, by the first database that answers.

Usage: python -m tools.vulnerabilities [--read FILE], where FILE is a report that `pip-audit --format json` made on a
machine that reaches a database. Exits with 1 when a package has a known vulnerability, with 2 when the audit failed,
else with 0, also when no database is reachable; it says then that nothing was checked. pip-audit by itself calls a
package that its database does not know "skipped" and is content: behind a mirror that passes packages alone, that is
every package. PIP_AUDIT_OSV_URL names a mirror of osv.dev, and is asked first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testing import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt")
MIRROR = os.environ.get("PIP_AUDIT_OSV_URL")  # read by pip-audit itself
# pip-audit's names of the databases, and where they are, in the order in which they are asked.
DATABASES = {"osv": MIRROR, "pypi": "pypi.org"} if MIRROR else {"pypi": "pypi.org", "osv": "osv.dev"}
TIMEOUT = 10  # seconds a database may take for one answer
# What pip-audit's stderr names when its database does not answer. Anything else is a fault of the lock or of pip-audit.
_UNREACHABLE = ("requests.exceptions.", "urllib3.exceptions.", "Could not connect", "Max retries exceeded")


class AuditFailed(Exception):
    """pip-audit failed for another reason than its database. Its text is pip-audit's."""


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One known vulnerability of a locked package, and the versions that have it no more."""

    package: str
    version: str
    name: str
    fixed_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What one database says. `unchecked` are the packages of which it said nothing."""

    checked: int
    unchecked: tuple[str, ...] = ()
    found: tuple[Vulnerability, ...] = field(default=())


def main() -> int:
    """Prints the report of the first database that knows any of the packages; returns the exit status."""
    parser = argparse.ArgumentParser(description="Known vulnerabilities of the locked packages.")
    parser.add_argument("--read", type=Path, metavar="FILE", help="judge this report of pip-audit")
    file: Path | None = parser.parse_args().read
    try:
        return _audit() if file is None else _print(_read(file), file.name)
    except AuditFailed as error:
        print(f"The audit failed: {error}", file=sys.stderr)
        return 2


def _audit() -> int:
    for name, host in DATABASES.items():
        report = parse_report(pip_audit(name))
        if report is not None:
            return _print(report, host)
    hosts = " nor ".join(DATABASES.values())
    print(f"Nothing was checked: neither {hosts} answers from here. Run `make audit` where one of them does.")
    return 0


def _read(file: Path) -> Report:
    report = parse_report(file.read_text())
    if report is None:
        raise AuditFailed(f"{file} checks no package")
    return report


def _print(report: Report, host: str) -> int:
    print("\n".join(sentences(report, host)))
    return 1 if report.found else 0


def parse_report(output: str) -> Report | None:
    """The report in pip-audit's JSON; None when there is none, or when the database knew not one package."""
    try:
        packages: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    unchecked = tuple(package["name"] for package in packages if "skip_reason" in package)
    if len(unchecked) == len(packages):
        return None
    found = tuple(_vulnerability(package, flaw) for package in packages for flaw in package.get("vulns", ()))
    return Report(len(packages) - len(unchecked), unchecked, found)


def sentences(report: Report, host: str) -> list[str]:
    """The report in lines of text."""
    lines = [f"{flaw.package} {flaw.version}: {flaw.name}, {_fix(flaw)}" for flaw in report.found]
    if report.unchecked:
        lines.append(f"Not checked, because {host} does not know them: {', '.join(report.unchecked)}.")
    counted = f"{len(report.found)} known vulnerabilities" if report.found else "No known vulnerability"
    return [*lines, f"{counted} in {report.checked} packages ({host})."]


def _vulnerability(package: Mapping[str, Any], flaw: Mapping[str, Any]) -> Vulnerability:
    return Vulnerability(package["name"], package["version"], flaw["id"], tuple(flaw["fix_versions"]))


def _fix(flaw: Vulnerability) -> str:
    return f"fixed in {', '.join(flaw.fixed_in)}" if flaw.fixed_in else "not fixed yet"


def pip_audit(database: str, *locks: Path) -> str:
    """The output of pip-audit, "" when the database does not answer. Raises AuditFailed."""
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", database, "--format", "json"]
    command += ["--timeout", str(TIMEOUT)]
    command += ["--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--cache-dir", str(ROOT / ".cache" / "pip-audit")]
    for lock in locks or [ROOT / name for name in LOCKS]:
        command += ["--requirement", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.strip() and not any(sign in done.stderr for sign in _UNREACHABLE):
        raise AuditFailed(done.stderr.strip() or f"pip-audit ended with {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
