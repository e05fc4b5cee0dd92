"""Briefs that wait for the choice of their best copy, what that copy is compared with, and the choices made.

What is alike and what is best is for ``generation.choosing`` to say; likenesses come and go here as plain values.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from generation.records import Candidate, Contest, Fields
from sql.briefs import as_briefs, read_surroundings
from sql.copies import fields_of
from sql.database import Database, streamed
from sql.feeds.text import storable
from sql.queries import query
from sql.store import supersede_others

LIVE = ("selected", "approved", "edited", "exported")

Place = tuple[str, str]
"""Locale and category, within which openings are counted."""


@dataclass(frozen=True, slots=True)
class Score:
    """A candidate with its new parts, and what is shown; ``judged_by`` None leaves who judged it as it is."""

    candidate: Candidate
    score: float
    judged_by: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A live copy as others are compared with it; without bands and a signature, another stands for it."""

    copy_id: int
    locale: str
    category: str
    openings: tuple[str, ...]
    bands: tuple[int, ...]
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class Selected:
    """What was chosen for a brief, how it is compared from now on, and the scores that the comparison changed."""

    brief_id: int
    compared: Compared
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A live copy that shares a band with one that was asked for."""

    copy_id: int
    bands: Sequence[int]
    signature: bytes
    campaign_id: int
    product_id: str
    segment_id: str
    subject_id: str


@dataclass(frozen=True, slots=True)
class Uncompared:
    """A live copy that isn't among those that others are compared with yet."""

    copy_id: int
    campaign_id: int
    product_id: str
    segment_id: str
    subject_id: str
    channel: str
    locale: str
    category: str
    fields: Fields


def read_contests(database: Database, size: int) -> Iterator[list[Contest]]:
    """The briefs that wait for a choice, up to ``size`` at a time, streamed beside the saving.

    A copy that the gates refused since isn't among the candidates; a brief without any is left out.
    Raises DatabaseUnavailable.
    """
    with database.begin() as connection:
        surroundings = read_surroundings(connection)
        with streamed(connection, query("read_contests"), size=size) as batches:
            for rows in batches:
                briefs = as_briefs(iter(rows), surroundings)
                yield [
                    Contest(brief, tuple(map(_candidate, row["candidates"])))
                    for brief, row in zip(briefs, rows, strict=True)
                    if row["candidates"]
                ]


def _candidate(row: Mapping[str, Any]) -> Candidate:
    return Candidate(
        row["id"], row["attempt"], row["variant"], fields_of(row["fields"]), row["raw"], row["parts"],
        tuple(row["notes"]), row["judged_by"],
    )  # fmt: skip


def count_unjudged(database: Database, judges: Mapping[str, str]) -> int:
    """How many copies wait for a choice that today's judge, by locale, was not asked about."""
    with database.begin() as connection:
        return int(
            connection.execute(
                text(
                    "select count(*) from briefs b join copies c on c.brief_id = b.id"
                    " where b.awaits_choice and b.superseded_at is null and c.status = 'candidate'"
                    "   and c.judged_by is distinct from cast(:judges as jsonb) ->> b.locale"
                ),
                {"judges": json.dumps(dict(judges))},
            ).scalar_one()
        )


def save_scores(database: Database, scores: Sequence[Score]) -> None:
    """Save new scores of copies that nobody has decided on; saving them again changes nothing."""
    with database.begin() as connection:
        _save_scores(connection, scores)


def _save_scores(connection: Connection, scores: Sequence[Score]) -> None:
    if not scores:
        return
    connection.execute(
        text(query("save_scores")),
        {
            "ids": [score.candidate.id for score in scores],
            "raws": [None if score.candidate.raw is None else float(score.candidate.raw) for score in scores],
            "scores": [float(score.score) for score in scores],
            "parts": [json.dumps(dict(score.candidate.parts)) for score in scores],
            "notes": [json.dumps([storable(note) for note in score.candidate.notes]) for score in scores],
            "judges": [score.judged_by for score in scores],
        },
    )


def save_choices(database: Database, choices: Sequence[Selected]) -> int:
    """Select copies, in one transaction with all that follows from it; how many. Doing it again changes nothing.

    Where people have decided on a copy of the brief meanwhile, that stands.
    """
    with database.begin() as connection:
        ids = [choice.brief_id for choice in choices]
        waiting = connection.execute(
            text(
                "select id from briefs where id = any(:ids) and awaits_choice and superseded_at is null"
                " order by id for no key update"
            ),
            {"ids": ids},
        )
        ours = set(waiting.scalars())
        choices = [choice for choice in choices if choice.brief_id in ours]
        supersede_others(connection, "select unnest(cast(:ids as bigint[])), false", {"ids": list(ours)})
        _save_scores(connection, [score for choice in choices for score in choice.scores])
        chosen = [choice.compared.copy_id for choice in choices]
        selected = _select(connection, chosen)
        _save_compared(connection, [choice.compared for choice in choices if choice.compared.copy_id in selected])
        connection.execute(text("update briefs set awaits_choice = false where id = any(:ids)"), {"ids": list(ours)})
        return len(selected)


