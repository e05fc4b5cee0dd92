"""Copies that people rated, out of a CSV or JSON-lines file: a stored copy's number, or the copy with its brief.

Each row is scored as a run would score it. What the ratings are worth is in ``generation.calibration``.
"""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from generation.channels import LOCALES, load_channel
from generation.checks import check
from generation.ledger.facts import facts_of
from generation.records import Brief, Campaign, Draft, Product, Segment
from generation.scoring import score

COLUMNS = (
    "rating", "copy_id", "copy", "fields", "channel", "locale", "title", "brand", "description", "category", "price",
    "currency", "attributes", "segment", "interests", "needs", "brand_voice", "offer", "mean_logprob",
)  # fmt: skip


class BadLabels(ValueError):
    """The file can't be read as labels; the message says what it should hold."""


@dataclass(frozen=True, slots=True)
class Label:
    """One rating: of a stored copy by its number, or of the copy that the row holds, which has its score here."""

    line: int
    rating: float
    copy_id: int | None
    locale: str = ""
    raw: float | None = None  # None without a copy_id: a gate refuses the copy


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is no label, and why."""

    line: int
    reason: str


def read_labels(path: Path) -> list[Label | Refused]:
    """Every row of the file, good or not. Raises BadLabels and OSError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_json_rows(file) if path.suffix.lower() in {".jsonl", ".ndjson", ".json"} else _csv_rows(file))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise BadLabels(f"{path.name} is no UTF-8 CSV or JSON-lines file: {exc}") from exc
    if not rows:
        raise BadLabels(
            f"{path.name} holds no labels: it takes a column rating, and copy_id or the copy with its brief"
        )
    return [row if isinstance(row, Refused) else _label(*row) for row in rows]


def _csv_rows(file: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(file)
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    if "rating" not in names:
        raise BadLabels(f"the first line names no column rating; columns are: {', '.join(COLUMNS)}")
    reader.fieldnames = names
    for row in reader:
        yield reader.line_num, {name: value for name, value in row.items() if name and value not in (None, "")}


def _json_rows(file: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]] | Refused]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as exc:
            yield Refused(number, f"no JSON: {exc.msg}")
            continue
        yield (number, row) if isinstance(row, dict) else Refused(number, "not a JSON object")


def _label(line: int, row: Mapping[str, Any]) -> Label | Refused:
    try:
        rating = float(row["rating"])
        if not math.isfinite(rating):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        return Refused(line, f"the rating is no number: {str(row.get('rating', ''))[:40]!r}")
    try:
        if "copy_id" in row:
            return Label(line, rating, int(row["copy_id"]))
        brief, reply = _brief(row), _reply(row)
        logprob = float(row["mean_logprob"]) if "mean_logprob" in row else None
    except (TypeError, ValueError, InvalidOperation) as exc:  # UnknownChannel is a ValueError
        return Refused(line, " ".join(str(exc).split()) or "a value can't be read")
    channel, facts = load_channel(brief.channel), facts_of(brief)
    scored = score(check(Draft(brief, 0, reply, 0, logprob, "stop"), channel, facts), channel, facts)
    return Label(line, rating, None, brief.locale, scored.raw)


def _brief(row: Mapping[str, Any]) -> Brief:
    channel, locale, title = (str(row.get(name, "")).strip() for name in ("channel", "locale", "title"))
    if not title:
        raise ValueError("neither copy_id nor the product's title is there")
    if locale not in LOCALES:
        raise ValueError(f"no locale {locale[:40]!r}; there are {', '.join(LOCALES)}")
    if load_channel(channel).about != "audience":
        raise ValueError(f"a copy of {channel} is rated by its copy_id: a row doesn't hold what it is about")
    price, currency = row.get("price"), row.get("currency")
    if (price is None) != (currency is None):
        raise ValueError("a price has a currency, and a currency a price")
    product = Product(
        "label", title, _text(row, "brand"), _text(row, "description"), _text(row, "category"),
        None if price is None else Decimal(str(price)), None if currency is None else str(currency),
        attributes=_attributes(row.get("attributes")),
    )  # fmt: skip
    segment = Segment("label", _text(row, "segment") or "", None, _list(row, "interests"), _list(row, "needs"))
    campaign = Campaign(0, "labels", brand_voice=_text(row, "brand_voice"), offer=_text(row, "offer"))
    return Brief(0, campaign, product, segment, channel, locale)


def _reply(row: Mapping[str, Any]) -> str:
    """The copy as a model would have written it."""
    fields = row.get("fields")
    if fields is None:
        text = _text(row, "copy")
        if not text:
            raise ValueError("neither copy (lines of 'field: text') nor fields (a JSON object) is there")
        return text
    loaded = json.loads(fields) if isinstance(fields, str) else fields
    if not isinstance(loaded, dict):
        raise TypeError('fields is no JSON object of lists, as {"title": ["…"], "body": ["…"]}')
    lines = ((name, line) for name, told in loaded.items() for line in (told if isinstance(told, list) else [told]))
    return "\n".join(f"{name}: {line}" for name, line in lines)


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return None if value is None else str(value)


def _list(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = row.get(name)
    parts = value if isinstance(value, list) else str(value or "").replace("；", ";").split(";")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def _attributes(value: object) -> dict[str, str]:
    if value is None:
        return {}
    loaded = json.loads(value) if isinstance(value, str) else value
    if not isinstance(loaded, dict):
        raise TypeError('attributes is no JSON object, as {"Colour": "red"}')
    return {str(name): str(told) for name, told in loaded.items()}
