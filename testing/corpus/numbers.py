"""Corpus input: prints the numbers of a sandbox's organization for make.mjs.

Usage: python -m testing.corpus.numbers SEED CONTACTS, for example `7 3000`.
"""

from __future__ import annotations

import json
import sys
from itertools import count

from testing.sandbox_server import SandboxServer

PAGE = 100


def numbers(server: SandboxServer) -> list[str]:
    """E.164 numbers of searchable contacts: one in 400 lacks E.164 or the national format that the API searches."""
    found: list[str] = []
    for page in count(1):
        contacts = server.get("/v3/contacts", page=page, page_size=PAGE).json()["data"]["contacts"]
        if not contacts:
            return found
        found += [one["format_e164"] for one in contacts if one.get("format_e164") and one.get("format_national")]
    raise AssertionError


def main(seed: int, contacts: int) -> None:
    """Prints one line of JSON. `contacts` counts those of all owners; a fifth belong to the organization."""
    with SandboxServer(contacts=contacts, seed=seed, account_lists="own") as server:
        json.dump({"contacts": contacts, "seed": seed, "numbers": numbers(server)}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
