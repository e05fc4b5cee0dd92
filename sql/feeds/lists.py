"""Lists as YAML or CSV → rows with their line, and which list it is: promotions, evidence, what customers ask and say.

What the columns mean is in ``sql.feeds.promotions``, ``sql.feeds.evidence`` and ``sql.feeds.customers``.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import yaml

from sql.feeds.delimited import open_table
from sql.feeds.lines import FeedError, RefusedRow, Row, open_text
from sql.feeds.products import ID_CHARACTERS, as_text
from sql.feeds.text import plain_line

T = TypeVar("T")

YAML = frozenset({".yaml", ".yml"})
_OF_OTHERS = frozenset({"title", "name", "description", "price", "channels"})  # products and campaigns have these
_PRODUCT = frozenset({"product", "product_id"})
_OF_CUSTOMERS = {  # beside the product; looked at first, for a review may have a title and a name
    "customer reviews": frozenset({"text", "written"}),
    "questions": frozenset({"question"}),
}
LIST_ENTRIES = 100  # ids, brands or categories of one row


class BadCell(ValueError):
    """A value that can't be used; one line says which and what to write."""


def list_kind(path: Path) -> str | None:
    """What a file lists by its columns; None: products, campaigns or something else.

    "promotions", "evidence", "questions", "comparisons" or "customer reviews". Raises FeedError when it can't be read
    at all.
    """
    if path.suffix.lower() in YAML:
        columns = {name for row in read_list(path) if not isinstance(row, RefusedRow) for name in row[1]}
    else:
        with open_text(path) as stream:
            head = stream.read(2**16).lstrip("\ufeff").lstrip()
            stream.seek(0)
            if not head or head[0] in "<{[":
                return None
            columns = {plain_name(name) for name in open_table(path, stream).columns}
    if columns & _PRODUCT:
        for kind, needed in _OF_CUSTOMERS.items():
            if needed <= columns:
                return kind
        if columns & {"other", "other_id"} and not columns & _OF_OTHERS:
            return "comparisons"
    if columns & _OF_OTHERS:
        return None
    return "promotions" if "terms" in columns else "evidence" if {"statement", "source"} <= columns else None


def read_list(path: Path) -> Iterator[Row | RefusedRow]:
    """The rows of a YAML list of mappings or of a CSV table, by plain column name. Raises FeedError."""
    if path.suffix.lower() in YAML:
        yield from _from_yaml(path)
        return
    with open_text(path) as stream:
        for row in open_table(path, stream).rows:
            if isinstance(row, RefusedRow):
                yield row
            else:
                yield row[0], {plain_name(name): value for name, value in row[1].items()}


def read_specs(
    path: Path, spec_of: Callable[[dict[str, object]], T], id_of: Callable[[T], str]
) -> Iterator[T | RefusedRow]:
    """What ``spec_of`` makes of each row, refused rows where they stand: for its BadCell, or an id that was there.

    Raises FeedError.
    """
    seen: set[str] = set()
    for row in read_list(path):
        if isinstance(row, RefusedRow):
            yield row
            continue
        line, values = row
        shown = plain_line(as_text(values.get("id")))[:80] or None
        try:
            spec = spec_of(dict(values))
            if id_of(spec) in seen:
                raise BadCell("the id stands further up in this file, too; the first was kept")
        except BadCell as exc:
            yield RefusedRow(line, str(exc), shown)
            continue
        seen.add(id_of(spec))
        yield spec


def _from_yaml(path: Path) -> Iterator[Row | RefusedRow]:
    try:
        loader = yaml.SafeLoader(path.read_text("utf-8"))
        root = loader.get_single_node()
        entries = root.value if isinstance(root, yaml.SequenceNode) else [root] if root is not None else []
        for entry in entries:
            line = entry.start_mark.line + 1
            try:
                value = loader.construct_document(entry)
            except (yaml.YAMLError, ValueError) as exc:  # ValueError: 2026-13-01 looks like a date to YAML
                yield RefusedRow(line, " ".join(str(exc).split()))
                continue
            if isinstance(value, dict):
                yield line, {plain_name(str(name)): content for name, content in value.items()}
            else:
                yield RefusedRow(line, "it is no list of names and values, such as id: spring-10")
    except (yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError) as exc:
        raise FeedError(f"{path} is no YAML: {' '.join(str(exc).split())}") from exc


def plain_name(name: str) -> str:
    """``Product ID`` → ``product_id``."""
    return re.sub(r"[\s\-.]+", "_", name.strip().lower())


def id_cell(value: object) -> str:
    """Raises BadCell."""
    found = plain_line(as_text(value))
    if not found or len(found) > ID_CHARACTERS:
        raise BadCell(f"an id of 1 to {ID_CHARACTERS} characters is needed")
    return found


def line_cell(row: dict[str, object], name: str, most: int = 500) -> str:
    """One line of text that has to be there. Raises BadCell."""
    found = plain_line(as_text(row.get(name)))
    if not found:
        raise BadCell(f"no {name}")
    if len(found) > most:
        raise BadCell(f"{name} has {len(found):,} characters, at most {most}")
    return found


def choice_cell(row: dict[str, object], name: str, choices: tuple[str, ...], otherwise: str) -> str:
    """One of a few words. Raises BadCell, naming them."""
    found = plain_name(as_text(row.get(name))) or otherwise
    if found not in choices:
        raise BadCell(f"{name} {found[:40]!r} is none of {', '.join(choices)}")
    return found


def date_cell(row: dict[str, object], name: str) -> date | None:
    """A day as 2026-11-30. Raises BadCell for any other way to write one, which could be read in two ways."""
    value = row.get(name)
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    text = as_text(value).strip()
    if not text:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise BadCell(f"{name} {text[:40]!r} is no day written as 2026-11-30")


def yes_cell(row: dict[str, object], name: str) -> bool:
    """Raises BadCell."""
    found = as_text(row.get(name)).strip().lower()
    if found in {"", "false", "no", "0", "否"}:
        return False
    if found in {"true", "yes", "1", "是"}:
        return True
    raise BadCell(f"{name} {found[:40]!r} is neither yes nor no")


def list_cell(value: object) -> list[str]:
    """Entries of a JSON or YAML list, or separated by ``;`` or ``|``. Raises BadCell when there are too many."""
    parts = [as_text(entry) for entry in value] if isinstance(value, list) else re.split(r"[;；|\n]", as_text(value))
    found = list(dict.fromkeys(word for entry in parts if (word := plain_line(entry))))
    if len(found) > LIST_ENTRIES:
        raise BadCell(f"a list has {len(found)} entries, at most {LIST_ENTRIES}")
    return found


def only_known(row: dict[str, object], known: frozenset[str]) -> None:
    """Raises BadCell for a column that nobody reads: a promotion with an ``end`` and no ``ends`` would never end."""
    given = (name for name, value in row.items() if value not in (None, "", [], {}))
    if unknown := sorted(set(given) - known):
        raise BadCell(f"there is no column {unknown[0]!r}; there are {', '.join(sorted(known))}")
