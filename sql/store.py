"""Copy into the database in bulk, with its claims: COPY where nothing stands yet, else one guarded upsert.

And what became of each brief, and which of its copies is on offer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import DataError, IntegrityError

from generation.records import AdCopy, Claim, Failure, Outcome, ScoredCopy
from sql.catalogue import refusal
from sql.copying import copy_rows
from sql.database import Database
from sql.feeds.text import storable
from sql.queries import query

COLUMNS = (
    "brief_id, run_id, attempt, variant, raw_text, status, fields, gate, reason, warnings, score, score_parts, "
    "raw_score, score_notes, judgement, output_tokens, mean_logprob, grounds, expires_at, ai_label, provenance"
)
CLAIM_COLUMNS = "copy_id, number, kind, field, line, span_start, span_end, text, value, verdict, support, rule"
Numbered = Sequence[tuple[int, Claim]]
"""A copy's claims, each with its number, which one that is left out keeps."""


def save_outcomes(database: Database, run_id: int, outcomes: Sequence[Outcome]) -> None:
    """Save a batch in one transaction. Only briefs that wait for that attempt: saving it again changes nothing.

    A brief with a copy that passed is generated. With none, it stays pending for its second attempt; after that, or
    after a failure to render or generate, it has failed, and says why. So has one whose copy the database refuses.
    """
    if not outcomes:
        return
    try:
        with database.begin() as connection:
            _save(connection, run_id, outcomes)
    except (IntegrityError, DataError) as exc:
        if len(outcomes) > 1:  # by halves until the row that is at fault stands alone
            middle = len(outcomes) // 2
            save_outcomes(database, run_id, outcomes[:middle])
            save_outcomes(database, run_id, outcomes[middle:])
            return
        (outcome,) = outcomes
        if not outcome.copies:
            raise
        reason = f"the database refuses its copy: {refusal(exc)}"
        failure = Failure(outcome.brief, "save", reason, outcome.copies[0].copy.draft.text)
        with database.begin() as connection:
            _save(connection, run_id, [Outcome(outcome.brief, failure=failure)])


def _save(connection: Connection, run_id: int, outcomes: Sequence[Outcome]) -> None:
    waiting = lock_waiting(connection, run_id, outcomes)
    outcomes = [
        outcome
        for outcome in outcomes
        if outcome.brief.id in waiting and waiting[outcome.brief.id].attempts == outcome.brief.attempt
    ]
    if not outcomes:
        return
    # After the lock, in a statement of its own: so it sees what whoever held the briefs before has written.
    written = connection.execute(
        text("select distinct brief_id, attempt from copies where brief_id = any(:ids)"), {"ids": list(waiting)}
    )
    taken = {(row.brief_id, row.attempt) for row in written}
    by_place: tuple[list[Outcome], list[Outcome]] = [], []
    for outcome in outcomes:
        by_place[(outcome.brief.id, outcome.brief.attempt) in taken].append(outcome)
    fresh, again = by_place
    _insert(connection, run_id, fresh, waiting)
    if again:
        _overwrite(connection, run_id, again, waiting)
    _settle_briefs(connection, run_id, outcomes)


def lock_waiting(connection: Connection, run_id: int, outcomes: Sequence[Outcome]) -> dict[int, Row[Any]]:
    """The briefs that wait for their outcome, locked, by id; with what their copies are kept with."""
    asked = {
        "run_id": run_id,
        "ids": [outcome.brief.id for outcome in outcomes],
        "attempts": [outcome.brief.attempt for outcome in outcomes],
        "judgements": [outcome.judgement for outcome in outcomes],
    }
    return {brief.id: brief for brief in connection.execute(text(query("lock_waiting")), asked)}


