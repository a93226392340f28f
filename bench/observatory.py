"""HTTP Observatory benchmark: grades the desk's headers and cookies with MDN's scanner over TLS, on loopback.

Usage: python -m bench.observatory. Needs node 20 with npm, and a package registry the first time: the scanner is
installed into .cache/observatory with --ignore-scripts. Needs root: it binds ports 80 and 443 and adds a host to
/etc/hosts while it runs, because the scanner takes a host name and no port.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from testing import ROOT
from testing.running_desk import launched_desk
from testing.sandbox_server import SandboxServer

PACKAGE = "@mdn/mdn-http-observatory@1.4.8"
FOLDER = ROOT / ".cache" / "observatory"
HOST = "desk.example.test"
ADDRESS = "127.0.0.2"
MIN_GRADE, MIN_SCORE = "A+", 125
HOSTS = Path("/etc/hosts")


def main() -> int:
    """Prints grade, score and each test; exit code 0 when both meet the threshold."""
    result = scan_desk()
    scan, tests = result["scan"], result["tests"]
    passed = f"{scan['testsPassed']} of {scan['testsQuantity']}"
    print(f"{PACKAGE}: grade {scan['grade']}, {scan['score']} points, {passed}\n")
    print("| test | passed | points | result |\n|---|---|---|---|")
    for name, test in tests.items():
        print(f"| {name} | {'yes' if test['pass'] else 'no'} | {test['scoreModifier']:+d} | {test['result']} |")
    good = scan["grade"] == MIN_GRADE and scan["score"] >= MIN_SCORE
    print(f"\n* {'met' if good else 'MISSED'} {MIN_GRADE} and {MIN_SCORE} points")
    return 0 if good else 1


def scan_desk() -> dict[str, Any]:
    """Starts a desk behind a TLS proxy and returns the scanner's result."""
    scanner = install_scanner()
    with tempfile.TemporaryDirectory() as folder, SandboxServer() as sandbox, host_entry():
        authority = certificates(Path(folder))
        settings = {"SITE_URL": f"https://{HOST}", "TRUST_PROXY": "true"}
        with launched_desk(Path(folder) / "desk", sandbox.url, **settings) as desk:
            port = int(desk.url.rpartition(":")[2])
            with tls_proxy(443, port, Path(folder) / "host.pem"), tls_proxy(80, port, None):
                environment = os.environ | {"NODE_EXTRA_CA_CERTS": str(authority)}
                command = ["node", "src/scan.js", HOST]
                done = subprocess.run(
                    command, cwd=scanner, env=environment, stdout=subprocess.PIPE, timeout=120, check=False
                )
    result: dict[str, Any] = json.loads(done.stdout)
    if "error" in result:
        raise RuntimeError(result["error"])
    return result


def install_scanner() -> Path:
    """Installs the scanner when it is missing; returns its folder."""
    folder = FOLDER / "node_modules" / "@mdn" / "mdn-http-observatory"
    if not folder.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(FOLDER)]
        subprocess.run(["npm", "install", *options, PACKAGE], check=True, stdout=subprocess.DEVNULL)  # noqa: S607
    # An install script would download the HSTS preload list. Our host is not on it: an empty list is equivalent.
    (folder / "conf" / "hsts-preload.json").write_text("{}")
    return folder


@contextmanager
def host_entry() -> Iterator[None]:
    """Maps HOST to loopback in /etc/hosts until the block ends."""
    before = HOSTS.read_text()
    HOSTS.write_text(f"{before.rstrip()}\n{ADDRESS} {HOST}\n")
    try:
        yield
    finally:
        HOSTS.write_text(before)


def certificates(folder: Path) -> Path:
    """Makes a certificate authority and returns its file; the host's certificate and key are in host.pem."""
    root, root_key = _signed("Desk authority", None)
    host, host_key = _signed(HOST, (root, root_key))
    key = host_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "host.pem").write_bytes(key + host.public_bytes(serialization.Encoding.PEM))
    (folder / "authority.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    return folder / "authority.pem"


Signed = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def _signed(name: str, by: Signed | None) -> Signed:
    """Makes a certificate for `name`; self-signed and an authority without `by`."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, issuer_key = (by[0].subject, by[1]) if by else (subject, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()), key


@contextmanager
def tls_proxy(port: int, to: int, certificate: Path | None) -> Iterator[None]:
    """Runs a reverse proxy that sets X-Forwarded-Proto and X-Forwarded-For; plain HTTP without a certificate."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with socket.create_server((ADDRESS, port)) as server:
        threading.Thread(target=_accept, args=(server, to, context), daemon=True).start()
        yield
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, to: int, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, to, context), daemon=True).start()


def _serve(client: socket.socket, to: int, context: ssl.SSLContext | None) -> None:
    """Forwards one request and its response, then closes the connection."""
    with suppress(OSError), client:
        client.settimeout(20)
        peer = context.wrap_socket(client, server_side=True) if context else client
        head = b""
        while b"\r\n\r\n" not in head and (part := peer.recv(65536)):
            head += part
        forwarded = f"X-Forwarded-Proto: {'https' if context else 'http'}\r\nX-Forwarded-For: 203.0.113.9\r\n"
        line, _, rest = head.partition(b"\r\n")
        replaced = (b"connection:", b"x-forwarded-")
        headers = b"\r\n".join(row for row in rest.split(b"\r\n") if not row.lower().startswith(replaced))
        with socket.create_connection(("127.0.0.1", to), timeout=20) as desk:
            desk.sendall(line + b"\r\n" + forwarded.encode() + b"Connection: close\r\n" + headers)
            while part := desk.recv(65536):
                peer.sendall(part)
        if isinstance(peer, ssl.SSLSocket):
            peer.unwrap()


if __name__ == "__main__":
    sys.exit(main())
