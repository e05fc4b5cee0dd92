"""Products, segments and campaigns into the database, and campaigns back out.

Reading files is in ``sql.feeds``; rows are validated by the tables' own constraints, one by one where a batch fails.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, TypeVar, cast

import psycopg
from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.exc import DataError, IntegrityError

from generation.records import Campaign, Product, Sampling, Segment
from sql.database import Database
from sql.feeds.text import storable

BATCH = 2000
_Item = TypeVar("_Item", Product, Segment)

PRODUCT_COLUMNS = (
    "id", "title", "brand", "description", "category", "price", "currency", "url", "image_url", "attributes",
)  # fmt: skip
SEGMENT_COLUMNS = ("id", "name", "description", "interests", "needs", "size")


class UnknownCampaign(ValueError):
    """No campaign of that name; the message lists those there are."""


class CampaignError(ValueError):
    """A campaign that can't be kept; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class CampaignSpec:
    """A campaign as the team defines it. Empty segments or filter: all."""

    name: str
    channels: Sequence[str]
    locales: Sequence[str]
    segments: Sequence[str] = ()
    product_filter: Mapping[str, Any] = field(default_factory=dict)
    variants: int = 4
    brand_voice: str | None = None
    offer: str | None = None
    sampling: Sampling = Sampling()
    id: int = 0  # given by the database

    def as_record(self) -> Campaign:
        """The part of it that decides the words."""
        return Campaign(self.id, self.name, self.variants, self.brand_voice, self.offer, self.sampling)


@dataclass(slots=True)
class Upserted:
    """What became of the rows of a load. ``refused`` holds each row's id and the reason."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def upsert_products(database: Database, products: Iterable[Product]) -> Upserted:
    """Insert new products and update those that differ, by id."""
    return _upsert(database, "products", PRODUCT_COLUMNS, products, _product_row)


def upsert_segments(database: Database, segments: Iterable[Segment]) -> Upserted:
    """Insert new segments and update those that differ, by id."""
    return _upsert(database, "segments", SEGMENT_COLUMNS, segments, _segment_row)


def _text(value: str | None) -> str | None:
    return None if value is None else storable(value)


def _product_row(product: Product) -> tuple[Any, ...]:
    attributes = {storable(name): storable(value) for name, value in product.attributes.items()}
    return (
        _text(product.id), _text(product.title), _text(product.brand), _text(product.description),
        _text(product.category), product.price, product.currency, _text(product.url), _text(product.image_url),
        json.dumps(attributes, ensure_ascii=False),
    )  # fmt: skip


def _segment_row(segment: Segment) -> tuple[Any, ...]:
    return (
        _text(segment.id), _text(segment.name), _text(segment.description),
        [storable(word) for word in segment.interests], [storable(word) for word in segment.needs], segment.size,
    )  # fmt: skip


def _upsert(
    database: Database,
    table: str,
    columns: Sequence[str],
    items: Iterable[_Item],
    row_of: Callable[[_Item], tuple[Any, ...]],
) -> Upserted:
    """In batches of one COPY and one statement; a batch that a constraint refuses is taken row by row."""
    total = Upserted()
    rows = (row_of(item) for item in items)
    while batch := list(islice(rows, BATCH)):
        try:
            with database.begin() as connection:
                new, changed = _upsert_batch(connection, table, columns, batch)
            total.new, total.changed = total.new + new, total.changed + changed
            total.unchanged += len(batch) - new - changed
        except (IntegrityError, DataError):
            for row in batch:
                try:
                    with database.begin() as connection:
                        new, changed = _upsert_batch(connection, table, columns, [row])
                    total.new, total.changed = total.new + new, total.changed + changed
                    total.unchanged += 1 - new - changed
                except (IntegrityError, DataError) as exc:
                    total.refused.append((str(row[0]), _reason(exc)))
    return total


def _upsert_batch(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> tuple[int, int]:
    names = ", ".join(columns)
    others = [name for name in columns if name != "id"]
    connection.exec_driver_sql(f"create temp table staged on commit drop as select {names} from {table} with no data")
    copy_rows(connection, f"copy staged ({names}) from stdin", rows)
    result = connection.exec_driver_sql(
        f"""
        with written as (
            insert into {table} as t ({names})
            select distinct on (id) {names} from staged order by id
            on conflict (id) do update
               set {", ".join(f"{name} = excluded.{name}" for name in others)}, updated_at = now()
             where ({", ".join(f"t.{name}" for name in others)})
                   is distinct from ({", ".join(f"excluded.{name}" for name in others)})
            returning (xmax = 0) as is_new
        )
        select count(*) filter (where is_new), count(*) filter (where not is_new) from written
        """
    ).one()
    return int(result[0]), int(result[1])


def copy_rows(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows through COPY on this transaction. Raises SQLAlchemy's DataError or IntegrityError like any statement."""
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.DataError as exc:
        raise DataError(statement, None, exc) from exc
    except psycopg.IntegrityError as exc:
        raise IntegrityError(statement, None, exc) from exc


def _reason(error: IntegrityError | DataError) -> str:
    return " ".join(str(error.orig).split("\n")[0].split())


def upsert_campaign(database: Database, spec: CampaignSpec) -> int:
    """Insert or change a campaign by name; its id. Raises CampaignError."""
    values = {
        "name": spec.name,
        "channels": list(spec.channels),
        "locales": list(spec.locales),
        "segments": list(spec.segments),
        "product_filter": json.dumps(dict(spec.product_filter), ensure_ascii=False),
        "variants": spec.variants,
        "brand_voice": spec.brand_voice,
        "offer": spec.offer,
        "sampling": json.dumps(asdict(spec.sampling)),
    }
    others = [name for name in values if name != "name"]
    try:
        with database.begin() as connection:
            return int(
                connection.execute(
                    text(
                        f"insert into campaigns ({', '.join(values)})"
                        f" values ({', '.join(f':{name}' for name in values)})"
                        f" on conflict (name) do update set {', '.join(f'{n} = excluded.{n}' for n in others)},"
                        " updated_at = now() returning id"
                    ),
                    values,
                ).scalar_one()
            )
    except (IntegrityError, DataError) as exc:
        raise CampaignError(f"campaign {spec.name!r}: {_reason(exc)}") from exc


def list_campaigns(database: Database) -> list[CampaignSpec]:
    """Every campaign, by name."""
    with database.begin() as connection:
        return [_campaign(row) for row in connection.execute(text("select * from campaigns order by name")).mappings()]


def read_campaign(database: Database, name: str) -> CampaignSpec:
    """The campaign of that name. Raises UnknownCampaign."""
    campaigns = list_campaigns(database)
    for campaign in campaigns:
        if campaign.name == name:
            return campaign
    there = ", ".join(repr(campaign.name) for campaign in campaigns) or "none yet"
    raise UnknownCampaign(f"no campaign {name!r}; there are: {there}")


def _campaign(row: RowMapping) -> CampaignSpec:
    fields = {name: row[name] for name in CampaignSpec.__dataclass_fields__ if name != "sampling"}
    return CampaignSpec(**fields, sampling=Sampling(**row["sampling"]))


def count_rows(database: Database) -> dict[str, int]:
    """How many products and segments the plan can see."""
    with database.begin() as connection:
        counts: Iterator[tuple[str, int]] = (
            (name, connection.exec_driver_sql(f"select count(*) from {view}").scalar_one())
            for name, view in (("products", "catalogue"), ("segments", "audiences"))
        )
        return dict(counts)
