"""Grades the desk's headers and cookies with MDN's HTTP Observatory, over TLS, on this machine alone.

Usage: python -m bench.observatory. Needs node 20 with npm, and a package registry the first time: the scanner is
installed into .cache/observatory without running its scripts. As root it binds port 443 and names a host in
/etc/hosts for as long as it runs; the scanner asks by name and by no other port.
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
WANTED_GRADE, WANTED_SCORE = "A+", 125
HOSTS = Path("/etc/hosts")


def main() -> int:
    """Prints grade, score and each test; 0 when both are as good as wanted."""
    result = scanned()
    scan, tests = result["scan"], result["tests"]
    passed = f"{scan['testsPassed']} of {scan['testsQuantity']}"
    print(f"{PACKAGE}: grade {scan['grade']}, {scan['score']} points, {passed}\n")
    print("| test | passed | points | result |\n|---|---|---|---|")
    for name, test in tests.items():
        print(f"| {name} | {'yes' if test['pass'] else 'no'} | {test['scoreModifier']:+d} | {test['result']} |")
    good = scan["grade"] == WANTED_GRADE and scan["score"] >= WANTED_SCORE
    print(f"\n* {'met' if good else 'MISSED'} {WANTED_GRADE} and {WANTED_SCORE} points")
    return 0 if good else 1


def scanned() -> dict[str, Any]:
    """What the scanner says of a desk that really runs behind TLS."""
    scanner = installed()
    with tempfile.TemporaryDirectory() as folder, SandboxServer() as sandbox, named_host():
        authority = certificates(Path(folder))
        settings = {"SITE_URL": f"https://{HOST}", "TRUST_PROXY": "true"}
        with launched_desk(Path(folder) / "desk", sandbox.url, **settings) as desk:
            port = int(desk.url.rpartition(":")[2])
            with forwarding(443, port, Path(folder) / "host.pem"), forwarding(80, port, None):
                environment = os.environ | {"NODE_EXTRA_CA_CERTS": str(authority)}
                command = ["node", "src/scan.js", HOST]
                done = subprocess.run(
                    command, cwd=scanner, env=environment, stdout=subprocess.PIPE, timeout=120, check=False
                )
    result: dict[str, Any] = json.loads(done.stdout)
    if "error" in result:
        raise RuntimeError(result["error"])
    return result


def installed() -> Path:
    """The scanner's folder; installed when it is not there yet."""
    folder = FOLDER / "node_modules" / "@mdn" / "mdn-http-observatory"
    if not folder.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(FOLDER)]
        subprocess.run(["npm", "install", *options, PACKAGE], check=True, stdout=subprocess.DEVNULL)  # noqa: S607
    # The list of preloaded hosts comes by one of those scripts. Our host is on none: an empty one says the same.
    (folder / "conf" / "hsts-preload.json").write_text("{}")
    return folder


@contextmanager
def named_host() -> Iterator[None]:
    """The host's name leads to this machine until the block ends."""
    before = HOSTS.read_text()
    HOSTS.write_text(f"{before.rstrip()}\n{ADDRESS} {HOST}\n")
    try:
        yield
    finally:
        HOSTS.write_text(before)


def certificates(folder: Path) -> Path:
    """The certificate of an authority of our own; what it signed for the host, with its key, is in host.pem."""
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
    """A certificate for `name`, of an authority when nobody signs it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, issuer_key = (by[0].subject, by[1]) if by else (subject, key)
    made = (
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
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return made.sign(issuer_key, hashes.SHA256()), key


@contextmanager
def forwarding(port: int, to: int, certificate: Path | None) -> Iterator[None]:
    """A small proxy in front of the desk, which says what a proxy says: by which scheme one came, and from where."""
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
    """One request and its answer; the connection is not kept."""
    with suppress(OSError), client:
        client.settimeout(20)
        peer = context.wrap_socket(client, server_side=True) if context else client
        head = b""
        while b"\r\n\r\n" not in head and (part := peer.recv(65536)):
            head += part
        said = f"X-Forwarded-Proto: {'https' if context else 'http'}\r\nX-Forwarded-For: 203.0.113.9\r\n"
        line, _, rest = head.partition(b"\r\n")
        ours = (b"connection:", b"x-forwarded-")
        kept = b"\r\n".join(row for row in rest.split(b"\r\n") if not row.lower().startswith(ours))
        with socket.create_connection(("127.0.0.1", to), timeout=20) as desk:
            desk.sendall(line + b"\r\n" + said.encode() + b"Connection: close\r\n" + kept)
            while part := desk.recv(65536):
                peer.sendall(part)
        if isinstance(peer, ssl.SSLSocket):
            peer.unwrap()


if __name__ == "__main__":
    sys.exit(main())
