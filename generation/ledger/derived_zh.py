"""Figures of Chinese copy that follow from the record: bounds, differences, totals, prices of one piece.

不到两斤 of 0.9 kg, 多出60厘米 of 140 and 80 cm, 整箱20斤 of 2.5 kg × 4, 合一双不到12块. Each needs a word that says how
it is reckoned; with none a figure is the record's own or wrong. What a customer's question measures may be compared
with the record's figure, never told of the product.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import combinations

from generation.ledger.facts import Facts
from generation.ledger.offers import price_paid
from generation.ledger.sources import PRODUCT, Source
from generation.prompts import question_text
from generation.reading.numbers import numbers_in
from generation.reading.text import normal
from generation.reading.units import COUNT, CURRENCIES, Stated, converted, quantities
from generation.records import Brief

_CLAUSE = re.compile(r"[,。;:!?、]")
_LESS = re.compile(r"(?:不到|不足|不满|未满|少于|低于|轻于|小于|不超过|没到)[^,。;!?]{0,2}\Z")
_LESS_AFTER = re.compile(r"\s?(?:以内|以下|之内|有找|不到)")
_MORE = re.compile(r"(?:超过|大于|多于|高于|逾|不止|不少于)[^,。;!?]{0,2}\Z")
_MORE_AFTER = re.compile(r"\s?(?:多(?![^,。]{0,2}\d)|余|出头|开外|以上|有余)")
_NEAR = re.compile(r"(?:近|接近|将近|约|大约|差不多|大概|快)[^,。;!?]{0,2}\Z")
_NEAR_AFTER = re.compile(r"\s?(?:左右|上下)")
_DIFFERENCE = re.compile(
    r"多出|多了|长出|高出|宽出|少了|短了|相差|还差|差了?|剩下?|余下|省[下出]|比[^,。;!?]{1,12}[短长高矮宽窄轻重多少]了?"
)
_TOTAL = re.compile(r"一共|总共|合计|加起来|总[长重共]|共|整[箱套盒包]|全套|两头")
_EACH = re.compile(r"合(?:每|一|下)|平均|均(?:价|摊)|每[双条包个只片件盒瓶支张本袋]|一[双条包个只片件盒瓶支张本袋]")
_COMPARES = re.compile(r"比|离|距|差|不到|不够|没有|没到|超[过出]|低于|高于|小于|大于|您(?:说|问|家)")
_TIMES_A_COUNT = re.compile(r"\s?[x×*乘]\s?")
_UNDER, _OVER, _ABOUT = Decimal("0.6"), Decimal("1.25"), Decimal("0.12")  # farther off, a bound says something else
_PORTIONS = 5  # of what there is, a portion told about as much is at most one in so many
_MOST = 200  # pieces of a pack


def reckoned(text: str, stated: Stated, brief: Brief, facts: Facts) -> str | None:
    """What a number of a normalised line follows from, or None."""
    if stated.unit is None:
        return None
    before = _CLAUSE.split(text[max(0, stated.start - 24) : stated.start])[-1]
    after = _CLAUSE.split(text[stated.end : stated.end + 12])[0]
    if stated.unit == "times":
        return _of_ratio(stated, facts)
    unit, values = quantities(stated)
    amounts = list(_amounts(stated.unit, unit, before, brief, facts))
    if brief.question is not None:
        asked = [
            value
            for each in _asked(brief)
            for of, each_values in [quantities(each)]
            if of == unit
            for value in each_values
        ]
        if values.intersection(asked) and _COMPARES.search(before + after) and _beside(text, stated, unit, facts):
            return "question"
        amounts += [(value, "question") for value in asked]
    if len(values) > 1 and amounts and max(values) * _PORTIONS <= min(value for value, _ in amounts):
        return amounts[0][1]  # 两三克 of 350 grams: what one takes of it
    of_pack = [*_packs(unit, facts)]
    for value, told in of_pack:
        if value in values:
            return told
    for value, told in (*amounts, *of_pack):
        if _agrees(
            value,
            values,
            before,
            after,
            over=_over(stated),
            exact=stated.unit in CURRENCIES and bool(_EACH.search(before)),
        ):
            return told
    if _DIFFERENCE.search(before) or (brief.question is not None and _COMPARES.search(before)):
        for (one, told), (other, _) in combinations(amounts, 2):
            if abs(one - other) in values:
                return told
    if _TOTAL.search(before):
        distinct = dict(amounts)
        if sum(distinct) in values or any(one + other in values for one, other in combinations(distinct, 2)):
            return next(iter(distinct.values()))
        counts = {value for known, source in facts.numbers if _counts(known, source) for value in known.values}
        return next(
            (told for value, told in amounts if any(value * count in values for count in counts if count <= _MOST)),
            None,
        )
    return None


def _agrees(known: Decimal, values: Iterable[Decimal], before: str, after: str, *, over: Decimal, exact: bool) -> bool:
    """Whether a number with a word such as 不到 or 多 before or after it is true of a known one."""
    for value in values:
        if exact and known == value:
            return True
        if (_LESS.search(before) or _LESS_AFTER.match(after)) and value * _UNDER <= known < value:
            return True
        if (_MORE.search(before) or _MORE_AFTER.match(after)) and value <= known < value * over:
            return True
        if (_NEAR.search(before) or _NEAR_AFTER.match(after)) and abs(known - value) <= value * _ABOUT:
            return True
    return False


def _over(stated: Stated) -> Decimal:
    """How many times as much 一斤多 may be: less than one more of the unit, or a quarter."""
    least = min(stated.values, default=Decimal(1))
    return max(_OVER, 1 + 1 / least) if least >= 1 else _OVER


def _amounts(word: str, unit: str | None, before: str, brief: Brief, facts: Facts) -> Iterator[tuple[Decimal, str]]:
    """What the record gives of a number's measure, in its smallest unit, each with where."""
    if word in CURRENCIES:
        paid = price_paid(brief, facts)
        if paid is None or word != (brief.product.currency or "").lower():
            return
        told = f"products.price: {brief.product.price} {brief.product.currency}"
        if not _EACH.search(before):
            yield paid, told
            return
        for count in sorted(
            {value for known, source in facts.numbers if _counts(known, source) for value in known.values}
        ):
            yield from ((round(paid / count, places), told) for places in (2, 1, 0) if 1 < count <= _MOST)
        return
    for known, source in facts.numbers:
        measure, values = quantities(known)
        if measure != unit:
            values = converted(known, unit)
        if source.column.startswith(PRODUCT):
            yield from ((value, source.named(known.text)) for value in values)


