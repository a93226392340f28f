"""Search guided by the number index: calls, merged lists, marks, and what stays true when the index is old."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from contacts_ui.audit import hashes_of_contacts, search_hashes
from contacts_ui.gateway import get_gateway
from contacts_ui.models import AuditEntry, GroupPolicy, Preferences
from contacts_ui.number_index import ScopeIndex
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer

from .html import rows, text

LIST = "/account/contacts/"
UseIndex = Callable[..., None]


def _asked(sandbox: SandboxServer) -> list[dict[str, str]]:
    """The `search` and `phone` parameters of each API call for contacts, oldest first."""
    calls = [parse_qs(call["query"]) for call in sandbox.requests() if call["path"] == "/v3/contacts"]
    return [{name: call[name][0] for name in ("search", "phone") if name in call} for call in calls]


def _shown(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def _digits(text: str | None) -> str:
    return "".join(filter(str.isdigit, text or ""))


@pytest.fixture
def everybody(desk_api: SandboxServer) -> list[Contact]:
    """The contacts of the account, in the API's order."""
    found: list[Contact] = []
    for number in range(1, 100):
        page = get_gateway().contacts(Scope(None, "x", switchable=True), ContactQuery(page=number, page_size=100)).value
        found += page.contacts
        if not page.contacts:
            return found
    raise AssertionError


@pytest.fixture
def use_index(monkeypatch: pytest.MonkeyPatch, everybody: list[Contact], sandbox: SandboxServer) -> UseIndex:
    """Function that gives the desk the index of some contacts, of all unless they are named."""

    def use(known: Iterable[Contact] | None = None, *, complete: bool = True) -> None:
        index = ScopeIndex.of(everybody if known is None else known, complete=complete)
        monkeypatch.setattr("contacts_ui.number_index.index_for", lambda _scope: index)
        sandbox.reset_requests()

    return use


def _run(contact: Contact, size: int = 5, skip: int = 3) -> str:
    return _digits(contact.format_national)[skip : skip + size]


def _with_run(everybody: list[Contact], size: int, pieces: Callable[[int], bool]) -> tuple[str, list[Contact]]:
    """Digits that stand in a fitting number of different pieces, and whose they are in the API's order."""
    index = ScopeIndex.of(everybody)
    for contact in everybody:
        digits = _digits(contact.format_national)
        for start in range(len(digits) - size + 1):
            run = digits[start : start + size]
            if pieces(len(index.pieces(run))):
                return run, [each for each in everybody if run in _digits(each.format_national)]
    raise AssertionError


def test_five_middle_digits_find_the_contact_with_one_call(
    admin_client: Client, sandbox: SandboxServer, number_index: Callable[..., None], everybody: list[Contact]
) -> None:
    number_index()
    sandbox.reset_requests()
    contact = next(each for each in everybody if each.region_code == "GB" and each.format_national)
    response = admin_client.get(LIST, {"search": _run(contact)})
    assert str(contact.id) in rows(response)
    assert len(_asked(sandbox)) == 1


def test_digits_that_matched_are_marked(admin_client: Client, use_index: UseIndex, everybody: list[Contact]) -> None:
    use_index()
    contact = next(each for each in everybody if each.region_code == "GB" and each.format_national)
    page = text(admin_client.get(LIST, {"search": _run(contact)}))
    assert _digits(re.findall("<mark>([^<]+)</mark>", page)[0]) == _run(contact)


def test_several_pieces_are_one_list_with_each_contact_once(
    admin_client: Client, sandbox: SandboxServer, use_index: UseIndex, everybody: list[Contact]
) -> None:
    run, holders = _with_run(everybody, 4, lambda count: count == 2)
    use_index()
    response = admin_client.get(LIST, {"search": run})
    assert sorted(rows(response)) == sorted({str(each.id) for each in holders})
    assert len(_asked(sandbox)) == 2
    assert f"{len(holders)} results" in text(response)
    assert "Other groupings" not in text(response)


