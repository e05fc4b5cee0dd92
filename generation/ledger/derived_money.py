"""Sums of money that follow from the price: change, what is still missing for an offer, the price of one."""

import re
from decimal import Decimal

from generation.ledger.derivation import (
    ADDS,
    COUNTS,
    PER,
    Here,
    counts_noun,
    hedge_of,
    is_many,
    is_recorded_count,
    pattern,
    words,
)
from generation.reading.text import stem
from generation.reading.units import Stated, quantities, unit_called

_NOTES = tuple(map(Decimal, (1, 2, 5, 10, 20, 50, 100, 200)))
_SLANG = {"fiver": 5, "fivers": 5, "tenner": 10, "tenners": 10, "twenty": 20, "fifty": 50}
_PEOPLE = frozenset(("people", "person", "friend", "sleeper", "player", "hiker", "camper"))


def change_given(here: Here) -> str | None:
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


def price_of_one(here: Here) -> str | None:
    """25p a square, $1.45 an ounce, £5 per 100 g: the price by what the record counts or measures."""
    if here.stated.unit != here.currency:
        return None
    if pattern("each").search(f"{here.after[:24]} {here.before[-12:]}"):
        split = pattern("split").search(here.sentence)
        for told in here.others:
            people = told.unit == "person" or _PEOPLE & set(told.nouns)
            shared = people or (is_many(told) and (split or is_recorded_count(told, here)))
            if shared and comes_to(here, told.value):
                return here.of_price
    per = PER.match(here.after)
    if per is None:
        return None
    many, noun = Decimal(per["n"] or 1), stem(per["noun"])
    unit = unit_called(per["noun"])
    for value, known_unit, each, source in here.known:
        if unit is not None and unit not in COUNTS:
            in_all, of = quantities(Stated("", frozenset({many}), unit))
            lengthwise = in_all == "mm" and unit in ("m", "ft", "yd") and "length" in source.column.lower()
            ones = value / next(iter(of)) if in_all == known_unit and (in_all in ADDS or lengthwise) else None
        else:
            ones = value / many if each.unit in COUNTS and counts_noun(noun, each, source) else None
        if ones and comes_to(here, ones):
            return here.of_price
    values, source_of = here.facts.counts.get(noun, ((), None))
    if source_of and len(values) == 1 and comes_to(here, values[0] / many):
        return here.of_price
    return None


def comes_to(here: Here, ones: Decimal) -> bool:
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
