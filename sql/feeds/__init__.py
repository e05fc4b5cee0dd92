"""Product feeds → Products: a Merchant Center feed, a Shopify CSV, JSON, or any CSV with a mapping.

Reads files and knows no database. Every row ends as a Product or as a RefusedRow with its line and reason; a Remark
says what was left out of a Product that was read.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from generation.records import Product
from sql.feeds.delimited import open_table
from sql.feeds.json_rows import looks_like_array, read_json_array, read_json_lines
from sql.feeds.lines import FeedError, RefusedRow, Remark, Row, open_text
from sql.feeds.merchant import COLUMNS as MERCHANT
from sql.feeds.merchant import TELLTALES, field_name, merchant_values, read_xml
from sql.feeds.prices import is_currency
from sql.feeds.products import Columns, Found, check_mapping, choose_columns, product_of
from sql.feeds.segments import read_segments
from sql.feeds.shopify import COLUMNS as SHOPIFY
from sql.feeds.shopify import is_shopify, read_shopify

__all__ = ["FORMATS", "FeedError", "RefusedRow", "Remark", "read_products", "read_segments"]

FORMATS = ("merchant", "shopify", "json", "csv")

Read = Product | RefusedRow | Remark


def read_products(
    path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    format: str | None = None,
    default_currency: str | None = None,
) -> Iterator[Read]:
    """The products of a file, in its order, each behind the Remarks about it; refused rows where they stand.

    ``mapping`` is product column → file column (``{"title": "name", "attributes.Material": "mat"}``); columns that it
    doesn't name are found by their usual names. ``format`` is one of FORMATS, detected from the content when None.
    ``default_currency`` (ISO 4217) is that of prices that name none.

    Raises FeedError, at once or with the first row, for a file or an option that nothing can be read with.
    """
    mapping = dict(mapping or {})
    check_mapping(mapping)
    if format is not None and format not in FORMATS:
        raise FeedError(f"no format {format!r}; there are {', '.join(FORMATS)}")
    if default_currency is not None:
        default_currency = default_currency.strip().upper()
        if not is_currency(default_currency):
            raise FeedError(f"no currency {default_currency!r}; give an ISO 4217 code such as USD or CNY")
    return _without_repeats(_read(path, mapping, format, default_currency))


def _without_repeats(rows: Iterator[Found | RefusedRow]) -> Iterator[Read]:
    seen: set[str] = set()
    for row in rows:
        if isinstance(row, RefusedRow):
            yield row
        elif row.product.id in seen:
            yield RefusedRow(row.line, "the id stands further up in this file, too; the first was kept", row.product.id)
        else:
            seen.add(row.product.id)
            yield from row.remarks
            yield row.product


def _read(
    path: Path, mapping: Mapping[str, str], format: str | None, default_currency: str | None
) -> Iterator[Found | RefusedRow]:
    with open_text(path) as stream:
        head = stream.read(2**16).lstrip("\ufeff")
        stream.seek(0)
        if format in (None, "merchant") and head.lstrip().startswith("<"):
            if mapping:
                raise FeedError(f"{path}: --map has no place in an XML feed, its fields have fixed names")
            yield from _merchant(read_xml(stream), MERCHANT, default_currency)
        elif format in (None, "json") and head.lstrip()[:1] in ("{", "["):
            rows = read_json_array(stream) if looks_like_array(head) else read_json_lines(stream)
            yield from _by_usual_names(rows, mapping, default_currency)
        elif format == "json":
            raise FeedError(f"{path}: JSON begins with {{ or [, this file with {head.lstrip()[:20]!r}")
        else:
            yield from _table(path, stream, mapping, format, default_currency)


def _table(
    path: Path, stream: IO[str], mapping: Mapping[str, str], format: str | None, default_currency: str | None
) -> Iterator[Found | RefusedRow]:
    table = open_table(path, stream)
    names = {field_name(column) for column in table.columns}
    if format == "shopify" or (format is None and not mapping and is_shopify(table.columns)):
        if mapping:
            raise FeedError("--map has no place in a Shopify file, whose columns are known; add --format csv to use it")
        if not is_shopify(table.columns):
            raise FeedError(f"{path}: a Shopify file needs the columns Title and Handle or URL handle")
        for row in read_shopify(table.rows, default_currency):
            yield row if isinstance(row, RefusedRow) else product_of(row[0], SHOPIFY, default_currency, row[1])
        return
    if format == "merchant" or (format is None and {"id", "title"} <= names and names & TELLTALES):
        missing = {"id", "title"} - names - mapping.keys()
        if missing:
            raise FeedError(f"{path}: a Merchant Center feed needs the column {sorted(missing)[0]!r}")
        _check_columns(path, mapping, table.columns)
        own = {target: field_name(name) for target, name in mapping.items()}
        fields = {**MERCHANT.fields, **{target: name for target, name in own.items() if "." not in target}}
        named = {target.removeprefix("attributes."): name for target, name in own.items() if "." in target}
        yield from _merchant(table.rows, Columns(fields, {**MERCHANT.attributes, **named}), default_currency)
        return
    _check_columns(path, mapping, table.columns)
    columns = choose_columns(table.columns, mapping)
    for target in ("id", "title"):
        if target not in columns.fields:
            shown = ", ".join(column[:40] for column in table.columns[:30])
            raise FeedError(f"{path}: no column for the {target}: give --map {target}=COLUMN; there are {shown}")
    for entry in table.rows:
        yield entry if isinstance(entry, RefusedRow) else product_of(entry, columns, default_currency)


def _check_columns(path: Path, mapping: Mapping[str, str], columns: tuple[str, ...]) -> None:
    for target, name in mapping.items():
        if name not in columns:
            shown = ", ".join(column[:40] for column in columns[:30])
            raise FeedError(f"{path}: --map {target}={name}: there is no column {name!r}; there are {shown}")


def _merchant(
    rows: Iterator[Row | RefusedRow], columns: Columns, default_currency: str | None
) -> Iterator[Found | RefusedRow]:
    for row in rows:
        if isinstance(row, RefusedRow):
            yield row
        else:
            values, reason = merchant_values(row[1])
            yield product_of((row[0], values), columns, default_currency, reason)


def _by_usual_names(
    rows: Iterator[Row | RefusedRow], mapping: Mapping[str, str], default_currency: str | None
) -> Iterator[Found | RefusedRow]:
    known: dict[tuple[str, ...], Columns] = {}
    for row in rows:
        if isinstance(row, RefusedRow):
            yield row
            continue
        names = tuple(row[1])
        if names not in known:
            if len(known) >= 1_000:  # rows of ever new keys must not fill the memory
                known.clear()
            known[names] = choose_columns(names, mapping)
        yield product_of(row, known[names], default_currency)
