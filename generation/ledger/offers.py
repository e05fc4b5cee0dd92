"""What supports a price or an offer: the record, a promotion in force, the price history; and what a promotion asks."""

import re
from decimal import Decimal
from functools import lru_cache

from generation.ledger.facts import Facts, today
from generation.ledger.policies import Rule, market_of
from generation.ledger.sources import OFFERS, PRODUCT
from generation.reading.numbers import numbers_in
from generation.reading.text import holds, normal
from generation.reading.units import CURRENCIES, Stated
from generation.records import Brief, Promotion

_OF_STOCK = re.compile(
    r"\bleft\b|remaining|\bin stock\b|stock|suppl|quantit|gone|sold|selling|running out|last few"
    r"|剩|售罄|售完|库存|手慢|抢完|限量|限购|有限"
)
_OF_TIME = re.compile(
    r"time|\bends?\b|hours?|days?|today|tonight|tomorrow|midnight|week|限时|截止|结束|倒计时|今|\d天|小时"
)
_COUNTDOWN = re.compile(r"\d ?(?:hours?|days?|小时|天)")
_TODAY, _TOMORROW = re.compile(r"today|tonight|midnight|今[日天晚]"), re.compile(r"tomorrow|明[日天晚]")
# What a promotion asks of the buyer besides its dates: a sum, how many, or who.
_SUM_ASKED = re.compile(r"\b(?:over|above|from|of|spend|spending|than|least|minimum|exceed\w*|off|on)[^.;]{0,24}\Z")
_SUM_AND_MORE = re.compile(r"\s?(?:\+|or (?:more|over|above)|and (?:more|over|above|up)|plus\b|minimum|upwards)")
_BUYERS = re.compile(r"\b(new|first|members?|subscribers?|students?|newsletter|loyalty|club|app)\b(?! day| week)")
_HOW_MANY = re.compile(
    r"\b(?:when you (?:buy|order)|on|buy|any|for) (two|three|four|2|3|4)\b(?! \w+ (?:only|styles))"
    r"|\b(two|three|four|2|3|4) or more\b"
)
_FOLD_NUMERALS = ("2二", "3三", "4四", "5五", "6六")
_FOLDS = re.compile(r"[^,。!?;、\s起优促后价]{0,6}(?:伞|屏|床|沙发|梯|垫|桌|椅|凳|镜|收纳|收起|收好|折叠|钱包)")


def presses_truly(words: str, promotion: Promotion, rule: Rule) -> bool:
    """Whether a promotion's end or its limited stock makes words of urgency true (UCPD, annex I, point 7)."""
    ends, stock = promotion.ends if "end_date" in rule.evidence else None, "stock" in rule.evidence
    if _OF_STOCK.search(words) and not _COUNTDOWN.search(words):
        return stock and promotion.limited_stock
    if _TODAY.search(words) or _TOMORROW.search(words):
        return ends is not None and (ends - today()).days == (1 if _TOMORROW.search(words) else 0)
    if _OF_TIME.search(words):
        return ends is not None
    return ends is not None or (stock and promotion.limited_stock)


@lru_cache(maxsize=256)
def conditions(terms: str, amounts: frozenset[Decimal]) -> tuple[tuple[Stated, ...], tuple[str, ...]]:
    """What a promotion's terms ask: sums to spend, besides what is taken off, and words for how many or for whom."""
    plain = normal(terms)
    sums = tuple(
        stated
        for stated in numbers_in(plain)
        if stated.unit in CURRENCIES
        and stated.values.isdisjoint(amounts)
        and (_SUM_AND_MORE.match(plain, stated.end) or _SUM_ASKED.search(plain, 0, stated.start))
    )
    words = [match[1] for match in _BUYERS.finditer(plain)]
    words += [match[1] or match[2] for match in _HOW_MANY.finditer(plain)]
    return sums, tuple(words)


_SAID_AS = {"2": "two", "3": "three", "4": "four", "first": "new", "new": "first"}


def left_out(brief: Brief, facts: Facts, whole: str) -> str | None:
    """The condition of a promotion in force that a copy rests on and doesn't tell, and the price doesn't meet."""
    promotion, price = facts.promotion, brief.product.price
    if promotion is None:
        return None
    amounts = frozenset(each for each in (promotion.amount, price, price_paid(brief, facts)) if each is not None)
    sums, words = conditions(promotion.terms, amounts)
    if sums:
        told = {value for stated in numbers_in(whole) for value in stated.values}
        paid = price_paid(brief, facts)
        for stated in sums:
            if told.isdisjoint(stated.values) and not (paid is not None and paid >= max(stated.values)):
                return stated.text
    for word in words:
        forms = [form for each in (word, *_alike(word)) for form in (each, f"{each}s", each.removesuffix("s"))]
        if not any(holds(whole, form) for form in forms):
            return word
    return None


def _alike(word: str) -> tuple[str, ...]:
    """Other words for a condition: "2" is told by "two" and by "pair"."""
    same = {told for told, other in _SAID_AS.items() if other == word} | {_SAID_AS.get(word, word)}
    if word in ("two", "2"):
        same |= {"second", "pair", "both", "couple"}
    return tuple(same)


def price_paid(brief: Brief, facts: Facts) -> Decimal | None:
    """The product's price with the promotion taken off, where that says how much."""
    price, promotion = brief.product.price, facts.promotion
    if price is None or promotion is None:
        return price
    if promotion.kind == "percent_off" and promotion.percent is not None:
        return (price * (100 - promotion.percent) / 100).quantize(Decimal("0.01"))
    if promotion.amount is not None and promotion.currency == brief.product.currency:
        if promotion.kind == "amount_off":
            return price - promotion.amount
        if promotion.kind == "price":
            return promotion.amount
    return price


