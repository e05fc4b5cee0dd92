"""Counts and amounts that are sums, multiples or parts of the record's."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import combinations

from generation.ledger.derivation import (
    ADDS,
    BOUND,
    COUNTS,
    PER,
    Here,
    Told,
    counts_noun,
    first_source,
    is_many,
    is_recorded,
    is_recorded_count,
    nouns_of,
    pattern,
    same_measure,
    smallest_of,
    told_in,
    words,
)
from generation.ledger.sources import PRODUCT, Source
from generation.reading.numbers import numbers_in
from generation.reading.text import stem
from generation.reading.units import CURRENCIES, Stated, quantities, unit_called

_A_UNIT = re.compile(r"\b(?:a|one) (lit(?:re|er)|kilo(?:gram)?|met(?:re|er)|pound|gallon|pint)\b")
_RATE = re.compile(r"\b(?:per|each|apiece|a piece|every)\b|/")


def sum_of(here: Here) -> str | None:
    """110 cards plus 64 wooden pieces make 174 things: addends that the sentence tells, and the record holds."""
    unit, values = quantities(here.stated)
    if unit not in COUNTS | ADDS | {"mm"} or not pattern("total").search(here.sentence):
        return None
    addends = [told for told in here.others if same_measure(told.unit, unit) and is_recorded(told, here)]
    for size in range(2, len(addends) + 1):
        for at in range(len(addends) - size + 1):
            run = addends[at : at + size]
            if sum(smallest_of(told) for told in run) in values and not _is_one_of_them(here, run):
                return first_source(run[0], here)
    return None


def _is_one_of_them(here: Here, addends: Iterable[Told]) -> bool:
    """Whether a sum is told of what the record counts by itself: 110 cards and 64 pieces are no 174 cards."""
    if here.stated.unit not in COUNTS:
        return False
    named = [set(told.nouns) for told in addends]
    return any(
        not all(noun in each for each in named) and (noun in here.facts.counts or any(noun in each for each in named))
        for noun in here.nouns
        if noun not in words()["generic"]
    )


def listed(here: Here) -> str | None:
    """Twelve pieces where one attribute lists 2 trays, 4 pots and 6 labels, or several count what is in the box."""
    if here.stated.unit not in COUNTS or not set(here.nouns) & set(words()["generic"]):
        return None
    for source in here.facts.sources:
        if source.column.startswith(PRODUCT):
            for start, end in _sentences(source.text):
                told = told_in(source.text, start, end)
                if (
                    len(told) > 1
                    and all(one.unit in COUNTS and one.nouns for one in told)
                    and sum(one.value for one in told) == here.value
                ):
                    return source.named(source.text[start:end])
    counted = [(values[0], source) for values, source in here.facts.counts.values() if len(values) == 1]
    for size in range(2, len(counted) + 1):
        for some in combinations(counted, size):
            if sum(value for value, _ in some) == here.value and pattern("total").search(here.sentence):
                return some[0][1].named(f"{some[0][0]}")
    return None


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in BOUND.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def multiple(here: Here) -> str | None:
    """Three bags are $43.50, twenty-five bites come to 100 calories, two bars are thirty-six squares."""
    for told in here.others:
        said = is_many(told) and told.end <= here.stated.start and _says_so(here, told, here.stated)
        if said and (support := _times(here, told, here.stated, here.value)):
            return support
    return None


def factor_of(here: Here) -> str | None:
    """The three of "3 bags are $43.50"."""
    own = Told(here.value, here.stated.unit, here.nouns, here.stated.start, here.stated.end)
    if not is_many(own):
        return None
    wholes = [
        Stated(match[0], frozenset({Decimal(1)}), unit_called(match[1]), start=match.start(), end=match.end())
        for match in _A_UNIT.finditer(here.plain, here.stated.end, here.bounds[1])
    ]
    for told in (*numbers_in(here.plain), *wholes):
        follows = told.start > here.stated.end and told.end <= here.bounds[1] and len(told.values) == 1
        said = follows and _says_so(here, own, told)
        if said and (support := _times(here, own, told, next(iter(told.values)))):
            return support
    return None


def _says_so(here: Here, many: Told, product: Stated) -> bool:
    between = here.plain[many.end : product.start]
    return len(between) < 60 and bool(pattern("several").search(between))


def _times(here: Here, many: Told, product: Stated, value: Decimal) -> str | None:
    """What gives so many times something as a product: the price, what one has of it, or the record's own figure."""
    sold = set(many.nouns) & (set(words()["sold_by"].split()) | {stem(word) for word in here.facts.things})
    if product.unit in CURRENCIES:
        mine = product.unit == here.currency and sold and not is_recorded_count(many, here)
        return here.of_price if mine and any(many.value * price == value for price in here.prices) else None
    unit, values = quantities(product)
    if unit in COUNTS:
        for noun in nouns_of(here.plain, product):
            known, source = here.facts.counts.get(noun, ((), None))
            if source and sold and noun not in many.nouns and len(known) == 1 and many.value * known[0] == value:
                return source.named(f"{known[0]}")
        return None
    for known_value, known_unit, each, source in here.known:
        if known_unit == unit and unit in ADDS and many.value * known_value in values:
            rate = _RATE.search(source.text) or _RATE.search(source.column.lower())
            if rate or (sold and not is_recorded_count(many, here)):
                return source.named(each.text)
    return None


def divided(here: Here) -> str | None:
    """Eighteen squares at five grams each: so many parts of what the record gives in all."""
    unit, values = quantities(here.stated)
    per = PER.match(here.after)
    each_told = per or pattern("each").search(f"{here.after[:24]} {here.before[-24:]}")
    if unit not in ADDS or unit in CURRENCIES or not each_told:
        return None
    parts: list[tuple[Decimal, Source | None]] = [
        (told.value, None) for told in here.others if is_many(told) or told.unit == "person"
    ]
    if per and not per["n"]:  # five grams a square, though nobody tells how many
        known, source = here.facts.counts.get(stem(per["noun"]), ((), None))
        parts += [(value, source) for value in known[:1] if len(known) == 1]
        if not parts or (here.facts.counts.get(stem(per["noun"])) and len(known) == 1):
            parts = [(value, source) for value, source in parts if value in known]
    for value, known_unit, each, source in here.known:
        if known_unit == unit and any(value == part * own for part, _ in parts for own in values):
            return source.named(each.text)
    return None


def uses(here: Here) -> str | None:
    """The 5,000 evenings of "25,000 hours at five hours a day", the 32 nights of 320 pages at ten a night."""
    if here.stated.unit not in COUNTS or not pattern("each").search(here.sentence):
        return None
    for told in here.others:
        unit, _ = quantities(Stated("", frozenset({told.value}), told.unit))
        for value, known_unit, each, source in here.known:
            if value != smallest_of(told) * here.value or value == smallest_of(told):
                continue
            if unit in COUNTS and known_unit in COUNTS and any(counts_noun(noun, each, source) for noun in told.nouns):
                return source.named(each.text)
            if unit in ADDS - COUNTS and known_unit == unit:
                return source.named(each.text)
    return None
