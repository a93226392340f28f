"""A PostgreSQL server of our own on a free loopback port, with fsync on as it comes."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from testing.processes import START_SECONDS, free_port, start_program, stop_program
from testing.programs import require_program

OWNER = "postgres"  # Debian's own user: the server refuses to run as root


@contextmanager
def running_postgres() -> Iterator[str]:
    """The address of the server as DATABASE_URL takes it, without the name of a database, until the block ends."""
    program, port = Path(require_program("PostgreSQL")).resolve(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="desk-postgres-"))  # not in a folder of ours: its owner could not reach it
    owner = OWNER if os.geteuid() == 0 else None
    if owner:
        os.chown(folder, pwd.getpwnam(owner).pw_uid, pwd.getpwnam(owner).pw_gid)
    data = folder / "data"
    initdb = [str(program.with_name("initdb")), "--auth=trust", "--username=desk", "--encoding=UTF8", "-D", str(data)]
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "log_min_messages": "fatal",
    }
    command = [str(program), "-D", str(data), *(f"-c{name}={value}" for name, value in options.items())]
    try:
        subprocess.run(initdb, check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL)
        running = start_program(command, user=owner, cwd=folder, stderr=subprocess.DEVNULL)
        try:
            address = f"postgres://desk@127.0.0.1:{port}"
            _wait_for(f"{address}/postgres", running)
            yield address
        finally:
            stop_program(running, number=signal.SIGINT)  # sessions are ended, and everything is written
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(address: str, name: str) -> str:
    """Makes an empty database there; its whole address."""
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{address}/{name}"


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("PostgreSQL did not start")
