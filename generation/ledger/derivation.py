"""A figure that nothing supports as it is, with its sentence and the record: what any way of reckoning starts from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import yaml

from generation.ledger.facts import Facts
from generation.ledger.offers import price_paid
from generation.ledger.sources import Source
from generation.reading.numbers import NUMERAL, number_of, numbers_in
from generation.reading.text import stem
from generation.reading.units import COUNT, CURRENCIES, Stated, measure_of, quantities
from generation.records import Brief

BOUND = re.compile(r"[.!?;](?=\s)|\n")
_WORD = re.compile(r"[a-z][a-z'’-]*")
_ENDS_NOUN = frozenset(
    ("a", "an", "and", "are", "as", "at", "but", "by", "each", "for", "from", "in", "is", "of", "on", "or", "per",
     "plus", "that", "the", "to", "with", "x")
)  # fmt: skip
_NUMERAL = re.compile(
    rf"\b(?P<number>(?:(?:a|{NUMERAL})[\s-]hundred(?: and {NUMERAL})?|{NUMERAL}))\b(?![\s-](?:hundred|thousand))"
)
ACROSS = re.compile(r"\s?(?:[x×*–—-]|by|to|or|and)\s?")
PER = re.compile(
    r"^\s?(?:pence|cents?|p|c|¢)?,?\s?(?:(?:a|an|per|for each|for every|each|every)\s|/\s?)"
    r"(?:(?P<n>\d+)\s?)?(?P<noun>[a-z]+)"
)
COUNTS = frozenset((None, "piece", COUNT))
ADDS = frozenset(("mg", "ml", "oz", "lb", "kcal", "s", "month", "mah", *CURRENCIES))  # half of it is half as much


@cache
def words() -> Mapping[str, Any]:
    """templates/figures.yaml."""
    loaded: dict[str, Any] = yaml.safe_load((files("templates") / "figures.yaml").read_text("utf-8"))
    return loaded


@cache
def pattern(*path: str) -> re.Pattern[str]:
    """A pattern of that file."""
    told: Any = words()
    for name in path:
        told = told[name]
    return re.compile(told)


@dataclass(frozen=True, slots=True)
class Told:
    """A number beside the one that is asked about: how many of what."""

    value: Decimal
    unit: str | None
    nouns: tuple[str, ...]  # the stems of the word or two after it
    start: int
    end: int


@dataclass(frozen=True)
class Here:
    """A number that nothing supports as it is, its sentence and the record."""

    stated: Stated
    value: Decimal
    plain: str
    brief: Brief
    facts: Facts
    aspect: str | None

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """Where its sentence begins and ends."""
        starts = [match.end() for match in BOUND.finditer(self.plain, 0, self.stated.start)]
        end = BOUND.search(self.plain, self.stated.end)
        return (starts[-1] if starts else 0), (end.start() if end else len(self.plain))

    @property
    def before(self) -> str:
        return self.plain[self.bounds[0] : self.stated.start]

    @property
    def after(self) -> str:
        return self.plain[self.stated.end : self.bounds[1]]

    @property
    def sentence(self) -> str:
        return self.plain[slice(*self.bounds)]

    @cached_property
    def others(self) -> list[Told]:
        """The other numbers of the sentence, in its order."""
        start, end = self.bounds
        return [
            told for told in told_in(self.plain, start, end)
            if told.end <= self.stated.start or told.start >= self.stated.end
        ]  # fmt: skip

    @cached_property
    def nouns(self) -> tuple[str, ...]:
        return nouns_of(self.plain, self.stated)

    @property
    def currency(self) -> str:
        return (self.brief.product.currency or "").lower()

    @cached_property
    def prices(self) -> tuple[Decimal, ...]:
        """What is paid, and the price without the promotion."""
        found = (price_paid(self.brief, self.facts), self.brief.product.price)
        return tuple(dict.fromkeys(price for price in found if price))

    @property
    def of_price(self) -> str:
        return f"products.price: {self.brief.product.price} {self.brief.product.currency}"

    @cached_property
    def known(self) -> list[tuple[Decimal, str | None, Stated, Source]]:
        """The record's figures, each in the smallest unit of its measure; where the copy's has an aspect, of that."""
        same = self.facts.aspects.get(self.aspect or "", ())
        found = []
        for each, source in self.facts.numbers:
            if each.unit in CURRENCIES or (same and each not in same):
                continue
            unit, values = quantities(each)
            found += [(value, unit, each, source) for value in values if len(values) == 1]
        return found


def nouns_of(plain: str, stated: Stated) -> tuple[str, ...]:
    """The stems of what a number counts: of its own words, and of the word or two after it."""
    own = [stem(word) for word in _WORD.findall(stated.text)] if stated.unit in (COUNT, "piece") else []
    return (*own[-1:], *_nouns_after(plain, stated.end))


def _nouns_after(plain: str, at: int) -> tuple[str, ...]:
    found: list[str] = []
    while len(found) < 3 and at < len(plain) and plain[at] in " -" and (match := _WORD.match(plain, at + 1)):
        if match[0] in _ENDS_NOUN:
            if match[0] != "of" or found:
                break
        else:
            found.append(stem(match[0]))
        at = match.end()
    return tuple(found)


def told_in(plain: str, start: int, end: int) -> list[Told]:
    """The numbers between two places of a line, those in words with them: "twenty-five bites"."""
    found = [
        Told(next(iter(each.values)), each.unit, nouns_of(plain, each), each.start, each.end)
        for each in numbers_in(plain)
        if len(each.values) == 1 and start <= each.start and each.end <= end
    ]
    for match in _NUMERAL.finditer(plain, start, end):
        if not any(told.start < match.end() and match.start() < told.end for told in found):
            value = Decimal(number_of(match["number"]))
            found.append(Told(value, None, _nouns_after(plain, match.end()), match.start(), match.end()))
    return sorted(found, key=lambda told: told.start)


def hedge_of(before: str, after: str) -> str | None:
    """The hedge that a number's words around it are."""
    for name, told in words()["hedges"].items():
        if re.search(rf"(?:{told['before']})\Z", before) or ("after" in told and re.match(told["after"], after)):
            return str(name)
    return None


