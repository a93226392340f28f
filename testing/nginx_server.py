"""nginx with the desk's own configuration (deploy/nginx), on loopback ports, with a certificate of its own."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from testing import ROOT
from testing.certificates import Certificate, make_certificate
from testing.processes import free_port, start_program, stop_program, wait_for_start
from testing.programs import require_program

FILES = ("upstream.conf", "desk.conf")
NAME = "desk.example.org"  # in deploy/nginx/desk.conf
LOCAL = "localhost"
# What Debian's nginx.conf and the image's have around the files of conf.d, with all paths in the folder.
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Running proxy: the URL that people use, and the certificate to trust."""

    url: str
    plain_url: str
    certificate: Certificate
    folder: Path


def write_configuration(folder: Path, upstreams: Sequence[str], port: int, plain_port: int) -> Path:
    """Writes a configuration that loads: deploy/nginx with other ports, paths and hosts. Returns its path."""
    (folder / "conf.d").mkdir(parents=True, exist_ok=True)
    make_certificate(folder / "tls", LOCAL)
    for name in FILES:
        text = (ROOT / "deploy" / "nginx" / name).read_text()
        (folder / "conf.d" / name).write_text(on_loopback(text, folder, upstreams, port, plain_port))
    main = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # its workers read the folder, which is this user's alone
    main.write_text(user + MAIN.format(folder=folder))
    return main


def on_loopback(text: str, folder: Path, upstreams: Sequence[str], port: int, plain_port: int) -> str:
    """A file of deploy/nginx with other ports, paths and hosts; all else as it stands there."""
    servers = "\n".join(f"    server {upstream} max_fails=1 fail_timeout=5s;" for upstream in upstreams)
    text = re.sub(r"^    server 127\.0\.0\.1:8000;$", servers, text, flags=re.MULTILINE)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain_port};").replace(
        "listen 443 ssl", f"listen 127.0.0.1:{port} ssl"
    )
    return text.replace("/etc/nginx/tls", f"{folder}/tls").replace("/var/log/nginx", str(folder)).replace(NAME, LOCAL)


def check_configuration(main: Path) -> str:
    """What `nginx -t` says, on stderr; raises AssertionError when the configuration does not load."""
    done = subprocess.run(
        [require_program("nginx"), "-t", "-c", str(main)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@contextmanager
def running_nginx(folder: Path, upstreams: Sequence[str], port: int) -> Iterator[Proxy]:
    """Runs the proxy on `port` before these hosts (`127.0.0.1:8000`) until the block ends."""
    plain_port = free_port()
    main = write_configuration(folder, upstreams, port, plain_port)
    server = start_program([require_program("nginx"), "-c", str(main)])
    certificate = Certificate(folder / "tls" / "fullchain.pem", folder / "tls" / "privkey.pem")
    proxy = Proxy(f"https://{LOCAL}:{port}", f"http://{LOCAL}:{plain_port}", certificate, folder)
    try:
        wait_for_start(lambda: _answers(proxy), server, folder / "error.log")
        yield proxy
    finally:
        stop_program(server)


def _answers(proxy: Proxy) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(f"{proxy.url}/healthz", verify=str(proxy.certificate.certificate), timeout=5).ok is False
        except requests.RequestException:
            return False
