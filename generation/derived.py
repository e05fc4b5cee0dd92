"""Figures that no record holds and that follow from what it does: sums, multiples, shares, change, near measures.

Tried only for a number that nothing supports as it is. Each way is narrow: what a figure is made of stands in the
record, is told beside it or is the price, and measures the same. The words by which figures relate are data.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from importlib.resources import files
from itertools import combinations
from typing import Any

import yaml

from generation.facts import PRODUCT, Facts, Source, holds, stem
from generation.numbers import (
    COUNT,
    CURRENCIES,
    NUMERAL,
    Stated,
    measure_of,
    metric,
    number_of,
    numbers_in,
    quantities,
    unit_called,
)
from generation.policies import market_of
from generation.records import Brief
from generation.support import price_paid

_BOUND = re.compile(r"[.!?;](?=\s)|\n")
_WORD = re.compile(r"[a-z][a-z'’-]*")
_ENDS_NOUN = frozenset(
    ("a", "an", "and", "are", "as", "at", "but", "by", "each", "for", "from", "in", "is", "of", "on", "or", "per",
     "plus", "that", "the", "to", "with", "x")
)  # fmt: skip
_NUMERAL = re.compile(
    rf"\b(?P<number>(?:(?:a|{NUMERAL})[\s-]hundred(?: and {NUMERAL})?|{NUMERAL}))\b(?![\s-](?:hundred|thousand))"
)
_ACROSS = re.compile(r"\s?(?:[x×*–—-]|by|to|or|and)\s?")
_PER = re.compile(
    r"^\s?(?:pence|cents?|p|c|¢)?,?\s?(?:(?:a|an|per|for each|for every|each|every)\s|/\s?)"
    r"(?:(?P<n>\d+)\s?)?(?P<noun>[a-z]+)"
)
_RATIO = re.compile(r"(?:\s[a-z]+){0,3}?\s(?:for every|for each|per|a|an|to the|to an?|to every) (?P<unit>[a-z]+)")
_A_UNIT = re.compile(r"\b(?:a|one) (lit(?:re|er)|kilo(?:gram)?|met(?:re|er)|pound|gallon|pint)\b")
_NOTES = tuple(map(Decimal, (1, 2, 5, 10, 20, 50, 100, 200)))
_SLANG = {"fiver": 5, "fivers": 5, "tenner": 10, "tenners": 10, "twenty": 20, "fifty": 50}
_RATE = re.compile(r"\b(?:per|each|apiece|a piece|every)\b|/")
_COUNTS = frozenset((None, "piece", COUNT))
_ADDS = frozenset(("mg", "ml", "oz", "lb", "kcal", "s", "month", "mah", *CURRENCIES))  # half of it is half as much
_PEOPLE = frozenset(("people", "person", "friend", "sleeper", "player", "hiker", "camper"))
_MANY = 10_000  # the most of a thing that a copy multiplies by
# Loosely, as "about 26 weeks" of half a year.
_LOOSE_DAYS = {"month": Decimal("30.44"), "year": Decimal("365.25")}
_PINTS = {"us": Decimal("473.176"), "uk": Decimal("568.261"), "eu": Decimal("568.261")}


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
class _Here:
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
        starts = [match.end() for match in _BOUND.finditer(self.plain, 0, self.stated.start)]
        end = _BOUND.search(self.plain, self.stated.end)
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


def derived(stated: Stated, plain: str, brief: Brief, facts: Facts, aspect: str | None) -> str | None:
    """What a number of a normalised line follows from, as the ledger shows it; None where from nothing."""
    if len(stated.values) != 1:
        return None
    here = _Here(stated, next(iter(stated.values)), plain, brief, facts, aspect)
    return next((found for way in _WAYS if (found := way(here))), None)


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


# measures


def _of_next(here: _Here) -> str | None:
    """2.3 by 2.2 metres: the first is in metres as well."""
    if here.stated.unit is not None:
        return None
    end = here.stated.end
    for told in numbers_in(here.plain):
        if told.start < end:
            continue
        if not _ACROSS.fullmatch(here.plain, end, told.start):
            return None
        if told.unit is not None:
            return here.facts.support(replace(here.stated, unit=told.unit)) if told.unit != COUNT else None
        end = told.end
    return None


def _amounts(stated: Stated, value: Decimal, market: str, *, loosely: bool) -> dict[str, Decimal]:
    """A measure in the smallest units that it can be told in."""
    if stated.unit in ("pint", "gal"):
        return {"ml": value * _PINTS.get(market, _PINTS["us"]) * (8 if stated.unit == "gal" else 1)}
    if stated.unit == "°f":
        return {"°c": (value - 32) * 5 / 9}
    unit, _ = quantities(stated)
    each = next(iter(quantities(replace(stated, values=frozenset({Decimal(1)})))[1]))
    found = {unit or "": value * each}
    found |= {to: value * each * factor for to, factor in metric(unit).items()}
    if unit == "month" and loosely:
        found["s"] = value * each * _LOOSE_DAYS["month"] * 86400
    return found


def _measured(here: _Here, *, loosely: bool) -> Iterator[tuple[Decimal, Stated, Source]]:
    """The record's figures of the same measure, in the copy's own unit."""
    market = market_of(here.brief.campaign.market, here.brief.locale)
    own = _amounts(here.stated, here.value, market, loosely=loosely)
    for value, _, each, source in here.known:
        told = next(iter(each.values))
        if each.unit is None or not value:
            continue
        theirs = _amounts(each, told, market, loosely=loosely)
        for unit in own.keys() & theirs.keys():
            if unit and own[unit]:
                yield here.value * theirs[unit] / own[unit], each, source


def _converted(here: _Here) -> str | None:
    """5.3 lb of 2.4 kg, 330 ft of 100 m, 392 °F of 200 °C: as nearly as the figure is told."""
    if here.stated.unit is None or here.stated.unit in _COUNTS:
        return None
    exponent = here.value.as_tuple().exponent
    step = Decimal(1).scaleb(exponent) if isinstance(exponent, int) and exponent < 0 else Decimal(1)
    for exact, each, source in _measured(here, loosely=False):
        if measure_of(each.unit) == measure_of(here.stated.unit):
            continue
        as_told = exact.quantize(step, ROUND_HALF_UP) == here.value
        if (
            (as_told and (step < 1 or here.stated.unit in ("°f", "°c")))
            or (here.value >= 100 and abs(exact - here.value) <= here.value * Decimal("0.007"))
        ):  # fmt: skip
            return source.named(each.text)
    return None


def _hedged(here: _Here) -> str | None:
    """Just under 2.5 kg, about 5 lb, over 100 cards, for under £5."""
    hedge = hedge_of(here.before, here.after)
    if hedge is None:
        return None
    least, most = (here.value * Decimal(str(words()["hedges"][hedge][end])) for end in ("from", "to"))

    def lies(value: Decimal) -> bool:
        return least <= value <= most and (value != here.value or hedge in ("near",))

    if here.stated.unit in CURRENCIES:
        if here.stated.unit != here.currency or hedge in ("past", "above"):
            return None
        if hedge == "below":
            return here.of_price if any(price < here.value for price in here.prices) else None
        return here.of_price if any(lies(price) for price in here.prices) else None
    if here.stated.unit in _COUNTS:
        for noun in here.nouns:
            values, source = here.facts.counts.get(noun, ((), None))
            if source and len(values) == 1 and lies(values[0]):
                return source.named(f"{values[0]}")
        return None
    for exact, each, source in _measured(here, loosely=True):
        if lies(exact):
            return source.named(each.text)
    return None


def hedge_of(before: str, after: str) -> str | None:
    """The hedge that a number's words around it are."""
    for name, told in words()["hedges"].items():
        if re.search(rf"(?:{told['before']})\Z", before) or ("after" in told and re.match(told["after"], after)):
            return str(name)
    return None


