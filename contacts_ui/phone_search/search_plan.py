"""Search plan: the API queries to try for a text, in order, and how each interprets it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .attempts import (
    MAX_ALTERNATIVES,
    MAX_ATTEMPTS,
    MAX_CHARACTERS,
    WITHIN,
    Attempt,
    SearchPlan,
    parse_attempt,
    unique_attempts,
)
from .beginnings import likely_beginning, with_beginning
from .candidates import Candidate, candidates, regions_of
from .fragments import fragment_spellings, prior, region_weight
from .input import (
    MAX_DIGITS,
    PhoneInput,
    digits_of,
    drop_digits,
    grouping_likelihood,
    is_rounded,
    longest_digit_run,
    normalize,
    only_punctuation,
    plain_line,
    strip_label,
)
from .numbering_changes import other_forms
from .prefixes import beginning_of, national_prefixes

DEFAULT_REGIONS = ("US", "GB")  # of numbers without a country code, until those of a scope are known
MAX_ATTEMPTS_COPIED = 2  # for one that looks copied: when its own spelling finds nothing, another rarely does
MAX_NUMBERS = 500  # pasted at once
MIN_WHOLE_DIGITS = 7  # of a whole number without its country code
MAX_GROUPS = 8  # of digits in a text, of which some are a number
# So many digits of a text whose rows are looked through, and how gladly: fewer find more rows.
WITHIN_DIGITS = {4: 1.0, 3: 0.8}
MIN_FRAGMENT_DIGITS = 4  # fewer are searched as they are
WHOLE_NUMBER_WEIGHT = 30.0  # how likely people are to give a whole number; a fragment: fragments.py
NO_TRUNK = 0.05  # how likely they leave out the trunk prefix
ENDING_DIGITS = 8  # of a whole number: fewer are those of a stranger too often
MAX_LOCAL_DIGITS = 8  # with fewer, most texts are fragments
_NATIONAL_GROUPING = re.compile(r"\(?\d+(?:\) ?|[ -])(?:\d+[ -])*\d+", re.ASCII)  # "(415) 555", "06 12 34", "55-0142"
_URI_PARAMETER = re.compile(r";(?:phone-context|ext|isub|user|transport)=[^;,\s@]*", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\n\r\t,;|]+|\s+/\s+|\s{3,}")

_OUTSIDE_LINE = re.compile(r"[09][ ,]+(\(?0[\d ().-]{6,})", re.ASCII)  # "9 07911 123456", dialled at work
_RUNS = re.compile(r"\d{4}", re.ASCII)

NO_DIGITS = "Contacts have no names, so search by digits."
TOO_LONG = "This is longer than any phone number. Check the digits."
ROUNDED = "The sheet has rounded this number. Show its cell as text there, and copy it again."
ONLY_A_CODE = "This is little more than a country code. Type more of the number."


Scored = tuple[Attempt, float]


def build_plan(raw: str, regions: Sequence[str]) -> SearchPlan:
    """The plan of `raw`, typed by someone who works with `regions` (ISO 3166-1 alpha-2, likeliest first)."""
    numbers = split_numbers(raw)
    return SearchPlan(numbers=numbers, skipped=lines_without_number(raw)) if numbers else plan_number(raw, regions)


def plan_number(raw: str, regions: Sequence[str]) -> SearchPlan:
    """The plan of a text that is known not to contain several numbers."""
    phone_input = normalize(raw)
    return plan_input(phone_input, every_attempt(phone_input, regions), regions)


def plan_input(phone_input: PhoneInput, attempts: tuple[Attempt, ...], regions: Sequence[str]) -> SearchPlan:
    """The plan that tries the likeliest of all `attempts`, or says why there are none. A text that looks written is
    always one of them, so that the plan misses nothing that a plain search finds.
    """
    if not attempts:
        return SearchPlan(message=_refusal(phone_input))
    literal, instead = literal_attempt(phone_input), None
    beginning = likely_beginning(phone_input, attempts, regions)
    if literal and literal not in attempts[:MAX_ATTEMPTS] and not beginning:
        if within := _within(phone_input, attempts):
            run = within.spellings[0]
            instead = next((each for each in attempts[1:] if each.kind == "phone" or run not in each.value), None)
            attempts = unique_attempts([attempts[0], within, literal, *attempts[1:]])
        else:
            attempts = unique_attempts([*attempts[: MAX_ATTEMPTS - 1], literal, *attempts[MAX_ATTEMPTS - 1 :]])
    limit = MAX_ATTEMPTS
    if len(attempts) > MAX_ATTEMPTS_COPIED and attempts[0] == literal and _looks_copied(phone_input):
        limit = MAX_ATTEMPTS_COPIED
    if beginning:
        attempts, limit = with_beginning(attempts, beginning, literal, limit), MAX_ATTEMPTS
    alternatives = attempts[limit : limit + MAX_ALTERNATIVES]
    return SearchPlan(attempts[:limit], alternatives, literal=literal, instead=instead, digits=phone_input.digits)


def _within(phone_input: PhoneInput, attempts: Sequence[Attempt]) -> Attempt | None:
    """Those digits of a text without punctuation that stand together in most of its likely spellings.

    Their rows are looked through for all of its digits: so one call finds many spellings, and the text as it is.
    """
    digits = phone_input.digits
    if phone_input.text != digits or len(digits) <= max(WITHIN_DIGITS):
        return None
    texts = [each.value for each in attempts if each.kind == "search"]
    best, likeliest = 0.0, ""
    for size, weight in WITHIN_DIGITS.items():
        for start in reversed(range(len(digits) - size + 1)):
            run = digits[start : start + size]
            likelihood = weight * sum(1 / rank for rank, text in enumerate(texts, 1) if run in text)
            if likelihood > best:
                best, likeliest = likelihood, run
    return Attempt("within", f"{WITHIN}{likeliest}{WITHIN}") if likeliest else None


def every_attempt(phone_input: PhoneInput, regions: Sequence[str]) -> tuple[Attempt, ...]:
    """All attempts for a text, likeliest first."""
    if not phone_input.digits or ("E" in phone_input.text.upper() and is_rounded(phone_input)):
        return ()
    if phone_input.international:
        return _with_other_forms(_international(phone_input))
    attempts = _with_other_forms(_national(phone_input, regions) or _number_within(phone_input, regions))
    if outside := _OUTSIDE_LINE.fullmatch(phone_input.text):
        inner = _national(PhoneInput(outside[1], digits_of(outside[1])), regions)
        attempts = unique_attempts([*attempts[:1], *inner[:1], *attempts[1:], *inner[1:]])
    return attempts


def literal_attempt(phone_input: PhoneInput) -> Attempt | None:
    """What a plain search would send; None for a text with words, and for one that has its country code."""
    text = phone_input.text
    sent = only_punctuation(text) and 0 < len(phone_input.digits) <= MAX_DIGITS and len(text) <= MAX_CHARACTERS
    return Attempt("search", text) if sent and not phone_input.international else None


def fragment_of(phone_input: PhoneInput) -> PhoneInput:
    """The part of a text that is searched when it is no whole number: all of it, or its longest run of digits."""
    return phone_input if only_punctuation(phone_input.text) else longest_digit_run(phone_input)


def typed_digits(raw: str, *, alone: bool = False) -> str:
    """The digits of a text that may be one whole number: of a text with words those of its longest run. With `alone`
    none where the text has other digits beside that run.
    """
    phone_input = normalize(raw)
    digits = fragment_of(phone_input).digits if phone_input.digits else ""
    return "" if alone and digits != phone_input.digits else digits


def _refusal(phone_input: PhoneInput) -> str:
    """Why nothing is searched for."""
    if not phone_input.digits:
        return NO_DIGITS
    if is_rounded(phone_input):
        return ROUNDED
    return TOO_LONG if len(phone_input.digits) > MAX_DIGITS else ONLY_A_CODE


def _with_other_forms(attempts: tuple[Attempt, ...]) -> tuple[Attempt, ...]:
    """The other forms of the likeliest whole number after it: the line may be stored as before its plan changed."""
    if not attempts or attempts[0].kind != "phone":
        return attempts
    first, *others = attempts
    return unique_attempts(
        [first, *(Attempt("phone", form, first.region) for form in other_forms(first.value)), *others]
    )


def _number_within(phone_input: PhoneInput, regions: Sequence[str]) -> tuple[Attempt, ...]:
    """The whole number beside other numbers, "Ticket 48213 07911 123456": the longest row of groups that is one."""
    groups = longest_digit_run(phone_input).text.split()[:MAX_GROUPS] if _RUNS.search(phone_input.text) else []
    for size in range(len(groups) - 1, 0, -1):
        for start in range(len(groups) - size, -1, -1):
            text = " ".join(groups[start : start + size])
            found = [each for each in candidates(PhoneInput(text, digits_of(text)), regions) if each.is_valid]
            if found:
                return unique_attempts(Attempt("phone", each.e164, each.region) for each in found)
    return ()


def _looks_copied(phone_input: PhoneInput) -> bool:
    """True when it looks like part of a number in a national format."""
    return _NATIONAL_GROUPING.fullmatch(phone_input.text) is not None


def chosen_attempt(value: str, raw: str, plan: SearchPlan) -> Attempt | None:
    """The attempt that a link names for `raw`, None unless it is an interpretation of it.

    Of this person's `plan`, or of the plan of whoever made the link, whose local numbers may be another region's.
    """
    attempt = parse_attempt(value)
    if attempt is None or not (plan.attempts or plan.alternatives):
        return None
    known = (plan, plan_number(raw, regions_of(attempt.value))) if attempt.kind == "phone" else (plan,)
    offered = (each for one in known for each in (*one.attempts, *one.alternatives))
    found = next((each for each in offered if (each.kind, each.value) == (attempt.kind, attempt.value)), None)
    return found or (attempt if attempt.kind != "phone" and _has_digits_of(attempt, normalize(raw).digits) else None)


def _has_digits_of(attempt: Attempt, digits: str) -> bool:
    """True for pieces with the digits of a text, or with so many of its last ones that a whole number was meant."""
    piece = digits_of(attempt.spellings[0])
    if attempt.kind == "within":
        return piece in digits
    return piece == digits or (len(piece) >= ENDING_DIGITS and digits.endswith(piece))


def split_numbers(raw: str) -> tuple[str, ...]:
    """The numbers of a text that contains more than one, on lines or separated by commas; else none."""
    whole = _whole_parts(raw)
    return tuple(dict.fromkeys(whole))[:MAX_NUMBERS] if len(whole) > 1 else ()


def lines_without_number(raw: str) -> tuple[str, ...]:
    """The lines of a text with several numbers in which there is none."""
    lines = [plain_line(line) for line in raw.splitlines()]
    return tuple(line for line in dict.fromkeys(lines) if line and not _whole_parts(line))


def one_number_a_line(raw: str) -> tuple[str, ...]:
    """A text with several numbers, each on a line of its own; lines in which there is none as they are."""
    lines = (plain_line(line) for line in raw.splitlines())
    return tuple(dict.fromkeys(part for line in lines if line for part in _whole_parts(line) or [line]))


def _whole_parts(raw: str) -> list[str]:
    """The parts of a text that may be whole numbers. The parameters of a URI are none."""
    parts = (plain_line(part) for part in _SEPARATORS.split(_URI_PARAMETER.sub("", raw)))
    return [part for part in parts if any(map(str.isdigit, part)) and len(normalize(part).digits) >= MIN_WHOLE_DIGITS]


def _international(phone_input: PhoneInput) -> tuple[Attempt, ...]:
    found = candidates(phone_input, ())
    attempts = [Attempt("phone", each.e164, each.region) for each in found]
    if all(each.e164 == f"+{phone_input.digits}" for each in found):  # nothing but a number, perhaps incomplete
        begins = beginning_of(phone_input.digits)
        attempts += [Attempt("search", text, rows_with=begins) for text in national_prefixes(phone_input.digits)]
    return unique_attempts(attempts)


def _national(phone_input: PhoneInput, regions: Sequence[str]) -> tuple[Attempt, ...]:
    unlabelled = strip_label(phone_input)
    found = candidates(unlabelled, regions) if unlabelled else ()
    found = found or candidates(phone_input, regions)
    fragment = phone_input if only_punctuation(phone_input.text) else longest_digit_run(phone_input)
    whole_numbers = _whole_number_candidates(found, fragment, regions)
    if (found and fragment is not phone_input) or len(fragment.digits) > MAX_DIGITS:
        return _ranked(whole_numbers)
    if len(fragment.text) > MAX_CHARACTERS:
        fragment = PhoneInput(fragment.digits, fragment.digits)
    if len(fragment.digits) < MIN_FRAGMENT_DIGITS:
        return (Attempt("search", fragment.text),)
    fragments = _fragment_candidates(fragment, regions, copied=len(fragment.digits) < MAX_LOCAL_DIGITS)
    return _ranked([*whole_numbers, *fragments]) or (Attempt("search", fragment.text),)


def _whole_number_candidates(found: Sequence[Candidate], fragment: PhoneInput, regions: Sequence[str]) -> list[Scored]:
    """The whole numbers that it may be. With too many to try one by one, equal national formats become one search."""
    scored = [(Attempt("phone", each.e164, each.region), _likelihood(each, fragment, regions)) for each in found]
    if found and _is_of_own_region(found, fragment, regions):
        scored[0] = (scored[0][0], max(score for _, score in scored) * 1.01)  # the user's own region first
    if len(found) <= MAX_ATTEMPTS:
        return scored
    by_format: dict[str, list[Scored]] = {}
    for each, attempt in zip(found[1:], scored[1:], strict=True):
        by_format.setdefault(each.national, []).append(attempt)
    joined = [
        group[0] if len(group) == 1 else (Attempt("search", text), sum(score for _, score in group))
        for text, group in by_format.items()
    ]
    return [scored[0], *joined]


def _is_of_own_region(found: Sequence[Candidate], fragment: PhoneInput, regions: Sequence[str]) -> bool:
    """True where the first is one. Without trunk prefix not if the digits are a number whose plus alone is missing."""
    if found[0].region not in regions[:1] or grouping_likelihood(fragment.text, found[0].national) != 1:
        return False
    whole = len(digits_of(found[0].national)) <= len(fragment.digits)
    return whole or not any(each.is_valid and each.e164 == f"+{fragment.digits}" for each in found)


def _likelihood(candidate: Candidate, fragment: PhoneInput, regions: Sequence[str]) -> float:
    rank = regions.index(candidate.region) if candidate.region in regions else len(regions)
    score = WHOLE_NUMBER_WEIGHT * region_weight(rank) * prior(candidate.region or "", candidate.national)
    trunk_digits = max(0, len(digits_of(candidate.national)) - len(fragment.digits))
    grouping = grouping_likelihood(fragment.text, drop_digits(candidate.national, trunk_digits))
    return score * grouping * (NO_TRUNK if trunk_digits else 1)


def _fragment_candidates(fragment: PhoneInput, regions: Sequence[str], *, copied: bool) -> list[Scored]:
    """The spellings of a fragment with their scores, higher for those that group the digits as the person did.

    With punctuation that part of a national format may have (any, when it may be `copied`), it is searched as it is
    before all else: that needs no region. With other punctuation it comes last.
    """
    spellings = fragment_spellings(fragment.digits, regions, ending=fragment.ending)
    scores = {text: score * grouping_likelihood(fragment.text, text) for text, score in spellings.items()}
    if fragment.text != fragment.digits:
        plausible = fragment.text in scores or fragment.text.strip("( )-") in scores
        plausible = plausible or (copied and _NATIONAL_GROUPING.fullmatch(fragment.text) is not None)
        scores[fragment.text] = 2 * max(scores.values(), default=1) if plausible else 0
    return [(Attempt("search", text), score) for text, score in scores.items()]


def _ranked(scored: Iterable[Scored]) -> tuple[Attempt, ...]:
    return unique_attempts(attempt for attempt, _ in sorted(scored, key=lambda each: -each[1]))
