"""CSV and tab-separated files → rows by column name, one record at a time.

A broken record is refused with its line; reading goes on at the line below it. What the columns mean is elsewhere.
"""

import csv
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

from sql.feeds.lines import LINE_CHARACTERS, FeedError, RefusedRow, Row, numbered_lines

RECORD_LINES = 5_000
RECORD_CHARACTERS = 1_000_000
CELL_CHARACTERS = csv.field_size_limit()  # 131,072 unless something raised it


@dataclass(frozen=True, slots=True)
class Table:
    """An opened CSV file: its columns as written, and its rows, which can be taken once."""

    delimiter: str
    columns: tuple[str, ...]
    rows: Iterator[Row | RefusedRow]


def open_table(path: Path, stream: IO[str], delimiter: str | None = None) -> Table:
    """Reads the header and guesses the delimiter from it. Raises FeedError when there is no usable header."""
    lines = numbered_lines(stream)
    for number, line in lines:
        if line is None:
            raise FeedError(f"{path}: the first line is longer than {LINE_CHARACTERS:,} characters; is it CSV?")
        if line.strip():
            header, first = line, number
            break
    else:
        raise FeedError(f"{path}: the file is empty")
    delimiter = delimiter or _delimiter(header)
    source = _Lines(chain([(first, header)], lines))
    record = next(_records(source, delimiter, None), None)
    if record is None or isinstance(record, RefusedRow):
        raise FeedError(f"{path}: the header can't be read: {record.reason if record else 'a quote is never closed'}")
    columns = tuple(cell.strip().lstrip("\ufeff") for cell in record[1])
    twice = [name for name, count in Counter(columns).items() if count > 1 and name]
    if twice:
        raise FeedError(f"{path}: the column {twice[0]!r} appears twice in the header")
    return Table(delimiter, columns, _rows(_records(source, delimiter, len(columns)), columns))


def _delimiter(header: str) -> str:
    def parts(mark: str) -> int:
        try:
            return len(next(csv.reader([header], delimiter=mark), []))
        except csv.Error:
            return 0

    return max("\t,;|", key=parts)


def _rows(
    records: "Iterator[tuple[int, list[str]] | RefusedRow]", columns: tuple[str, ...]
) -> Iterator[Row | RefusedRow]:
    for record in records:
        if isinstance(record, RefusedRow):
            yield record
            continue
        line, cells = record
        if not any(cell.strip() for cell in cells):
            continue
        while len(cells) > len(columns) and not cells[-1].strip():  # spreadsheets leave empty cells at the end
            cells.pop()
        if len(cells) != len(columns):
            yield RefusedRow(line, f"{len(cells)} columns where the header has {len(columns)}")
            continue
        yield line, {name: cell for name, cell in zip(columns, cells, strict=True) if name}


class _Lines:
    """Numbered lines that can be handed back, so that reading resumes below the first line of a broken record."""

    def __init__(self, lines: Iterator[tuple[int, str | None]]) -> None:
        self._lines = lines
        self._returned: deque[tuple[int, str | None]] = deque()

    def take(self) -> tuple[int, str | None] | None:
        return self._returned.popleft() if self._returned else next(self._lines, None)

    def give_back(self, lines: list[tuple[int, str | None]]) -> None:
        self._returned.extendleft(reversed(lines))


def _records(source: _Lines, delimiter: str, width: int | None) -> Iterator[tuple[int, list[str]] | RefusedRow]:
    while (taken := source.take()) is not None:
        number, line = taken
        if line is None:
            yield RefusedRow(number, f"the line is longer than {LINE_CHARACTERS:,} characters")
            continue
        if '"' not in line:
            yield number, line.split(delimiter)
            continue
        further: list[tuple[int, str | None]] = []
        try:
            cells = _quoted(source, line, further, delimiter)
            if further and width is not None and len(cells) != width:
                # A stray quote often swallows the rows below it up to the next one: they are rows again.
                raise csv.Error(f"{len(cells)} columns where the header has {width}; is a quote never closed?")
        except csv.Error as exc:
            source.give_back(further)
            literal = line.split(delimiter)
            # Tab-separated feeds are mostly written without quoting: a cell may begin with a quote of its own.
            if delimiter == "\t" and len(literal) == width:
                yield number, literal
            else:
                yield RefusedRow(number, _reason(exc))
            continue
        yield number, cells


def _quoted(source: _Lines, line: str, further: list[tuple[int, str | None]], delimiter: str) -> list[str]:
    """The cells of a record that holds quotes, which may run over several lines: those are added to ``further``."""
    text = [line]
    characters = len(line)
    while True:
        try:
            return next(
                csv.reader(["\n".join(text)] if len(text) == 1 else _with_ends(text), delimiter=delimiter, strict=True)
            )
        except csv.Error as exc:
            if "unexpected end of data" not in str(exc):
                raise
        while True:
            taken = source.take()
            if taken is None:
                raise csv.Error("a quote is opened and never closed")
            further.append(taken)
            if (
                taken[1] is None
                or len(further) > RECORD_LINES
                or (characters := characters + len(taken[1])) > RECORD_CHARACTERS
            ):
                raise csv.Error("a quote is opened and never closed")
            text.append(taken[1])
            if taken[1].count('"') % 2:  # only an odd number can close what is open
                break


def _with_ends(lines: list[str]) -> list[str]:
    return [line + "\n" for line in lines[:-1]] + lines[-1:]


def _reason(error: csv.Error) -> str:
    message = str(error)
    if "expected after" in message:
        return "a quote inside a quoted cell is not doubled, or one is never closed"
    if "field larger" in message:
        return f"a cell is longer than {CELL_CHARACTERS:,} characters"
    return message
