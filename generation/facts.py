"""What a copy may state: the numbers, words and names of its product's record, its campaign's offer and promotion, and
the evidence that was loaded; each with the column or row that it stands in.

A segment's text supports no claim about a product. Finding what a copy states is in ``generation.claims``.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from generation.dates import Day, dates_in, day_of
from generation.numbers import (
    COUNT,
    CURRENCIES,
    Stated,
    agree,
    measure_of,
    numbers_in,
    of_one_measure,
    things_in,
    unit_called,
    unit_of_name,
)
from generation.prompts import clean, product_view, reviews_view
from generation.records import Brief, Evidence, Product, Promotion

_LATIN = re.compile(r"[a-z][a-z'&-]*")
OFFERS = ("campaigns.offer", "promotions")  # what people promise; all else is the product's record or evidence
PRODUCT = "products."
SHORTEST_NAME = 4  # characters that name a Chinese product by themselves
REVIEWS = "customer_reviews"  # what somebody wrote of a product: no word of the record's
# What a shop calls a price that nobody has to have paid: it supports no price of a copy.
_COMPARED = re.compile(
    r"compare|list price|msrp|rrp|retail|regular price|was\b|原价|市场价|吊牌价|专柜价|划线价|零售价"
)
# Which side of a thing a number measures, by the words around it: 60 cm high is not 60 cm wide.
ASPECTS: Mapping[str, tuple[str, ...]] = {
    "height": ("height", "high", "tall", "高"),
    "width": ("width", "wide", "宽"),
    "length": ("length", "long", "长"),
    "depth": ("depth", "deep", "深"),
    "thickness": ("thickness", "thick", "厚"),
    "diameter": ("diameter", "across", "直径", "口径"),
    "weight": ("weight", "weighs", "weighing", "重", "净含量"),
    "load": ("load", "supports up to", "holds up to", "承重", "载重", "负重"),
    "capacity": ("capacity", "volume", "容量", "容积"),
    "hot": ("hot", "保温", "保热"),
    "cold": ("cold", "保冷", "冰镇"),
    "battery": ("battery", "playtime", "playing time", "runtime", "runs", "lasts", "续航"),
    "charging": ("charge", "charges", "charging", "recharges", "充电", "充满"),
    "age": ("age", "ages", "aged"),
    "warranty": ("warranty", "guarantee", "质保", "保修"),
}
_ASPECT = re.compile(
    "|".join(
        f"(?P<{aspect}>{'|'.join(rf'(?<![a-z]){word}(?![a-z])' if word.isascii() else word for word in words)})"
        # A load is told with the word for weight in it (承重, 载重): the longer word first.
        for aspect, words in sorted(ASPECTS.items(), key=lambda item: item[0] not in {"load", "charging"})
    )
)

_MEASURED_AFTER = re.compile(
    r"[\s-]{0,2}(?:in )?(high|tall|wide|long|deep|thick|across|diameter|height|width|length|depth)\b"
)
_WITH_MEASURE = re.compile(r"([二两三四五六七八九十]{1,3})[个只]([一-鿿]{1,2})")
_PART_CLAUSE = re.compile(r"[,.;:!?、。()|]|\band\b|[和与]")
_PLURALS = ("", "s", "es")
# Of an attribute's name: what says only that something is measured, and how.
_PART_NAME = re.compile(r"[a-z]+|[一-鿿]+")
_MEASURE_NAME = re.compile(
    r"\b(?:size|sizes|dimensions?|length|width|height|depth|weight|capacity|volume|diameter|thickness|time|duration|life"
    r"|power|range|max|min|maximum|minimum|total|net|gross|number|count|per|each|with|without|and|the|for|from|when"
    r"|inner|outer|material|age|cm|mm|inch|inches|kg|lbs?|oz|ml)\b"
    r"|(?:净|总|最大|最小|额定)?(?:尺寸|规格|大小|长度|宽度|高度|深度|厚度|重量|净重|毛重|容量|容积|体积|直径|口径|时间|时长|功率|面积"
    r"|长|宽|高|厚|重|含量|数量)$"
)
_CLAUSE = re.compile(r"[,.;:!?、。()|/×]| x |\band\b|\bby\b|[和与乘]")


_BETWEEN_NUMBERS = re.compile(r"(?<=\d)，(?=\d)")
_PAIR = re.compile(r"\bpairs?\b|一对|一双|成对")


@dataclass(frozen=True, slots=True)
class Source:
    """One column or row, as a claim's support names it."""

    column: str  # "products.title", "products.attributes.Material", "promotions", "claim_evidence"
    text: str  # normalised
    shown: str = ""  # what stands there, where that is short: the price, an attribute's value, an id

    def named(self, phrase: str) -> str:
        """The support in words: ``products.attributes.Material: linen``."""
        return f"{self.column}: {self.shown or phrase}"


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


