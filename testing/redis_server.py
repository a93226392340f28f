"""A Redis server of our own on a free loopback port, which keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from testing.processes import START_SECONDS, free_port, start_program, stop_program
from testing.programs import require_program

PING_SECONDS = 0.1


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """Its address as CACHE_URL takes it, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [require_program("Redis"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = start_program(command)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        with redis.Redis.from_url(url) as client:
            client.set_retry(Retry(ConstantBackoff(PING_SECONDS), retries=int(START_SECONDS / PING_SECONDS)))
            client.ping()
        yield url
    finally:
        stop_program(server)