def _in_days(here: _Here) -> str | None:
    """365 days of a year, 52 weeks; 60 sticks at two a day last 30 days."""
    if here.stated.unit in _COUNTS and pattern("a_day").search(here.after):
        for value, _, each, source in here.known:
            if each.unit in _COUNTS and any(
                told.unit == "day" and told.value * here.value == value for told in here.others
            ):
                return source.named(each.text)
    if here.stated.unit not in ("day", "week"):
        return None
    days = here.value * (7 if here.stated.unit == "week" else 1)
    for value, unit, each, source in here.known:
        years = value / 12 if unit == "month" else Decimal(0)
        if years and here.value == years * (52 if here.stated.unit == "week" else 365):
            return source.named(each.text)
        if each.unit not in _COUNTS:
            continue
        for told in here.others:
            a_day = pattern("a_day").search(here.plain[told.end : told.end + 30])
            if a_day and told.value and told.unit in _COUNTS and value == told.value * days:
                return source.named(each.text)
    return None


# shares


def _rest(here: _Here) -> str | None:
    """The other 60 % of what is 40 % salmon; 4 oz where 40 % of 10 oz are told."""
    if here.stated.unit == "%":
        beside = here.before[-24:] + " " + here.after[:24]
        if pattern("rest").search(beside):
            for value, _, each, source in here.known:
                if each.unit == "%" and value == 100 - here.value:
                    return source.named(each.text)
        return None
    unit, values = quantities(here.stated)
    if unit not in _ADDS:
        return None
    shares = [told.value for told in here.others if told.unit == "%" and _recorded_share(told.value, here)]
    for value, known_unit, each, source in here.known:
        if known_unit == unit and any(value * share / 100 in values for share in shares):
            return source.named(each.text)
    return None