def is_name(source: Source) -> bool:
    """Whether people chose the words: the product's name, and what is promised."""
    return source.column in ("products.title", "products.brand", *OFFERS)


def normal(text: str) -> str:
    """For matching only: NFKC makes ％ and ￥ plain, and would alter ㎡ or ™ in text for people."""
    return composed(text).lower()


def composed(text: str) -> str:
    """The text in NFKC, its capitals kept."""
    return text if text.isascii() else _composed(text)


@lru_cache(maxsize=256)  # a copy's gates and its score ask for the same few lines
def _composed(text: str) -> str:
    # A full-width comma parts two numbers (满500减60，599元) where a plain one may group digits.
    return unicodedata.normalize("NFKC", _BETWEEN_NUMBERS.sub("、", text))


def holds(text: str, phrase: str) -> bool:
    """Whether a normalised text holds a phrase as whole words: "smart" holds no "art". Chinese words have no ends."""
    start = text.find(phrase) if phrase else -1
    while start >= 0:
        if not (_inside_word(text, start) or _inside_word(text, start + len(phrase))):
            return True
        start = text.find(phrase, start + 1)
    return False


def _inside_word(text: str, at: int) -> bool:
    around = text[max(0, at - 1) : at + 1]
    return len(around) == 2 and around.isascii() and around.isalnum()


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
        view["description"] or "", tuple(view["attributes"]), clean(campaign.offer or "", 200), promotion,
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


@lru_cache(maxsize=1024)
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


@lru_cache(maxsize=1024)
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
        aspects=_aspects(named, told),
        parts=_parts(named),
        shares=tuple(shares_in(text)),
        counts=_with_others(dict(counts_in(named))),
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


def _aspects(named: list[tuple[str, Source]], told: list[Source]) -> dict[str, tuple[Stated, ...]]:
    found: dict[str, list[Stated]] = {}
    for name, source in named:
        if aspect := aspect_in(name):
            unit = unit_of_name(name)
            found.setdefault(aspect, []).extend(
                replace(stated, unit=stated.unit or unit) for stated in of_one_measure(source.text)
            )
    for source in told if found else ():
        since = 0
        for stated in numbers_in(source.text):
            if stated.unit and (aspect := aspect_of(source.text, stated, since)):
                found.setdefault(aspect, []).append(stated)
            since = stated.end
    return {aspect: tuple(stated) for aspect, stated in found.items()}


def _parts(named: list[tuple[str, Source]]) -> tuple[tuple[str, tuple[Stated, ...]], ...]:
    """What attributes measure of which part, where several parts are measured."""
    found: dict[str, list[Stated]] = {}
    for name, source in named:
        measured = [stated for stated in of_one_measure(source.text) if stated.unit and stated.unit != "off"]
        for word in dict.fromkeys(_PART_NAME.findall(name)) if measured else ():
            part = _MEASURE_NAME.sub("", word)
            if len(part) > (2 if part.isascii() else 1):
                found.setdefault(part, []).extend(measured)
    return tuple((part, tuple(stated)) for part, stated in found.items()) if len(found) > 1 else ()


_BARE_COUNT = re.compile(r"(\d[\d,]*)(?:\s?(?:-|–|to)\s?(\d+))?")
_COUNT_AND_NOUN = re.compile(r"(\d[\d,.]*)[ -]?([a-z]{2,})(?: \([^)]*\))?")
_COUNTED_NAME = re.compile(r"(?:number|no\.?|count) of ([a-z ]+)|([a-z ]+) count")
_NO_COUNT = frozenset(
    ("age", "ages", "dimensions", "inches", "reviews", "years", "months", "hours", "minutes", "pounds", "ounces",
     "grams", "specs", "ratings", "series", "class", "status", "address", "sales", "ranks", "days", "watts", "volts",
     "ways")
)  # fmt: skip
_Counts = Mapping[str, tuple[tuple[Decimal, ...], "Source"]]


def counts_in(named: Iterable[tuple[str, Source]]) -> Iterator[tuple[str, tuple[tuple[Decimal, ...], Source]]]:
    """What attributes count, by the noun's stem: cards: 110, players: 2-5, pressure: 15 bar."""
    for name, source in named:
        if match := _BARE_COUNT.fullmatch(source.text):
            told = _COUNTED_NAME.fullmatch(name)
            word = (told[1] or told[2] if told else name).split()[-1:]
            if word and (told or word[0].endswith("s")) and word[0].isascii() and word[0] not in _NO_COUNT:
                many = tuple(Decimal(each.replace(",", "")) for each in match.groups() if each)
                yield stem(word[0]), (many, source)
        elif (match := _COUNT_AND_NOUN.fullmatch(source.text)) and unit_called(match[2]) in (None, "piece", COUNT):
            many_told = match[1].replace(",", "").rstrip(".")
            if match[2] not in _NO_COUNT and many_told.replace(".", "", 1).isdigit():
                yield stem(match[2]), ((Decimal(many_told).normalize(),), source)


