"""Database dump: what whoever reads the whole database sees."""

from __future__ import annotations

from django.db import connection


def database_dump() -> str:
    """Every value of every table, bytes as text and as hexadecimal digits."""
    lines = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  # a name of our own
            for row in cursor.fetchall():
                values = [bytes(v) if isinstance(v, memoryview | bytes) else str(v).encode() for v in row]
                lines += [f"{table} {v.decode(errors='replace')} {v.hex()}" for v in values]
    return "\n".join(lines)