def _recorded_share(share: Decimal, here: _Here) -> bool:
    return any(each.unit == "%" and value == share for value, _, each, _ in here.known)


# money


def _change(here: _Here) -> str | None:
    """50p change from a fiver, change from £50, £20.50 more for a promotion's threshold."""
    if here.stated.unit != here.currency or not here.prices:
        return None
    if pattern("note_before").search(here.before):
        return here.of_price if any(price < here.value for price in here.prices) else None
    if pattern("change").match(here.after) or pattern("change_before").search(here.before):
        told = [one.value for one in here.others if one.unit == here.currency]
        told += [Decimal(value) for word, value in _SLANG.items() if re.search(rf"\b{word}\b", here.sentence)]
        if any(note - price == here.value for note in told or _NOTES for price in here.prices):
            return here.of_price
    more = pattern("more").search(here.before) or pattern("more_after").match(here.after)
    promotion = here.facts.promotion
    if more and promotion:
        for each, source in here.facts.numbers:
            threshold = source.column == "promotions" and each.unit == here.currency
            if threshold and any(value - price == here.value for value in each.values for price in here.prices):
                return source.named(each.text)
    return None


def _price_of_one(here: _Here) -> str | None:
    """25p a square, $1.45 an ounce, £5 per 100 g: the price by what the record counts or measures."""
    if here.stated.unit != here.currency:
        return None
    if pattern("each").search(f"{here.after[:24]} {here.before[-12:]}"):
        split = pattern("split").search(here.sentence)
        for told in here.others:
            people = told.unit == "person" or _PEOPLE & set(told.nouns)
            shared = people or (_is_many(told) and (split or _is_recorded_count(told, here)))
            if shared and _per(here, told.value):
                return here.of_price
    per = _PER.match(here.after)
    if per is None:
        return None
    many, noun = Decimal(per["n"] or 1), stem(per["noun"])
    unit = unit_called(per["noun"])
    for value, known_unit, each, source in here.known:
        if unit is not None and unit not in _COUNTS:
            in_all, of = quantities(Stated("", frozenset({many}), unit))
            lengthwise = in_all == "mm" and unit in ("m", "ft", "yd") and "length" in source.column.lower()
            ones = value / next(iter(of)) if in_all == known_unit and (in_all in _ADDS or lengthwise) else None
        else:
            ones = value / many if each.unit in _COUNTS and _counts(noun, each, source) else None
        if ones and _per(here, ones):
            return here.of_price
    values, source_of = here.facts.counts.get(noun, ((), None))
    if source_of and len(values) == 1 and _per(here, values[0] / many):
        return here.of_price
    return None


def _per(here: _Here, ones: Decimal) -> bool:
    """Whether the price by so many comes to the sum told, to the penny; with "about" or "under" as nearly as that."""
    for price in here.prices:
        one = price / ones
        if abs(one - here.value) <= Decimal("0.005"):
            return True
        hedge = hedge_of(here.before, here.after)
        if hedge:
            least, most = (here.value * Decimal(str(words()["hedges"][hedge][end])) for end in ("from", "to"))
            if least <= one <= most:
                return True
    return False


