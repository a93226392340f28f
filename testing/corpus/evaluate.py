"""Tries every spelling of a corpus on a running sandbox and counts. What is right was decided by make.mjs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contacts_ui.phone_search import Attempt, SearchPlan, build_plan
from testing.sandbox_server import Json, SandboxServer

HERE = Path(__file__).resolve().parent
PAGE = 100  # rows; the API gives no more at once

Kind = Literal["complete", "fragment"]


@dataclass(frozen=True, slots=True)
class Case:
    """What someone typed to find `number`. `regions` is what the desk knows of theirs, likeliest first."""

    number: str
    region: str
    kind: Kind
    how: str
    typed: str
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The cases, and the sandbox whose organization holds their numbers."""

    made_by: str
    contacts: int
    seed: int
    cases: tuple[Case, ...]

    def sandbox(self) -> SandboxServer:
        """One that holds them."""
        return SandboxServer(contacts=self.contacts, seed=self.seed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went: `wrong` when there was a first row and it was not what had been typed."""

    case: Case
    calls: int
    found: bool
    wrong: bool

    def __str__(self) -> str:
        case, verdict = self.case, "wrong first" if self.wrong else "found" if self.found else "not found"
        return f"{verdict}: {case.how}: {case.typed!r} for {case.number} with {' '.join(case.regions)}"


def corpus(name: str = "spellings", path: str | None = None) -> Corpus:
    """A file of this folder, `spellings` or `held_out`, or one from elsewhere."""
    read = json.loads(Path(path or HERE / f"{name}.json").read_text(encoding="utf-8"))
    cases = [
        Case(number, region, kind, how, typed, tuple(regions.split()))
        for number, region, kind, how, typed, regions in read["cases"]
    ]
    return Corpus(read["made_by"], read["contacts"], read["seed"], tuple(cases))


def planned(case: Case) -> SearchPlan:
    """The desk's way."""
    return build_plan(case.typed, case.regions)


def plain(case: Case) -> SearchPlan:
    """The way of a client that hands on what was typed."""
    return SearchPlan((Attempt("search", case.typed),))


def judged(sandbox: SandboxServer, cases: Iterable[Case], way: Callable[[Case], SearchPlan]) -> list[Outcome]:
    """Asks what the plans say, in their order, until there are rows. Equal questions are asked only once."""
    kept: dict[Attempt, list[Json]] = {}
    return [_judged(sandbox, case, way(case).attempts, kept) for case in cases]


def share_found(outcomes: Iterable[Outcome]) -> float:
    """From 0 to 1."""
    found = [outcome.found for outcome in outcomes]
    return sum(found) / len(found)


def mean_calls(outcomes: Iterable[Outcome]) -> float:
    """API calls a search."""
    calls = [outcome.calls for outcome in outcomes]
    return sum(calls) / len(calls)


def _judged(sandbox: SandboxServer, case: Case, steps: Iterable[Attempt], kept: dict[Attempt, list[Json]]) -> Outcome:
    calls, rows = 0, list[Json]()
    for step in steps:
        question = Attempt(step.kind, step.value)
        if question not in kept:
            kept[question] = _rows(sandbox, question)
        calls, rows = calls + 1, kept[question]
        if rows:
            break
    found = any(row.get("format_e164") == case.number for row in rows)
    return Outcome(case, calls, found, bool(rows) and not _right(case, rows[0]))


def _rows(sandbox: SandboxServer, question: Attempt) -> list[Json]:
    asked = {question.kind: question.value}
    answer = sandbox.get("/v3/contacts", page=1, page_size=PAGE, **asked)
    if answer.status_code == 404:  # nobody has the number asked for with phone=
        return []
    answer.raise_for_status()
    rows: list[Json] = answer.json()["data"]["contacts"]
    return rows


def _right(case: Case, row: Json) -> bool:
    if case.kind == "complete":
        return bool(row.get("format_e164") == case.number)
    # A contact may lack one of its formats.
    formats = (row.get("format_national"), row.get("format_international"), row.get("format_e164"))
    written = [_digits(text) for text in formats if text]
    return any(_digits(case.typed) in text for text in written)


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())
