"""Rows into a table through COPY, whose text is put together here. What the rows hold is for others to say."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

_BLOCK = 64 * 1024  # characters, about: the server reads one block while the next is put together


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
    # The driver's own way, a value at a time, takes longer than the server does with the row.
    lines: list[str] = []
    size = 0
    for row in rows:
        line = "\t".join([_cell(value) for value in row])
        lines.append(line)
        size += len(line)
        if size > _BLOCK:
            lines.append("")
            yield "\n".join(lines).encode()
            lines, size = [], 0
    if lines:
        lines.append("")
        yield "\n".join(lines).encode()


def _cell(value: Any) -> str:
    """A value as COPY's text format has it: PostgreSQL's documentation of COPY, "Text Format"."""
    if value is None:
        return "\\N"
    kind = type(value)
    if kind is not str:
        if kind is not list:
            return str(value)  # a number, a date: none of the characters below
        value = _array(value)
    text: str = value
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")


def _array(texts: Sequence[str]) -> str:
    """A text[] as PostgreSQL reads it."""
    if not texts:
        return "{}"
    escaped = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return '{"' + '","'.join(escaped) + '"}'