def counts_noun(noun: str, each: Stated, source: Source) -> bool:
    """Whether a record's number is one of a noun."""
    if noun in words()["generic"] and each.unit == "piece":
        return True
    at = source.text.find(each.text)
    name = stem(source.column.rsplit(".", 1)[-1].lower().split(" ")[-1])
    if len(name) > 3 and noun.startswith(name):  # a sleeper of what sleeps two
        return True
    return noun in (nouns_of(source.text, replace(each, end=at + len(each.text))) if at >= 0 else ())


def same_measure(unit: str | None, measure: str | None) -> bool:
    return unit in COUNTS if measure in COUNTS else measure_of(unit) == measure


def smallest_of(told: Told) -> Decimal:
    return next(iter(quantities(Stated("", frozenset({told.value}), told.unit))[1]))


def is_recorded(told: Told, here: Here) -> bool:
    if told.value == 1 and any(noun in here.facts.words for noun in told.nouns):
        return True  # "plus one bag"
    if told.unit is None:
        for noun in told.nouns:
            if noun in here.facts.counts:
                return told.value in here.facts.counts[noun][0]
    return here.facts.support(Stated("", frozenset({told.value}), told.unit)) is not None


def first_source(told: Told, here: Here) -> str | None:
    return here.facts.support(Stated("", frozenset({told.value}), told.unit)) or here.facts.sources[0].named("")


def is_many(told: Told) -> bool:
    return told.unit in COUNTS and 1 < told.value <= MANY and told.value == told.value.to_integral_value()


def is_recorded_count(many: Told, here: Here) -> bool:
    """Whether a record itself counts so many of the same: four wheels aren't four cases."""
    return any(
        noun in here.facts.counts or any(
            many.value in each.values and noun in nouns_of(source.text, each) for each, source in here.facts.numbers
            if each.unit in COUNTS
        )
        for noun in many.nouns
    )  # fmt: skip


MANY = 10_000  # the most of a thing that a copy multiplies by