def of_lower_price(brief: Brief, facts: Facts) -> str | None:
    """The price history, where the price is now below its lowest of the last 30 days (Dir. 98/6, article 6a)."""
    paid = price_paid(brief, facts)
    if brief.lowest_price is None or paid is None or paid >= brief.lowest_price:
        return None
    return _history(brief)


def _history(brief: Brief) -> str:
    return f"price_history: {brief.lowest_price} {brief.product.currency}"


def of_former_price(stated: Stated, brief: Brief, facts: Facts) -> str | None:
    """What supports "was $29.90": the lowest price of the last 30 days, in the product's currency, and nothing else."""
    if stated.unit != (brief.product.currency or "").lower() or brief.lowest_price not in stated.values:
        return None
    return of_lower_price(brief, facts)


def of_history_days(stated: Stated, brief: Brief, facts: Facts) -> str | None:
    """What supports the days of "lowest price of the last 30 days", or of 7 as Chinese rules have it: a history."""
    return of_lower_price(brief, facts) if stated.values & {Decimal(30), Decimal(7)} else None


def of_price(stated: Stated, brief: Brief, facts: Facts) -> str | None:
    """What supports a sum as a price: the record, or what is paid under the promotion."""
    paid = price_paid(brief, facts)
    if paid != brief.product.price and paid in stated.values and stated.unit == (brief.product.currency or "").lower():
        return f"promotions: {facts.promotion.id}" if facts.promotion else None
    return facts.support(stated)


def of_sum_off(stated: Stated, brief: Brief, facts: Facts) -> str | None:
    """What supports "$5 off": a promotion of that sum, the words of an offer, or the fall in price."""
    promotion = facts.promotion
    if (
        promotion
        and promotion.kind == "amount_off"
        and promotion.amount in stated.values
        and stated.unit == (promotion.currency or brief.product.currency or "").lower()
    ):
        return f"promotions: {promotion.id}"
    price, after_it = brief.product.price, price_paid(brief, facts)
    if (
        promotion
        and promotion.kind in ("percent_off", "price")
        and price is not None
        and after_it is not None
        and price - after_it in stated.values - {Decimal(0)}
        and stated.unit == (brief.product.currency or "").lower()
        and (brief.lowest_price is None or brief.lowest_price >= price)
    ):
        return f"promotions: {promotion.id}"
    for known, source in facts.numbers:
        of_an_offer = source.column in OFFERS and known.unit == stated.unit
        if of_an_offer and not known.values.isdisjoint(stated.values):
            return source.named(known.text)
    paid = price_paid(brief, facts)
    if (
        paid is not None
        and of_lower_price(brief, facts)
        and stated.unit == (brief.product.currency or "").lower()
        and brief.lowest_price is not None
        and brief.lowest_price - paid in stated.values
    ):
        return _history(brief)
    return None


def of_folds(stated: Stated, after: str, facts: Facts) -> str | None:
    """What supports 三折 of an umbrella, which folds in three and is no cheaper for it: the product's own record."""
    if not stated.text.endswith("折") or not _FOLDS.match(after):
        return None
    told = stated.text[0]
    same = {told, *(pair[1 - pair.index(told)] for pair in _FOLD_NUMERALS if told in pair)}
    for source in facts.sources:
        if source.column.startswith(PRODUCT) and any(f"{numeral}折" in source.text for numeral in same):
            return source.named(stated.text)
    return None


def of_per_cent_off(stated: Stated, brief: Brief, facts: Facts) -> str | None:
    """What supports "20% off": the promotion, the words of an offer, or a fall in price by at least as much.

    In the EU a reduction is counted from the lowest price of the last 30 days (C-330/23), whatever the promotion says.
    """
    promotion, lowest, paid = facts.promotion, brief.lowest_price, price_paid(brief, facts)
    fall = (lowest - paid) / lowest * 100 if lowest and paid is not None else None
    true_of_history = fall is not None and any(0 <= fall - value < 1 for value in stated.values if value > 0)
    if promotion and promotion.kind == "percent_off" and promotion.percent in stated.values:
        in_eu = market_of(brief.campaign.market, brief.locale) == "eu"
        if not in_eu or fall is None or any(value <= fall + Decimal("0.05") for value in stated.values):
            return f"promotions: {promotion.id}"
        return None
    price = brief.product.price
    if promotion and promotion.kind in ("amount_off", "price") and price and paid is not None and paid < price:
        share = (price - paid) / price * 100
        if any(0 <= share - value < 1 for value in stated.values if value > 0) and (lowest is None or lowest >= price):
            return f"promotions: {promotion.id}"
    for known, source in facts.numbers:
        of_an_offer = source.column in (*OFFERS, "products.title") and known.unit == "off"
        if of_an_offer and not known.values.isdisjoint(stated.values):
            return source.named(known.text)
    return _history(brief) if true_of_history else None


def of_days_left(stated: Stated, facts: Facts) -> str | None:
    """What supports "3 days left": the promotion's last day."""
    if facts.promotion is None or facts.promotion.ends is None or stated.unit != "day":
        return None
    left = (facts.promotion.ends - today()).days
    return f"promotions: {facts.promotion.id}" if stated.values & {Decimal(left), Decimal(left + 1)} else None
