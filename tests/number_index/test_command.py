"""manage.py index_numbers, and two processes on one database: built by one, used by another, readable in no file."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from contacts_ui.models import NumberIndex, Snapshot
from testing.desk_template import DeskTemplate
from testing.postgres_server import new_database, running_postgres
from testing.running_desk import SECRET_KEY, UNLIMITED, desk_environment, manage, running_desk
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

Build = Callable[..., None]
DIGITS = re.compile(rb"[0-9]{7,}")


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("index_numbers", *arguments, stdout=out)
    return out.getvalue()


def test_command_builds_and_prints_scope_contacts_calls_and_bytes(number_index: Build) -> None:
    line = _run("--account", "--wait")
    index = NumberIndex.objects.get()
    assert line == f"account: 300 contacts, 3 calls, {index.bytes:,} bytes, complete\n"


def test_command_builds_one_profile(number_index: Build, desk_api: SandboxServer) -> None:
    profile = desk_api.profiles()[0]["id"]
    assert _run("--profile", profile, "--wait").startswith(f"{profile}: {len(desk_api.contacts(profile))} contacts, ")


def test_command_builds_account_and_all_profiles(number_index: Build, desk_api: SandboxServer) -> None:
    lines = _run("--all", "--wait").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["account", *(p["id"] for p in desk_api.profiles())]
    assert all(line.endswith(", complete") for line in lines)


def test_command_without_wait_leaves_it_to_the_worker(number_index: Build) -> None:
    assert _run() == "account: started, the worker builds it\n"
    assert Snapshot.objects.get().is_unfinished


def test_command_says_that_the_key_has_no_such_profile(number_index: Build) -> None:
    with pytest.raises(CommandError, match="no profile"):
        _run("--profile", str(uuid4()))


def test_command_says_that_the_index_is_off(desk_api: SandboxServer, db: None) -> None:
    with pytest.raises(CommandError, match="NUMBER_INDEX_MOST_CONTACTS is 0"):
        _run()


SHOW = """
from contacts_ui.access import background_scope
from contacts_ui.number_index import index_for
print(index_for(background_scope(None)).contacts)
"""

# A contact that traffic brought, stored, and built into the table.
ADD = """
from uuid import UUID
from contacts_ui.access import background_scope
from contacts_ui.gateway import get_gateway
from contacts_ui.number_index import maintain, maintenance, registry
from contacts_ui.sent_api.types import Contact
background_scope(None)
registry.current().learn(None, [Contact(id=UUID(int=1))], None, get_gateway().known_account)
registry.current().flush()
maintenance.BUILD_IN_ADDITIONS = 1
maintain()
"""


def test_two_processes_share_an_index_that_no_file_tells_a_number_of(tmp_path: Path, template: DeskTemplate) -> None:
    with SandboxServer(contacts=1200, profiles=4, seed=13, account_lists="all") as sandbox:
        env = desk_environment(tmp_path, sandbox.url, 0, SECRET_KEY=SECRET_KEY, **UNLIMITED)
        env |= {"NUMBER_INDEX_MOST_CONTACTS": "5000", "LOG_LEVEL": "DEBUG", "SITE_URL": "http://127.0.0.1:8000"}
        template.copy_database(tmp_path / "desk.sqlite3")
        written = manage(env, "index_numbers", "--wait")
        assert "account: 1,200 contacts, 12 calls" in written
        assert manage(env, code=SHOW).splitlines()[-1] == "1200"
        numbers = [number.removeprefix("+") for number in sandbox.contacts().values() if number]
        # A thousand times the search for a few digits in megabytes: only their runs of digits are looked through.
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        digits = {path.name: b" ".join(DIGITS.findall(path.read_bytes())) for path in files}
        assert len(numbers) >= 1000
        assert min(map(len, numbers)) >= 7
        assert "desk.sqlite3" in digits
        for number in numbers:
            assert number not in written
            assert not [name for name, content in digits.items() if number.encode() in content]


@pytest.mark.exhaustive
@pytest.mark.needs("PostgreSQL")
def test_two_processes_share_an_index_on_postgresql(tmp_path: Path) -> None:
    with (
        running_postgres() as address,
        SandboxServer(contacts=1200, profiles=4, seed=13, account_lists="all") as sandbox,
    ):
        more = {"DATABASE_URL": new_database(address, "desk"), "NUMBER_INDEX_MOST_CONTACTS": "5000"}
        more |= {"SITE_URL": "http://127.0.0.1:8000", "SENT_BUDGET_PER_MINUTE": "5000", "SENT_BUDGET_BURST": "5000"}
        env = desk_environment(tmp_path, sandbox.url, 0, SECRET_KEY=SECRET_KEY, **more)
        manage(env, "migrate", "--verbosity", "0")
        assert "account: 1,200 contacts, 12 calls" in manage(env, "index_numbers", "--wait")
        manage(env, code=ADD)
        assert manage(env, code=SHOW).splitlines()[-1] == "1201"


@pytest.mark.exhaustive  # it waits for the desk to store, ten seconds
def test_running_desk_stores_what_passed_through_it(tmp_path: Path, template: DeskTemplate) -> None:
    with (
        SandboxServer(contacts=300, profiles=4, seed=13, account_lists="all") as sandbox,
        running_desk(tmp_path, sandbox.url, template, NUMBER_INDEX_MOST_CONTACTS="5000") as desk,
    ):
        profile = sandbox.profiles()[0]["id"]
        (person,) = desk.people(1, [profile], each=1)
        assert person.browser().get(f"{desk.url}/p/{profile}/contacts/").ok
        additions = "SELECT SUM(rows) FROM contacts_ui_numberindexaddition"
        wait_until(lambda: desk.sql(additions)[0][0])
        total = "SELECT seen_total FROM contacts_ui_numberindex WHERE scope = ?"
        assert desk.sql(total, profile) == [(len(sandbox.contacts(profile)),)]
        code = SHOW.replace("None", repr(profile))
        assert int(manage(desk.settings, code=code).splitlines()[-1]) == desk.sql(additions)[0][0]
