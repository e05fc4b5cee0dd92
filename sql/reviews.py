"""What people decide on copies, and what has been decided.

A decision is one row in ``reviews`` and the copy's new status, in one transaction. Whether an edited text passes the
gates is for ``review.decisions`` to check before it comes here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from generation.records import Claim, Fields
from sql.catalogue import refusal
from sql.copies import StoredCopy, UnknownCopy, fields_of
from sql.database import Database
from sql.store import put_claims

Verdict = Literal["approve", "edit", "reject"]

DECIDED: Mapping[Verdict, str] = {"approve": "approved", "edit": "edited", "reject": "rejected"}
ALLOWED_FROM: Mapping[Verdict, frozenset[str]] = {
    "approve": frozenset({"selected", "candidate", "rejected"}),
    "edit": frozenset({"selected", "candidate", "approved", "edited", "rejected", "exported"}),
    "reject": frozenset({"selected", "candidate", "approved", "edited", "exported"}),
}


class DecisionRefused(ValueError):
    """A decision that the copy's state doesn't allow, or that somebody else was quicker with; one line says which."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on one copy.

    ``seen`` is the newest decision on its brief when the person looked; None decides only on what waits.
    """

    copy_id: int
    verdict: Verdict
    reviewer: str
    seen: int | None = None
    fields: Fields | None = None  # of an edit
    note: str | None = None
    claims: tuple[Claim, ...] | None = None  # of the words that it puts in force; None: those that are stored


@dataclass(frozen=True, slots=True)
class Review:
    """One line of a brief's history."""

    copy_id: int
    variant: int
    reviewer: str
    verdict: str
    fields: Fields | None
    note: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits in one corner of a campaign."""

    campaign: str
    channel: str
    locale: str
    copies: int
    mean_score: float | None


def allows(copy: StoredCopy, verdict: Verdict) -> bool:
    """Whether a person may decide so on a copy in this state."""
    over = copy.superseded or copy.promotion_over
    return copy.gate is None and not over and copy.status in ALLOWED_FROM[verdict]


def review_history(database: Database, brief_id: int) -> list[Review]:
    """Every decision on a brief's copies, oldest first."""
    with database.begin() as connection:
        rows = connection.execute(
            text(
                "select r.copy_id, c.variant, r.reviewer, r.decision as verdict, r.fields, r.note, r.created_at"
                "  from reviews r join copies c on c.id = r.copy_id where c.brief_id = :brief_id order by r.id"
            ),
            {"brief_id": brief_id},
        ).mappings()
        reviews = [Review(**row) for row in rows]
    return [replace(review, fields=fields_of(review.fields)) if review.fields else review for review in reviews]


def waiting(database: Database) -> list[Waiting]:
    """What waits for a person, by campaign, channel and locale."""
    with database.begin() as connection:
        rows = connection.exec_driver_sql(
            "select campaign, channel, locale, copies, mean_score::double precision as mean_score"
            "  from copy_by_campaign where status = 'selected' order by campaign, channel, locale"
        ).mappings()
        return [Waiting(**row) for row in rows]


def decide(database: Database, decision: Decision) -> None:
    """Record a decision. Raises UnknownCopy or DecisionRefused; then nothing has changed."""
    with database.begin() as connection:
        _decide_by_itself(connection, decision)


def decide_each(database: Database, decisions: Sequence[Decision]) -> list[str]:
    """Record many decisions in one transaction; why some were refused, a line each. The others stand."""
    refused = []
    with database.begin() as connection:
        # Always in the same order, so that two people's batches can't lock each other out.
        for decision in sorted(decisions, key=lambda decision: decision.copy_id):
            try:
                _decide_by_itself(connection, decision)
            except (UnknownCopy, DecisionRefused) as exc:
                refused.append(str(exc))
    return refused


def _decide_by_itself(connection: Connection, decision: Decision) -> None:
    """One decision, undone by itself when the database won't have its copy on offer."""
    try:
        with connection.begin_nested():
            _decide(connection, decision)
    except IntegrityError as exc:
        raise DecisionRefused(refusal(exc)) from exc


