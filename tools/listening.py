"""Listening addresses of the launcher: whether one is free, how to ask it from here, and what a browser calls it."""

from __future__ import annotations

import errno
import ipaddress
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress

LOCAL = "127.0.0.1"
START_SECONDS = 60


def require_free(host: str, port: int) -> None:
    """Raises RuntimeError with a sentence when nothing can listen there."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError:
        raise RuntimeError(f"port {port} is for root alone. Choose one from 1024 on") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise RuntimeError(f"port {port} is in use. Choose others: PORT=8010 SANDBOX_PORT=8011 make run") from None
        raise RuntimeError(f"HOST={host} is not an address of this machine") from None


def address_to_ask(host: str) -> str:
    """The address, as in a URL, at which a server that listens on `host` answers from here."""
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        if address.is_unspecified:
            return LOCAL if address.version == 4 else "[::1]"
        return f"[{address}]" if address.version == 6 else str(address)
    return host


def site_host(host: str) -> str:
    """localhost, unless that is not where the desk listens: on another loopback address."""
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        if address.is_loopback and address.version == 4 and host != LOCAL:
            return str(address)
    return "localhost"


def wait_for_http(url: str, running: list[subprocess.Popen[bytes]]) -> None:
    """Waits until `url` answers. Raises RuntimeError when a program ends before, or after START_SECONDS."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by a proxy from the environment
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in running):
            raise RuntimeError("one of its programs stopped at once; the lines above say why")
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            request = urllib.request.Request(url, headers={"Host": "localhost"})
            with opener.open(request, timeout=2):
                return
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not answer within {START_SECONDS} s")