def _counts(noun: str, each: Stated, source: Source) -> bool:
    """Whether a record's number is one of a noun."""
    if noun in words()["generic"] and each.unit == "piece":
        return True
    at = source.text.find(each.text)
    name = stem(source.column.rsplit(".", 1)[-1].lower().split(" ")[-1])
    if len(name) > 3 and noun.startswith(name):  # a sleeper of what sleeps two
        return True
    return noun in (nouns_of(source.text, replace(each, end=at + len(each.text))) if at >= 0 else ())


# sums and multiples


def _sum(here: _Here) -> str | None:
    """110 cards plus 64 wooden pieces make 174 things: addends that the sentence tells, and the record holds."""
    unit, values = quantities(here.stated)
    if unit not in _COUNTS | _ADDS | {"mm"} or not pattern("total").search(here.sentence):
        return None
    addends = [told for told in here.others if _same(told.unit, unit) and _is_recorded(told, here)]
    for size in range(2, len(addends) + 1):
        for at in range(len(addends) - size + 1):
            run = addends[at : at + size]
            if sum(_smallest(told) for told in run) in values and not _is_one_of_them(here, run):
                return _first_source(run[0], here)
    return None


def _same(unit: str | None, measure: str | None) -> bool:
    return unit in _COUNTS if measure in _COUNTS else measure_of(unit) == measure


def _smallest(told: Told) -> Decimal:
    return next(iter(quantities(Stated("", frozenset({told.value}), told.unit))[1]))


def _is_recorded(told: Told, here: _Here) -> bool:
    if told.value == 1 and any(noun in here.facts.words for noun in told.nouns):
        return True  # "plus one bag"
    if told.unit is None:
        for noun in told.nouns:
            if noun in here.facts.counts:
                return told.value in here.facts.counts[noun][0]
    return here.facts.support(Stated("", frozenset({told.value}), told.unit)) is not None


def _first_source(told: Told, here: _Here) -> str | None:
    return here.facts.support(Stated("", frozenset({told.value}), told.unit)) or here.facts.sources[0].named("")


def _is_one_of_them(here: _Here, addends: Iterable[Told]) -> bool:
    """Whether a sum is told of what the record counts by itself: 110 cards and 64 pieces are no 174 cards."""
    if here.stated.unit not in _COUNTS:
        return False
    named = [set(told.nouns) for told in addends]
    return any(
        not all(noun in each for each in named) and (noun in here.facts.counts or any(noun in each for each in named))
        for noun in here.nouns
        if noun not in words()["generic"]
    )


