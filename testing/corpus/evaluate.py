"""Corpus evaluation: searches every spelling on a running sandbox; the expected numbers come from make.mjs."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from contacts_ui.phone_search import Attempt, KnownNumbers, SearchPlan, build_plan, guided_plan
from testing.sandbox_server import Json, SandboxServer

HERE = Path(__file__).resolve().parent
MAX_ATTEMPTS = 3  # calls
PAGE = 100  # rows, the API's maximum

Kind = Literal["complete", "fragment", "pasted"]


@dataclass(frozen=True, slots=True)
class Case:
    """Spelling `typed` of a `number`. `regions` are those that the desk knows, most common first."""

    number: str
    region: str
    kind: Kind
    how: str
    typed: str
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Cases, and the sandbox parameters whose organization has their numbers."""

    made_by: str
    contacts: int
    seed: int
    cases: tuple[Case, ...]

    def sandbox(self) -> SandboxServer:
        """Starts a sandbox that has the numbers of the cases."""
        return SandboxServer(contacts=self.contacts, seed=self.seed, account_lists="own")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a case: `wrong` when the first row does not match the typed number."""

    case: Case
    calls: int
    found: bool
    wrong: bool

    def __str__(self) -> str:
        case, verdict = self.case, "wrong first" if self.wrong else "found" if self.found else "not found"
        return f"{verdict}: {case.how}: {case.typed!r} for {case.number} with {' '.join(case.regions)}"


def corpus(name: str = "spellings", path: str | None = None) -> Corpus:
    """Loads a corpus: `spellings` or `held_out` of this folder, or the file at `path`."""
    content = json.loads(Path(path or HERE / f"{name}.json").read_text(encoding="utf-8"))
    cases = [
        Case(number, region, kind, how, typed, tuple(regions.split()))
        for number, region, kind, how, typed, regions in content["cases"]
    ]
    return Corpus(content["made_by"], content["contacts"], content["seed"], tuple(cases))


def planned(case: Case) -> SearchPlan:
    """Search plan of the desk."""
    return build_plan(case.typed, case.regions)


def guided(known: KnownNumbers) -> Callable[[Case], SearchPlan]:
    """Search plan of the desk with a number index."""
    return lambda case: guided_plan(case.typed, case.regions, known)


def plain(case: Case) -> SearchPlan:
    """Search plan of a plain client: one `search=` with the typed text."""
    return SearchPlan((Attempt("search", case.typed),))


def judged(sandbox: SandboxServer, cases: Iterable[Case], make_plan: Callable[[Case], SearchPlan]) -> list[Outcome]:
    """Runs the attempts of each plan until one returns rows. Responses are cached by attempt."""
    cache: dict[Attempt, list[Json]] = {}
    return [_evaluate(sandbox, case, make_plan(case), cache) for case in cases]


def share_found(outcomes: Iterable[Outcome]) -> float:
    """Share of the cases found, 0 to 1."""
    found = [outcome.found for outcome in outcomes]
    return sum(found) / len(found)


def mean_calls(outcomes: Iterable[Outcome]) -> float:
    """Mean number of API calls a search."""
    calls = [outcome.calls for outcome in outcomes]
    return sum(calls) / len(calls)


def _evaluate(sandbox: SandboxServer, case: Case, plan: SearchPlan, cache: dict[Attempt, list[Json]]) -> Outcome:
    calls, rows, literal_is_known = 0, list[Json](), False
    for planned_attempt in plan.attempts:
        attempt = plan.instead if literal_is_known and planned_attempt == plan.literal else planned_attempt
        for spelling in attempt.spellings if attempt else ():
            if calls == MAX_ATTEMPTS:
                break
            key = Attempt("phone" if attempt and attempt.kind == "phone" else "search", spelling)
            if key not in cache:
                cache[key] = _rows(sandbox, key)
            calls, rows = calls + 1, rows + cache[key]
        if attempt and attempt.kind == "within":
            literal_is_known = len(rows) < PAGE
            rows = [row for row in rows if plan.digits in digits_of(row.get("format_national") or "")]
        if rows:
            break
    found = any(row.get("format_e164") == case.number for row in rows)
    return Outcome(case, calls, found, bool(rows) and not _matches(case, rows[0]))


def _rows(sandbox: SandboxServer, attempt: Attempt) -> list[Json]:
    params = {attempt.kind: attempt.value}
    response = sandbox.get("/v3/contacts", page=1, page_size=PAGE, **params)
    if response.status_code == 404:  # phone= finds no contact
        return []
    response.raise_for_status()
    rows: list[Json] = response.json()["data"]["contacts"]
    return rows


def _matches(case: Case, row: Json) -> bool:
    if case.kind != "fragment":
        return bool(row.get("format_e164") == case.number)
    # A contact may lack one of its formats.
    formats = (row.get("format_national"), row.get("format_international"), row.get("format_e164"))
    written = [digits_of(text) for text in formats if text]
    return any(digits_of(case.typed) in text for text in written)


def digits_of(text: str) -> str:
    """The digits of any script, as ASCII."""
    return "".join(str(unicodedata.digit(character)) for character in text if character.isdigit())
