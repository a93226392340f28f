"""Attacks of whoever can write to Redis or to the cache table: nothing of theirs runs, is believed, or is read."""

from __future__ import annotations

import base64
import os
import pickle
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import msgspec
import pytest
import redis
import requests

from testing.accounts import create_session
from testing.desk_template import DeskTemplate
from testing.redis_server import running_redis
from testing.running_desk import UNLIMITED, Desk, Person, running_desk
from testing.sandbox_server import SandboxServer

pytestmark = pytest.mark.needs("Redis")

LISTED = re.compile(r'data-contact-id="([^"]+)"')
REJECTED = '"cache.value.rejected"'
SHOWN_NUMBERS = 100


class Bomb:
    """Pickle bomb: a pickle of it makes a file when it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.file),)


def _keys(stored: redis.Redis) -> list[bytes]:
    return cast("list[bytes]", stored.keys())


@dataclass(frozen=True, slots=True)
class Attacked:
    """Running desk with an admin's browser, its Redis, and the profiles of its sandbox."""

    desk: Desk
    stored: redis.Redis
    browser: requests.Session
    sandbox: SandboxServer

    def rows(self, path: str) -> list[str]:
        """Contact ids that a page shows."""
        response = self.browser.get(self.desk.url + path)
        assert response.status_code == 200
        return LISTED.findall(response.text)

    def keys_of(self, path: str) -> list[bytes]:
        """The keys that are in Redis once a page was read into an empty cache."""
        self.stored.flushall()
        assert self.rows(path)
        return [key for key in _keys(self.stored) if key.startswith(b":1:")]

    def rejected(self) -> int:
        """Rejected values in its log."""
        return (self.desk.folder / "log").read_text().count(REJECTED)


@pytest.fixture(scope="module")
def attacked(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Attacked]:
    """A desk whose cached pages stay fresh for the whole test."""
    folder = tmp_path_factory.mktemp("cached")
    settings = {"SENT_FRESH_SECONDS": "600", "SENT_STALE_SECONDS": "600", **UNLIMITED}
    with (
        running_redis(folder / "redis") as url,
        running_desk(folder / "desk", running_sandbox.url, template, CACHE_URL=url, **settings) as desk,
        redis.Redis.from_url(url) as stored,
        Person(create_session(desk, "admin"), ()).browser() as browser,
    ):
        yield Attacked(desk, stored, browser, running_sandbox)


def _profile_path(attacked: Attacked, index: int) -> str:
    return f"/p/{attacked.sandbox.profiles()[index]['id']}/contacts/"


def test_pickle_bomb_in_redis_does_not_run(attacked: Attacked, tmp_path: Path) -> None:
    path, bomb = _profile_path(attacked, 1), Bomb(tmp_path / "ran")
    before, keys = attacked.rows(path), attacked.keys_of(path)
    for key in keys:
        attacked.stored.set(key, pickle.dumps(bomb), ex=600)
    rejected = attacked.rejected()
    assert attacked.rows(path) == before
    assert not bomb.file.exists()
    assert attacked.rejected() > rejected


def test_pickle_bomb_in_cache_table_does_not_run(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path: Path
) -> None:
    """Without Redis, how a search was read is kept in the table, and read again with the next one."""
    held = running_sandbox.contacts(None).values()
    number = next(each for each in held if each and re.fullmatch(r"\+1\d{10}", each))
    path = f"/account/contacts/?search={quote(f'({number[2:5]}) {number[5:8]}-{number[8:]}')}"
    bomb = Bomb(tmp_path / "ran")
    with (
        running_desk(tmp_path / "desk", running_sandbox.url, template, **UNLIMITED) as desk,
        Person(create_session(desk, "admin"), ()).browser() as browser,
    ):
        before = LISTED.findall(browser.get(desk.url + path).text)
        assert desk.sql("SELECT COUNT(*) > 0 FROM desk_cache") == [(1,)]
        stored = base64.b64encode(pickle.dumps(bomb)).decode()
        desk.sql("UPDATE desk_cache SET value = ?, expires = '2099-01-01 00:00:00'", stored)
        assert LISTED.findall(browser.get(desk.url + path).text) == before != []
        assert not bomb.file.exists()
        assert REJECTED in (desk.folder / "log").read_text()


