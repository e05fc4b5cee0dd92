"""Products, segments and campaigns into the database, and campaigns back out.

Reading files is in ``sql.feeds``; rows are validated by the tables' own constraints, one by one where a batch fails.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.exc import DataError, IntegrityError

from generation.records import Campaign, Product, Promotion, Sampling, Segment
from sql.copying import copy_rows
from sql.database import Database
from sql.feeds.products import as_text
from sql.feeds.text import storable

BATCH = 2000
_Item = TypeVar("_Item")

PRODUCT_COLUMNS = (
    "id", "title", "brand", "description", "category", "price", "currency", "url", "image_url", "attributes",
    "revenue",
)  # fmt: skip
KEPT = frozenset({"revenue"})  # a feed that doesn't tell it leaves what is known
SEGMENT_COLUMNS = ("id", "name", "description", "interests", "needs", "size", "stage")


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
    priority: int = 0  # campaigns with a higher one are written first
    id: int = 0  # given by the database
    market: str | None = None
    promotion_id: str | None = None
    banned_words: tuple[str, ...] = ()
    required_words: tuple[str, ...] = ()
    promotion: Promotion | None = None  # what the database has of promotion_id, with the products it holds for
    promotion_filter: Mapping[str, Any] = field(default_factory=dict)
    not_promoted: str | None = None  # why the promotion doesn't hold today
    life_cycle: bool = False

    @property
    def offer_told(self) -> str | None:
        """The offer as prompts show it. An offer that no promotion stands behind is told in no copy."""
        return (self.offer or self.promotion.terms) if self.promotion else None

    def as_record(self) -> Campaign:
        """The part of it that decides the words and the verdict on them."""
        in_date = self.not_promoted is None
        return Campaign(
            self.id, self.name, self.variants, self.brand_voice, self.offer_told if in_date else None, self.sampling,
            self.market, self.promotion if in_date else None, self.banned_words, self.required_words, self.life_cycle,
        )  # fmt: skip


@dataclass(slots=True)
class Upserted:
    """What became of the rows of a load. ``refused`` holds each row's id and the reason."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def upsert_products(database: Database, products: Iterable[Product]) -> Upserted:
    """Insert new products and update those that differ, by id."""
    return upsert_rows(database, "products", PRODUCT_COLUMNS, products, _product_row)


def products_loaded_on(database: Database, ids: Collection[str]) -> dict[str, datetime]:
    """When those of the products that are stored were last changed by a load, by id."""
    with database.begin() as connection:
        rows = connection.execute(
            text("select id, updated_at from products where id = any(:ids) order by id"), {"ids": list(ids)}
        )
        return {row.id: row.updated_at for row in rows}


def upsert_segments(database: Database, segments: Iterable[Segment]) -> Upserted:
    """Insert new segments and update those that differ, by id."""
    return upsert_rows(database, "segments", SEGMENT_COLUMNS, segments, _segment_row)


def text_cell(value: str | None) -> str | None:
    """Text as it can be stored."""
    return None if value is None else storable(value)


def _product_row(product: Product) -> tuple[Any, ...]:
    attributes = {storable(name): storable(value) for name, value in product.attributes.items()}
    return (
        text_cell(product.id), text_cell(product.title), text_cell(product.brand), text_cell(product.description),
        text_cell(product.category), product.price, text_cell(product.currency), text_cell(product.url),
        text_cell(product.image_url), json.dumps(attributes, ensure_ascii=False), product.revenue,
    )  # fmt: skip


def _segment_row(segment: Segment) -> tuple[Any, ...]:
    return (
        text_cell(segment.id), text_cell(segment.name), text_cell(segment.description),
        [storable(word) for word in segment.interests], [storable(word) for word in segment.needs], segment.size,
        segment.stage,
    )  # fmt: skip