def _counts(known: Stated, source: Source) -> bool:
    return (
        known.unit in (None, "piece", COUNT) and source.column.startswith(PRODUCT) and source.column != "products.price"
    )


def _packs(unit: str | None, facts: Facts) -> Iterator[tuple[Decimal, str]]:
    """What a pack of several holds: of 2.5公斤×4包 ten kilograms."""
    for (first, source), (second, of) in zip(facts.numbers, facts.numbers[1:], strict=False):
        if source is not of or not first.unit or not _counts(second, of):
            continue
        measure, values = quantities(first)
        if measure == unit and _TIMES_A_COUNT.fullmatch(source.text, first.end, second.start):
            yield from ((value * count, source.named(source.text)) for value in values for count in second.values)


def _of_ratio(stated: Stated, facts: Facts) -> str | None:
    """What supports 六倍: two of the record's figures of one measure."""
    told = [
        (measure, value, source.named(known.text))
        for known, source in facts.numbers
        if known.unit and source.column.startswith(PRODUCT) and known.unit not in (*CURRENCIES, "off", "%")
        for measure, values in [quantities(known)]
        for value in values
    ]
    for (one, value, source), (other, least, _) in combinations(sorted(told, key=lambda each: -each[1]), 2):
        if one == other and least and value / least in stated.values:
            return source
    return None


def _asked(brief: Brief) -> list[Stated]:
    return [each for each in numbers_in(normal(question_text(brief))) if each.unit]


def _beside(text: str, stated: Stated, unit: str | None, facts: Facts) -> bool:
    """Whether the line states the record's own figure of that measure, too."""
    return any(
        each.start != stated.start and quantities(each)[0] == unit and facts.support(each) is not None
        for each in numbers_in(text)
    )
