"""What a copy may state: the numbers, words and names of its product's record, its campaign's offer and promotion, and
the evidence that was loaded; each with the column or row that it stands in.

A segment's text supports no claim about a product. Finding what a copy states is in ``generation.ledger.claims``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from generation.ledger.aspects import counts_in, measured_aspects, measured_parts, shares_in, with_other_words
from generation.ledger.sources import OFFERS, PRODUCT, REVIEWS, Source, is_name
from generation.prompts import clean, product_view, reviews_view
from generation.reading.dates import Day, dates_in, day_of
from generation.reading.numbers import numbers_in, of_one_measure, things_in, unit_of_name
from generation.reading.text import holds, normal
from generation.reading.units import CURRENCIES, Stated, agree
from generation.records import Brief, Evidence, Product, Promotion

_LATIN = re.compile(r"[a-z][a-z'&-]*")
SHORTEST_NAME = 4  # characters that name a Chinese product by themselves
# What a shop calls a price that nobody has to have paid: it supports no price of a copy.
_COMPARED = re.compile(
    r"compare|list price|msrp|rrp|retail|regular price|was\b|原价|市场价|吊牌价|专柜价|划线价|零售价"
)

_WITH_MEASURE = re.compile(r"([二两三四五六七八九十]{1,3})[个只]([一-鿿]{1,2})")


_PAIR = re.compile(r"\bpairs?\b|一对|一双|成对")


@dataclass(frozen=True, slots=True)
class Facts:
    """What supports a copy, normalised for matching (NFKC, lower case)."""

    text: str  # everything that the sources say, and so the prompt told of the product
    names: str  # title, brand and offer: words in these are names or promises made by people, not by the model
    numbers: tuple[tuple[Stated, Source], ...]
    days: tuple[tuple[Day, Source], ...]
    words: frozenset[str]  # Latin words of the text
    things: frozenset[str]  # Latin words of the title and the category
    brand: str
    title: str
    values: tuple[str, ...]  # attributes' values and the price, as the prompt shows them
    sources: tuple[Source, ...]
    promotion: Promotion | None  # in force
    evidence: tuple[Evidence, ...]  # in force
    aspects: Mapping[str, tuple[Stated, ...]]  # the numbers that an attribute of that name gives
    parts: tuple[
        tuple[str, tuple[Stated, ...]], ...
    ]  # and those of a part: "drawer" of "drawer width", 被套 of 被套尺寸
    shares: tuple[tuple[str, frozenset[Decimal]], ...]  # "cotton", 80: what per cent of it is what
    counts: Mapping[str, tuple[tuple[Decimal, ...], Source]]  # "card", 110: how many of it there are, or from, to

    def support(self, stated: Stated) -> str | None:
        """What in the record gives a number with the unit that it is given; None where nothing does."""
        for known, source in self.numbers:
            if agree(stated, known):
                return source.named(known.text)
        parts = [self.support(part) for part in stated.parts]
        if parts and all(parts):
            return parts[0]
        # 两只杯 of a record's 一壶两杯: a measure word more or less counts the same.
        if counted := _WITH_MEASURE.fullmatch(stated.text):
            shorter = (counted[1] + counted[2], counted[1] + counted[2][0])  # 三个抽屉 of 三抽斗柜
            return next((told.named(each) for each in shorter if (told := self.held_in(each))), None)
        return None

    def held_in(self, phrase: str, sources: Iterable[Source] | None = None) -> Source | None:
        """The first source that holds a normalised phrase as whole words."""
        return next((each for each in (self.sources if sources is None else sources) if holds(each.text, phrase)), None)

    def names_held_in(self, phrase: str, *, offer: bool = True) -> Source | None:
        """The title, brand, promotion or, where that counts, offer that holds a phrase: what people said."""
        if not holds(self.names, phrase):
            return None
        names = (each for each in self.sources if is_name(each) and (offer or each.column != "campaigns.offer"))
        return self.held_in(phrase, names)


def names_the_product(text: str, facts: Facts) -> bool:
    """Whether a normalised text holds the brand or the title's beginning.

    That is two words, or six Chinese characters; the whole first word where it is shorter and no mere 新款.
    """
    words = facts.title.split()
    if holds(text, facts.brand) or holds(text, " ".join(words[:2])):
        return True
    whole = words[0] if words and len(words[0]) >= SHORTEST_NAME else facts.title
    return bool(whole) and not whole.isascii() and whole[:6] in text


def today() -> date:
    """The day on which a copy is judged: what ended yesterday supports nothing."""
    return date.today()


def in_force(promotion: Promotion) -> bool:
    """Whether a promotion holds today, its first and its last day included."""
    return (promotion.starts or date.min) <= today() <= (promotion.ends or date.max)


_Column = tuple[str, str, str]  # a source's name, its text, what is shown of it
_Told = tuple[Any, ...]  # what _facts takes


def facts_of(brief: Brief) -> Facts:
    """The facts of a brief's product, offer and evidence, computed once for all its segments and variants.

    Of two products that are compared, those of both; of a persona, the segment's own words; with stored reviews, what
    those say.
    """
    if brief.other is None:
        return _facts(*_told(brief, brief.product))
    return _of_both(*(_told(brief, product) for product in (brief.product, brief.other)))


def _told(brief: Brief, product: Product) -> _Told:
    view, campaign = product_view(product, brief.locale), brief.campaign
    price = f"{product.price} {product.currency}" if view["price"] else ""
    promotion = campaign.promotion if campaign.promotion and in_force(campaign.promotion) else None
    own = brief.other_evidence if product is brief.other else brief.evidence
    return (
        view["title"], view["brand"] or "", view["category"] or "", (view["price"] or "", price),
        view["description"] or "", view["attributes"], clean(campaign.offer or "", 200), promotion,
        tuple(each for each in own if each.expires is None or each.expires >= today()), *_further(brief),
    )  # fmt: skip


def _further(brief: Brief) -> tuple[tuple[_Column, ...], tuple[date, ...]]:
    """What a copy rests on besides a product: its reviews, or a segment where there is no product."""
    if not brief.product.title:
        segment = brief.segment
        told = (segment.name, ", ".join(segment.interests), ", ".join(segment.needs))
        columns = ("segments.name", "segments.interests", "segments.needs")
        return tuple((column, clean(text, 600), "") for column, text in zip(columns, told, strict=True)), ()
    reviews = reviews_view(brief)
    if reviews is None or brief.reviews is None:
        return (), ()
    counted: tuple[_Column, ...] = (("product_reviews.count", str(reviews.count), str(reviews.count)),)
    if reviews.mean is not None:
        counted += (("product_reviews.mean", f"{reviews.mean} of 5", str(reviews.mean)),)
    texts = tuple((REVIEWS, each.text, each.id) for each in reviews.shown)
    return (*counted, *texts), (brief.reviews.first, brief.reviews.last)


@lru_cache(maxsize=64)
def _of_both(first: _Told, second: _Told) -> Facts:
    """Both products' facts as one record: for the gates that ask only whether something is known at all."""
    one, other = _facts(*first), _facts(*second)
    aspects = {
        name: (*one.aspects.get(name, ()), *other.aspects.get(name, ())) for name in {*one.aspects, *other.aspects}
    }
    return replace(
        one, text=f"{one.text} \n{other.text}", names=f"{one.names} \n{other.names}",
        numbers=one.numbers + other.numbers, days=one.days + other.days,
        words=one.words | other.words, things=one.things | other.things, values=one.values + other.values,
        sources=one.sources + other.sources, aspects=aspects,
        shares=one.shares + other.shares, counts={},
    )  # fmt: skip