def _decide(connection: Connection, decision: Decision) -> None:
    """Everything is read under the brief's lock and refused before the first write."""
    values = {"id": decision.copy_id}
    copy = connection.execute(
        text(
            "select b.id as brief_id, b.superseded_at, c.status, c.gate, c.reason, u.status as run_status, c.run_id,"
            " c.expires_at, coalesce(c.expires_at < current_date, false) as promotion_over"
            "  from copies c join briefs b on b.id = c.brief_id join runs u on u.id = c.run_id where c.id = :id"
            "   for update of b, c"
        ),
        values,
    ).one_or_none()
    if copy is None:
        raise UnknownCopy(f"there is no copy {decision.copy_id}")
    _refuse_if_decided_meanwhile(connection, decision, copy.brief_id)
    name, done = f"copy {decision.copy_id}", DECIDED[decision.verdict]
    if copy.gate is not None:
        raise DecisionRefused(f"{name} was rejected by the gate {copy.gate} and can't be {done}: {copy.reason}")
    if copy.promotion_over:
        raise DecisionRefused(f"{name} can't be {done}: its promotion ended on {copy.expires_at}")
    if copy.superseded_at is not None or copy.status == "expired":
        raise DecisionRefused(f"{name} is out of date: a newer brief has taken its place")
    allowed = ALLOWED_FROM[decision.verdict] if decision.seen is not None else {"selected"}
    if copy.status not in allowed:
        raise DecisionRefused(f"{name} is {copy.status} and can't be {done}")
    if copy.status == "candidate" and copy.run_status in {"planning", "running"}:
        raise DecisionRefused(f"{name} belongs to run {copy.run_id}, which is still choosing; wait until it has ended")
    if decision.verdict != "reject":
        _make_room(connection, decision.copy_id, copy.brief_id)
    fields = None if decision.fields is None else {key: list(lines) for key, lines in decision.fields.items()}
    connection.execute(
        text(
            "insert into reviews (copy_id, reviewer, decision, fields, note)"
            " values (:id, :reviewer, :decision, cast(:fields as jsonb), :note)"
        ),
        {
            **values,
            "reviewer": decision.reviewer,
            "decision": decision.verdict,
            "fields": json.dumps(fields, ensure_ascii=False) if fields is not None else None,
            "note": decision.note,
        },
    )
    if decision.claims is not None:
        put_claims(connection, {decision.copy_id: list(enumerate(decision.claims, 1))})
    # After the words of an edit, which the database holds to the channel's limits with the status.
    connection.execute(text("update copies set status = :status where id = :id"), {**values, "status": done})


def _refuse_if_decided_meanwhile(connection: Connection, decision: Decision, brief_id: int) -> None:
    last = connection.execute(
        text(
            "select r.id, r.copy_id, r.reviewer, r.decision, r.created_at from reviews r"
            "  join copies c on c.id = r.copy_id where c.brief_id = :brief_id order by r.id desc limit 1"
        ),
        {"brief_id": brief_id},
    ).one_or_none()
    if decision.seen is not None and last is not None and last.id != decision.seen:
        verdict: Verdict = last.decision
        raise DecisionRefused(
            f"{last.reviewer} {DECIDED[verdict]} copy {last.copy_id} at {last.created_at:%H:%M:%S} while you were"
            f" reading; your decision on copy {decision.copy_id} was not saved"
        )


def _make_room(connection: Connection, copy_id: int, brief_id: int) -> None:
    """A brief has one chosen copy: the one chosen before steps back, unless it is out of the house already."""
    values = {"id": copy_id, "brief_id": brief_id}
    exported = connection.execute(
        text("select id from copies where brief_id = :brief_id and id <> :id and status = 'exported'"), values
    ).scalar()
    if exported is not None:
        raise DecisionRefused(f"copy {exported} of the same brief has been exported; reject that one first")
    connection.execute(
        text(
            "update copies set status = 'candidate'"
            " where brief_id = :brief_id and id <> :id and status in ('selected', 'approved', 'edited')"
        ),
        values,
    )


def lock_exportable(connection: Connection, ids: Sequence[int], statuses: Sequence[str]) -> set[int]:
    """Hold those copies until the transaction ends; only the ones that still have one of the statuses."""
    return set(
        connection.execute(
            text("select id from copies where id = any(:ids) and status = any(:statuses) order by id for update"),
            {"ids": list(ids), "statuses": list(statuses)},
        ).scalars()
    )


def mark_exported(connection: Connection, ids: Sequence[int]) -> int:
    """Copies that have left the house; how many."""
    return connection.execute(
        text("update copies set status = 'exported' where id = any(:ids) and status in ('approved', 'edited')"),
        {"ids": list(ids)},
    ).rowcount
