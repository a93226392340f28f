"""Files of deploy/: the commands agree with the launcher's, and the programs that read them accept them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testing import ROOT
from testing.deploy_files import DEPLOY, UNITS, compose_command, compose_services, unit_commands, unit_environment
from testing.nginx_server import check_configuration, write_configuration
from testing.processes import free_port, running_program
from testing.running_desk import SECRET_KEY, desk_environment, manage
from testing.sandbox_server import SandboxServer

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
LAST_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
DESK_SERVICES = ("migrate", "desk", "worker")


def _image_command() -> list[str]:
    (line,) = re.findall(r"^CMD \[(.+)\]$", DOCKERFILE, re.MULTILINE)
    return re.findall(r'"([^"]*)"', line)


def test_server_commands_of_unit_image_and_compose_are_the_launchers() -> None:
    code = "import json; from tools.run import _server_command; print(json.dumps(_server_command('', 0, dev=False)))"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    launcher = json.loads(shown)[1:]
    (unit,) = unit_commands("desk-web", Path("/srv"))
    assert unit[1:] == launcher
    assert _image_command()[1:] == launcher
    assert compose_services()["desk"]["command"][1:] == launcher


def test_last_stage_of_image_has_no_compiler_pip_or_root() -> None:
    assert not re.search(r"gcc|build-essential|python3-venv|python3-dev|\bpip\b|\bmake\b", LAST_STAGE)
    assert re.search(r"^USER 10001:10001$", LAST_STAGE, re.MULTILINE)
    assert "pip uninstall --yes --quiet pip setuptools" in DOCKERFILE


def test_image_is_made_of_nothing_but_the_program() -> None:
    """Nothing of `.env`, databases, history and tests reaches the builder: the ignore file names what does."""
    lines = (ROOT / ".dockerignore").read_text().split()
    named = {line[1:] for line in lines if line.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    assert "*" in lines
    assert named == {name for names in copied for name in names.split()}


def test_compose_services_of_desk_are_read_only_and_without_rights() -> None:
    services = compose_services()
    for name in DESK_SERVICES:
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
        assert "no-new-privileges:true" in service["security_opt"]


def test_compose_publishes_the_proxys_ports_alone() -> None:
    published = [port for service in compose_services().values() for port in service.get("ports", [])]
    assert published == ["80:80", "443:443"]
    assert all("environment" not in compose_services()[name] for name in DESK_SERVICES)  # secrets are files


@pytest.mark.needs("nginx")
def test_proxy_configuration_loads(tmp_path: Path) -> None:
    main = write_configuration(tmp_path, ["127.0.0.1:18001", "127.0.0.1:18002"], 18443, 18080)
    assert "successful" in check_configuration(main)


def test_proxy_configuration_logs_no_address() -> None:
    text = (DEPLOY / "nginx" / "desk.conf").read_text()
    assert text.count("access_log off;") == text.count("server {")
    assert re.search(r"error_log \S+ crit;", text)


def _installed_units(folder: Path) -> list[str]:
    """The units with their program in a folder where it exists, which `systemd-analyze` wants."""
    current = folder / "current"
    current.symlink_to(ROOT)
    paths = []
    for unit in UNITS:
        text = (DEPLOY / "systemd" / f"{unit}.service").read_text()
        path = folder / f"{unit}.service"
        path.write_text(text.replace("/srv/desk/current", str(current)))
        paths.append(str(path))
    return paths


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze, which is not here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *_installed_units(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "desk-" in line]
    assert (complaints, done.returncode) == ([], 0), done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze, which is not here")
def test_systemd_rates_the_units_exposure_as_low(tmp_path: Path) -> None:
    """`systemd-analyze security` counts 0 (safe) to 10; a unit without hardening has 9.6."""
    for path in _installed_units(tmp_path):
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-300:] + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="needs docker-compose, which is not here")
def test_docker_compose_accepts_its_file(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "compose.yaml", tmp_path)
    command = ["docker-compose", "--file", str(tmp_path / "compose.yaml"), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="needs hadolint, which Debian does not have")
def test_hadolint_accepts_the_dockerfile() -> None:
    subprocess.run(["hadolint", "--ignore", "DL3008", str(DEPLOY / "Dockerfile")], check=True)


@pytest.mark.exhaustive  # all four processes; that they are the launcher's commands is tested above
@pytest.mark.needs("Redis")
def test_commands_of_compose_start_and_serve(tmp_path: Path) -> None:
    """Cache, migration, desk and worker, as processes, with the commands that compose.yaml has."""
    ports = {"8000": free_port(), "6379": free_port(), "5432": free_port()}
    (tmp_path / "redis").mkdir()
    settings = unit_environment("desk-web").keys()
    assert {"ENV_FILE", "STATIC_ROOT", "SENT_BUDGET_FILE"} <= settings
    with SandboxServer() as api:
        env = desk_environment(
            tmp_path, api.url, ports["8000"], SECRET_KEY=SECRET_KEY, CACHE_URL=f"redis://127.0.0.1:{ports['6379']}/0",
            NUMBER_INDEX_MOST_CONTACTS="0",
        )  # fmt: skip
        (tmp_path / ".env").write_text("")
        (tmp_path / ".env").chmod(0o600)
        assert manage(env, *compose_command("migrate", ROOT, ports)[2:])
        health = f"http://127.0.0.1:{ports['8000']}"
        cache = [*compose_command("cache", ROOT, ports), "--dir", str(tmp_path / "redis")]
        cache_process = subprocess.Popen(cache, stdout=subprocess.DEVNULL)
        desk = compose_command("desk", ROOT, ports)
        try:
            with running_program(desk, health=f"{health}/healthz", log=tmp_path / "desk.log", env=env):
                worker = subprocess.Popen(compose_command("worker", ROOT, ports), cwd=ROOT, env=env)
                assert worker.poll() is None
                worker.terminate()
                assert worker.wait(60) in {0, -15}
        finally:
            cache_process.terminate()
            cache_process.wait()
    assert Path(desk[0]).parent == Path(sys.executable).parent
