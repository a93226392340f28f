"""Command-line options of `python -m sandbox` (README, flags)."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_CONTACTS = 1_000_000  # the number blocks are large enough for this many


@dataclass(frozen=True, slots=True)
class Options:
    """The parsed flags, and their defaults."""

    host: str = "127.0.0.1"
    port: int = 8001
    """0 picks a free one."""
    contacts: int = 5000
    """Of the organization and all its profiles together."""
    profiles: int = 12
    seed: int = 7
    rate: int = 200
    """Requests a minute, for the whole organization (sent-api-v3, transport). 0: no limit."""
    burst: int = 50
    """Requests at once (sent-api-v3, transport)."""
    latency_ms: tuple[int, int] = (0, 0)
    """Least and most milliseconds of latency of an API response."""
    empty_auth_bodies: bool = False
    """401 and 403 have no body (sent-api-v3, errors)."""
    all_in_account: bool = True
    """The organization's own list includes its profiles' contacts (sent-api-v3, whose contacts)."""
    all_by_phone: bool = False
    """`phone` finds the contacts of every owner of the number. The vendor does not document which is true."""


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Options from the command line. Exits with code 2 and a message when a flag is invalid."""
    namespace = _parser().parse_args(arguments)
    return Options(
        host=namespace.host,
        port=namespace.port,
        contacts=namespace.contacts,
        profiles=namespace.profiles,
        seed=namespace.seed,
        rate=namespace.rate,
        burst=namespace.burst,
        latency_ms=namespace.latency_ms,
        empty_auth_bodies=namespace.empty_auth_bodies,
        all_in_account=namespace.account_lists == "all",
        all_by_phone=namespace.phone_rows == "all",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="An imitation of the Sent API.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=_between(0, 65_535), default=8001, help="port to listen on; 0 picks a free one")
    add("--contacts", type=_between(0, MAX_CONTACTS), default=5000, help="contacts of all owners together")
    add("--profiles", type=_between(0, 10_000), default=12, help="child profiles of the organization")
    add("--seed", type=_between(0, 2**63 - 1), default=7, help="the same seed gives the same data")
    add("--rate", type=_between(0, 1_000_000), default=200, help="requests a minute; 0 switches the limit off")
    add("--burst", type=_between(1, 1_000_000), default=50, help="requests at once")
    add("--latency-ms", type=_milliseconds, default=(0, 0), help="latency of every API response: 80, or a range 0-800")
    add("--empty-auth-bodies", action="store_true", help="401 and 403 have no body")
    add("--account-lists", choices=("own", "all"), default="all", help="what the organization's own list holds")
    add("--phone-rows", choices=("one", "all"), default="one", help="whose rows a number finds that several own")
    return parser


class _between:  # noqa: N801 - used like a type in the flags above
    """An argparse type: a whole number from `least` to `most`."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def __call__(self, text: str) -> int:
        if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or not self.least <= int(text) <= self.most:
            raise argparse.ArgumentTypeError(f"must be a whole number from {self.least} to {self.most}")
        return int(text)


def _milliseconds(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", text, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError("must look like 80 or 0-800")
    least, most = int(match[1]), int(match[2] or match[1])
    if least > most:
        raise argparse.ArgumentTypeError("the range must begin with its smaller end")
    return least, most
