"""A real Redis for the tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.redis_server import running_redis


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of our own, on a free port, keeping nothing."""
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url
