"""Calibrations in and out of the database, stored scores shown anew under them, and copies that people rated.

What a calibration is and how it is fitted is in ``generation.calibration``; it comes here as knots and goes as such.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from sql.database import Database


@dataclass(frozen=True, slots=True)
class Knots:
    """A calibration as it is kept: scores, and what is shown for each."""

    raw: tuple[float, ...]
    shown: tuple[float, ...]
    threshold: float = 0.0  # the rating from which on people were content
    labels: int = 0  # that it was fitted to


def read_calibrations(database: Database) -> dict[str, Knots]:
    """The calibrations in force, by locale."""
    with database.begin() as connection:
        rows = connection.exec_driver_sql("select locale, raw, shown, threshold, labels from calibrations")
        return {row.locale: Knots(tuple(row.raw), tuple(row.shown), row.threshold, row.labels) for row in rows}


_SHOW_ANEW = """
with line as (
    select * from unnest(cast(:starts as double precision[]), cast(:ends as double precision[]),
                         cast(:shown as double precision[]), cast(:slopes as double precision[]))
                  as line (start, "end", shown, slope)
),
again as (
    select c.id, round((l.shown + l.slope * (c.raw_score - l.start))::numeric, 2)::double precision as score
      from copies c
      join briefs b on b.id = c.brief_id
      join line l on c.raw_score >= l.start and c.raw_score < l."end"
     where b.locale = :locale
)
update copies c set score = again.score from again where again.id = c.id and c.score is distinct from again.score
"""


def save_calibration(database: Database, locale: str, knots: Knots) -> int:
    """Keep a calibration in place of the locale's former one, and show stored scores under it; how many changed."""
    with database.begin() as connection:
        connection.execute(
            text(
                "insert into calibrations (locale, raw, shown, threshold, labels)"
                " values (:locale, :raw, :shown, :threshold, :labels)"
                " on conflict (locale) do update set raw = excluded.raw, shown = excluded.shown,"
                " threshold = excluded.threshold, labels = excluded.labels, fitted_at = now()"
            ),
            {
                "locale": locale,
                "raw": list(knots.raw),
                "shown": list(knots.shown),
                "threshold": knots.threshold,
                "labels": knots.labels,
            },
        )
        raw, shown = knots.raw, knots.shown
        edges = [0.0, *raw, 101.0]  # flat before the first knot and from the last one on
        slopes = [0.0, *((b - a) / (y - x) for x, y, a, b in zip(raw, raw[1:], shown, shown[1:], strict=False)), 0.0]
        return connection.execute(
            text(_SHOW_ANEW),
            {
                "locale": locale,
                "starts": edges[:-1],
                "ends": edges[1:],
                "shown": [shown[0], *shown],
                "slopes": slopes,
            },
        ).rowcount


def forget_calibrations(database: Database) -> int:
    """Show every score as it is again; how many changed."""
    with database.begin() as connection:
        connection.exec_driver_sql("delete from calibrations")
        return connection.exec_driver_sql(
            "update copies set score = raw_score where raw_score is not null and score is distinct from raw_score"
        ).rowcount


@dataclass(frozen=True, slots=True)
class Rated:
    """A stored copy's score before calibration, and its locale."""

    raw: float | None  # None: a gate refused it
    locale: str


def read_rated(database: Database, copy_ids: Sequence[int]) -> Mapping[int, Rated]:
    """The copies of those ids that are there."""
    with database.begin() as connection:
        rows = connection.execute(
            text(
                "select c.id, coalesce(c.raw_score, c.score) as raw, b.locale from copies c"
                "  join briefs b on b.id = c.brief_id where c.id = any(:ids)"
            ),
            {"ids": list(copy_ids)},
        )
        return {row.id: Rated(row.raw, row.locale) for row in rows}
