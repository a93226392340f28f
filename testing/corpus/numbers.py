"""Prints the numbers of the sandbox's organization, for make.mjs: `python -m tests.corpus.numbers 7 3000`."""

from __future__ import annotations

import json
import sys
from itertools import count

from testing.sandbox_server import SandboxServer

PAGE = 100


def numbers(server: SandboxServer) -> list[str]:
    """Those of contacts that can be found at all: one in 400 lacks E.164 or the national format that is searched."""
    found: list[str] = []
    for page in count(1):
        contacts = server.get("/v3/contacts", page=page, page_size=PAGE).json()["data"]["contacts"]
        if not contacts:
            return found
        found += [one["format_e164"] for one in contacts if one.get("format_e164") and one.get("format_national")]
    raise AssertionError


def main(seed: int, contacts: int) -> None:
    """One line of JSON, which make.mjs reads. `contacts` are those of all owners, a fifth the organization's."""
    with SandboxServer(contacts=contacts, seed=seed) as server:
        json.dump({"contacts": contacts, "seed": seed, "numbers": numbers(server)}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