def _with_others(counts: _Counts) -> _Counts:
    """The same counts, told of what is another word for it as well: 40 servings are 40 cups."""
    return {other: told for noun, told in counts.items() for other in _ALSO.get(noun, ())} | dict(counts)


def stem(word: str) -> str:
    """A noun without its plural's ending."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


_NOUN_AFTER = re.compile(
    r"[ -]?(?!(?:of|and|or|in|for|with|on|to|at|from|by)\b)([a-z]+)(?:-[a-z]+)*"
    r"(?: (?!(?:of|and|or|in|for|with|on|to|at|from|by|you|is|are|the|a)\b)(?:[a-z]+-)*([a-z]+)){0,2}"
)
_NOUN = re.compile("[a-z]+")
_ALSO = {"serving": ("portion", "cup"), "portion": ("serving",), "wash": ("load",), "load": ("wash",)}


def other_count(text: str, stated: Stated, facts: Facts) -> str | None:
    """What a number in a text counts, where the record has another number of it: 64 cards where it has 110."""
    match = _NOUN_AFTER.match(text, stated.end)
    for word in _NOUN.findall(match[0]) if match else ():
        values, _ = facts.counts.get(stem(word), ((), None))
        if values and match:
            low, high = values[0], values[-1]
            within = any(low <= value <= high for value in stated.values)
            if within or holds(facts.text, text[stated.start : match.end()]):
                return None
            return str(word)
    return None


def other_part(text: str, stated: Stated, since: int, facts: Facts) -> str | None:
    """The part whose number a text gives, where the record has another for it: the cover's size for the sheet.

    Only where its clause names that part and no other.
    """
    if not facts.parts:
        return None
    clause = _PART_CLAUSE.split(text[since : stated.start])[-1] + " " + _PART_CLAUSE.split(text[stated.end :])[0]
    told = [(part, known) for part, known in facts.parts if any(holds(clause, part + end) for end in _PLURALS)]
    if len({known for _, known in told}) != 1:
        return None
    part, known = told[0]
    alike = [each for each in known if measure_of(each.unit) == measure_of(stated.unit)]
    return part if alike and not any(agree(stated, each) for each in alike) else None


def aspect_in(text: str) -> str | None:
    """Which of a thing's measures a few normalised words speak of."""
    match = _ASPECT.search(text)
    return match.lastgroup if match else None


def aspect_of(text: str, stated: Stated, since: int) -> str | None:
    """What a number in a text is said to measure: "60 cm wide", "width 60 cm", 宽60厘米. The one before ended there."""
    if match := _MEASURED_AFTER.match(text, stated.end):
        return aspect_in(match[1])
    before = _CLAUSE.split(text[since : stated.start].rstrip(" :为是约达"))[-1]
    return aspect_in(before[-24:]) or aspect_in(re.split(r"\d", _CLAUSE.split(text[stated.end :])[0])[0][:24])


def contradicts(stated: Stated, aspect: str | None, facts: Facts) -> bool:
    """Whether the record gives another number for what a copy's number is said to measure."""
    known = [
        each
        for each in (facts.aspects.get(aspect, ()) if aspect else ())
        if each.unit and measure_of(each.unit) == measure_of(stated.unit)
    ]
    return bool(known) and not any(agree(stated, each) for each in known)


_SHARE = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d+)?) ?(?:%|percent\b|per cent\b)(?: of)? ?的?([a-z]{3,}|[一-鿿]{1,4})")
_NAMED_BEFORE = re.compile(r"(?:^|[^一-鿿])([一-鿿]{1,4}) ?\Z")
_HAN_NEXT = re.compile(" ?的?[一-鿿]")
_SHARE_AFTER = re.compile(r"(?:^|[\s,;:、])([一-鿿]{1,4}) ?(\d{1,3}(?:\.\d+)?) ?%(?! ?[一-鿿])")


def share_of(text: str, stated: Stated) -> str | None:
    """What a normalised text says that one of its per cent is of: 80% cotton, 羊毛70%."""
    before = _NAMED_BEFORE.search(text, max(0, stated.start - 8), stated.start)
    if before and not _HAN_NEXT.match(text, stated.end):
        return before[1]
    after = _SHARE.match(text, stated.start, stated.end + 24)
    return after[2] if after else None


def shares_in(text: str) -> Iterator[tuple[str, frozenset[Decimal]]]:
    """What a normalised text says each per cent is of: 80% cotton, 20%涤纶."""
    if "%" not in text and "cent" not in text:
        return
    for word, value in _SHARE_AFTER.findall(text):
        yield word, frozenset({Decimal(value)})
    for value, word in _SHARE.findall(text):
        if word not in ("off", "discount"):
            yield word, frozenset({Decimal(value)})
