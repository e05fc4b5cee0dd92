"""Approved copy → a file that a platform imports, and the copy marked as exported once the file is in place.

What a row looks like is in ``review.formats``. A row that must not leave the house is refused with a reason; the rest
goes out.
"""

import csv
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from generation.channels import channel_names
from review.cells import UnsafeCell
from review.decisions import objection
from review.formats import FORMATS, Format, Row, columns_for
from review.provenance import Sidecar, provenance_file
from sql.copies import Filters, StoredCopy, copy_ids, stored_copies
from sql.database import Database
from sql.promotions import expire_on
from sql.reviews import lock_exportable, mark_exported


class ExportError(ValueError):
    """An export that can't be made as asked; one line says what to mend."""


@dataclass(slots=True)
class Exported:
    """What became of an export. ``refused`` holds each copy's id and the reason."""

    copies: int = 0
    rows: int = 0
    marked: int = 0
    out_of_date: int = 0  # approved, but a newer brief has taken its place
    refused: list[tuple[int, str]] = field(default_factory=list)


def export(
    database: Database, format_name: str, out: Path, filters: Filters, *, again: bool = False, keep_status: bool = False
) -> Exported:
    """Write the approved and edited copies that the filters let through (their statuses aside).

    ``again`` takes those exported before as well, ``keep_status`` leaves every copy as it is. The file appears whole
    or not at all, and copies are marked only when it has; with nothing to write, no file is touched.
    Raises ExportError.
    """
    chosen = _format(format_name, filters)
    channels = filters.channels or chosen.channels
    statuses = ("approved", "edited", "exported") if again else ("approved", "edited")
    wanted = replace(filters, channels=channels, statuses=statuses, current=True)
    result = Exported()
    with database.begin() as connection:
        expire_on(connection)
        ids = copy_ids(connection, wanted, sort="product" if chosen.key is None else "best")
        result.out_of_date = len(copy_ids(connection, replace(wanted, current=False))) - len(ids)
        if not keep_status:  # held until the file is in place, so that nobody rejects what is on its way out
            held = lock_exportable(connection, ids, statuses)
            ids = [number for number in ids if number in held]
        written: list[int] = []
        sidecar = Sidecar()
        rows = _rows(stored_copies(connection, ids), chosen, written, result, sidecar)
        if (first := next(rows, None)) is not None:
            # The file beside it takes its name first: no export stands without its provenance.
            with _whole_file(out) as file, _whole_file(provenance_file(out)) as beside:
                sidecar.begin(beside, out.name, chosen.name)
                _write(file, chosen, channels or channel_names(), _chain(first, rows))
                sidecar.end()
        result.copies = len(written)
        if not keep_status:
            result.marked = mark_exported(connection, written)
    return result


def _format(name: str, filters: Filters) -> Format:
    chosen = FORMATS.get(name)
    if chosen is None:
        raise ExportError(f"no format {name!r}; there are {', '.join(FORMATS)}")
    unfit = [channel for channel in filters.channels or () if chosen.channels and channel not in chosen.channels]
    if unfit:
        takes = ", ".join(chosen.channels or ())
        raise ExportError(f"the format {name} doesn't fit the channel {', '.join(unfit)}; it takes {takes}")
    return chosen


def _rows(
    copies: Iterator[StoredCopy], chosen: Format, written: list[int], result: Exported, sidecar: Sidecar
) -> Iterator[Row]:
    keys: dict[str, int] = {}
    for stored in copies:
        try:
            rows = _rows_of(chosen, stored, keys)
        except UnsafeCell as exc:
            result.refused.append((stored.id, str(exc)))
            continue
        written.append(stored.id)
        sidecar.add(stored)
        result.rows += len(rows)
        yield from rows


def _rows_of(chosen: Format, stored: StoredCopy, keys: dict[str, int]) -> list[Row]:
    # Approved yesterday, but the price may have changed since, or the policy.
    if why := objection(stored):
        raise UnsafeCell(why)
    rows = chosen.rows(stored)
    if chosen.key is not None:
        for row in rows:
            other = keys.setdefault(row[chosen.key], stored.id)
            if other != stored.id:
                raise UnsafeCell(
                    f"{chosen.key} {row[chosen.key]!r} is taken by copy {other}, which has the higher score;"
                    " narrow the export by campaign or locale"
                )
    return rows


def _chain(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _write(file: TextIO, chosen: Format, channels: Iterable[str], rows: Iterator[Row]) -> None:
    if chosen.delimiter is not None:
        columns = list(chosen.columns)
        if chosen.name in {"csv", "braze"}:
            columns += columns_for(sorted(channels))
        table = csv.DictWriter(
            file, columns, restval="", delimiter=chosen.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n"
        )
        table.writeheader()
        table.writerows(rows)
    elif chosen.name == "jsonl":
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        before = "[\n"
        for row in rows:
            file.write(before + json.dumps(row, ensure_ascii=False))
            before = ",\n"
        file.write("\n]\n")


@contextmanager
def _whole_file(out: Path) -> Iterator[TextIO]:
    """A file that takes its name only when all of it is on the disk. Raises ExportError."""
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        try:
            with partial.open("w", encoding="utf-8", newline="") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(out)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as exc:
        raise ExportError(f"can't write {out}: {exc.strerror or exc}") from exc
