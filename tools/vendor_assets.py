"""Vendored assets: fetches the files of `static/vendor/` from the npm registry and writes their checksums.

Run it only to change a version: `.venv/bin/python -m tools.vendor_assets`, then `tools.flag_sprite`. Needs npm.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
CHECKSUMS = VENDOR / "SHA256SUMS"

# package -> (folder, licence file, {file in the package: file name here}); flags are selected by COUNTRY_FLAG.
PACKAGES = {
    "htmx.org@4.0.1": ("htmx", "LICENSE", {"dist/htmx.min.js": "htmx.min.js"}),
    "@fontsource-variable/inter@5.3.0": (
        "inter",
        "LICENSE",
        {"files/inter-latin-wght-normal.woff2": "inter-latin-wght-normal.woff2"},
    ),
    "circle-flags@2.8.3": ("circle-flags", "LICENSE.md", {}),
}
COUNTRY_FLAG = re.compile(r"flags/([a-z]{2})\.svg")


def fetch(package: str, into: Path) -> Path:
    """Downloads and unpacks a package; returns its folder."""
    name = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=into, check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    with tarfile.open(into / name) as archive:
        archive.extractall(into / name.removesuffix(".tgz"), filter="data")
    return into / name.removesuffix(".tgz") / "package"


def main() -> None:
    """Fetches every package into an empty folder, then writes the checksums of all files."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        for package, (name, licence, files) in PACKAGES.items():
            source, target = fetch(package, Path(folder)), VENDOR / name
            target.mkdir(parents=True)
            shutil.copyfile(source / licence, target / "LICENSE")
            (target / "VERSION").write_text(package + "\n")
            for original, copy in files.items():
                shutil.copyfile(source / original, target / copy)
            if name == "circle-flags":
                (target / "flags").mkdir()
                for flag in sorted((source / "flags").iterdir()):
                    if COUNTRY_FLAG.fullmatch(f"flags/{flag.name}"):
                        shutil.copyfile(flag, target / "flags" / flag.name)
    files_here = sorted(path for path in VENDOR.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(VENDOR).as_posix()}" for path in files_here
    ]
    CHECKSUMS.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} files in {VENDOR}")


if __name__ == "__main__":
    main()