def upsert_rows(
    database: Database,
    table: str,
    columns: Sequence[str],
    items: Iterable[_Item],
    row_of: Callable[[_Item], tuple[Any, ...]],
) -> Upserted:
    """Insert new rows of a table and update those that differ, by their first column, ``id``."""
    total = Upserted()
    for batch in _batches(row_of(item) for item in items):
        _upsert_rows(database, table, columns, batch, total)
    return total


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """At most BATCH rows, none with an id twice: so a later row of an id counts as a change and wins."""
    batch: dict[str, tuple[Any, ...]] = {}
    for row in rows:
        if len(batch) == BATCH or row[0] in batch:
            yield list(batch.values())
            batch = {}
        batch[row[0]] = row
    if batch:
        yield list(batch.values())


def _upsert_rows(
    database: Database, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], total: Upserted
) -> None:
    """One COPY and one statement; rows of which a constraint refuses one are taken by halves until it stands alone."""
    try:
        with database.begin() as connection:
            new, changed = _upsert_batch(connection, table, columns, rows)
    except (IntegrityError, DataError) as exc:
        if len(rows) == 1:
            total.refused.append((str(rows[0][0]), refusal(exc)))
            return
        middle = len(rows) // 2
        _upsert_rows(database, table, columns, rows[:middle], total)
        _upsert_rows(database, table, columns, rows[middle:], total)
        return
    total.new, total.changed = total.new + new, total.changed + changed
    total.unchanged += len(rows) - new - changed


