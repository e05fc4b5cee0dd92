"""Promotions in, and the end of those that are over: the copy that tells of them expires.

Reading files is in ``sql.feeds.promotions``; a campaign's own promotion comes with it from ``sql.catalogue``.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from sql.catalogue import Upserted, storable_filter, text_cell, upsert_rows
from sql.database import Database
from sql.feeds.promotions import PromotionSpec
from sql.queries import query

_COLUMNS = (
    "id", "terms", "kind", "percent", "amount", "currency", "starts", "ends", "limited_stock", "product_filter",
)  # fmt: skip


def upsert_promotions(database: Database, promotions: Iterable[PromotionSpec]) -> Upserted:
    """Insert new promotions and update those that differ, by id. Copy follows a promotion whose end has moved."""
    return upsert_rows(database, "promotions", _COLUMNS, promotions, _row)


def _row(spec: PromotionSpec) -> tuple[Any, ...]:
    promotion = spec.promotion
    return (
        text_cell(promotion.id), text_cell(promotion.terms), promotion.kind, promotion.percent, promotion.amount,
        promotion.currency, promotion.starts, promotion.ends, promotion.limited_stock,
        json.dumps(storable_filter(spec.product_filter), ensure_ascii=False),
    )  # fmt: skip


def expire(database: Database) -> int:
    """Withdraw the copy whose promotion has ended, approved or not; how many copies."""
    with database.begin() as connection:
        return expire_on(connection)


def expire_on(connection: Connection) -> int:
    """As ``expire``, on a transaction that goes on."""
    return int(connection.exec_driver_sql(query("expire")).scalar_one())
