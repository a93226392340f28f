"""Supply chain: the audit of locked packages, the list of what is shipped, and the licence."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from testing import ROOT

pytestmark = pytest.mark.slow

NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
HARMLESS = {"name": "jinja2", "version": "3.1.6", "vulns": []}
UNKNOWN = {"name": "requests", "skip_reason": "Dependency not found on PyPI and could not be audited"}
FLAWED = {
    "name": "django",
    "version": "5.2.1",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["5.2.2"], "aliases": [], "description": ""}],
}
UNFIXED = {"name": "redis", "version": "1.0", "vulns": [{"id": "GHSA-1", "fix_versions": []}]}

Result = subprocess.CompletedProcess[str]


def _run(module: str, *arguments: str, **env: str) -> Result:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False)


def _judged(folder: Path, *packages: dict[str, Any]) -> Result:
    """The tool's answer to a report of pip-audit about these packages."""
    report = folder / "report.json"
    report.write_text(json.dumps({"dependencies": packages, "fixes": []}))
    return _run("tools.vulnerabilities", "--read", str(report))


@pytest.mark.exhaustive  # likewise with a mirror that refuses, below
def test_audit_without_network_says_that_nothing_was_checked() -> None:
    done = _run("tools.vulnerabilities", **NO_NETWORK)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Nothing was checked: neither pypi.org nor osv.dev answers from here.")


class _Database(BaseHTTPRequestHandler):
    """A mirror of osv.dev that knows one vulnerability, of Django; `status` is that of every answer."""

    status = 200

    def do_POST(self) -> None:
        """Answers one question of pip-audit."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
        fixed = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}
        affected = {"package": {"name": asked, "ecosystem": "PyPI"}, "ranges": [fixed]}
        found = {"vulns": [{"id": "TEST-1", "summary": "a fault", "affected": [affected]}]}
        body = json.dumps(found if asked == "django" else {}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
        """Says nothing."""


@pytest.fixture
def mirror() -> Iterator[str]:
    """The address of a mirror of osv.dev on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Database) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def test_audit_asks_mirror_about_every_locked_package(mirror: str) -> None:
    done = _run("tools.vulnerabilities", **NO_NETWORK | {"NO_PROXY": "127.0.0.1", "PIP_AUDIT_OSV_URL": mirror})
    django = re.search(r"^django==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert django
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(f"django {django[1]}: TEST-1, fixed in 99.0\n")
    assert "Not checked" not in done.stdout


def test_mirror_that_refuses_is_no_all_clear(mirror: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Database, "status", 403)
    done = _run("tools.vulnerabilities", **NO_NETWORK | {"NO_PROXY": "127.0.0.1", "PIP_AUDIT_OSV_URL": mirror})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Nothing was checked: neither")


def test_vulnerability_is_named_with_its_fix_and_fails_audit(tmp_path: Path) -> None:
    done = _judged(tmp_path, HARMLESS, FLAWED, UNFIXED)
    assert done.returncode == 1
    assert "django 5.2.1: PYSEC-2026-1, fixed in 5.2.2\n" in done.stdout
    assert "redis 1.0: GHSA-1, not fixed yet\n" in done.stdout


def test_audit_without_vulnerability_passes(tmp_path: Path) -> None:
    done = _judged(tmp_path, HARMLESS)
    assert (done.returncode, done.stdout) == (0, "No known vulnerability in 1 packages (report.json).\n")


def test_package_unknown_to_database_is_named_as_not_checked(tmp_path: Path) -> None:
    assert (
        "Not checked, because report.json does not know them: requests.\n"
        in _judged(tmp_path, HARMLESS, UNKNOWN).stdout
    )


def test_report_that_checks_nothing_is_no_all_clear(tmp_path: Path) -> None:
    # What pip-audit says behind a mirror that passes packages alone; its own exit status is 0.
    done = _judged(tmp_path, UNKNOWN, UNKNOWN)
    assert (done.returncode, done.stdout) == (2, "")
    assert "checks no package" in done.stderr


@pytest.fixture(scope="module")
def bom(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The list of what is shipped, as written."""
    file = tmp_path_factory.mktemp("sbom") / "sbom.json"
    done = _run("tools.sbom", str(file), **NO_NETWORK)
    assert (done.returncode, done.stderr) == (0, "")
    return file.read_text()


def test_sbom_is_valid_cyclonedx(bom: str) -> None:
    # Costs a CPU second, which each worker would spend at collection.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bom) is None


def test_sbom_has_every_locked_package_with_its_hashes(bom: str) -> None:
    components = {entry["name"]: entry for entry in json.loads(bom)["components"]}
    locked = re.split(r"\n(?=\S)", (ROOT / "requirements.txt").read_text())
    for entry in locked:
        if not (named := re.match(r"([\w.-]+)==([\w.]+)", entry)):
            continue
        component = components[named[1]]
        hashes = {digest["content"] for reference in component["externalReferences"] for digest in reference["hashes"]}
        assert (component["version"], hashes) == (named[2], set(re.findall(r"sha256:(\w+)", entry)))


def test_sbom_has_every_vendored_file_with_its_checksum(bom: str) -> None:
    components = [entry for entry in json.loads(bom)["components"] if entry["bom-ref"].startswith("vendored-")]
    files = {file["name"]: file["hashes"][0]["content"] for entry in components for file in entry["components"]}
    lines = (ROOT / "static" / "vendor" / "SHA256SUMS").read_text().splitlines()
    assert files == {name: checksum for checksum, name in (line.split("  ") for line in lines)}


def test_sbom_names_desk_with_version_licence_and_what_it_depends_on(bom: str) -> None:
    read = json.loads(bom)
    desk = read["metadata"]["component"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (desk["name"], desk["version"].partition("+")[0]) == (project["name"], project["version"])
    assert "BSD-3-Clause" in json.dumps(desk["licenses"])
    (needed,) = [entry["dependsOn"] for entry in read["dependencies"] if entry["ref"] == desk["bom-ref"]]
    names = {entry["bom-ref"]: entry["name"] for entry in read["components"]}
    assert {"django", "granian", "psycopg", "htmx.org"} <= {names[ref] for ref in needed}


def test_sbom_holds_neither_time_nor_random_number(bom: str) -> None:
    read = json.loads(bom)
    assert "serialNumber" not in read
    assert "timestamp" not in read["metadata"]


@pytest.mark.exhaustive  # makes the list a second time
def test_same_sources_give_same_sbom(bom: str, tmp_path: Path) -> None:
    _run("tools.sbom", str(tmp_path / "again.json"))
    assert (tmp_path / "again.json").read_text() == bom


def test_licence_is_one_that_project_names() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("BSD 3-Clause License\n")
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "BSD-3-Clause"
