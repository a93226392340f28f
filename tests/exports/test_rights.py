"""Rights: what is taken away stops an export within a page, and its file cannot be read from then on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from contacts_ui.exports import lease, recovery, service
from contacts_ui.exports.errors import ExportExpired, ExportNotFound, ExportNotReady
from contacts_ui.gateway.gateway import Gateway
from contacts_ui.models import AuditEntry, Export, ExportPart, ExportState, ProfileAccess, SnapshotPart
from contacts_ui.roles import set_role
from testing.sandbox_server import SandboxServer
from tests.exports.conftest import Person, again, csv_rows, downloaded, finished, mask

pytestmark = pytest.mark.slow  # each runs a whole export


def _no_role(person: Person) -> None:
    set_role(User.objects.get(pk=person.user.pk), "support")


def _no_profile(person: Person) -> None:
    ProfileAccess.objects.filter(user=person.user).delete()


def _not_active(person: Person) -> None:
    User.objects.filter(pk=person.user.pk).update(is_active=False)


def _deleted(person: Person) -> None:
    User.objects.filter(pk=person.user.pk).delete()


WAYS = (_no_role, _no_profile, _not_active, _deleted)


def _wiped(export: Export) -> bool:
    export = again(export)
    stored = ExportPart.objects.exists() or SnapshotPart.objects.exists()
    return export.wrapped_key is export.details is export.progress is None and not stored


@pytest.mark.parametrize("take", WAYS)
def test_right_taken_in_reading_stops_within_a_page(
    exporter: Person, desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch, take: Callable[[Person], None]
) -> None:
    """It is taken while the second page is asked for: that one is the last."""
    monkeypatch.setattr("contacts_ui.snapshots.crawl.PAGE_SIZE", 20)
    pages, plain = count(1), Gateway.crawl_page

    def crawl_page(self: Gateway, *arguments: Any, **options: Any) -> object:
        if next(pages) == 2:
            take(exporter)
        return plain(self, *arguments, **options)

    monkeypatch.setattr(Gateway, "crawl_page", crawl_page)
    export = exporter.asks()
    desk_api.reset_requests()
    export = finished(export)
    assert (export.state, export.error) == (ExportState.CANCELLED, "RightsWithdrawn")
    assert sum(call["path"] == "/v3/contacts" for call in desk_api.requests()) == 2
    assert _wiped(export)


@pytest.mark.parametrize("take", WAYS)
def test_right_taken_in_writing_stops_at_the_next_batch(
    exporter: Person, monkeypatch: pytest.MonkeyPatch, take: Callable[[Person], None]
) -> None:
    plain = lease.write

    def write(*arguments: Any, **values: Any) -> None:
        plain(*arguments, **values)
        take(exporter)

    monkeypatch.setattr(lease, "write", write)
    export = finished(exporter.asks())
    assert (export.state, export.size, export.error) == (ExportState.CANCELLED, None, "RightsWithdrawn")
    assert _wiped(export)


@pytest.mark.parametrize("take", WAYS)
def test_right_taken_makes_the_file_unreachable(exporter: Person, take: Callable[[Person], None]) -> None:
    export = exporter.exports()
    take(exporter)
    with pytest.raises(ExportNotFound):
        service.open_download(exporter.user, export)
    if take is not _deleted:
        assert _wiped(export)


def test_right_taken_wipes_the_file_without_a_download(exporter: Person) -> None:
    export = exporter.exports()
    recovery.sweep()
    assert again(export).state == ExportState.READY
    _no_profile(exporter)
    recovery.sweep()
    assert _wiped(export)


def test_right_taken_in_a_download_ends_it(exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts_ui.exports.blocks.BLOCK_BYTES", 1000)
    export = exporter.exports()
    chunks = service.open_download(exporter.user, export).chunks
    assert len(next(chunks)) == 1000
    _no_role(exporter)
    with pytest.raises(ExportNotFound):
        assert len(b"".join(chunks)) <= 3000  # of the blocks that were read already


def test_other_api_key_makes_the_file_unreachable(exporter: Person, use_key: Callable[[str], None]) -> None:
    export = exporter.exports()
    use_key("sandbox-second-organization")
    with pytest.raises(ExportNotFound):
        service.open_download(exporter.user, export)


def test_nobody_else_downloads_and_admins_see_and_cancel(exporter: Person, admin_user: User) -> None:
    export = exporter.exports()
    assert service.export_for(admin_user, export.pk) == export
    assert service.details_of(admin_user, export) is None
    assert not service.may_download(admin_user, export)
    with pytest.raises(ExportNotFound):
        service.open_download(admin_user, export)
    assert service.cancel(export, admin_user)
    assert _wiped(export)
    row = AuditEntry.objects.get(action="export.cancelled")
    assert (row.person, str(row.about).endswith("of elke")) == ("mara", True)


@pytest.mark.parametrize("role", ["support", "auditor", "exporter", None])
def test_export_of_another_person_does_not_exist(exporter: Person, user_without_role: User, role: str | None) -> None:
    export = exporter.asks()
    set_role(user_without_role, role)
    for export_id in (export.pk, uuid4()):
        with pytest.raises(ExportNotFound):
            service.export_for(User.objects.get(pk=user_without_role.pk), export_id)


def test_masked_file_has_no_digit_but_the_last(exporter: Person, desk_api: SandboxServer) -> None:
    mask(exporter)
    export = exporter.exports("csv")
    content = exporter.content(export).decode()
    assert csv_rows(content.encode())[0][0] == "Phone number"
    assert "RFC 3966" not in content
    numbers = [number for number in desk_api.contacts(exporter.profile_id).values() if number]
    assert not any(number[1:-4] in content for number in numbers)
    assert sum(number[-4:] in content for number in numbers) == len(numbers)


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_mask_forced_in_writing_masks_the_whole_file(
    exporter: Person, monkeypatch: pytest.MonkeyPatch, file_format: service.Format
) -> None:
    """It is forced after the first batch was stored: the file begins anew."""
    monkeypatch.setattr("contacts_ui.snapshots.crawl.PAGE_SIZE", 20)
    monkeypatch.setattr("contacts_ui.snapshots.parts.AT_ONCE", 1)
    masked = exporter.asks(file_format)
    plain, stored = lease.write, count(1)

    def write(*arguments: Any, **values: Any) -> None:
        plain(*arguments, **values)
        if next(stored) == 3:
            mask(exporter)

    monkeypatch.setattr(lease, "write", write)
    export = finished(masked)
    assert (export.state, export.masked) == (ExportState.READY, True)
    content = exporter.content(export)
    if file_format == "csv":
        assert all("••••" in row[0] for row in csv_rows(content)[1:] if row[0])


def test_mask_forced_afterwards_makes_an_open_file_unreachable(exporter: Person) -> None:
    export = exporter.exports()
    mask(exporter)
    with pytest.raises(ExportNotFound):
        service.open_download(exporter.user, export)
    assert _wiped(export)


def test_unfinished_export_has_no_file(exporter: Person) -> None:
    with pytest.raises(ExportNotReady):
        service.open_download(exporter.user, exporter.asks())


def test_row_of_another_profile_stops_it(exporter: Person, desk_api: SandboxServer) -> None:
    export = exporter.asks()
    desk_api.fault(route="contacts", kind="patch", set={"data.contacts.3.customer_id": desk_api.profiles()[2]["id"]})
    export = finished(export)
    assert (export.state, export.error) == (ExportState.FAILED, "ProfileMismatch")
    assert export.request_id
    assert _wiped(export)


def test_download_of_three_is_the_last(exporter: Person) -> None:
    export = exporter.exports()
    for _ in range(3):
        assert len(downloaded(exporter.user, export)) == export.size
    with pytest.raises(ExportExpired):
        service.open_download(exporter.user, export)
    assert _wiped(export)
