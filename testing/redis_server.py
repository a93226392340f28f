"""Temporary Redis server on a free loopback port, without persistence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from testing.processes import on_free_port, start_program, stop_program, wait_for_start
from testing.programs import require_program


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """Runs the server until the block ends; yields its URL as in CACHE_URL."""
    folder.mkdir(parents=True, exist_ok=True)
    with on_free_port(lambda port: redis_on_port(folder, port)) as url:
        yield url


@contextmanager
def redis_on_port(folder: Path, port: int) -> Iterator[str]:
    """Runs the server on this port until the block ends; yields its URL."""
    command = redis_command(folder, port)
    server = start_program(command)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        wait_for_start(lambda: redis_answers(url), server)
        yield url
    finally:
        stop_program(server)


def redis_command(folder: Path, port: int) -> list[str]:
    """Command of a server without persistence."""
    return [require_program("Redis"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]


def redis_answers(url: str) -> bool:
    """True when the server answers."""
    with redis.Redis.from_url(url) as client, suppress(redis.RedisError):
        return bool(client.ping())
    return False