def _commonest(everybody: list[Contact]) -> tuple[str, tuple[str, ...]]:
    """Two digits that more than twenty contacts have in several pieces, and many in two of them; and the pieces."""
    index = ScopeIndex.of(everybody)
    found = {f"{nth:02}": index.pieces(f"{nth:02}")[:3] for nth in range(100)}

    def twice(digits: str) -> int:
        holders = len(_by_piece(everybody, *(piece.text for piece in found[digits])))
        return sum(piece.contacts for piece in found[digits]) - holders if holders > 20 else 0

    few = (each for each in found if len(found[each]) > 1 and sum(piece.contacts for piece in found[each]) <= 100)
    digits = max(few, key=twice)
    assert twice(digits)
    return digits, tuple(piece.text for piece in found[digits])


def _by_piece(everybody: list[Contact], *pieces: str) -> list[str]:
    """Ids of the contacts with these pieces, in the order of a merged list."""
    found: dict[str, None] = {}
    for piece in pieces:
        found |= dict.fromkeys(str(each.id) for each in everybody if piece in (each.format_national or ""))
    return list(found)


def test_merged_list_is_paged_in_the_order_of_its_pieces(
    admin_client: Client, sandbox: SandboxServer, use_index: UseIndex, everybody: list[Contact]
) -> None:
    use_index()
    digits, pieces = _commonest(everybody)
    expected = _by_piece(everybody, *pieces)
    link = {"search": digits, "as": "|".join(pieces), "page_size": "20"}
    shown: list[str] = []
    for number in range(1, -(-len(expected) // 20) + 1):
        shown += rows(admin_client.get(LIST, link | {"page": str(number)}))
    assert len(expected) > 20, digits
    assert shown == expected


def test_pages_of_a_merged_list_name_its_pieces(
    admin_client: Client, use_index: UseIndex, everybody: list[Contact]
) -> None:
    run, _ = _with_run(everybody, 4, lambda count: count == 2)
    use_index()
    page = text(admin_client.get(LIST, {"search": run, "page_size": "20"}))
    (pieces,) = set(re.findall(r"as=([^&\"]+)", page))
    assert pieces.count("%7C") == 1


def test_link_to_a_merged_list_shows_the_same_without_an_index(
    admin_client: Client, support_client: Client, use_index: UseIndex, everybody: list[Contact]
) -> None:
    run, _ = _with_run(everybody, 4, lambda count: count == 2)
    use_index()
    first = admin_client.get(LIST, {"search": run})
    (link,) = set(re.findall(r"as=([^&\"]+)", text(first)))
    use_index([])
    (pieces,) = parse_qs(f"as={link}")["as"]
    assert rows(admin_client.get(LIST, {"search": run, "as": pieces})) == rows(first)


def _sixty_each(contacts: list[Contact]) -> list[Contact]:
    """Sixty contacts with each number."""
    copies = enumerate(each for each in contacts for _ in range(60))
    return [Contact(id=UUID(int=nth), format_national=each.format_national) for nth, each in copies]


def test_more_than_a_hundred_contacts_show_the_largest_piece_and_offer_the_others(
    admin_client: Client, sandbox: SandboxServer, use_index: UseIndex, everybody: list[Contact]
) -> None:
    run, holders = _with_run(everybody, 4, lambda count: count == 2)
    use_index(_sixty_each(holders))
    page = text(admin_client.get(LIST, {"search": run}))
    assert len(_asked(sandbox)) == 1
    assert re.search(r"Other groupings: <a [^>]+>“[^”]+” \(\d+\)</a>", page)


@pytest.mark.parametrize("complete", [True, False])
def test_other_groupings_never_name_what_was_typed(
    admin_client: Client, use_index: UseIndex, everybody: list[Contact], complete: bool
) -> None:
    run, _ = _with_run(everybody, 5, lambda count: count == 1)
    use_index(complete=complete)
    response = admin_client.get(LIST, {"search": run})
    assert rows(response)
    others = text(response).partition("Other groupings:")[2].partition("</span>")[0]
    assert f"“{run}”" not in others
    assert bool(others) is not complete


def test_beginning_with_its_country_code_finds_the_contact(
    admin_client: Client, use_index: UseIndex, everybody: list[Contact]
) -> None:
    contact = next(each for each in everybody if each.region_code == "GB" and each.format_e164)
    written = f"44 {(contact.format_e164 or '')[3:8]}"
    use_index()
    assert str(contact.id) in rows(admin_client.get(LIST, {"search": written}))
    use_index([], complete=False)
    assert str(contact.id) in rows(admin_client.get(LIST, {"search": written}))


def test_count_is_not_told_beside_a_channel_filter(
    admin_client: Client, use_index: UseIndex, everybody: list[Contact]
) -> None:
    run, holders = _with_run(everybody, 4, lambda count: count == 2)
    use_index(_sixty_each(holders))
    page = text(admin_client.get(LIST, {"search": run, "channel": "sms"}))
    assert "Other groupings:" in page
    assert not re.search(r"” \(\d+\)</a>", page)


def test_merged_list_beside_a_channel_has_its_contacts_alone(
    admin_client: Client, use_index: UseIndex, everybody: list[Contact]
) -> None:
    use_index()
    digits, pieces = _commonest(everybody)
    link = {"search": digits, "as": "|".join(pieces), "page_size": "100", "channel": "whatsapp"}
    on_channel = {str(each.id) for each in everybody if "whatsapp" in each.available_channels}
    expected = [each for each in _by_piece(everybody, *pieces) if each in on_channel]
    assert rows(admin_client.get(LIST, link)) == expected[:100]


# An index that is old


def test_new_contact_is_found_by_the_literal_call(
    admin_client: Client, sandbox: SandboxServer, use_index: UseIndex, everybody: list[Contact]
) -> None:
    new = next(each for each in everybody if re.search(r"\d{4}$", each.format_national or ""))
    run = _digits(new.format_national)[-4:]
    use_index([each for each in everybody if run not in _digits(each.format_national)])
    assert str(new.id) in rows(admin_client.get(LIST, {"search": run}))
    assert _asked(sandbox) == [{"search": run}]


def test_piece_that_finds_nobody_falls_through_to_the_literal_call(
    admin_client: Client, sandbox: SandboxServer, use_index: UseIndex, everybody: list[Contact]
) -> None:
    new = next(each for each in everybody if re.search(r"\d{4}$", each.format_national or ""))
    run = _digits(new.format_national)[-4:]
    gone = [f"77{run[:2]} {run[2:]}7", f"7{run[:1]}-{run[1:]}77", f"7{run[:3]} {run[3:]}7"]
    use_index([Contact(id=UUID(int=nth), format_national=each) for nth, each in enumerate(gone)])
    assert str(new.id) in rows(admin_client.get(LIST, {"search": run}))
    asked = _asked(sandbox)
    assert len(asked) == 3
    assert asked[-1] == {"search": run}


def test_nothing_found_is_said_after_three_calls_at_most_with_the_literal_one(
    admin_client: Client, sandbox: SandboxServer, use_index: UseIndex
) -> None:
    gone = ["(998) 877-6000", "998 8776", "9 988776", "99 88 77 6"]
    use_index([Contact(id=UUID(int=nth), format_national=each) for nth, each in enumerate(gone)])
    page = text(admin_client.get(LIST, {"search": "9988776"}))
    assert "No contacts match" in page
    asked = _asked(sandbox)
    assert len(asked) <= 3
    assert {"search": "9988776"} in asked


def test_piece_with_more_rows_than_the_index_knew_is_paged_as_ever(
    admin_client: Client, sandbox: SandboxServer, use_index: UseIndex, everybody: list[Contact]
) -> None:
    use_index()
    sandbox.fault(route="contacts", kind="patch", set={"data.pagination.total_count": 5000})
    response = admin_client.get(LIST, {"search": "14", "as": "14|1 4"})
    assert len(_asked(sandbox)) == 1
    assert "5,000 results" in text(response)
    assert "search=14&amp;as=14&amp;page=2" in text(response)


def test_error_of_the_second_piece_is_no_shorter_list(
    admin_client: Client, sandbox: SandboxServer, use_index: UseIndex, everybody: list[Contact]
) -> None:
    run, _ = _with_run(everybody, 4, lambda count: count == 2)
    use_index()
    sandbox.fault(route="contacts", kind="patch", set={})
    sandbox.fault(route="contacts", kind="status", status=500, times=2)
    response = admin_client.get(LIST, {"search": run})
    assert response.status_code == 503
    assert rows(response) == []


def test_remembered_interpretation_does_not_hide_what_the_index_knows(
    admin_client: Client, admin_user: User, caching_api: SandboxServer, use_index: UseIndex, everybody: list[Contact]
) -> None:
    contact = next(each for each in everybody if each.region_code == "GB" and each.format_national)
    run = _run(contact)
    get_gateway().remember_interpretation(admin_user.pk, run, run)
    use_index()
    assert str(contact.id) in rows(admin_client.get(LIST, {"search": run}))


# Who may see what


def test_every_spelling_that_is_asked_is_hashed(
    admin_client: Client, use_index: UseIndex, everybody: list[Contact]
) -> None:
    run, holders = _with_run(everybody, 4, lambda count: count == 2)
    use_index()
    admin_client.get(LIST, {"search": run})
    marks = (AuditEntry.objects.get(action="contacts.searched").marks or "").split()
    assert search_hashes(run, ())[0] in marks
    if len(holders) <= 5:
        assert set(hashes_of_contacts(holders)) <= set(marks)


def test_masked_rows_have_no_marks(
    admin_client: Client, admin_user: User, use_index: UseIndex, everybody: list[Contact]
) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    use_index()
    contact = next(each for each in everybody if each.region_code == "GB" and each.format_national)
    page = text(admin_client.get(LIST, {"search": _run(contact)}))
    assert str(contact.id) in page
    assert "<mark>" not in page


@pytest.mark.slow
def test_person_under_a_masking_policy_learns_no_count_and_no_piece(
    admin_client: Client, use_index: UseIndex, everybody: list[Contact], sandbox: SandboxServer
) -> None:
    GroupPolicy.objects.create(group=Group.objects.get(name="admin"), mask_numbers=True)
    use_index()
    some = [each for each in everybody if each.format_national][:8]
    for contact in some:
        digits = _digits(contact.format_national)
        for typed in (digits[-4:], digits[3:8], digits):
            page = text(admin_client.get(LIST, {"search": typed}))
            assert "<mark>" not in page
            assert not re.search(r"” \(\d+\)", page)
    searched = {call["search"] for call in _asked(sandbox) if "search" in call}
    searched -= {each.format_national for each in some}  # the whole number that was typed: whose it is
    assert all(len(_digits(each)) == 4 for each in searched)


# Whole numbers, a paste


def test_list_of_national_numbers_as_the_desk_shows_them_is_found(
    admin_client: Client, use_index: UseIndex, everybody: list[Contact]
) -> None:
    by_region: defaultdict[str, list[Contact]] = defaultdict(list)
    for each in everybody:
        if each.format_national and each.format_e164:
            by_region[each.region_code or ""].append(each)
    some = [contacts[0] for region, contacts in sorted(by_region.items()) if region not in ("US", "CA")][:5]
    for known in (everybody, []):
        use_index(known, complete=bool(known))
        typed = "\n".join(each.format_national or "" for each in some)
        page = text(admin_client.get(LIST, {"search": typed}))
        assert re.findall('data-looked-up="([^"]+)"', page) == ["found"] * len(some)
        assert all(str(each.id) in page for each in some)


@pytest.mark.slow
@pytest.mark.parametrize(
    "field",
    ["format_national", "format_international", "format_e164", "format_rfc", "phone_number"],
)
def test_text_that_the_desk_shows_is_found_when_it_is_pasted_back(
    admin_client: Client, use_index: UseIndex, everybody: list[Contact], sandbox: SandboxServer, field: str
) -> None:
    use_index()
    some = [each for each in everybody if getattr(each, field) and each.format_national and each.format_e164][:10]
    for contact in some:
        assert str(contact.id) in rows(admin_client.get(LIST, {"search": getattr(contact, field)})), contact
    numbers = [call for call in _asked(sandbox) if "phone" in call]  # each is asked for again: whose else it is
    assert len(_asked(sandbox)) == len(some) + len(numbers)