def _list(here: _Here) -> str | None:
    """Twelve pieces where one attribute lists 2 trays, 4 pots and 6 labels, or several count what is in the box."""
    if here.stated.unit not in _COUNTS or not set(here.nouns) & set(words()["generic"]):
        return None
    for source in here.facts.sources:
        if source.column.startswith(PRODUCT):
            for start, end in _sentences(source.text):
                told = told_in(source.text, start, end)
                if (
                    len(told) > 1
                    and all(one.unit in _COUNTS and one.nouns for one in told)
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
    for match in _BOUND.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _multiple(here: _Here) -> str | None:
    """Three bags are $43.50, twenty-five bites come to 100 calories, two bars are thirty-six squares."""
    for told in here.others:
        said = _is_many(told) and told.end <= here.stated.start and _says_so(here, told, here.stated)
        if said and (support := _times(here, told, here.stated, here.value)):
            return support
    return None


def _factor(here: _Here) -> str | None:
    """The three of "3 bags are $43.50"."""
    own = Told(here.value, here.stated.unit, here.nouns, here.stated.start, here.stated.end)
    if not _is_many(own):
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


def _is_many(told: Told) -> bool:
    return told.unit in _COUNTS and 1 < told.value <= _MANY and told.value == told.value.to_integral_value()


def _says_so(here: _Here, many: Told, product: Stated) -> bool:
    between = here.plain[many.end : product.start]
    return len(between) < 60 and bool(pattern("several").search(between))


def _times(here: _Here, many: Told, product: Stated, value: Decimal) -> str | None:
    """What gives so many times something as a product: the price, what one has of it, or the record's own figure."""
    sold = set(many.nouns) & (set(words()["sold_by"].split()) | {stem(word) for word in here.facts.things})
    if product.unit in CURRENCIES:
        mine = product.unit == here.currency and sold and not _is_recorded_count(many, here)
        return here.of_price if mine and any(many.value * price == value for price in here.prices) else None
    unit, values = quantities(product)
    if unit in _COUNTS:
        for noun in nouns_of(here.plain, product):
            known, source = here.facts.counts.get(noun, ((), None))
            if source and sold and noun not in many.nouns and len(known) == 1 and many.value * known[0] == value:
                return source.named(f"{known[0]}")
        return None
    for known_value, known_unit, each, source in here.known:
        if known_unit == unit and unit in _ADDS and many.value * known_value in values:
            rate = _RATE.search(source.text) or _RATE.search(source.column.lower())
            if rate or (sold and not _is_recorded_count(many, here)):
                return source.named(each.text)
    return None


def _is_recorded_count(many: Told, here: _Here) -> bool:
    """Whether a record itself counts so many of the same: four wheels aren't four cases."""
    return any(
        noun in here.facts.counts or any(
            many.value in each.values and noun in nouns_of(source.text, each) for each, source in here.facts.numbers
            if each.unit in _COUNTS
        )
        for noun in many.nouns
    )  # fmt: skip


def _divided(here: _Here) -> str | None:
    """Eighteen squares at five grams each: so many parts of what the record gives in all."""
    unit, values = quantities(here.stated)
    per = _PER.match(here.after)
    each_told = per or pattern("each").search(f"{here.after[:24]} {here.before[-24:]}")
    if unit not in _ADDS or unit in CURRENCIES or not each_told:
        return None
    parts: list[tuple[Decimal, Source | None]] = [
        (told.value, None) for told in here.others if _is_many(told) or told.unit == "person"
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


def _uses(here: _Here) -> str | None:
    """The 5,000 evenings of "25,000 hours at five hours a day", the 32 nights of 320 pages at ten a night."""
    if here.stated.unit not in _COUNTS or not pattern("each").search(here.sentence):
        return None
    for told in here.others:
        unit, _ = quantities(Stated("", frozenset({told.value}), told.unit))
        for value, known_unit, each, source in here.known:
            if value != _smallest(told) * here.value or value == _smallest(told):
                continue
            if unit in _COUNTS and known_unit in _COUNTS and any(_counts(noun, each, source) for noun in told.nouns):
                return source.named(each.text)
            if unit in _ADDS - _COUNTS and known_unit == unit:
                return source.named(each.text)
    return None


def _ratio(here: _Here) -> str | None:
    """75 lumens per watt of 600 lm and 8 W, nineteen hours for every hour of charging."""
    per = _RATIO.match(here.after)
    unit = unit_called(per["unit"]) if per else None
    if unit is None or here.stated.unit in _COUNTS:
        return None
    own, values = quantities(here.stated)
    of, ones = quantities(Stated("", frozenset({Decimal(1)}), unit))
    for by, by_unit, one, _ in here.known:
        in_all = by / next(iter(ones)) * next(iter(values))
        for value, known_unit, each, source in here.known:
            if by_unit == of and known_unit == own and one != each and by and in_all == value:
                return source.named(each.text)
    return None


def _between(here: _Here) -> str | None:
    """36 hours where 38 and 2 are told and recorded: by how much two figures of one measure differ."""
    unit, values = quantities(here.stated)
    if unit not in _ADDS or not pattern("difference").search(here.sentence):
        return None
    told = [one for one in here.others if _same(one.unit, unit) and _is_recorded(one, here)]
    for one, other in combinations(told, 2):
        if abs(_smallest(one) - _smallest(other)) in values:
            return _first_source(one, here)
    return None


def _within(here: _Here) -> str | None:
    """Three or four players of a game for two to five."""
    if here.stated.unit not in _COUNTS:
        return None
    for noun in (*here.nouns, *_nouns_of_next(here)):
        values, source = here.facts.counts.get(noun, ((), None))
        if source and len(values) == 2 and values[0] <= here.value <= values[1]:
            return source.named(f"{values[0]}-{values[1]}")
    return None


def _nouns_of_next(here: _Here) -> tuple[str, ...]:
    """The players of "three or four players", asked of the three."""
    after = next((told for told in here.others if told.start >= here.stated.end), None)
    return after.nouns if after and _ACROSS.fullmatch(here.plain, here.stated.end, after.start) else ()


_WAYS = (
    _of_next, _hedged, _converted, _in_days, _rest, _change, _price_of_one, _sum, _list, _multiple, _factor, _divided,
    _uses, _ratio, _between, _within,
)  # fmt: skip


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
