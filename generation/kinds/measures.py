"""What is said of more and less, and what two records give of it: weight, price, capacity and the like.

The words are data, templates/kinds.yaml; a measure that one record lacks, or gives twice, decides nothing. Which
product is said to have more is ``generation.kinds.comparing``'s.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from generation.ledger.aspects import ASPECTS, aspect_in
from generation.ledger.facts import Facts
from generation.reading.content import words_of_kinds
from generation.reading.text import normal
from generation.reading.units import Stated, quantities
from generation.records import Brief, Product

FIRST, SECOND = 0, 1
_NEXT_WORD = re.compile(r"[ -]([a-z]+)")


@dataclass(frozen=True, slots=True)
class Pair:
    """The two products of a brief, and what tells their names apart."""

    products: tuple[Product, Product]
    alone: tuple[Brief, Brief]  # each of them as if it were the only one
    facts: tuple[Facts, Facts]
    fields: dict[str, int]  # a field that rests on one of them
    names: tuple[re.Pattern[str], re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Words of a line that set one product against the other."""

    start: int
    end: int
    measure: str | None  # None: one that no measure takes up
    more: bool = True


@lru_cache(maxsize=1)
def _measures() -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    """What is said of the product that has more of a measure, and of the one that has less."""
    told: Any = words_of_kinds()["comparisons"]["measures"]
    return tuple(
        (name, side == "more", re.compile("|".join(_whole_words(entry[side]))))
        for name, entry in told.items()
        for side in ("more", "less")
    )


def _whole_words(told: Mapping[str, list[str]]) -> Iterator[str]:
    yield from (rf"\b(?:{pattern})(?![a-z])" for pattern in told["en"])
    yield from told["zh"]


def comparisons_in(plain: str) -> list[Comparison]:
    """What a line says of more and less, in its order; of two in one place the longer."""
    every = [
        Comparison(match.start(), match.end(), name, more)
        for name, more, pattern in _measures()
        for match in pattern.finditer(plain)
    ]
    others = words_of_kinds()["comparisons"]["others"]
    every = [one for one in every if not _of_anything_else(plain, one.end)]
    every += [
        Comparison(match.start(), match.end(), None)
        for pattern in (*others["en"], *others["zh"])
        for match in re.finditer(pattern, plain)
    ]
    result: list[Comparison] = []
    for one in sorted(every, key=lambda one: (-(one.end - one.start), one.measure is None, one.start)):
        if all(one.end <= other.start or one.start >= other.end for other in result):
            result.append(one)
    return sorted(result, key=lambda one: one.start)


def _of_anything_else(plain: str, end: int) -> bool:
    """Whether what follows says that a hike is longer, or a family larger, and neither product."""
    told = words_of_kinds()["comparisons"]["of_others"]
    following = _NEXT_WORD.match(plain, end)
    if following is not None:
        return following[1] in _words(told["en"])
    return any(plain.startswith((word, f"的{word}"), end) for word in told["zh"])


@lru_cache(maxsize=4)
def _words(told: str) -> frozenset[str]:
    return frozenset(told.split())


def figure_of(measure: str, pair: Pair, which: int) -> Decimal | None:
    """What one product's record gives of a measure, in its smallest unit; None where it gives none or several."""
    if measure == "price":
        one, other = pair.products
        same = one.currency == other.currency and one.currency is not None
        return pair.products[which].price if same else None
    told: Any = words_of_kinds()["comparisons"]["measures"][measure]
    if "any_of" in told:
        return _size(told["any_of"], pair, which)
    facts, other_facts = pair.facts[which], pair.facts[1 - which]
    figures = _quantities_of(measure, told, facts)
    others = _quantities_of(measure, told, other_facts)
    units = {unit for unit, _ in figures} & {unit for unit, _ in others}
    values = {value for unit, value in figures if unit in units}
    return values.pop() if len(units) == 1 and len(values) == 1 else None


def units_of(measure: str, pair: Pair) -> set[str | None]:
    """The smallest units in which two records give a measure; of a price its currency."""
    if measure == "price":
        return {(pair.products[FIRST].currency or "").lower()}
    told: Any = words_of_kinds()["comparisons"]["measures"][measure]
    return {unit for facts in pair.facts for unit, _ in _quantities_of(measure, told, facts)}


def _quantities_of(measure: str, told: Any, facts: Facts) -> set[tuple[str | None, Decimal]]:
    aspect = told.get("aspect", measure)
    known: list[Stated] = [each for each in facts.aspects.get(aspect, ()) if each.unit]
    if not known:
        # A number in one of the measure's units, where the record doesn't say that it measures something else.
        known = [
            stated for stated, source in facts.numbers
            if stated.unit in told.get("units", ()) and (aspect_in(normal(source.column)) or aspect) in (aspect, None)
            and not (source.column == "products.description" and aspect in ASPECTS)
        ]  # fmt: skip
    return {
        (unit, value)
        for stated in known
        for unit, values in [quantities(stated)]
        if len(values) == 1
        for value in values
    }


def _size(measures: list[str], pair: Pair, which: int) -> Decimal | None:
    """1 for the product that is larger by all that both records measure, 0 for the other; None where they disagree."""
    signs = set[bool]()
    for measure in measures:
        one, other = figure_of(measure, pair, which), figure_of(measure, pair, 1 - which)
        if one is not None and other is not None and one != other:
            signs.add(one > other)
    return Decimal(signs.pop()) if len(signs) == 1 else None
