"""Rows of the queries that tell of briefs → the briefs: their products, segments, and what else they are about.

Which briefs there are, and in which order they come, is for the queries to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping

from generation.records import Brief, Campaign, CustomerQuestion, CustomerReview, Product, ProductReviews, Segment
from sql.catalogue import campaigns_on
from sql.evidence import InForce, read_in_force
from sql.feeds.products import as_text


def read_audiences(connection: Connection) -> dict[str, Segment]:
    """Every segment by its id."""
    rows = connection.exec_driver_sql(
        "select id, name, description, interests, needs, size, stage from audiences"
    ).mappings()
    return {
        row["id"]: Segment(
            row["id"],
            row["name"],
            row["description"],
            tuple(filter(None, row["interests"] or ())),
            tuple(filter(None, row["needs"] or ())),
            row["size"],
            row["stage"],
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What briefs share, read once for all of them: few rows each."""

    campaigns: Mapping[int, Campaign]
    audiences: Mapping[str, Segment]
    evidence: InForce


def read_surroundings(connection: Connection) -> Surroundings:
    """Campaigns with their promotions, segments and evidence as they are today."""
    campaigns = {spec.id: spec.as_record() for spec in campaigns_on(connection)}
    return Surroundings(campaigns, read_audiences(connection), read_in_force(connection))


def as_briefs(rows: Iterator[dict[str, Any]], surroundings: Surroundings) -> Iterator[Brief]:
    """The briefs in rows of read_briefs.sql's columns, one for each."""
    product, evidence = Product("", ""), surroundings.evidence.of_everything
    for row in rows:
        if row["product_id"] != product.id:  # rows come product by product: build each once
            product = product_of(row)
            evidence = surroundings.evidence.of(product)
        segment = surroundings.audiences.get(row["segment_id"]) or Segment(row["segment_id"], "")
        question, other, reviews = subject_of(row["subject"])
        yield Brief(
            row["id"], surroundings.campaigns[row["campaign_id"]], product, segment, row["channel"], row["locale"],
            row["seed"], row["attempts"], evidence, row["lowest_price"], question, other, reviews,
            surroundings.evidence.of(other) if other else (),
        )  # fmt: skip


Subject = tuple[CustomerQuestion | None, Product | None, ProductReviews | None]
_NO_SUBJECT: Subject = (None, None, None)


def subject_of(told: Mapping[str, Any] | None) -> Subject:
    """The question, the other product or the reviews that the database's brief_subject tells of; two are None."""
    if told is None:
        return _NO_SUBJECT
    if "product_id" in told:
        price = None if told["price"] is None else Decimal(told["price"])
        return None, product_of({**told, "price": price}), None
    if "shown" not in told:
        return CustomerQuestion(told["id"], told["text"]), None, None
    shown = (
        CustomerReview(each["id"], each["text"], date.fromisoformat(each["written"]), _rating(each["rating"]))
        for each in told["shown"]
    )
    first, last = (date.fromisoformat(told[end]) for end in ("first", "last"))
    return (
        None,
        None,
        ProductReviews(told["count"], first, last, tuple(shown), _rating(told["mean"]), tuple(told["further"])),
    )


def _rating(told: str | None) -> Decimal | None:
    return None if told is None else Decimal(told)


def product_of(row: Mapping[str, Any] | RowMapping) -> Product:
    """The product in a row of a query that names the catalogue's columns, its id ``product_id``."""
    return Product(
        row["product_id"],
        row["title"] or "",
        row["brand"],
        row["description"],
        row["category"],
        row["price"],
        row["currency"],
        row["url"],
        row["image_url"],
        {name: words for name, value in (row["attributes"] or {}).items() if (words := as_text(value))},
    )