def _select(connection: Connection, chosen: Sequence[int]) -> set[int]:
    """Which of the chosen copies are selected now."""
    try:
        with connection.begin_nested():
            return set(connection.execute(text(query("save_choices")), {"chosen": chosen}).scalars())
    except IntegrityError:
        # The database holds a copy to limits that the gates didn't know. It costs that copy, and its brief the choice.
        connection.exec_driver_sql(query("reject_faulty"))
        connection.exec_driver_sql(query("select_best"))
        still = text("select id from copies where id = any(:chosen) and status = 'selected'")
        return set(connection.execute(still, {"chosen": chosen}).scalars())


def save_compared(database: Database, compared: Sequence[Compared]) -> None:
    """Take live copies in among those that others are compared with."""
    with database.begin() as connection:
        _save_compared(connection, compared)


def _save_compared(connection: Connection, compared: Sequence[Compared]) -> None:
    if not compared:
        return
    connection.execute(
        text(
            "insert into likenesses (copy_id, locale, category, openings, signature)"
            " values (:copy_id, :locale, :category, :openings, :signature) on conflict (copy_id) do nothing"
        ),
        [
            {
                "copy_id": each.copy_id,
                "locale": each.locale,
                "category": storable(each.category),
                "openings": [storable(words) for words in each.openings],
                "signature": each.signature,
            }
            for each in compared
        ],
    )
    bands = [(band, each.copy_id) for each in compared for band in dict.fromkeys(each.bands)]
    connection.execute(
        text(
            "insert into likeness_bands (band, copy_id)"
            " select * from unnest(cast(:bands as bigint[]), cast(:ids as bigint[])) on conflict do nothing"
        ),
        {"bands": [band for band, _ in bands], "ids": [copy_id for _, copy_id in bands]},
    )
    begun: dict[tuple[str, str, str], int] = {}
    for each in compared:
        for words in ("", *each.openings):
            key = (each.locale, storable(each.category), storable(words))
            begun[key] = begun.get(key, 0) + 1
    locales, categories, openings = (list(column) for column in zip(*sorted(begun), strict=True))
    connection.execute(
        text(
            "insert into openings as o (locale, category, opening, uses)"
            " select * from unnest(cast(:locales as text[]), cast(:categories as text[]), cast(:openings as text[]),"
            "                      cast(:uses as bigint[]))"
            " on conflict (locale, category, opening) do update set uses = o.uses + excluded.uses"
        ),
        {
            "locales": locales,
            "categories": categories,
            "openings": openings,
            "uses": [begun[key] for key in sorted(begun)],
        },
    )


def forget_gone(database: Database) -> None:
    """Compare with nothing that is live no more, and count the openings anew."""
    with database.begin() as connection:
        gone = connection.execute(
            text(
                "delete from likenesses l using copies c where c.id = l.copy_id and c.status <> all(:live)"
                " returning l.copy_id"
            ),
            {"live": list(LIVE)},
        )
        if ids := list(gone.scalars()):
            connection.execute(text("delete from likeness_bands where copy_id = any(:ids)"), {"ids": ids})
        connection.exec_driver_sql("delete from openings")
        connection.exec_driver_sql(query("count_openings"))


def read_uncompared(database: Database, size: int) -> Iterator[list[Uncompared]]:
    """Live copies that others aren't compared with yet: what an earlier version, or a person, has chosen."""
    with (
        database.begin() as connection,
        streamed(connection, query("read_uncompared"), {"live": list(LIVE)}, size=size) as batches,
    ):
        for rows in batches:
            yield [Uncompared(**{**row, "fields": fields_of(row["fields"])}) for row in rows]


def read_neighbours(database: Database, bands: Sequence[int]) -> list[Neighbour]:
    """The live copies that share one of the bands."""
    with database.begin() as connection:
        rows = connection.execute(text(query("read_kin")), {"bands": list(bands)}).mappings()
        return [Neighbour(**row) for row in rows]


def read_openings(database: Database, keys: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """How many live copies begin so, by locale, category and words; those that none does are left out."""
    if not keys:
        return {}
    locales, categories, openings = (list(column) for column in zip(*keys, strict=True))
    with database.begin() as connection:
        rows = connection.execute(
            text(
                "select o.* from openings o"
                "  join unnest(cast(:locales as text[]), cast(:categories as text[]), cast(:openings as text[]))"
                "       as asked (locale, category, opening) using (locale, category, opening)"
            ),
            {"locales": locales, "categories": categories, "openings": openings},
        )
        return {(row.locale, row.category, row.opening): row.uses for row in rows}
