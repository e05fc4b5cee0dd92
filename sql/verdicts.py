"""Stored copy whose rules have changed: its drafts out of the database, and the new verdicts on them back in.

Which briefs those are is for ``sql.plan`` to say; judging itself is in ``generation.scoring``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, IntegrityError

from generation.records import AdCopy, Brief, Draft, Generation, Outcome, Rejection, ScoredCopy
from sql.briefs import as_briefs, read_surroundings
from sql.catalogue import refusal
from sql.copying import copy_rows
from sql.database import Database, streamed
from sql.plan import pending_places
from sql.queries import query
from sql.store import offer_best, replace_claims, verdict

_COLUMNS = (
    "brief_id, attempt, variant, status, fields, gate, reason, warnings, score, score_parts, raw_score, score_notes, "
    "judgement"
)


def read_drafts(database: Database, run_id: int, size: int, keep: Collection[str] = ()) -> Iterator[list[Generation]]:
    """The drafts that the run is to judge again, of up to ``size`` briefs at a time, streamed beside the saving.

    Parts of the score named in ``keep`` go with them: those that judging the words again doesn't tell.
    Each attempt is a Generation of its own, as the engine gave it; a brief's attempts are never parted.
    Raises DatabaseUnavailable.
    """
    with database.begin() as connection:
        surroundings = read_surroundings(connection)
        with streamed(connection, query("read_drafts"), {"run_id": run_id}, size=size) as batches:
            for rows in batches:
                briefs = as_briefs(iter(rows), surroundings)
                yield [
                    generation
                    for brief, row in zip(briefs, rows, strict=True)
                    for generation in _generations(brief, row["drafts"] or (), keep)
                ]


def _generations(brief: Brief, drafts: Sequence[Mapping[str, Any]], keep: Collection[str]) -> Iterator[Generation]:
    for attempt, tried in groupby(drafts, key=lambda draft: draft["attempt"]):
        own = replace(brief, attempt=attempt)
        yield Generation(own, tuple(_draft(own, draft, keep) for draft in tried), 0, 0)


def _draft(brief: Brief, stored: Mapping[str, Any], keep: Collection[str]) -> Draft:
    logprob = stored["mean_logprob"]
    return Draft(
        brief, stored["variant"], stored["raw_text"], stored["output_tokens"],
        None if logprob is None else float(logprob),  # JSON has "-Infinity" as a word
        # Not a column of its own, because the gate for it comes before all others.
        "length" if stored["gate"] == "truncated" else "stop",
        {name: value for name, value in stored["parts"].items() if name in keep},
    )  # fmt: skip


def save_verdicts(database: Database, run_id: int, outcomes: Sequence[Outcome], floor: int) -> None:
    """Save a batch of whole briefs in one transaction; saving it again changes nothing.

    Copies that people decided on are left alone, and so is a brief that a reviewer holds at this moment: the next run
    comes back to it. The best copy of each brief is chosen anew. A brief whose drafts are all refused now waits to be
    written in this run, if its segment has ``floor`` people; one that had failed is generated if a draft passes.
    A verdict that the database refuses is a refusal of its copy.
    """
    try:
        with database.begin() as connection:
            _save(connection, run_id, outcomes, floor)
    except (IntegrityError, DataError) as exc:
        numbers = sorted({outcome.brief.id for outcome in outcomes})
        middle = numbers[len(numbers) // 2]
        if len(numbers) > 1:  # by halves until the brief that is at fault stands alone
            save_verdicts(database, run_id, [outcome for outcome in outcomes if outcome.brief.id < middle], floor)
            save_verdicts(database, run_id, [outcome for outcome in outcomes if outcome.brief.id >= middle], floor)
            return
        why = Rejection("save", f"the database refuses it: {refusal(exc)}")
        with database.begin() as connection:
            _save(connection, run_id, [_refused(outcome, why) for outcome in outcomes], floor)


def _refused(outcome: Outcome, why: Rejection) -> Outcome:
    drafts = [(scored.copy.draft, scored.copy.rejection) for scored in outcome.copies]
    return replace(outcome, copies=tuple(ScoredCopy(AdCopy(draft, {}, gate or why), None) for draft, gate in drafts))


def _save(connection: Connection, run_id: int, outcomes: Sequence[Outcome], floor: int) -> None:
    # To wait for a reviewer's batch, which locks in an order of its own, could end in a deadlock.
    free = connection.execute(
        text(
            "select id from briefs where id = any(:ids) and judging_run_id = :run_id"
            " order by id for no key update skip locked"
        ),
        {"ids": [outcome.brief.id for outcome in outcomes], "run_id": run_id},
    )
    ids = set(free.scalars())
    offered = connection.execute(
        text("select brief_id from copies where brief_id = any(:ids) and status = 'selected'"), {"ids": list(ids)}
    )
    briefs = {"ids": list(ids), "offered": list(offered.scalars())}
    connection.exec_driver_sql(
        f"create temp table staged_verdicts on commit drop as select {_COLUMNS} from copies with no data"
    )
    outcomes = [outcome for outcome in outcomes if outcome.brief.id in ids]
    rows = (
        (outcome.brief.id, outcome.brief.attempt, scored.copy.draft.variant, *verdict(scored), outcome.judgement)
        for outcome in outcomes
        for scored in outcome.copies
    )
    copy_rows(connection, f"copy staged_verdicts ({_COLUMNS}) from stdin", rows)
    copies = replace_claims(connection, connection.exec_driver_sql(query("save_verdicts")), outcomes)
    connection.execute(
        text(query("settle_judged")), {"ids": list(ids), "run_id": run_id, "floor": floor, "copies": copies}
    )
    # Where one was on offer, the next best takes its place, whatever else of the brief people have rejected.
    offer_best(
        connection,
        "select id, id = any(:offered) from briefs where id = any(:ids) and status = 'generated'"
        " and superseded_at is null",
        briefs,
    )


def count_pending(database: Database, run_id: int) -> int:
    """How many briefs the run has yet to write."""
    with database.begin() as connection:
        return sum(pending_places(connection, run_id).values())
