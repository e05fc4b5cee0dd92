"""Figures that a copy says are exceeded or not reached, or tells more of than the record has."""

import re
from collections.abc import Iterator
from decimal import Decimal

from generation.ledger.derivation import pattern
from generation.ledger.facts import Facts
from generation.reading.numbers import NUMERAL, number_of, numbers_in
from generation.reading.text import holds
from generation.reading.units import COUNT, CURRENCIES, Stated


def overstated(stated: Stated, before: str, facts: Facts) -> str | None:
    """What is wrong where a figure of the record's is said to be exceeded: "more than 300 m" of 300 m."""
    if not before.endswith(" "):
        return None
    if pattern("exceeds").search(before):
        wrong, bound = "which the record doesn't say is exceeded", _at_least
    elif pattern("falls_short").search(before) or (
        stated.unit in CURRENCIES and pattern("falls_short_of_price").search(before)
    ):
        wrong, bound = "which the record doesn't say is less", _at_most
    else:
        return None
    numeral = stated.text.strip("$£€ ")
    return None if any(bound(facts.text, match) for match in re.finditer(re.escape(numeral), facts.text)) else wrong


_MORE_BEFORE = re.compile(
    r"(?:over|more than|at least|min(?:imum)?\.?|above|from|≥|>|exceed\w*|upwards of) ?(?:of |: )?[$£€]?\Z"
)
_MORE_AFTER = re.compile(r"\s?(?:\+|or more|plus|and (?:more|up|over))")
_LESS_BEFORE = re.compile(
    r"(?:under|less than|up to|max(?:imum)?\.?|below|within|≤|<|fewer than|at most) ?(?:of |: )?[$£€]?\Z"
)
_LESS_AFTER = re.compile(r"\s?(?:or (?:less|fewer|under)|max)")


def _at_least(text: str, match: re.Match[str]) -> bool:
    return bool(_MORE_BEFORE.search(text, 0, match.start()) or _MORE_AFTER.match(text, match.end()))


def _at_most(text: str, match: re.Match[str]) -> bool:
    return bool(_LESS_BEFORE.search(text, 0, match.start()) or _LESS_AFTER.match(text, match.end()))


def more_told(plain: str, facts: Facts) -> Iterator[tuple[Stated, str]]:
    """Numerals in words of what the record counts, which are more than it has, and how many that are."""
    for noun, (values, source) in facts.counts.items():
        if noun not in plain:
            continue
        for match in re.finditer(rf"\b({NUMERAL}) (?:[a-z-]+ )?{noun}(?:e?s)?\b", plain):
            many = Decimal(number_of(match[1]))
            if many > values[-1] and not holds(facts.text, match[0]):
                stated = Stated(match[0], frozenset({many}), COUNT, start=match.start(), end=match.end())
                if not any(told.start < match.end() and match.start() < told.end for told in numbers_in(plain)):
                    yield stated, f"{source.shown} of {noun}"
