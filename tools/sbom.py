"""Software bill of materials (`make sbom`): what is shipped, as CycloneDX 1.6 in JSON.

Usage: python -m tools.sbom [FILE], by default `.cache/sbom.json`. The packages of `requirements.txt` with the hashes of
their files (by cyclonedx-py), and the vendored files of `static/vendor` with theirs. What only tests need is not in it.
The same sources give the same bytes. No network.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dashboard.version import program_version
from testing import ROOT

VENDORED = ROOT / "static" / "vendor"
LICENSES = {"circle-flags": "MIT", "htmx": "0BSD", "inter": "OFL-1.1"}  # of the LICENSE file beside each

Json = dict[str, Any]


def main() -> int:
    """Writes the file; returns the exit status."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".cache" / "sbom.json"
    bom = bill_of_materials()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(bom, indent=2) + "\n")
    print(f"{target}: {len(bom['components'])} components (CycloneDX {bom['specVersion']}).")
    return 0


def bill_of_materials() -> Json:
    """The packages, the vendored files, and the desk itself with its version as their root."""
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", str(ROOT / "requirements.txt")]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--spec-version", "1.6"]
    command += ["--no-validate"]  # it takes four seconds, and not yet all is there: tests/test_supply_chain.py does it
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(done.stderr)
    bom: Json = json.loads(done.stdout)
    bom["metadata"]["component"]["version"] = program_version(ROOT)
    vendored = [_component(folder) for folder in sorted(VENDORED.iterdir()) if folder.is_dir()]
    bom["components"] += vendored
    bom["dependencies"] += [{"ref": component["bom-ref"]} for component in vendored]
    direct = [component["bom-ref"] for component in bom["components"] if component["name"] in _direct()] + [
        component["bom-ref"] for component in vendored
    ]
    root = bom["metadata"]["component"]["bom-ref"]
    bom["dependencies"] = [entry for entry in bom["dependencies"] if entry["ref"] != root]
    bom["dependencies"].append({"ref": root, "dependsOn": direct})
    return bom


def _direct() -> set[str]:
    """The packages that requirements.in names, by their names in the lock."""
    lines = (ROOT / "requirements.in").read_text().splitlines()
    return {re.split(r"[\[=]", line)[0] for line in lines if line and line[0] not in "#-"}


def _component(folder: Path) -> Json:
    """One vendored package: from npm, as its VERSION file says, with the checksum of each of its files."""
    name, _, version = (folder / "VERSION").read_text().strip().rpartition("@")
    return {
        "type": "library",
        "bom-ref": f"vendored-{folder.name}",
        "name": name,
        "version": version,
        "purl": f"pkg:npm/{quote(name, safe='/')}@{version}",
        "licenses": [{"license": {"id": LICENSES[folder.name], "acknowledgement": "declared"}}],
        "components": [
            {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": checksum}]}
            for checksum, name in _checksums(folder.name)
        ],
    }


def _checksums(folder: str) -> list[tuple[str, str]]:
    lines = (line.split("  ", 1) for line in (VENDORED / "SHA256SUMS").read_text().splitlines())
    return [(checksum, name) for checksum, name in lines if name.startswith(f"{folder}/")]


if __name__ == "__main__":
    sys.exit(main())
