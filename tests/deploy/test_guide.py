"""The guide in docs/deploy.md, followed to the letter: its numbered blocks are run by sh, in their order, on loopback.

Replaced are folders, ports and the host's name, and the programs that change the machine: apt-get, useradd, chown,
sudo, createuser and systemctl, which starts the very lines of the units (tests/deploy/systemctl.py).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from testing import ROOT
from testing.desk_hosts import make_release
from testing.nginx_server import LOCAL, NAME, on_loopback, running_nginx
from testing.postgres_server import running_postgres
from testing.processes import free_port
from testing.redis_server import running_redis
from testing.running_desk import API_KEY
from testing.sandbox_server import SandboxServer

GUIDE = (ROOT / "docs" / "deploy.md").read_text()
BLOCKS = dict(re.findall(r"<!-- run: (\d+) -->\n```sh\n(.*?)```", GUIDE, re.DOTALL))
SHIMS = {
    "apt-get": "exit 0",
    "useradd": "exit 0",
    "chown": "exit 0",
    "createuser": "exit 0",
    # -u NAME, then variables and a command
    "sudo": 'if [ "$1" = -u ]; then shift 2; fi; exec env "$@"',
    # without the owner
    "install": """for word; do
    shift
    case "$word" in -o|-g) skip=1 ;; *) if [ "$skip" ]; then skip=; else set -- "$@" "$word"; fi ;; esac
done
exec /usr/bin/install "$@\"""",
}
VERSIONS = ("0.1.0", "0.2.0")
FILES = ("Makefile", "requirements.txt", "requirements-dev.txt", "tools", "deploy")


@dataclass
class Machine:
    """A machine of the guide: folders under `root`, what stands in for its ports, and the environment of its shell."""

    root: Path
    port: int
    names: dict[str, str]
    env: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)

    def run(self, number: str) -> str:
        """Runs a block; returns what it printed. Raises AssertionError with all of it when a line fails."""
        text = BLOCKS[number]
        for name, own in self.names.items():
            text = text.replace(name, own)
        text = text.replace("cp ", "guide-cp ") if "conf.d" in text or "systemd" in text else text
        done = subprocess.run(
            ["sh", "-eu"], input=text, env=self.env, cwd=self.root, capture_output=True, text=True, check=False
        )
        logs = "\n".join(path.read_text()[-1500:] for path in self.root.glob("*.log"))
        assert done.returncode == 0, f"block {number}: {done.stdout}{done.stderr}\n{logs}"
        return done.stdout


def _shims(folder: Path, machine: Machine) -> None:
    folder.mkdir()
    # Copies with the machine's folders and ports in the place of the guide's.
    replace = " ".join(f"-e 's|{name}|{own}|g'" for name, own in machine.names.items())
    copy = f"""for last; do :; done
for file; do
    [ "$file" = "$last" ] || sed {replace} "$file" > "$last/${{file##*/}}"
done"""
    programs = SHIMS | {
        "systemctl": f'exec {sys.executable} {Path(__file__).with_name("systemctl.py")} "$@"',
        "nginx": f'exec /usr/sbin/nginx -c {machine.root}/nginx/nginx.conf "$@"',
        "guide-cp": copy,
    }
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)


