"""Runs: their row from start to end, the one-at-a-time lock, and what they have to report."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from sql.database import Database

_LOCK = 0x636F7079  # "copy": the advisory lock that a run holds
KILLED = (
    "the process ended without a word: it was killed, by kill -9 or by the kernel when memory ran out, "
    "or the database was away at its end"
)


class RunInProgress(RuntimeError):
    """Another run holds the database; the message says which."""


class UnknownRun(ValueError):
    """No run of that number, or none at all yet."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a batch cost the engine."""

    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    output_tokens: int = 0
    engine_seconds: float = 0.0
    shareable_prompt_tokens: int = 0

    def __sub__(self, before: "Spent") -> "Spent":
        return Spent(*(getattr(self, name) - getattr(before, name) for name in Spent.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in figures; the fields of ``copydesk run --json``."""

    run_id: int
    status: str
    planned: int
    reused: int
    generated: int
    failed: int
    skipped: int
    prompt_tokens: int
    cached_prompt_tokens: int
    output_tokens: int
    engine_seconds: float
    wall_seconds: float
    copies: int
    selected: int
    rejected_by_gate: Mapping[str, int]
    rejudged: int  # copies
    error: str | None = None
    shareable_prompt_tokens: int = 0  # what an ideal prefix cache would have saved of the prompt tokens
    forecast: Mapping[str, Any] | None = None  # as flows.forecast has it; None: there was no history
    judge: Mapping[str, float] | None = None  # as flows.judging has it; None: the language model was not asked

    @property
    def tokens(self) -> int:
        """What a budget counts: prompt tokens computed and output tokens."""
        return self.prompt_tokens - self.cached_prompt_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class CopySample:
    """One copy for a report."""

    product_title: str  # empty for copy about a segment alone
    segment_name: str  # for copy about none, the question or the other product; empty for a digest of reviews
    channel: str
    locale: str
    score: float
    fields: Mapping[str, list[str]]


class RunLock:
    """The database, held for one run. The lock is the server's and goes with the connection: a killed process can't
    keep it, and a server that restarts forgets it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def take(self) -> None:
        """Raises RunInProgress when another run holds it, DatabaseUnavailable when the server can't be reached."""
        connection = self._database.connect()
        try:
            taken = connection.execute(text("select pg_try_advisory_lock(:lock)"), {"lock": _LOCK}).scalar_one()
            if not taken:
                row = connection.exec_driver_sql(
                    "select id, started_at from runs where status in ('planning', 'running') order by id desc limit 1"
                ).first()
                which = f"run {row.id}, started {row.started_at:%Y-%m-%d %H:%M:%S %Z}," if row else "another run"
                raise RunInProgress(f"{which} is still going on; try again when it has ended (`copydesk status`)")
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def keep(self) -> None:
        """Take it anew if the server lost it. Raises as ``take`` does."""
        if self._connection is not None:
            try:
                self._connection.exec_driver_sql("select 1")
                return
            except DBAPIError:
                self._connection.invalidate()
                self._connection.close()
                self._connection = None
        self.take()

    def give_back(self) -> None:
        """Let others run."""
        if self._connection is None:
            return
        with suppress(DBAPIError):  # the connection is lost, and the lock went with it
            self._connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        self._connection.close()


@contextmanager
def one_run_at_a_time(database: Database) -> Iterator[RunLock]:
    """Hold the database for one run; a run that died without a word is marked as crashed first.

    Raises RunInProgress and DatabaseUnavailable.
    """
    lock = RunLock(database)
    lock.take()
    try:
        with database.begin() as connection:
            left = connection.exec_driver_sql("select id from runs where status in ('planning', 'running')").scalars()
            dead = list(left)
        for run_id in dead:
            finish_run(database, run_id, "crashed", KILLED)
        yield lock
    finally:
        lock.give_back()


def start_run(
    database: Database,
    *,
    parameters: Mapping[str, Any],
    model: str,
    model_revision: str,
    flow_run_id: str | None = None,
) -> int:
    """A new run's number; its status is ``planning``."""
    with database.begin() as connection:
        return int(
            connection.execute(
                text(
                    "insert into runs (parameters, model, model_revision, flow_run_id)"
                    " values (:parameters, :model, :model_revision, :flow_run_id) returning id"
                ),
                {
                    "parameters": json.dumps(parameters, default=str),
                    "model": model,
                    "model_revision": model_revision,
                    "flow_run_id": flow_run_id,
                },
            ).scalar_one()
        )


def set_running(database: Database, run_id: int) -> None:
    """The plan stands, writing begins."""
    with database.begin() as connection:
        connection.execute(text("update runs set status = 'running' where id = :id"), {"id": run_id})


def add_spent(database: Database, run_id: int, spent: Spent) -> None:
    """Add to the run's token counts, batch by batch, so that a crash keeps what was spent before it.

    Raises RunInProgress when the run was ended from outside: its lock went with a lost connection and another run took
    over, or Prefect's hook found it cancelled.
    """
    with database.begin() as connection:
        counted = connection.execute(
            text(
                "update runs set prompt_tokens = prompt_tokens + :prompt,"
                " cached_prompt_tokens = cached_prompt_tokens + :cached,"
                " shareable_prompt_tokens = shareable_prompt_tokens + :shareable,"
                " output_tokens = output_tokens + :output,"
                " engine_seconds = engine_seconds + :seconds where id = :id returning status"
            ),
            {
                "prompt": spent.prompt_tokens,
                "cached": spent.cached_prompt_tokens,
                "shareable": spent.shareable_prompt_tokens,
                "output": spent.output_tokens,
                "seconds": spent.engine_seconds,
                "id": run_id,
            },
        )
        status = counted.scalar_one()
    if status not in ("planning", "running"):
        raise RunInProgress(f"run {run_id} was ended from outside ({status}): it writes no more")


def save_judge(database: Database, run_id: int, verdicts: Mapping[str, float]) -> None:
    """Keep what the language model was asked as a judge, and what that cost."""
    with database.begin() as connection:
        connection.execute(
            text("update runs set judge = :judge where id = :id"), {"judge": json.dumps(verdicts), "id": run_id}
        )


def save_forecast(database: Database, run_id: int, forecast: Mapping[str, Any]) -> None:
    """Keep what is expected of the run."""
    with database.begin() as connection:
        connection.execute(
            text("update runs set forecast = :forecast where id = :id"),
            {"forecast": json.dumps(forecast), "id": run_id},
        )


_SKIP_REST = """
with skipped as (
    update briefs set status = 'skipped', reason = :reason
     where run_id = :id and status = 'pending' and superseded_at is null
    returning campaign_id
),
counted as (
    select s.campaign, s.briefs, r.plans->s.campaign as plan
      from (select campaign_id::text as campaign, count(*) as briefs from skipped group by 1) s
      join runs r on r.id = :id
)
update runs set skipped = skipped + (select coalesce(sum(briefs), 0) from counted),
       plans = plans || (select coalesce(jsonb_object_agg(campaign, plan || jsonb_build_object(
                                    'skipped', (plan->>'skipped')::bigint + briefs,
                                    'pending', (plan->>'pending')::bigint - briefs)), '{}') from counted)
 where id = :id
returning (select coalesce(sum(briefs), 0) from counted)
"""


def skip_rest(database: Database, run_id: int, reason: str) -> int:
    """Skip the briefs that the run has yet to write, in its counts too; how many. The next plan takes them up again."""
    with database.begin() as connection:
        return int(connection.execute(text(_SKIP_REST), {"id": run_id, "reason": reason}).scalar_one())


_END = """
update runs r set status = :status, error = :error, finished_at = now(), generated = b.generated, failed = b.failed
  from (select count(*) filter (where status = 'generated') as generated,
               count(*) filter (where status = 'failed') as failed
          from briefs where run_id = :id) b
 where r.id = :id and r.status in ('planning', 'running')
"""


def finish_run(database: Database, run_id: int, status: str, error: str | None = None) -> None:
    """End a run, its counts taken from the briefs. An ended run stays as it ended."""
    with database.begin() as connection:
        connection.execute(text(_END), {"id": run_id, "status": status, "error": error})


def end_flow_run(database: Database, flow_run_id: str, status: str, error: str) -> None:
    """End the run of a Prefect flow run, if it is still open: for hooks, which run in another process."""
    with database.begin() as connection:
        found = connection.execute(text("select id from runs where flow_run_id = :f"), {"f": flow_run_id}).scalars()
        run_ids = list(found)
    for run_id in run_ids:
        finish_run(database, run_id, status, error)


_HELD = """
select exists (select from pg_locks where locktype = 'advisory' and granted and objsubid = 1 and classid = 0
                and objid = :lock and database = (select oid from pg_database where datname = current_database()))
"""


def ended_without_a_word(database: Database, summary: RunSummary) -> bool:
    """Whether the run's row is open though nobody holds the lock: its process was killed. The next run will write so.

    Only told, not written here: a run whose connection was just lost is alive, and takes its lock again.
    """
    if summary.status not in ("planning", "running"):
        return False
    with database.begin() as connection:
        return not connection.execute(text(_HELD), {"lock": _LOCK}).scalar_one()


def latest_run(database: Database) -> int:
    """The newest run's number. Raises UnknownRun when there is none."""
    with database.begin() as connection:
        newest = connection.exec_driver_sql("select max(id) from runs").scalar_one()
    if newest is None:
        raise UnknownRun("there has been no run yet: start one with `copydesk run`")
    return int(newest)


_SUMMARY = (
    "select v.*, r.forecast, r.shareable_prompt_tokens, r.judge from run_report v join runs r using (id) where id = :id"
)


def run_summary(database: Database, run_id: int) -> RunSummary:
    """A run in figures. Raises UnknownRun."""
    with database.begin() as connection:
        row = connection.execute(text(_SUMMARY), {"id": run_id}).mappings().first()
    if row is None:
        raise UnknownRun(f"there is no run {run_id}")
    values = {name: row[name] for name in RunSummary.__dataclass_fields__ if name not in {"run_id", "wall_seconds"}}
    return RunSummary(run_id=row["id"], wall_seconds=float(row["wall_seconds"]), **values)


def best_and_worst(database: Database, run_id: int, limit: int) -> tuple[list[CopySample], list[CopySample]]:
    """The run's selected copy with the highest and the lowest scores, each from another product where there are.

    A run that wrote nothing, all being as it should, shows the copy that stands.
    """
    statement = (
        "select coalesce(product_title, product_id) as product_title,"
        " coalesce(segment_name, question, 'beside ' || coalesce(other_title, nullif(subject_id, '')), segment_id)"
        "   as segment_name,"
        " channel, locale, score, fields from ("
        "  select *, row_number() over (partition by coalesce(nullif(product_id, ''), segment_id)"
        "                               order by score {order}, copy_id) as place"
        "    from copy_for_review where status = 'selected' and superseded_at is null and"
        "         (run_id = :id or not exists (select from copies where run_id = :id and status = 'selected'))) ranked"
        " order by place, score {order} limit :limit"
    )
    with database.begin() as connection:
        best, worst = (
            [
                CopySample(**row)
                for row in connection.execute(
                    text(statement.format(order=order)), {"id": run_id, "limit": limit}
                ).mappings()
            ]
            for order in ("desc nulls last", "asc nulls last")
        )
    return best, worst


def failure_reasons(database: Database, run_id: int, limit: int) -> list[tuple[str, int]]:
    """Why briefs failed or were skipped, most frequent first: reason up to its first semicolon or bracket."""
    with database.begin() as connection:
        rows = connection.execute(
            text(
                "select status || ': ' || split_part(split_part(reason, '; ', 1), ' (', 1) as why, count(*) as briefs"
                "  from briefs where run_id = :id and status in ('failed', 'skipped') and reason is not null"
                " group by 1 order by 2 desc, 1 limit :limit"
            ),
            {"id": run_id, "limit": limit},
        )
        return [(row.why, row.briefs) for row in rows]
