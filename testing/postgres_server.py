"""Temporary PostgreSQL server on a free loopback port, with the default fsync=on."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from testing.processes import on_free_port, start_program, stop_program, wait_for_start
from testing.programs import require_program

OWNER = "postgres"  # Debian's user: the server refuses to run as root


@contextmanager
def running_postgres() -> Iterator[str]:
    """Runs the server until the block ends; yields its URL as in DATABASE_URL, without a database name."""
    with postgres_folder() as (folder, owner), on_free_port(lambda port: _running(port, folder, owner)) as address:
        yield address


@contextmanager
def postgres_folder() -> Iterator[tuple[Path, str | None]]:
    """An initialized folder for a server, and the user it has to run as, until the block ends."""
    program = Path(require_program("PostgreSQL")).resolve()
    folder = Path(tempfile.mkdtemp(prefix="desk-postgres-"))  # not in pytest's folder, which OWNER cannot enter
    owner = OWNER if os.geteuid() == 0 else None
    if owner:
        os.chown(folder, pwd.getpwnam(owner).pw_uid, pwd.getpwnam(owner).pw_gid)
    data = folder / "data"
    initdb = [str(program.with_name("initdb")), "--auth=trust", "--username=desk", "--encoding=UTF8", "-D", str(data)]
    try:
        subprocess.run(initdb, check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL)
        yield folder, owner
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgres_command(folder: Path, port: int) -> list[str]:
    """Command of a server on an initialized folder."""
    program = Path(require_program("PostgreSQL")).resolve()
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "log_min_messages": "fatal",
    }
    return [str(program), "-D", str(folder / "data"), *(f"-c{name}={value}" for name, value in options.items())]


@contextmanager
def _running(port: int, folder: Path, owner: str | None) -> Iterator[str]:
    command = postgres_command(folder, port)
    server = start_program(command, user=owner, cwd=folder, stderr=subprocess.DEVNULL)
    address = f"postgres://desk@127.0.0.1:{port}"
    try:
        wait_for_start(lambda: postgres_answers(address), server)
        yield address
    finally:
        stop_program(server, number=signal.SIGINT)  # fast shutdown: ends sessions and writes all data


def postgres_answers(address: str) -> bool:
    """True when the server takes a connection."""
    with suppress(psycopg.OperationalError):
        psycopg.connect(f"{address}/postgres", connect_timeout=2).close()
        return True
    return False


def new_database(address: str, name: str, *, template: str = "template1") -> str:
    """Creates a database, empty or a copy of `template`; returns its URL."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(statement)
    return f"{address}/{name}"
