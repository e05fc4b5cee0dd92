"""Measures that follow from the record's: in other units, nearly, in days, the rest of a share, in proportion."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

from generation.ledger.derivation import (
    ACROSS,
    ADDS,
    COUNTS,
    Here,
    first_source,
    hedge_of,
    is_recorded,
    pattern,
    same_measure,
    smallest_of,
    words,
)
from generation.ledger.policies import market_of
from generation.ledger.sources import Source
from generation.reading.numbers import numbers_in
from generation.reading.units import COUNT, CURRENCIES, Stated, measure_of, metric, quantities, unit_called

_RATIO = re.compile(r"(?:\s[a-z]+){0,3}?\s(?:for every|for each|per|a|an|to the|to an?|to every) (?P<unit>[a-z]+)")
# Loosely, as "about 26 weeks" of half a year.
_LOOSE_DAYS = {"month": Decimal("30.44"), "year": Decimal("365.25")}
_PINTS = {"us": Decimal("473.176"), "uk": Decimal("568.261"), "eu": Decimal("568.261")}


def of_next_figure(here: Here) -> str | None:
    """2.3 by 2.2 metres: the first is in metres as well."""
    if here.stated.unit is not None:
        return None
    end = here.stated.end
    for told in numbers_in(here.plain):
        if told.start < end:
            continue
        if not ACROSS.fullmatch(here.plain, end, told.start):
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


def _measured(here: Here, *, loosely: bool) -> Iterator[tuple[Decimal, Stated, Source]]:
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


def in_other_units(here: Here) -> str | None:
    """5.3 lb of 2.4 kg, 330 ft of 100 m, 392 °F of 200 °C: as nearly as the figure is told."""
    if here.stated.unit is None or here.stated.unit in COUNTS:
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


def nearly(here: Here) -> str | None:
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
    if here.stated.unit in COUNTS:
        for noun in here.nouns:
            values, source = here.facts.counts.get(noun, ((), None))
            if source and len(values) == 1 and lies(values[0]):
                return source.named(f"{values[0]}")
        return None
    for exact, each, source in _measured(here, loosely=True):
        if lies(exact):
            return source.named(each.text)
    return None


def in_days(here: Here) -> str | None:
    """365 days of a year, 52 weeks; 60 sticks at two a day last 30 days."""
    if here.stated.unit in COUNTS and pattern("a_day").search(here.after):
        for value, _, each, source in here.known:
            if each.unit in COUNTS and any(
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
        if each.unit not in COUNTS:
            continue
        for told in here.others:
            a_day = pattern("a_day").search(here.plain[told.end : told.end + 30])
            if a_day and told.value and told.unit in COUNTS and value == told.value * days:
                return source.named(each.text)
    return None


def rest_of_share(here: Here) -> str | None:
    """The other 60 % of what is 40 % salmon; 4 oz where 40 % of 10 oz are told."""
    if here.stated.unit == "%":
        beside = here.before[-24:] + " " + here.after[:24]
        if pattern("rest").search(beside):
            for value, _, each, source in here.known:
                if each.unit == "%" and value == 100 - here.value:
                    return source.named(each.text)
        return None
    unit, values = quantities(here.stated)
    if unit not in ADDS:
        return None
    shares = [told.value for told in here.others if told.unit == "%" and _recorded_share(told.value, here)]
    for value, known_unit, each, source in here.known:
        if known_unit == unit and any(value * share / 100 in values for share in shares):
            return source.named(each.text)
    return None


def _recorded_share(share: Decimal, here: Here) -> bool:
    return any(each.unit == "%" and value == share for value, _, each, _ in here.known)


def in_proportion(here: Here) -> str | None:
    """75 lumens per watt of 600 lm and 8 W, nineteen hours for every hour of charging."""
    per = _RATIO.match(here.after)
    unit = unit_called(per["unit"]) if per else None
    if unit is None or here.stated.unit in COUNTS:
        return None
    own, values = quantities(here.stated)
    of, ones = quantities(Stated("", frozenset({Decimal(1)}), unit))
    for by, by_unit, one, _ in here.known:
        in_all = by / next(iter(ones)) * next(iter(values))
        for value, known_unit, each, source in here.known:
            if by_unit == of and known_unit == own and one != each and by and in_all == value:
                return source.named(each.text)
    return None


def difference(here: Here) -> str | None:
    """36 hours where 38 and 2 are told and recorded: by how much two figures of one measure differ."""
    unit, values = quantities(here.stated)
    if unit not in ADDS or not pattern("difference").search(here.sentence):
        return None
    told = [one for one in here.others if same_measure(one.unit, unit) and is_recorded(one, here)]
    for one, other in combinations(told, 2):
        if abs(smallest_of(one) - smallest_of(other)) in values:
            return first_source(one, here)
    return None


def within_range(here: Here) -> str | None:
    """Three or four players of a game for two to five."""
    if here.stated.unit not in COUNTS:
        return None
    for noun in (*here.nouns, *_nouns_of_next(here)):
        values, source = here.facts.counts.get(noun, ((), None))
        if source and len(values) == 2 and values[0] <= here.value <= values[1]:
            return source.named(f"{values[0]}-{values[1]}")
    return None


def _nouns_of_next(here: Here) -> tuple[str, ...]:
    """The players of "three or four players", asked of the three."""
    after = next((told for told in here.others if told.start >= here.stated.end), None)
    return after.nouns if after and ACROSS.fullmatch(here.plain, here.stated.end, after.start) else ()
