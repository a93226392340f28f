"""Site and listening address: the URL people open, where the desk listens, and which of both together are safe.

Plain http is for this machine alone. The one exception is an IPv6 unique local address (fc00::/7), which overlay
networks such as WireGuard hand out (docs/decisions, 22).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import pairwise
from pathlib import PurePath
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

_UNIQUE_LOCAL = ip_network("fc00::/7")
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Site:
    """The URL people open, as a browser sends it: lower case, no default port, addresses in their short form."""

    scheme: str
    host: str  # an IPv6 address has no brackets here
    port: int | None

    @property
    def is_https(self) -> bool:
        """True when people come by TLS."""
        return self.scheme == "https"

    @property
    def is_local(self) -> bool:
        """True when the URL is one of this machine alone."""
        return is_loopback(self.host)

    @property
    def netloc_host(self) -> str:
        """The host as in a `Host` header: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def netloc(self) -> str:
        """Host and port, as in a URL."""
        return f"{self.netloc_host}{self._port}"

    @property
    def _port(self) -> str:
        return "" if self.port is None else f":{self.port}"

    @property
    def url(self) -> str:
        """The URL without a slash at the end, which is its origin too."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def origins(self) -> frozenset[str]:
        """The origins of our own pages, as browsers write them: of SITE_URL, and of this machine's other names."""
        return frozenset(f"{self.scheme}://{host}{self._port}" for host in self.allowed_hosts)

    @property
    def allowed_hosts(self) -> list[str]:
        """What a `Host` header may name."""
        return [self.netloc_host, *(sorted({"localhost", "127.0.0.1", "[::1]"}) if self.is_local else ())]


def parse_site(text: str) -> Site:
    """The site of SITE_URL. Raises ImproperlyConfigured for what is not the root of one host."""
    try:
        parts = urlsplit(text)
        host, port = _canonical_host(parts.hostname or ""), parts.port
    except ValueError:
        parts, host, port = SplitResult("", "", "", "", ""), "", None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise ImproperlyConfigured(f"SITE_URL must look like https://desk.example.org, not {text!r}")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ImproperlyConfigured(
            f"SITE_URL must be a host alone, without a path: {Site(parts.scheme, host, port).url}"
        )
    return Site(parts.scheme, host, None if port == _DEFAULT_PORTS[parts.scheme] else port)


def _canonical_host(host: str) -> str:
    """The host in a browser's spelling; empty when it is none."""
    address = _address(host)
    if address is not None:
        return str(address)
    name = host.encode("idna").decode().lower()  # UnicodeError is a ValueError
    # All digits and dots would be an address, spelt so that browsers and Django disagree about it.
    return name if _NAME.fullmatch(name) and not re.fullmatch(r"[0-9.]+", name) else ""


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """True for a host that only this machine reaches. 0.0.0.0, :: and an empty host are all addresses of it."""
    address = _address(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return host.lower() == "localhost" if address is None else address.is_loopback


def is_safe_url(url: str, *, bare: bool = False) -> bool:
    """True for https, and http on this machine, without characters that a header would read as its own.

    `bare` allows neither a path nor a query.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or re.search(r"[\s;,'\"]", url) or (bare and (parts.path or parts.query or parts.fragment)):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def listening_hosts(environment: Mapping[str, str], arguments: Sequence[str], setting: str) -> list[str]:
    """Addresses the desk listens on: HOST, which the launcher passes on, and what the server was told beside it.

    `arguments` is the command line: granian's workers have that of granian, `runserver` takes an address.
    """
    hosts, program = [setting], PurePath(arguments[0]).name if arguments else ""
    if program == "granian":
        named = [value for option, value in pairwise(arguments) if option == "--host"]
        hosts += named or [option[7:] for option in arguments if option.startswith("--host=")]
        hosts += [environment["GRANIAN_HOST"]] if environment.get("GRANIAN_HOST") else []
    if arguments[1:2] == ["runserver"]:
        places = [argument for argument in arguments[2:] if not argument.startswith("-")]
        hosts += [place.rpartition(":")[0] for place in places if ":" in place]
    return hosts


def require_safe(site: Site, hosts: Sequence[str], *, debug: bool) -> None:
    """Raises ImproperlyConfigured where others could reach the desk without TLS, or see its errors in full."""
    outside = next((host for host in hosts if not is_loopback(host)), None)
    if not site.is_https and not site.is_local and not _is_unique_local(site.host):
        raise ImproperlyConfigured(
            f"SITE_URL must be https, since others on the way to {site.host} could read numbers and passwords"
        )
    if outside is not None and site.is_local:
        raise ImproperlyConfigured(
            f"HOST={outside} lets other machines in while SITE_URL is {site.url}: "
            "set SITE_URL to the https URL that people open, or remove HOST"
        )
    if debug and (outside is not None or not site.is_local):
        raise ImproperlyConfigured("DEBUG shows errors in full, so it needs a SITE_URL and a HOST of this machine")


def _is_unique_local(host: str) -> bool:
    address = _address(host)
    return address is not None and address in _UNIQUE_LOCAL
