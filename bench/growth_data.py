"""Rows for the growth benchmark: audit log, people, assignments and sessions by the million, by plain SQL.

Half of the log's rows are views of lists, three of ten are searches with three number hashes each, the others opened
contacts with one. Dates go back a year; rows of one number are spread over it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

import psycopg

NUMBERS = 50_000  # different numbers in the log, and the one asked for
CHUNK = 20_000  # rows a transaction
COLUMNS = ("at", "person_id", "person", "scope", "action", "outcome", "rows", "request_id", "reference", "marks",
           "about", "address")  # fmt: skip
Row = tuple[object, ...]


def log_rows(number: int, people: int, profiles: Sequence[str], *, wanted: str) -> Iterator[Row]:
    """So many rows, oldest first. One of 50,000 that have hashes has `wanted`."""
    start, step = datetime.now(UTC) - timedelta(days=364), timedelta(days=364) / max(number, 1)
    for index in range(number):
        person, kind = index * 7919 % people, index % 10
        action = "contacts.listed" if kind < 5 else "contacts.searched" if kind < 8 else "contact.opened"
        yield (
            start + index * step, person + 1, f"person-{person}", profiles[index * 31 % len(profiles)], action,
            "denied" if index % 97 == 0 else "ok", 50 if kind < 5 else 1, str(UUID(int=index)), f"{index:016x}",
            _marks(index, 0 if kind < 5 else 3 if kind < 8 else 1, wanted),
            str(UUID(int=index * 13)) if kind >= 8 else None, "203.0.113.7",
        )  # fmt: skip


def _marks(index: int, count: int, wanted: str) -> str | None:
    numbers = ((index * 3 + turn) * 104_729 % NUMBERS for turn in range(count))
    hashes = [wanted if number == 0 else _mark(number) for number in numbers]
    return f" {' '.join(hashes)} " if hashes else None


def _mark(number: int) -> str:
    return hashlib.blake2b(b"%d" % number, digest_size=10).hexdigest()


def fill_log(url: str, number: int, people: int, profiles: Sequence[str], *, wanted: str) -> None:
    """Adds `number` rows to the log of the database at `url`, on SQLite and PostgreSQL."""
    rows = log_rows(number, people, profiles, wanted=wanted)
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    if url.startswith("postgres"):
        into = f"COPY contacts_ui_auditentry ({names}) FROM STDIN"
        with psycopg.connect(url) as server, server.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)
        return
    insert = f"INSERT INTO contacts_ui_auditentry ({names}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60)) as file:
        while chunk := list(islice(rows, CHUNK)):
            with file:
                file.executemany(insert, ((f"{row[0]:%Y-%m-%d %H:%M:%S.%f}", *row[1:]) for row in chunk))


def fill_people(url: str, people: int, profiles: Sequence[str], each: int = 3) -> None:
    """Adds so many people of the role support, each with some of the profiles and ten sessions, on SQLite alone."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60)) as file, file:
        (group,) = file.execute("SELECT id FROM auth_group WHERE name = 'support'").fetchone()
        (start,) = file.execute("SELECT max(id) + 1 FROM auth_user").fetchone()
        ids = range(start, start + people)
        file.executemany(
            """INSERT INTO auth_user (id, username, first_name, last_name, email, password, is_superuser, is_staff,
            is_active, date_joined) VALUES (?, ?, ?, ?, ?, '!', 0, 0, 1, ?)""",
            (
                (i, f"person-{i}", f"First{i % 400}", f"Last{i % 900}", f"p{i}@example.org", datetime.now(UTC))
                for i in ids
            ),
        )
        file.executemany("INSERT INTO auth_user_groups (user_id, group_id) VALUES (?, ?)", ((i, group) for i in ids))
        file.executemany(
            "INSERT INTO contacts_ui_profileaccess (user_id, profile_id) VALUES (?, ?)",
            ((i, profiles[(i + turn) % len(profiles)].replace("-", "")) for i in ids for turn in range(each)),
        )
        _copy_sessions(file, people * 10)


def _copy_sessions(file: sqlite3.Connection, number: int) -> None:
    """Adds so many copies of a session under keys of their own, whatever the columns of the table are."""
    (table,) = file.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%\"session_data\"%'").fetchone()
    names = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
    kept = ", ".join(f'"{name}"' for name in names if name not in {"id", "session_key"})
    file.execute(
        f"""WITH RECURSIVE turns (turn) AS (SELECT 1 UNION ALL SELECT turn + 1 FROM turns WHERE turn < {number})
        INSERT INTO {table} (session_key, {kept}) SELECT hex(randomblob(20)), {kept}
        FROM turns, (SELECT * FROM {table} LIMIT 1)"""  # noqa: S608  # names of the schema
    )
