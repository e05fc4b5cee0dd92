"""What earlier runs measured: tokens and seconds a brief, for the forecast of the next one.

Foretelling is in ``flows.forecast``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, text

from sql.database import Database
from sql.queries import query

ENOUGH = 10_000  # briefs; runs before the newest that wrote so many tell nothing new
SAMPLED = 20_000  # briefs whose copies' tokens are looked at

Place = tuple[str, str]
"""Channel and locale."""


@dataclass(frozen=True, slots=True)
class Judging:
    """What asking the language model's opinion of copy takes: a brief's mean here, a whole run's in a forecast."""

    prompt_tokens: float
    cached_prompt_tokens: float
    output_tokens: float
    engine_seconds: float

    def of(self, briefs: int) -> "Judging":
        """Of so many briefs."""
        prompt, cached = round(briefs * self.prompt_tokens), round(briefs * self.cached_prompt_tokens)
        return Judging(prompt, cached, round(briefs * self.output_tokens), round(briefs * self.engine_seconds, 1))


@dataclass(frozen=True, slots=True)
class History:
    """Means a brief, second attempts included, of the writing alone."""

    runs: int
    same_revision: bool  # of the model; else other revisions of it were measured
    prompt_tokens: float
    cached_prompt_tokens: float  # of those, read from the prefix cache
    output_tokens: float
    seconds_per_output_token: float  # in the engine's steps
    beside_seconds: float  # what a run takes beside them: the median
    weights: Mapping[Place, float] = field(default_factory=dict)  # a place's output tokens a brief ÷ all places'
    judging: Judging | None = None  # None: none of them asked


_OUTPUT = """
select b.channel, b.locale, count(distinct b.id) as briefs, sum(c.output_tokens) as output_tokens
  from briefs b
  join copies c on c.brief_id = b.id and c.run_id = b.run_id
 where b.run_id = any(:runs) and b.status in ('generated', 'failed') and b.id % :step = 0
 group by 1, 2
"""


def read_history(database: Database, model: str, revision: str) -> History | None:
    """What completed runs of that revision measured, else of any revision of the model; None when there are none."""
    with database.begin() as connection:
        return _history(connection, model, revision) or _history(connection, model, None)


def _history(connection: Connection, model: str, revision: str | None) -> History | None:
    asked = {"model": model, "revision": revision, "enough": ENOUGH}
    row = connection.execute(text(query("history")), asked).one()
    if not row.runs:
        return None
    step = max(1, int(row.briefs) // SAMPLED)
    places = connection.execute(text(_OUTPUT), {"runs": row.ids, "step": step}).all()
    # Not the run's own figures: those leave out words that were written once and given twice.
    mean = sum(place.output_tokens for place in places) / max(1, sum(place.briefs for place in places))
    return History(
        runs=row.runs,
        same_revision=revision is not None,
        prompt_tokens=float(row.prompt_tokens / row.briefs),
        cached_prompt_tokens=float(row.cached_prompt_tokens / row.briefs),
        output_tokens=float(row.output_tokens / row.briefs),
        seconds_per_output_token=row.engine_seconds / float(row.output_tokens),
        beside_seconds=float(row.beside_seconds),
        weights={
            (place.channel, place.locale): float(place.output_tokens / place.briefs / mean) for place in places if mean
        },
        judging=_judging(row),
    )


def _judging(row: Row[Any]) -> Judging | None:
    if not row.judged_briefs:
        return None
    told = (row.judge_prompt, row.judge_cached, row.judge_output, row.judge_seconds)
    return Judging(*(float(each) / float(row.judged_briefs) for each in told))
