"""A person's approval or edit, checked by the same gates as the model's text before it is recorded.

Recording is in ``sql.reviews``; the form that an edit comes from is in ``review.app``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from generation.channels import Channel, UnknownChannel, load_channel
from generation.checks import check_fields, ledger
from generation.prompts import clean
from generation.records import Fields
from sql.copies import StoredCopy, read_copies, read_copy
from sql.database import Database
from sql.reviews import Decision, DecisionRefused, decide, decide_each

REVIEWER_CHARACTERS = 80
NOTE_CHARACTERS = 1000


class BadInput(ValueError):
    """What a person entered can't be used; one line says what to mend."""


def reviewer_name(entered: str) -> str:
    """A name to keep: one line, and nothing that a spreadsheet would run. Raises BadInput."""
    name = clean(entered, REVIEWER_CHARACTERS)
    if not name:
        raise BadInput("a decision needs the reviewer's name")
    if name[0] in "=+-@" or "{" in name or "}" in name:
        raise BadInput(f"the reviewer's name can't begin with {name[0]!r} or hold brackets")
    return name


def note_text(entered: str) -> str:
    """Why a copy was rejected, in one line. Raises BadInput when there is nothing."""
    note = clean(entered, NOTE_CHARACTERS)
    if not note:
        raise BadInput("a rejection needs a note that says why")
    return note


def objection(stored: StoredCopy, fields: Fields | None = None) -> str | None:
    """Why a copy's words (or an edit of them) may not run, by today's catalogue, promotions, limits and policies."""
    if stored.promotion_over:
        return f"its promotion ended on {stored.expires_at}"
    if stored.missing:
        return stored.missing
    try:
        channel = load_channel(stored.brief.channel)
    except UnknownChannel as exc:
        return str(exc)
    words = stored.fields if fields is None else fields
    if unknown := sorted(words.keys() - {spec.name for spec in channel.fields}):
        return f"the channel {channel.channel} has no field {', '.join(unknown)}"
    for spec in channel.fields:
        if len(words.get(spec.name, ())) > spec.maximum:
            return f"{spec.name}: {len(words[spec.name])} of at most {spec.maximum}"
    rejection = check_fields(words, stored.brief, channel)
    return rejection.reason if rejection else None


def edited_fields(entered: Mapping[str, Sequence[str]], channel: Channel) -> dict[str, tuple[str, ...]]:
    """A form's lines by field: white space tidied, empty lines dropped."""
    lines = {spec.name: [" ".join(line.split()) for line in entered.get(spec.name, ())] for spec in channel.fields}
    return {name: tuple(line for line in found if line) for name, found in lines.items() if any(found)}


def approve(database: Database, decision: Decision) -> None:
    """Record an approval, unless today's catalogue contradicts the words. Raises DecisionRefused or UnknownCopy."""
    stored = read_copy(database, decision.copy_id)
    # A copy that a gate stopped is refused below, with that gate's reason.
    if stored.gate is None and (why := objection(stored)):
        raise DecisionRefused(f"copy {stored.id} can't be approved as it is: {why}")
    decide(database, _with_claims(decision, stored))


def approve_each(database: Database, decisions: Sequence[Decision]) -> list[str]:
    """Record approvals in one transaction; why some were refused, a line each."""
    stored = {copy.id: copy for copy in read_copies(database, [decision.copy_id for decision in decisions])}
    objections = {number: why for number, copy in stored.items() if copy.gate is None and (why := objection(copy))}
    refused = [f"copy {number} can't be approved as it is: {why}" for number, why in objections.items()]
    allowed = (each for each in decisions if each.copy_id not in objections)
    return refused + decide_each(database, [_with_claims(each, stored.get(each.copy_id)) for each in allowed])


def _with_claims(decision: Decision, stored: StoredCopy | None) -> Decision:
    """An approval of words whose stored claims may be those of an edit that somebody took back."""
    if stored is None or stored.gate is not None or stored.status not in ("rejected", "candidate"):
        return decision
    return replace(decision, claims=ledger(stored.fields, stored.brief))


def save_edit(database: Database, decision: Decision) -> None:
    """Record an edit whose words pass every gate. Raises BadInput, DecisionRefused or UnknownCopy."""
    stored = read_copy(database, decision.copy_id)
    fields = decision.fields or {}
    if fields == stored.fields:
        raise BadInput("nothing was changed; to let the copy run as it is, approve it")
    if stored.gate is None and (why := objection(stored, fields)):
        raise BadInput(why)
    decide(database, replace(decision, fields=fields, claims=ledger(fields, stored.brief)))