def test_page_copied_to_key_of_another_profile_is_not_shown(attacked: Attacked) -> None:
    mine, theirs = _profile_path(attacked, 1), _profile_path(attacked, 2)
    pages = {path: [key for key in attacked.keys_of(path) if b":page:" in key] for path in (mine, theirs)}
    before, foreign = attacked.rows(mine), attacked.rows(theirs)
    attacked.rows(mine)
    ((my_key,), (their_key,)) = pages[mine], pages[theirs]
    value = attacked.stored.get(their_key)
    assert value
    attacked.stored.set(my_key, value, ex=600)
    rejected = attacked.rejected()
    after = attacked.rows(mine)
    assert (after, set(after) & set(foreign)) == (before, set())
    assert attacked.rejected() > rejected


def _flipped(value: bytes) -> bytes:
    return value[:-40] + bytes([value[-40] ^ 1]) + value[-39:]


# What is written over a value: a change of the value itself, or something else.
FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda value: value[: len(value) // 2],
    "cut to the nonce": lambda value: value[:13],
    "empty": lambda _: b"",
    "bit flipped": _flipped,
    "longer": lambda value: value + b"\0",
    "garbage": lambda _: bytes(range(256)),
    "an integer": lambda _: b"5",
    "plain msgpack": lambda _: msgspec.msgpack.encode((None, (time.time(), b"\x90"))),
    "a page of the version before": lambda _: pickle.dumps((time.time(), msgspec.msgpack.encode({"contacts": []}))),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_forged_page_is_a_miss_and_is_logged(attacked: Attacked, forgery: Callable[[bytes], bytes]) -> None:
    path = _profile_path(attacked, 3)
    before = attacked.rows(path)
    (key,) = (key for key in attacked.keys_of(path) if b":page:" in key)
    value = attacked.stored.get(key)
    assert value
    attacked.stored.set(key, forgery(cast("bytes", value)), ex=600)
    rejected = attacked.rejected()
    attacked.sandbox.reset_requests()
    assert attacked.rows(path) == before
    assert attacked.rejected() > rejected
    assert [call["path"] for call in attacked.sandbox.requests()] == ["/v3/contacts"]


def test_log_names_neither_key_nor_value_of_rejected_entry(attacked: Attacked) -> None:
    path = _profile_path(attacked, 3)
    keys = attacked.keys_of(path)
    for key in keys:
        attacked.stored.set(key, b"garbage-of-the-attacker", ex=600)
    attacked.rows(path)
    log = (attacked.desk.folder / "log").read_text()
    assert REJECTED in log
    assert "garbage-of-the-attacker" not in log
    assert not any(key.decode().rpartition(":")[2] in log for key in keys)


def _content_of_redis(stored: redis.Redis) -> bytes:
    """Every key and value, of any type."""
    read: dict[bytes, Callable[[bytes], Any]] = {
        b"string": stored.get,
        b"hash": stored.hgetall,
        b"list": lambda key: stored.lrange(key, 0, -1),
    }
    found: list[bytes] = []
    for key in _keys(stored):
        value: Any = read[cast("bytes", stored.type(key))](key)
        parts = [value] if isinstance(value, bytes) else [*value, *(value.values() if isinstance(value, dict) else ())]
        found += [key, *parts]
    return b"\n".join(found)


def test_shown_numbers_are_in_neither_redis_nor_cache_table(attacked: Attacked) -> None:
    attacked.stored.flushall()
    numbers: dict[str, str | None] = {}
    for index in range(1, 13):
        held = attacked.sandbox.contacts(attacked.sandbox.profiles()[index - 1]["id"])
        path = _profile_path(attacked, index - 1)
        numbers |= {contact: held[contact] for contact in attacked.rows(path) if contact in held}
        attacked.rows(f"{path}?search=5")
        if len(numbers) >= SHOWN_NUMBERS:
            break
    shown = [number for number in numbers.values() if number][:SHOWN_NUMBERS]
    assert len(shown) == SHOWN_NUMBERS
    table = [base64.b64decode(value) for (value,) in attacked.desk.sql("SELECT value FROM desk_cache")]
    keys = [key.encode() for (key,) in attacked.desk.sql("SELECT cache_key FROM desk_cache")]
    content = b"\n".join([_content_of_redis(attacked.stored), *table, *keys])
    assert len(content) > 10_000
    found = [number for number in shown if number.lstrip("+").encode() in content]
    assert found == []
