"""Cache backends: the interface of Django's caches in memory, in a table and in Redis, without pickle."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache.backends.base import BaseCache
from django.db import connection

from contacts_ui.sealing.caches import MemoryCache, SealedDatabaseCache, SealedRedisCache
from testing.postgres_server import new_database
from testing.redis_server import running_redis
from testing.running_desk import manage

VALUES: tuple[Any, ...] = (
    *(None, True, 0, -5, 2**40, 1.5, "text", "", b"bytes", [], [1.0, 2.0], {"a": [1, {"b": None}]}),
    datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
)
PARAMS: dict[str, Any] = {"OPTIONS": {}}


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Redis server."""
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["memory", "database", pytest.param("redis", marks=pytest.mark.needs("Redis"))])
def cache(request: pytest.FixtureRequest) -> BaseCache:
    """An empty cache of each kind."""
    if request.param == "memory":
        made: BaseCache = MemoryCache("test_caches", PARAMS)
    elif request.param == "database":
        request.getfixturevalue("db")
        made = SealedDatabaseCache("desk_cache", PARAMS)
    else:
        made = SealedRedisCache(request.getfixturevalue("redis_url"), PARAMS)
    made.clear()
    return made


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_value_comes_back_as_it_was_stored(cache: BaseCache, value: Any) -> None:
    cache.set("key", value, 60)
    assert cache.get("key", "absent") == value
    assert cache.get_many(["key", "other"]) == {"key": value}


def test_object_that_only_a_pickle_could_hold_is_refused(cache: BaseCache) -> None:
    with pytest.raises(TypeError):
        cache.set("key", object(), 60)
    assert cache.get("key", "absent") == "absent"


def test_add_stores_only_where_nothing_is(cache: BaseCache) -> None:
    assert cache.add("key", 1, 60)
    assert not cache.add("key", 2, 60)
    assert cache.get("key") == 1
    cache.delete("key")
    assert cache.add("key", 3, 60)
    assert cache.get("key") == 3


def test_value_is_absent_after_its_end(cache: BaseCache) -> None:
    cache.set("key", 1, 0)
    assert cache.get("key", "absent") == "absent"
    assert cache.add("key", 2, 60)


def test_touched_value_gets_a_new_end(cache: BaseCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.set("key", 1, 60)
    assert cache.touch("key", 7200)
    assert not cache.touch("other", 60)
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert cache.get("key") == 1


def test_value_without_end_stays(cache: BaseCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.set("key", 1, None)
    later = time.time() + 10**8
    monkeypatch.setattr(time, "time", lambda: later)
    assert cache.get("key") == 1


def test_counters_and_several_values_work(cache: BaseCache) -> None:
    cache.set_many({"a": 1, "b": 2}, 60)
    assert cache.incr("a", 4) == 5
    assert cache.decr("b") == 1
    assert cache.get_many(["a", "b"]) == {"a": 5, "b": 1}
    cache.delete_many(["a", "b"])
    assert cache.get_many(["a", "b"]) == {}
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")


def _stored(key: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM desk_cache WHERE cache_key = %s", [f":1:{key}"])
        return str(cursor.fetchone()[0])


@pytest.fixture
def table_cache(db: None) -> SealedDatabaseCache:
    """The cache of the table, empty."""
    cache = SealedDatabaseCache("desk_cache", PARAMS)
    cache.clear()
    return cache


def _store(key: str, value: str) -> None:
    """Writes a value and a far end as somebody with access to the database would."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM desk_cache WHERE cache_key = %s", [f":1:{key}"])
        cursor.execute("INSERT INTO desk_cache VALUES (%s, %s, '2099-01-01 00:00:00')", [f":1:{key}", value])


def test_value_written_back_after_its_end_is_absent(
    table_cache: SealedDatabaseCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    table_cache.set("key", "value", 60)
    _store("key", _stored("key"))
    assert table_cache.get("key") == "value"
    value, later = _stored("key"), time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    _store("key", value)
    assert table_cache.get("key") is None


@pytest.mark.parametrize("forged", ["", "no base64 \u00e4", base64.b64encode(b"\x80\x04N.").decode(), "AQ=="])
def test_value_that_does_not_open_is_logged_and_deleted(
    table_cache: SealedDatabaseCache, caplog: pytest.LogCaptureFixture, forged: str
) -> None:
    _store("key", forged)
    assert table_cache.get("key", "absent") == "absent"
    assert [record.getMessage() for record in caplog.records] == ["cache.value.rejected"]
    assert table_cache.add("key", 1, 60)


def test_value_of_another_cache_key_is_absent(table_cache: SealedDatabaseCache) -> None:
    table_cache.set("mine", 1, 60)
    table_cache.set("theirs", 2, 60)
    _store("mine", _stored("theirs"))
    assert table_cache.get_many(["mine", "theirs"]) == {"theirs": 2}


def test_full_table_forgets_old_values(db: None) -> None:
    cache = SealedDatabaseCache("desk_cache", {"OPTIONS": {"MAX_ENTRIES": 5}})
    cache.clear()
    for number in range(20):
        cache.set(f"key{number}", number, 60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM desk_cache")
        assert cursor.fetchone()[0] <= 7


# Prints what the methods of the cache answer on another database.
ON_POSTGRES = """
from django.core.cache import caches
from django.core.management import call_command
call_command("createcachetable", verbosity=0)
cache = caches["default"]
cache.set("a", [1.5], 60)
cache.set("a", [2.5], 60)
cache.set("gone", 1, -5)
cache.set("always", 1, None)
added = [cache.add("b", 1, 60), cache.add("b", 2, 60), cache.add("gone", 2, 60)]
print(cache.get("a"), cache.get("always"), added, cache.get("gone"), cache.touch("b", 90), cache.incr("b"))
"""


def test_table_in_postgresql_works_like_the_one_in_sqlite(postgres: str) -> None:
    said = manage(os.environ | {"DATABASE_URL": new_database(postgres, "cache")}, code=ON_POSTGRES)
    assert said.splitlines()[-1] == "[2.5] 1 [True, False, True] 2 True 2"