@lru_cache(maxsize=256)  # a product's briefs come one after another: those in flight are of no more
def _facts(
    title: str, brand: str, category: str, price: tuple[str, str], description: str,
    attributes: tuple[tuple[str, str], ...], offer: str, promotion: Promotion | None, evidence: tuple[Evidence, ...],
    further: tuple[_Column, ...], further_days: tuple[date, ...],
) -> Facts:  # fmt: skip
    named = [(normal(name), Source(f"products.attributes.{name}", normal(value), value)) for name, value in attributes]
    columns = (
        ("products.title", title, title), ("products.brand", brand, brand), ("products.category", category, category),
        ("products.price", *price), ("products.description", description, ""), ("campaigns.offer", offer, offer),
        ("promotions", clean(promotion.terms, 200) if promotion else "", promotion.id if promotion else ""),
        *(("claim_evidence", clean(each.statement, 600), each.id) for each in evidence),
        *further,
    )  # fmt: skip
    told = [Source(column, normal(value), shown) for column, value, shown in columns]
    text = " \n".join((*(source.text for source in told), *(f"{name}: {source.text}" for name, source in named)))
    numbers = tuple(_known_numbers(told, named))
    return Facts(
        text=text,
        names=" \n".join(source.text for source in told if is_name(source)),
        numbers=numbers,
        days=tuple(_known_days(told, named, promotion, further_days)),
        words=frozenset(_LATIN.findall(text)),
        things=frozenset(_LATIN.findall(normal(f"{title} {category}"))),
        brand=normal(brand),
        title=normal(title),
        values=tuple(value for value in (*(source.text for _, source in named), normal(price[0])) if value),
        # Title, brand, category and price first; attributes before the long description.
        sources=(*told[:4], *(source for _, source in named), *told[4:]),
        promotion=promotion,
        evidence=evidence,
        aspects=measured_aspects(named, told),
        parts=measured_parts(named),
        shares=tuple(shares_in(text)),
        counts=with_other_words(dict(counts_in(named))),
    )


def _known_numbers(told: list[Source], named: list[tuple[str, Source]]) -> Iterator[tuple[Stated, Source]]:
    for source in told:
        for stated in of_one_measure(source.text):
            if source.column in OFFERS and stated.unit == "%":
                stated = replace(stated, unit="off")
            elif stated.unit == "off" and source.column.startswith(PRODUCT) and not is_name(source):
                continue  # a supplier's own "20% off" is no promotion of the shop's
            elif stated.unit in CURRENCIES and source.column in ("products.description", REVIEWS):
                continue  # nor is a sum in a description the price
            elif stated.unit in ("off", "%") and source.column == REVIEWS:
                continue  # what share of it is what is not for a reviewer to say
            yield from ((each, source) for each in (stated, *stated.parts))
        yield from ((stated, source) for stated in things_in(source.text))
        if pair := _PAIR.search(source.text):
            yield Stated(pair[0], frozenset({Decimal(2)}), "piece"), source
    for name, source in named:
        if _COMPARED.search(name):
            continue
        yield from ((stated, source) for stated in numbers_in(name))
        unit = unit_of_name(name)
        for stated in of_one_measure(source.text):
            if stated.unit != "off":
                yield replace(stated, unit=stated.unit or unit), source
                yield from ((part, source) for part in stated.parts)


def _known_days(
    told: list[Source], named: list[tuple[str, Source]], promotion: Promotion | None, reviewed: tuple[date, ...]
) -> Iterator[tuple[Day, Source]]:
    for source in (*told, *(source for _, source in named)):
        yield from ((day, source) for day in dates_in(source.text))
    for day in (promotion.starts, promotion.ends) if promotion else ():
        if day:
            yield day_of(day), Source("promotions", "", promotion.id if promotion else "")
    for day in reviewed:
        yield day_of(day), Source("product_reviews", "", day.isoformat())
