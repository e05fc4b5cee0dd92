"""Reading copies back: lists of them by a reviewer's filters, and each with all that it is judged by.

Deciding on them is in ``sql.reviews``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, text

from generation.records import Brief, Campaign, Claim, Fields, Segment
from sql.briefs import product_of, subject_of
from sql.catalogue import campaigns_on
from sql.database import Database
from sql.evidence import InForce, read_in_force
from sql.queries import query

READ_COPIES = 1000  # copies read at a time
COUNT_MOST = 10_000

Sort = Literal["best", "weakest", "product"]


class UnknownCopy(ValueError):
    """No copy of that number."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which copies to list. None lets everything through; ``current`` leaves out those of superseded briefs."""

    statuses: tuple[str, ...] = ("selected",)
    campaign: str | None = None
    channels: tuple[str, ...] | None = None
    locale: str | None = None
    product: str | None = None  # part of the title, or the id
    min_score: float | None = None
    run: int | None = None
    current: bool = False
    verdict: str | None = None  # copies with a claim of that verdict
    rule: str | None = None  # copies with a claim that this rule speaks of

    def parameters(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: getattr(self, name) for name in Filters.__dataclass_fields__}
        channels = list(self.channels) if self.channels is not None else None
        return {**values, "statuses": list(self.statuses), "channels": channels}


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """A copy as a reviewer sees it. ``fields`` are the words in force, after an edit the edited ones."""

    id: int
    brief: Brief  # its product and segment as they are in the catalogue today
    status: str
    fields: Fields
    raw_text: str
    gate: str | None
    reason: str | None
    warnings: tuple[str, ...]
    score: float | None
    parts: Mapping[str, float]
    variant: int
    run_id: int
    model: str
    superseded: bool
    in_catalogue: bool
    seen: int  # the brief's newest decision
    edited: bool = False  # the words in force are a person's
    decided_by: str | None = None
    decided_at: datetime | None = None
    notes: tuple[str, ...] = ()  # the score's parts in words
    claims: tuple[Claim, ...] = ()  # of the words in force
    expires_at: date | None = None
    promotion_over: bool = False
    ai_label: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    about: str = "audience"  # which rows its brief is made of, as the channel says
    subject_id: str = ""  # the question's, or that of the other product

    @property
    def missing(self) -> str | None:
        """Which of the rows that it is about is gone, in words."""
        brief = self.brief
        if not self.in_catalogue:
            return f"the product {brief.product.id} is no longer in the catalogue"
        if self.about == "comparison" and brief.other is None:
            return f"the product {self.subject_id}, which it is compared with, is no longer in the catalogue"
        if self.about == "question" and brief.question is None:
            return f"the question {self.subject_id} is no longer stored"
        if self.about == "reviews" and brief.reviews is None:
            return f"no review of the product {brief.product.id} is stored any longer"
        return None


def list_copies(
    database: Database, filters: Filters, *, sort: Sort = "best", limit: int | None = None, offset: int = 0
) -> list[int]:
    """The ids of the copies that the filters let through."""
    with database.begin() as connection:
        return copy_ids(connection, filters, sort=sort, limit=limit, offset=offset)


def copy_ids(
    connection: Connection, filters: Filters, *, sort: Sort = "best", limit: int | None = None, offset: int = 0
) -> list[int]:
    """As ``list_copies``, on a transaction that goes on."""
    values = {**filters.parameters(), "sort": sort, "limit": limit, "offset": offset}
    return list(connection.execute(text(query("list_copies")), values).scalars())


def count_copies(database: Database, filters: Filters) -> int:
    """How many there are; counting stops at COUNT_MOST + 1, so that a page never waits for a million."""
    return len(list_copies(database, filters, limit=COUNT_MOST + 1))


def read_copies(database: Database, ids: Sequence[int]) -> list[StoredCopy]:
    """The copies of those ids, in that order; an id that isn't there is left out."""
    with database.begin() as connection:
        return list(stored_copies(connection, ids))


def stored_copies(connection: Connection, ids: Sequence[int]) -> Iterator[StoredCopy]:
    """As ``read_copies``, a thousand at a time, on a transaction that goes on."""
    campaigns = {spec.id: spec.as_record() for spec in campaigns_on(connection)} if ids else {}
    evidence = read_in_force(connection) if ids else InForce()
    for start in range(0, len(ids), READ_COPIES):
        rows = connection.execute(text(query("read_copies")), {"ids": list(ids[start : start + READ_COPIES])})
        yield from [_stored(row, campaigns, evidence) for row in rows.mappings()]


def read_copy(database: Database, copy_id: int) -> StoredCopy:
    """Raises UnknownCopy."""
    found = read_copies(database, [copy_id])
    if not found:
        raise UnknownCopy(f"there is no copy {copy_id}")
    return found[0]


def _stored(row: RowMapping, campaigns: Mapping[int, Campaign], evidence: InForce) -> StoredCopy:
    segment = Segment(
        row["segment_id"], row["segment_name"] or row["segment_id"], row["segment_description"],
        tuple(row["interests"] or ()), tuple(row["needs"] or ()), row["size"] or 0, row["stage"],
    )  # fmt: skip
    product = product_of(row)
    question, other, reviews = subject_of(row["subject"])
    same = (
        "id", "status", "raw_text", "gate", "reason", "score", "variant", "run_id", "superseded", "in_catalogue",
        "seen", "edited", "decided_by", "decided_at", "expires_at", "promotion_over", "ai_label", "provenance",
        "about", "subject_id",
    )  # fmt: skip
    return StoredCopy(
        brief=Brief(
            row["brief_id"],
            campaigns[row["campaign_id"]],
            product,
            segment,
            row["channel"],
            row["locale"],
            evidence=evidence.of(product),
            lowest_price=row["lowest_price"],
            question=question,
            other=other,
            reviews=reviews,
            other_evidence=evidence.of(other) if other else (),
        ),
        fields=fields_of(row["fields"]),
        warnings=tuple(row["warnings"]),
        parts=row["score_parts"],
        notes=tuple(row["score_notes"]),
        claims=tuple(Claim(*claim) for claim in row["claims"] or ()),
        model=row["model"] or "unknown",
        **{name: row[name] for name in same},
    )


def fields_of(stored: Mapping[str, Sequence[str]]) -> Fields:
    return {name: tuple(lines) for name, lines in stored.items()}


def copies_of_brief(database: Database, brief_id: int) -> list[StoredCopy]:
    """All of a brief's copies: the chosen one first, then by score, those that a gate rejected last."""
    with database.begin() as connection:
        ids = connection.execute(
            text(
                "select id from copies where brief_id = :brief_id"
                " order by status not in ('selected', 'approved', 'edited', 'exported'), gate is not null,"
                " score desc nulls last, attempt, variant"
            ),
            {"brief_id": brief_id},
        ).scalars()
        return list(stored_copies(connection, list(ids)))


def campaign_names(database: Database) -> list[str]:
    """For the filter's choices."""
    with database.begin() as connection:
        return list(connection.exec_driver_sql("select name from campaigns order by name").scalars())
