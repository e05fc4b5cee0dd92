"""Where a copy's number is the record's, but of something else: of another measure, part or count."""

import re

from generation.ledger.facts import Facts
from generation.reading.text import holds, stem
from generation.reading.units import Stated, agree, measure_of

_PART_CLAUSE = re.compile(r"[,.;:!?、。()|]|\band\b|[和与]")
_PLURALS = ("", "s", "es")
_NOUN_AFTER = re.compile(
    r"[ -]?(?!(?:of|and|or|in|for|with|on|to|at|from|by)\b)([a-z]+)(?:-[a-z]+)*"
    r"(?: (?!(?:of|and|or|in|for|with|on|to|at|from|by|you|is|are|the|a)\b)(?:[a-z]+-)*([a-z]+)){0,2}"
)
_NOUN = re.compile("[a-z]+")


def other_count(text: str, stated: Stated, facts: Facts) -> str | None:
    """What a number in a text counts, where the record has another number of it: 64 cards where it has 110."""
    match = _NOUN_AFTER.match(text, stated.end)
    for word in _NOUN.findall(match[0]) if match else ():
        values, _ = facts.counts.get(stem(word), ((), None))
        if values and match:
            low, high = values[0], values[-1]
            within = any(low <= value <= high for value in stated.values)
            if within or holds(facts.text, text[stated.start : match.end()]):
                return None
            return str(word)
    return None


def other_part(text: str, stated: Stated, since: int, facts: Facts) -> str | None:
    """The part whose number a text gives, where the record has another for it: the cover's size for the sheet.

    Only where its clause names that part and no other.
    """
    if not facts.parts:
        return None
    clause = _PART_CLAUSE.split(text[since : stated.start])[-1] + " " + _PART_CLAUSE.split(text[stated.end :])[0]
    told = [(part, known) for part, known in facts.parts if any(holds(clause, part + end) for end in _PLURALS)]
    if len({known for _, known in told}) != 1:
        return None
    part, known = told[0]
    alike = [each for each in known if measure_of(each.unit) == measure_of(stated.unit)]
    return part if alike and not any(agree(stated, each) for each in alike) else None


def contradicts(stated: Stated, aspect: str | None, facts: Facts) -> bool:
    """Whether the record gives another number for what a copy's number is said to measure."""
    known = [
        each
        for each in (facts.aspects.get(aspect, ()) if aspect else ())
        if each.unit and measure_of(each.unit) == measure_of(stated.unit)
    ]
    return bool(known) and not any(agree(stated, each) for each in known)
