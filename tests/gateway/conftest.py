"""Fixture: a real Redis server for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.redis_server import running_redis


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Redis server started for the session, on a free port, without persistence."""
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url