def _insert(connection: Connection, run_id: int, outcomes: Sequence[Outcome], waiting: Mapping[int, Row[Any]]) -> None:
    """Straight into the table: nobody else writes copy of a brief that this transaction has locked."""
    copies = [(outcome, scored) for outcome in outcomes for scored in outcome.copies]
    numbers = connection.execute(
        text(
            "select nextval(s.name) from (select pg_get_serial_sequence('copies', 'id')::regclass as name offset 0) s,"
            " generate_series(1, :count)"
        ),
        {"count": len(copies)},
    )
    ids = numbers.scalars().all()
    rows = (
        (*row_of(run_id, outcome, scored, waiting[outcome.brief.id]), copy_id)
        for copy_id, (outcome, scored) in zip(ids, copies, strict=True)
    )
    copy_rows(connection, f"copy copies ({COLUMNS}, id) from stdin", rows)
    claims = ((copy_id, standing(scored.copy)) for copy_id, (_, scored) in zip(ids, copies, strict=True))
    copy_rows(connection, f"copy claims ({CLAIM_COLUMNS}) from stdin", claim_rows(claims))


def _overwrite(
    connection: Connection, run_id: int, outcomes: Sequence[Outcome], waiting: Mapping[int, Row[Any]]
) -> None:
    connection.exec_driver_sql(
        "create temp table if not exists staged_copies on commit delete rows"
        f" as select {COLUMNS} from copies with no data"
    )
    rows = (
        row_of(run_id, outcome, scored, waiting[outcome.brief.id]) for outcome in outcomes for scored in outcome.copies
    )
    copy_rows(connection, f"copy staged_copies ({COLUMNS}) from stdin", rows)
    replace_claims(connection, connection.exec_driver_sql(query("save_copies")), outcomes)


def row_of(run_id: int, outcome: Outcome, scored: ScoredCopy, waiting: Row[Any]) -> tuple[Any, ...]:
    """A copy as the table has it."""
    draft = scored.copy.draft
    return (
        outcome.brief.id,
        run_id,
        outcome.brief.attempt,
        draft.variant,
        storable(draft.text),
        *verdict(scored),
        outcome.judgement,
        draft.output_tokens,
        draft.mean_logprob,
        waiting.grounds,
        waiting.expires_at,
        waiting.ai_label,
        waiting.provenance,
    )


def replace_claims(connection: Connection, written: Iterable[Row[Any]], outcomes: Sequence[Outcome]) -> int:
    """What copies claim, in the place of what they claimed before. How many copies were written.

    ``written`` are those that the saving statement touched: their id, brief_id, attempt and variant.
    """
    ids = {(row.brief_id, row.attempt, row.variant): row.id for row in written}
    claims = {
        ids[place]: standing(scored.copy)
        for outcome in outcomes
        for scored in outcome.copies
        if (place := (outcome.brief.id, outcome.brief.attempt, scored.copy.draft.variant)) in ids
    }
    put_claims(connection, claims)
    return len(ids)


def put_claims(connection: Connection, claims: Mapping[int, Numbered]) -> None:
    """What copies claim, by their ids, in the place of what they claimed before."""
    connection.execute(text("delete from claims where copy_id = any(:ids)"), {"ids": list(claims)})
    copy_rows(connection, f"copy claims ({CLAIM_COLUMNS}) from stdin", claim_rows(claims.items()))


def claim_rows(claims: Iterable[tuple[int, Numbered]]) -> Iterator[tuple[Any, ...]]:
    """What copies claim as the table has it, by the copies' ids."""
    return (
        (
            copy_id, number, claim.kind, claim.field, claim.line, claim.start, claim.end, claim.text,
            storable(claim.value), claim.verdict, None if claim.support is None else storable(claim.support),
            claim.rule,
        )
        for copy_id, found in claims
        for number, claim in found
    )  # fmt: skip


def standing(ad_copy: AdCopy) -> Numbered:
    """A copy's claims whose words stand in the line as it is stored, each with its number.

    Control characters are taken off a refused copy.
    """
    return [
        (number, claim)
        for number, claim in enumerate(ad_copy.claims, 1)
        if claim.line < len(lines := ad_copy.fields.get(claim.field, ()))
        and storable(lines[claim.line])[claim.start : claim.end] == claim.text
    ]