def _upsert_batch(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> tuple[int, int]:
    names = ", ".join(columns)
    others = {
        name: f"coalesce(excluded.{name}, t.{name})" if name in KEPT else f"excluded.{name}"
        for name in columns
        if name != "id"
    }
    connection.exec_driver_sql(f"create temp table staged on commit drop as select {names} from {table} with no data")
    copy_rows(connection, f"copy staged ({names}) from stdin", rows)
    result = connection.exec_driver_sql(
        f"""
        with written as (
            insert into {table} as t ({names})
            select {names} from staged
            on conflict (id) do update
               set {", ".join(f"{name} = {value}" for name, value in others.items())}, updated_at = now()
             where ({", ".join(f"t.{name}" for name in others)})
                   is distinct from ({", ".join(others.values())})
            returning (xmax = 0) as is_new
        )
        select count(*) filter (where is_new), count(*) filter (where not is_new) from written
        """
    ).one()
    return int(result[0]), int(result[1])


def refusal(error: IntegrityError | DataError) -> str:
    """Why the database refused a row, in one line without the row."""
    return " ".join(str(error.orig).split("\n")[0].split())


def upsert_campaign(database: Database, spec: CampaignSpec) -> int:
    """Insert or change a campaign by name; its id. Raises CampaignError."""
    values = {
        "name": storable(spec.name),
        "channels": [storable(name) for name in spec.channels],
        "locales": [storable(name) for name in spec.locales],
        "segments": [storable(name) for name in spec.segments],
        "product_filter": json.dumps(storable_filter(spec.product_filter), ensure_ascii=False),
        "variants": spec.variants,
        "brand_voice": text_cell(spec.brand_voice),
        "offer": text_cell(spec.offer),
        "sampling": json.dumps(asdict(spec.sampling)),
        "priority": spec.priority,
        "market": spec.market,
        "promotion_id": text_cell(spec.promotion_id),
        "banned_words": [storable(word) for word in spec.banned_words],
        "required_words": [storable(word) for word in spec.required_words],
        "life_cycle": spec.life_cycle,
    }
    others = [name for name in values if name != "name"]
    try:
        with database.begin() as connection:
            _require_promotion(connection, spec)
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
        raise CampaignError(f"campaign {spec.name!r}: {refusal(exc)}") from exc


def _require_promotion(connection: Connection, spec: CampaignSpec) -> None:
    if spec.promotion_id is None:
        return
    there = connection.execute(
        text("select exists (select from promotions where id = :id)"), {"id": text_cell(spec.promotion_id)}
    )
    if not there.scalar_one():
        raise CampaignError(
            f"campaign {spec.name!r}: there is no promotion {spec.promotion_id!r}; load it first, with"
            " `copydesk load promotions.yaml`"
        )


def storable_filter(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """A product filter with only what the database keeps."""
    return {
        name: storable(value) if isinstance(value, str) else [storable(entry) for entry in value]
        for name, value in chosen.items()
    }


_CAMPAIGNS = """
select k.*, p.terms, p.kind, p.percent, p.amount, p.currency, p.starts, p.ends, p.limited_stock,
       coalesce(p.product_filter, '{}') as promotion_filter,
       case when p.ends < current_date then format('promotion %s ended on %s', p.id, p.ends)
            when p.starts > current_date then format('promotion %s starts on %s', p.id, p.starts) end as not_promoted
  from campaigns k
  left join promotions p on p.id = k.promotion_id
 order by k.name
"""


def list_campaigns(database: Database) -> list[CampaignSpec]:
    """Every campaign with its promotion as it is today, by name."""
    with database.begin() as connection:
        return campaigns_on(connection)


def campaigns_on(connection: Connection) -> list[CampaignSpec]:
    """As ``list_campaigns``, on a transaction that goes on."""
    return [_campaign(row) for row in connection.execute(text(_CAMPAIGNS)).mappings()]


def read_campaign(database: Database, name: str) -> CampaignSpec:
    """The campaign of that name. Raises UnknownCampaign."""
    campaigns = list_campaigns(database)
    for campaign in campaigns:
        if campaign.name == name:
            return campaign
    there = ", ".join(repr(campaign.name) for campaign in campaigns) or "none yet"
    raise UnknownCampaign(f"no campaign {name!r}; there are: {there}")


def _campaign(row: RowMapping) -> CampaignSpec:
    built = {"sampling", "promotion", "banned_words", "required_words"}
    fields = {name: row[name] for name in CampaignSpec.__dataclass_fields__ if name not in built}
    promotion = None
    if row["promotion_id"] is not None:
        told = {name: row[name] for name in Promotion.__dataclass_fields__ if name != "id"}
        promotion = Promotion(id=row["promotion_id"], **told)
    return CampaignSpec(
        **fields,
        sampling=Sampling(**row["sampling"]),
        promotion=promotion,
        banned_words=tuple(row["banned_words"]),
        required_words=tuple(row["required_words"]),
    )


def sample_products(database: Database, count: int, *, chinese: bool) -> list[Product]:
    """At most so many products whose title holds hanzi, or holds none: always the same, from all over the catalogue."""
    statement = text(
        "select id, title, brand, description, category, price, currency, url, image_url, attributes from catalogue"
        " where title is not null and (title ~ '[一-鿿]') = :chinese order by md5(id) limit :count"
    )
    with database.begin() as connection:
        rows = connection.execute(statement, {"chinese": chinese, "count": count}).mappings().all()
    return [
        Product(
            **{
                **row,
                "attributes": {
                    name: words for name, value in (row["attributes"] or {}).items() if (words := as_text(value))
                },
            }
        )
        for row in rows
    ]


def other_segments(database: Database, beginnings: Sequence[str], ids: Sequence[str]) -> dict[str, int]:
    """The sizes of the segments in the table whose ids begin so and aren't among those given."""
    statement = text(
        "select id, size from segments where id like any(:beginnings) and not id = any(:ids) order by size desc, id"
    )
    values = {"beginnings": [f"{beginning}%" for beginning in beginnings], "ids": list(ids)}
    with database.begin() as connection:
        return {row.id: row.size for row in connection.execute(statement, values)}


def count_rows(database: Database) -> dict[str, int]:
    """How many products and segments the plan can see."""
    with database.begin() as connection:
        counts: Iterator[tuple[str, int]] = (
            (name, connection.exec_driver_sql(f"select count(*) from {view}").scalar_one())
            for name, view in (("products", "catalogue"), ("segments", "audiences"))
        )
        return dict(counts)