def _release(root: Path, version: str) -> None:
    folder = make_release(root / "srv" / "releases" / version, stylesheet=f"\n/* {version} */\n")
    for name in FILES:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)
    # An environment of its own, made of the tests': `make install` finds it complete.
    (folder / ".venv").unlink()
    (folder / ".venv").mkdir()
    for entry in (ROOT / ".venv").iterdir():
        if entry.name not in {".runs", ".tests"}:
            (folder / ".venv" / entry.name).symlink_to(entry.resolve())
    (folder / ".venv" / ".runs").touch()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine on which PostgreSQL, Redis, nginx and the messaging API run, and nothing of the desk."""
    root = tmp_path_factory.mktemp("guide")
    port, site_port = free_port(), free_port()
    with SandboxServer() as api, running_postgres() as database, running_redis(root / "redis") as cache:
        database_port = database.rpartition(":")[2]
        names = {
            "/srv/desk": f"{root}/srv", "/etc/desk": f"{root}/etc", "/var/lib/desk": f"{root}/lib",
            "/run/desk": f"{root}/run", "/etc/systemd/system": f"{root}/units",
            "/etc/nginx/conf.d": f"{root}/nginx/conf.d",
            f"https://{NAME}": f"https://{LOCAL}:{site_port}",
            "127.0.0.1:5432": f"127.0.0.1:{database_port}",
            "redis://127.0.0.1:6379/0": cache, ":8000": f":{port}", "=8000": f"={port}",
        }  # fmt: skip
        for name in ("srv/releases", "etc", "lib", "run", "units", "pids"):
            (root / name).mkdir(parents=True)
        inherited = {name: os.environ[name] for name in ("LANG", "HOME", "TMPDIR") if name in os.environ}
        env = inherited | {
            "PATH": f"{root}/bin:{os.environ['PATH']}", "GUIDE_ROOT": str(root), "SENT_API_URL": api.url,
            "PGHOST": "127.0.0.1", "PGPORT": database_port, "PGUSER": "desk",
            "CURL_CA_BUNDLE": f"{root}/nginx/tls/fullchain.pem", "PIP_NO_INDEX": "1",
        }  # fmt: skip
        postgres = Path(shutil.which("postgres") or "/usr/bin/postgres").resolve().parent
        env["PATH"] = f"{env['PATH']}:{postgres}"
        made = Machine(root, port, names, env)
        with running_nginx(root / "nginx", [f"127.0.0.1:{port}"], site_port) as proxy:
            upstream = re.search(r"listen (\S+) ssl", (proxy.folder / "conf.d" / "desk.conf").read_text())
            assert upstream
            _shims(root / "bin", made)
            for version in VERSIONS:
                _release(root, version)
            (root / "etc" / "sent_api_key").write_text(f"{API_KEY}\n")
            (root / "etc" / "sent_api_key").chmod(0o600)
            # nginx's files are copied by block 5 with what `on_loopback` changes.
            for release in VERSIONS:
                for path in (root / "srv" / "releases" / release / "deploy" / "nginx").glob("*.conf"):
                    text = on_loopback(path.read_text(), proxy.folder, [f"127.0.0.1:{port}"], site_port, 1)
                    plain = re.search(r"http://localhost:(\d+)", proxy.plain_url)
                    assert plain
                    path.write_text(text.replace("127.0.0.1:1;", f"127.0.0.1:{plain[1]};"))
            yield made
            for pid in (root / "pids").glob("*"):
                with suppress(ProcessLookupError):
                    os.killpg(int(pid.read_text()), signal.SIGTERM)


@pytest.mark.exhaustive
@pytest.mark.needs("Redis", "PostgreSQL", "nginx")
def test_blocks_of_guide_run_in_their_order(machine: Machine) -> None:
    """From nothing to a desk behind TLS, an upgrade, the way back, a backup and its restoration."""
    outputs = {number: machine.run(number) for number in sorted(BLOCKS, key=int)}
    assert '"ready": true' in outputs["4"]
    assert "organization key" in outputs["6"]
    assert f"https://{LOCAL}" in outputs["6"]  # the link for the first admin
    assert outputs["8"].endswith(f"ok\nversion {VERSIONS[0]}\n")
    rows = int(outputs["10"].strip().partition("|")[0])
    assert rows >= 1  # the admin's creation is in the restored audit log
    assert {path.name for path in (machine.root / "lib" / "static").iterdir()} >= {"staticfiles.json"}


def test_guide_has_a_test_for_every_part() -> None:
    assert [int(number) for number in BLOCKS] == list(range(1, 11))