def verdict(scored: ScoredCopy) -> tuple[Any, ...]:
    """What the gates and the score say of a copy.

    Its status, fields, gate, reason, warnings, score, score_parts, raw_score and score_notes.
    """
    ad_copy, rejection = scored.copy, scored.copy.rejection
    return (
        "rejected" if rejection else "candidate",
        to_json({name: [storable(line) for line in lines] for name, lines in ad_copy.fields.items()}).decode(),
        rejection.gate if rejection else None,
        storable(rejection.reason) if rejection else None,
        [storable(warning) for warning in ad_copy.warnings],
        scored.score,
        to_json(dict(scored.parts)).decode(),
        scored.score if scored.raw is None else scored.raw,
        [storable(note) for note in scored.notes],
    )


def _settle_briefs(connection: Connection, run_id: int, outcomes: Sequence[Outcome]) -> None:
    settled: list[tuple[int, str, int]] = []
    failures: list[Failure] = []
    for outcome in outcomes:
        brief, failure = outcome.brief, outcome.failure
        if failure is None and outcome.passed:
            settled.append((brief.id, "generated", brief.attempt))
        elif outcome.to_try_again:
            settled.append((brief.id, "pending", 1))
        else:
            settled.append((brief.id, "failed", brief.attempt))
            failures.append(failure or _no_copy_passed(outcome))
    ids, statuses, attempts = (list(column) for column in zip(*settled, strict=True))
    reasons = {failure.brief.id: storable(failure.reason) for failure in failures}
    connection.execute(
        text(
            "update briefs b set status = r.status, attempts = r.attempts, reason = r.reason,"
            "       awaits_choice = r.status = 'generated'"
            "  from unnest(cast(:ids as bigint[]), cast(:statuses as text[]), cast(:attempts as smallint[]),"
            "              cast(:reasons as text[])) as r(id, status, attempts, reason)"
            " where b.id = r.id"
        ),
        {"ids": ids, "statuses": statuses, "attempts": attempts, "reasons": [reasons.get(i) for i in ids]},
    )
    if failures:
        connection.execute(
            text(
                "insert into failures (run_id, brief_id, stage, reason, raw_text)"
                " values (:run_id, :brief_id, :stage, :reason, :raw_text)"
            ),
            [
                {
                    "run_id": run_id,
                    "brief_id": failure.brief.id,
                    "stage": failure.stage,
                    "reason": storable(failure.reason),
                    "raw_text": storable(failure.raw_text) if failure.raw_text is not None else None,
                }
                for failure in failures
            ],
        )


def _no_copy_passed(outcome: Outcome) -> Failure:
    first = outcome.copies[0].copy if outcome.copies else None
    if first is None or first.rejection is None:
        return Failure(outcome.brief, "generate", "the engine returned no draft")
    gates = sorted({scored.copy.rejection.gate for scored in outcome.copies if scored.copy.rejection})
    reason = f"no draft passed the gates ({', '.join(gates)}), in two attempts; the first: {first.rejection.reason}"
    return Failure(outcome.brief, "check", reason, first.draft.text)


def select_best(database: Database, run_id: int) -> int:
    """Mark the best copy of each brief of the run as selected and retire other briefs' copy; how many were selected."""
    with database.begin() as connection:
        return offer_best(
            connection,
            "select id, false from briefs where run_id = :run_id and status = 'generated' and superseded_at is null",
            {"run_id": run_id},
        )


def offer_best(connection: Connection, briefs: str, parameters: Mapping[str, Any]) -> int:
    """As ``select_best``, for the briefs that a statement gives: their id, and whether they were taken back."""
    supersede_others(connection, briefs, parameters)
    try:
        with connection.begin_nested():
            return connection.exec_driver_sql(query("select_best")).rowcount
    except IntegrityError:
        # The database holds a copy to limits that the gates didn't know. It costs that copy, not the others.
        connection.exec_driver_sql(query("reject_faulty"))
        return connection.exec_driver_sql(query("select_best")).rowcount


def supersede_others(connection: Connection, briefs: str, parameters: Mapping[str, Any]) -> None:
    """Retire the copy of other briefs of the same cells as those that a statement gives, as for ``offer_best``."""
    connection.exec_driver_sql("drop table if exists current_brief")
    connection.exec_driver_sql("create temp table current_brief (id bigint, taken_back boolean) on commit drop")
    connection.execute(text(f"insert into current_brief {briefs}"), parameters)
    connection.exec_driver_sql(query("supersede"))
