"""Promotions, YAML or CSV → records. An offer without a promotion is one that no copy may tell of."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from generation.records import Promotion
from sql.feeds.lines import RefusedRow
from sql.feeds.lists import (
    BadCell,
    choice_cell,
    date_cell,
    id_cell,
    line_cell,
    list_cell,
    only_known,
    plain_name,
    read_specs,
    yes_cell,
)
from sql.feeds.prices import PriceError, read_price
from sql.feeds.products import as_text
from sql.feeds.text import plain_line

KINDS = ("percent_off", "amount_off", "price", "gift", "free_shipping", "bundle", "other")
TERMS_CHARACTERS = 200  # as many as a prompt shows
_FILTERS = ("ids", "categories", "brands")
_COLUMNS = frozenset({
    "id", "terms", "kind", "percent", "amount", "currency", "starts", "ends", "limited_stock", "product_filter",
    "product_ids", "categories", "brands", "title_contains",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class PromotionSpec:
    """A promotion and the products it holds for: a filter like a campaign's; empty: every product."""

    promotion: Promotion
    product_filter: Mapping[str, Any] = field(default_factory=dict)


def read_promotions(path: Path) -> Iterator[PromotionSpec | RefusedRow]:
    """The promotions of a file, refused rows where they stand. Raises FeedError.

    Columns: id, terms, kind, percent, amount, currency, starts, ends, limited_stock; which products: product_filter in
    YAML, else product_ids, categories and brands, separated by ``;``, and title_contains.
    """
    yield from read_specs(path, _promotion, lambda spec: spec.promotion.id)


def _promotion(row: dict[str, object]) -> PromotionSpec:
    only_known(row, _COLUMNS)
    percent = _percent(row.get("percent"))
    try:
        price = read_price(row.get("amount"), as_text(row.get("currency")).strip() or None)
    except PriceError as exc:
        raise BadCell(f"amount: {exc}") from exc
    kind = choice_cell(row, "kind", KINDS, "percent_off" if percent is not None else "other")
    if kind == "percent_off" and percent is None:
        raise BadCell("a promotion of the kind percent_off needs its percent, such as 10")
    if kind in {"amount_off", "price"} and price is None:
        raise BadCell(f"a promotion of the kind {kind} needs its amount and currency")
    starts, ends = date_cell(row, "starts"), date_cell(row, "ends")
    if starts and ends and ends < starts:
        raise BadCell(f"it ends on {ends}, before it starts on {starts}")
    promotion = Promotion(
        id=id_cell(row.get("id")),
        terms=line_cell(row, "terms", TERMS_CHARACTERS),
        kind=kind,
        percent=percent,
        amount=price.amount if price else None,
        currency=price.currency if price else None,
        starts=starts,
        ends=ends,
        limited_stock=yes_cell(row, "limited_stock"),
    )
    return PromotionSpec(promotion, _filter(row))


def _percent(value: object) -> Decimal | None:
    text = as_text(value).strip().rstrip("%％").strip()
    if not text:
        return None
    if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text) or not 0 < Decimal(text) <= 100:
        raise BadCell(f"percent {text[:40]!r} is no number over 0 and up to 100")
    return Decimal(text)


def _filter(row: dict[str, object]) -> dict[str, Any]:
    given: object = row.get("product_filter") or {}
    if not isinstance(given, dict):
        raise BadCell("product_filter is written as in a campaign: ids, categories, brands, title_contains")
    chosen = {plain_name(str(name)): value for name, value in given.items()}
    only_known(chosen, frozenset({*_FILTERS, "title_contains"}))
    chosen |= {name: row[name] for name in ("categories", "brands", "title_contains") if row.get(name)}
    if row.get("product_ids"):
        chosen["ids"] = row["product_ids"]
    lists: dict[str, Any] = {name: found for name in _FILTERS if (found := list_cell(chosen.get(name)))}
    words = plain_line(as_text(chosen.get("title_contains")))
    return {**lists, "title_contains": words} if words else lists
