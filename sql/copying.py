"""Rows into a table through COPY, whose text is put together here: sooner than by the driver's way, value by value.

What the rows hold is for others to say.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

_BLOCK = 16 * 1024  # characters, about: the server reads one block while the next is put together


def copy_rows(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Rows through COPY, in its text format, on this transaction. A list is a text[].

    Raises SQLAlchemy's DataError or IntegrityError like any statement.
    """
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for block in _blocks(rows):
                copy.write(block)
    except psycopg.DataError as exc:
        raise DataError(statement, None, exc) from exc
    except psycopg.IntegrityError as exc:
        raise IntegrityError(statement, None, exc) from exc


def _blocks(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    lines: list[str] = []
    size = 0
    for row in rows:
        line = _line(row)
        lines.append(line)
        size += len(line)
        if size > _BLOCK:
            yield "".join(lines).encode()
            lines, size = [], 0
    if lines:
        yield "".join(lines).encode()


def _line(row: Sequence[Any]) -> str:
    """A row as COPY's text format has it: PostgreSQL's documentation of COPY, "Text Format"."""
    cells = []
    for value in row:
        if value is None:
            cells.append("\\N")
            continue
        kind = type(value)
        if kind is list:
            value = _array(value)
        elif kind is not str:  # a number, a date: none of the characters below
            cells.append(str(value))
            continue
        # To look first is quicker than to replace: most values have none of these.
        if "\\" in value:
            value = value.replace("\\", "\\\\")
        if "\n" in value:
            value = value.replace("\n", "\\n")
        if "\t" in value:
            value = value.replace("\t", "\\t")
        if "\r" in value:
            value = value.replace("\r", "\\r")
        cells.append(value)
    return "\t".join(cells) + "\n"


def _array(texts: Sequence[str]) -> str:
    """A text[] as PostgreSQL reads it."""
    if not texts:
        return "{}"
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != 2 * (len(texts) - 1):
        joined = '","'.join([text.replace("\\", "\\\\").replace('"', '\\"') for text in texts])
    return f'{{"{joined}"}}'
