"""Rows through COPY come out of the table as they went in; what the database refuses is told as by any statement."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError

from sql.copying import copy_rows
from sql.database import Database
from sql.feeds.text import storable

HOSTILE = [
    "a\\b", "\\N", "\\.", "a\n\\.\n", '"q"', "{,}", "NULL", "null", "", "\n\t", "\t", "中文，\\\\", "🫖", "a\r\nb",
    "\\",
]  # fmt: skip


@pytest.fixture
def connection(server: Database) -> Iterator[Connection]:
    """A transaction with a table of each type that is copied, gone after the test."""
    with server.begin() as begun:
        begun.exec_driver_sql(
            "create temp table kept (place integer not null, words text, list text[], whole bigint,"
            " part double precision, price numeric, day date, yes boolean) on commit drop"
        )
        yield begun


def copied(connection: Connection, column: str, values: Sequence[Any]) -> list[Any]:
    """The values as the table has them after a COPY."""
    connection.exec_driver_sql("truncate kept")
    copy_rows(connection, f"copy kept (place, {column}) from stdin", enumerate(values))
    return list(connection.exec_driver_sql(f"select {column} from kept order by place").scalars())


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("words", [*HOSTILE, None]),
        ("list", [HOSTILE, [], [""], None, ["null"]]),
        ("whole", [0, -1, 2**63 - 1, None]),
        ("part", [0.1, -0.0, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), 100, None]),
        ("price", [Decimal("19.90"), Decimal("1E+3"), Decimal("0.0001"), None]),
        ("day", [date(2026, 2, 28), date(1, 1, 1), None]),
        ("yes", [True, False, None]),
    ],
)
def test_every_kind_of_value_comes_back_as_it_went(connection: Connection, column: str, values: list[Any]) -> None:
    kept = copied(connection, column, values)
    assert kept == values
    assert [str(value) for value in kept if isinstance(value, float)] == [
        str(float(value)) for value in values if column == "part" and value is not None
    ]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text().map(storable), max_size=5))
def test_any_text_comes_back_alone_and_in_a_list(connection: Connection, texts: list[str]) -> None:
    assert copied(connection, "words", texts) == texts
    assert copied(connection, "list", [texts]) == [texts]


def test_rows_of_many_blocks_all_come_in_their_order(connection: Connection) -> None:
    texts = [f"{number}\n" + "茶x\\"[number % 3] * (number * 37 % 9000) for number in range(400)]
    assert copied(connection, "words", texts) == texts
    assert copied(connection, "words", ["x" * 3_000_000, "y"]) == ["x" * 3_000_000, "y"]
    assert copied(connection, "words", []) == []


@pytest.mark.parametrize(
    ("column", "value", "error", "reason"),
    [
        ("words", "a\x00b", DataError, "NUL"),
        ("whole", 2**63, DataError, "out of range"),
        ("whole", "many", DataError, "invalid input syntax"),
        ("place", None, IntegrityError, "null value"),
    ],
)
def test_a_refused_value_is_the_error_of_any_statement(
    connection: Connection, column: str, value: Any, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        copy_rows(connection, f"copy kept ({column}) from stdin", [(value,)])
