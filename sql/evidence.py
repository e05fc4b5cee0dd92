"""What claims may rest on besides the product's record: evidence in and out, and what products cost until now.

Tying a claim to its support is for ``generation`` to do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from generation.records import Evidence, Product
from sql.catalogue import Upserted, text_cell, upsert_rows
from sql.database import Database
from sql.feeds.evidence import EvidenceSpec

_COLUMNS = ("id", "kind", "statement", "source", "expires", "product_id", "brand")


def upsert_evidence(database: Database, rows: Iterable[EvidenceSpec]) -> Upserted:
    """Insert new evidence and update what differs, by id."""
    return upsert_rows(database, "claim_evidence", _COLUMNS, rows, _row)


def _row(spec: EvidenceSpec) -> tuple[Any, ...]:
    found = spec.evidence
    return (
        text_cell(found.id), found.kind, text_cell(found.statement), text_cell(found.source), found.expires,
        text_cell(spec.product_id), text_cell(spec.brand),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class InForce:
    """The evidence in force today, by what it speaks of."""

    of_everything: tuple[Evidence, ...] = ()
    by_product: Mapping[str, tuple[Evidence, ...]] | None = None
    by_brand: Mapping[str, tuple[Evidence, ...]] | None = None

    def of(self, product: Product) -> tuple[Evidence, ...]:
        """What a brief of the product may rest on: its own, its brand's, and everybody's."""
        own = (self.by_product or {}).get(product.id, ())
        return own + (self.by_brand or {}).get(product.brand or "", ()) + self.of_everything


def read_in_force(connection: Connection) -> InForce:
    """Every piece of evidence that hasn't expired. There are few: people write them."""
    by_product: dict[str, tuple[Evidence, ...]] = {}
    by_brand: dict[str, tuple[Evidence, ...]] = {}
    everything: tuple[Evidence, ...] = ()
    rows = connection.exec_driver_sql(
        "select id, kind, statement, source, expires, product_id, brand from claim_evidence"
        " where expires is null or expires >= current_date order by id"
    )
    for row in rows:
        found = (Evidence(row.id, row.kind, row.statement, row.source, row.expires),)
        if row.product_id is not None:
            by_product[row.product_id] = by_product.get(row.product_id, ()) + found
        elif row.brand is not None:
            by_brand[row.brand] = by_brand.get(row.brand, ()) + found
        else:
            everything += found
    return InForce(everything, by_product, by_brand)


def note_prices(database: Database) -> None:
    """Bring the price history up to the catalogue's prices of now.

    The products table keeps its own; a relation of the user's is known only as of each look at it.
    """
    with database.begin() as connection:
        connection.exec_driver_sql("select note_prices()")
