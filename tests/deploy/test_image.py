"""The image, built and run by buildah on a base from Debian's archive: no registry, and no container runtime needed.

Minutes, and needs Debian's archive and a package index: for `make test-all`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from testing import ROOT
from testing.processes import free_port, start_program, stop_program, wait_for_http
from testing.running_desk import API_KEY, SECRET_KEY
from testing.sandbox_server import SandboxServer

ABSENT = [name for name in ("buildah", "mmdebstrap") if shutil.which(name) is None]
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(bool(ABSENT) or os.geteuid() != 0, reason=f"needs root, {' and '.join(ABSENT)}"),
]


def _buildah(store: Path, *arguments: str) -> str:
    command = ["buildah", "--storage-driver", "vfs", "--root", f"{store}/root", "--runroot", f"{store}/run"]
    done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def _pip_mounts(folder: Path) -> list[str]:
    """This machine's package index for the build: its pip settings, and the folders that they name."""
    lines = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    settings = dict(line.split("=", 1) for line in lines.splitlines())
    found = {
        name: settings[f"{kind}.{name}"].strip("'")
        for kind in ("global", ":env:")
        for name in ("extra-index-url", "find-links", "index-url")
        if f"{kind}.{name}" in settings
    }
    (folder / "pip.conf").write_text("[global]\n" + "".join(f"{name} = {value}\n" for name, value in found.items()))
    words = [word for value in found.values() for word in value.split()]
    # The pages of an index in files (`simple/`) lead to packages beside them.
    indexes = {str(Path(urlsplit(word).path).parent) for word in words if word.startswith("file:")}
    paths = indexes | {word for word in words if word.startswith("/")}
    mounts = [f"{folder}/pip.conf:/etc/pip.conf:ro", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
    return [*mounts, *(f"{path}:{path}:ro" for path in sorted(paths) if Path(path).exists())]


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The store of a container of the image, and its name."""
    folder = tmp_path_factory.mktemp("image")
    store = folder / "store"
    base = folder / "base.tar"
    bootstrap = ["mmdebstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(base)]
    subprocess.run([*bootstrap, "http://deb.debian.org/debian"], check=True, capture_output=True)
    (folder / "Dockerfile").write_text("FROM scratch\nADD base.tar /\n")
    chroot = ("--isolation", "chroot")
    _buildah(store, "bud", *chroot, "--tag", "desk-base", str(folder))
    mounts = [word for mount in _pip_mounts(folder) for word in ("--volume", mount)]
    _buildah(
        store, "bud", *chroot, *mounts, "--build-arg", "BASE=localhost/desk-base", "--file", "deploy/Dockerfile",
        "--tag", "contact-desk", ".",
    )  # fmt: skip
    name = _buildah(store, "from", "localhost/contact-desk").strip()
    yield store, name
    _buildah(store, "rm", name)


def _in_container(container: tuple[Path, str], *command: str) -> str:
    store, name = container
    return _buildah(store, "run", "--isolation", "chroot", "--user", "10001:10001", name, "--", *command)


def test_image_holds_no_compiler_pip_or_secret(container: tuple[Path, str]) -> None:
    found = _in_container(
        container, "sh", "-c", "command -v gcc cc make pip; ls -A; id -u; touch manage.py 2>&1 || true"
    )
    words = found.split()
    assert not {"/usr/bin/gcc", "/usr/bin/cc", "/usr/bin/make"} & set(words)
    assert not {".env", ".git", "tests", "sandbox"} & set(words)
    assert "10001" in words
    assert "denied" in found  # the program is root's


def test_image_migrates_and_serves(container: tuple[Path, str], tmp_path: Path) -> None:
    """With SQLite on a volume, as its own user, with the image's own command."""
    port = free_port()
    data = tmp_path / "data"
    data.mkdir()
    with SandboxServer() as api:
        lines = {
            "SECRET_KEY": SECRET_KEY, "SENT_API_URL": api.url, "SENT_API_KEY": API_KEY,
            "DATABASE_URL": "sqlite:////data/desk.sqlite3", "SITE_URL": f"http://127.0.0.1:{port}",
        }  # fmt: skip
        (data / "desk.env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        for path in (data, data / "desk.env"):
            os.chown(path, 10001, 10001)
            path.chmod(0o700 if path.is_dir() else 0o400)
        store, name = container
        run = ("run", "--isolation", "chroot", "--user", "10001:10001", "--volume", f"{data}:/data")
        env = ("--env", "ENV_FILE=/data/desk.env", "--env", f"PORT={port}")
        _buildah(store, *run, *env, name, "--", ".venv/bin/python", "manage.py", "migrate", "--verbosity", "0")
        command = ["buildah", "--storage-driver", "vfs", "--root", f"{store}/root", "--runroot", f"{store}/run"]
        log = tmp_path / "log"
        with log.open("wb") as output:
            desk = start_program(
                [*command, *run, *env, name, "--", "/srv/desk/.venv/bin/python", "-m", "dashboard.server"],
                stdout=output, stderr=output,
            )  # fmt: skip
        try:
            wait_for_http(f"http://127.0.0.1:{port}/readyz", desk, log)
        finally:
            stop_program(desk)
