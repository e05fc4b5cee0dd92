"""Rows into a table through COPY, by the driver's C; only a text[] is put together here: the driver does it in Python.

What the rows hold is for others to say.
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import psycopg
from psycopg.adapt import Dumper
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError


def copy_rows(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Rows through COPY, in its text format, on this transaction. A list is a text[].

    Raises SQLAlchemy's DataError or IntegrityError like any statement.
    """
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    try:
        with driver.cursor() as cursor:
            cursor.adapters.register_dumper(list, _TextArray)
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
    except psycopg.DataError as exc:
        raise DataError(statement, None, exc) from exc
    except psycopg.IntegrityError as exc:
        raise IntegrityError(statement, None, exc) from exc


class _TextArray(Dumper):
    def dump(self, texts: list[str]) -> bytes:
        """A text[] as PostgreSQL reads it."""
        if not texts:
            return b"{}"
        joined = '","'.join(texts)
        if "\\" in joined or joined.count('"') != 2 * (len(texts) - 1):
            joined = '","'.join([text.replace("\\", "\\\\").replace('"', '\\"') for text in texts])
        return f'{{"{joined}"}}'.encode()
