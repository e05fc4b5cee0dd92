"""What a copy may state: the numbers, words and names in its product's record and its campaign's offer.

Only what the prompt showed counts; a segment's text supports no claim about a product.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from generation.prompts import clean, product_view
from generation.records import Brief

_UNITS: Mapping[str, tuple[str, ...]] = {
    "%": ("%", "percent", "per cent", "百分之"),
    "ml": ("ml", "milliliter", "milliliters", "millilitre", "millilitres", "毫升"),
    "l": ("l", "liter", "liters", "litre", "litres", "升"),
    "g": ("g", "gram", "grams", "克"),
    "kg": ("kg", "kilogram", "kilograms", "kilo", "kilos", "公斤", "千克"),
    "oz": ("oz", "ounce", "ounces", "盎司"),
    "lb": ("lb", "lbs", "pound", "pounds", "磅"),
    "mm": ("mm", "毫米"),
    "cm": ("cm", "centimeter", "centimeters", "centimetre", "centimetres", "厘米", "公分"),
    "m": ("m", "meter", "meters", "metre", "metres", "米"),
    "inch": ("inch", "inches", "in", '"', "″", "英寸"),
    "ft": ("ft", "foot", "feet", "英尺"),
    "w": ("w", "watt", "watts", "瓦"),
    "h": ("h", "hr", "hrs", "hour", "hours", "小时"),
    "min": ("min", "mins", "minute", "minutes", "分钟"),
    "day": ("day", "days", "天", "日"),
    "year": ("year", "years", "年"),
    "month": ("month", "months", "个月"),
    "gb": ("gb",),
    "lm": ("lm", "lumen", "lumens", "流明"),
    "piece": ("piece", "pieces", "pc", "pcs", "pack", "packs", "件", "只", "个", "片", "包", "套"),
    "off": ("折",),
    "usd": ("$", "us$", "usd", "美元"),
    "eur": ("€", "eur", "欧元"),
    "gbp": ("£", "gbp", "英镑"),
    "cny": ("¥", "cn¥", "cny", "rmb", "元", "人民币"),
    "cad": ("ca$", "cad"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_AFTER = "|".join(sorted((re.escape(word) for word in _UNIT_OF), key=len, reverse=True))
_NUMBER = re.compile(
    r"(?P<before>us\$|ca\$|cn¥|[$€£¥]|(?<![a-z])(?:usd|eur|gbp|cny|rmb|cad)(?=\s?\d)|百分之)?\s?"
    r"(?P<digits>\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?|\d+)"
    rf"(?:[\s-]?(?P<after>{_AFTER})(?![a-z]))?"
)
_COUNTED = re.compile(
    r"\b(?P<word>two|three|four|five|six|seven|eight|nine|ten|twelve|double|triple|twice)"
    r"(?:[\s-](?P<unit>years?|months?|days?|hours?|minutes?|packs?|pieces?|times|pairs?|sizes?|colou?rs?))"
    r"|(?P<han>[两二三四五六七八九十])(?P<hanunit>年|个月|小时|分钟|件装|件套|倍|折|色)"
)
_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
          "twelve": 12, "double": 2, "triple": 3, "twice": 2, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6,
          "七": 7, "八": 8, "九": 9, "十": 10}  # fmt: skip
_LATIN = re.compile(r"[a-z][a-z'&-]+")


@dataclass(frozen=True, slots=True)
class Stated:
    """A number found in a text. ``values`` holds every way to read its separators; ``unit`` is None without one."""

    text: str
    values: frozenset[Decimal]
    unit: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What supports a copy, normalised for matching (NFKC, lower case)."""

    text: str  # everything the prompt told of the product, and the offer
    names: str  # title, brand and offer: words in these are names or promises made by people, not by the model
    numbers: tuple[Stated, ...]
    words: frozenset[str]  # Latin words of the text
    brand: str
    title: str
    category: str
    values: tuple[str, ...]  # attributes' values and the price, as the prompt shows them

    def support(self, stated: Stated) -> bool:
        """Whether a number stands in the record, with the same unit where both have one."""
        return any(
            not stated.values.isdisjoint(known.values)
            and (None in (stated.unit, known.unit) or stated.unit == known.unit)
            for known in self.numbers
        )


def normal(text: str) -> str:
    """For matching only: NFKC makes ％ and ￥ plain, and would alter ㎡ or ™ in text for people."""
    return unicodedata.normalize("NFKC", text).lower()


def facts_of(brief: Brief) -> Facts:
    """The facts of a brief's product and offer, computed once for all its segments and variants."""
    view = product_view(brief.product, brief.locale)
    attributes = tuple(f"{name}: {value}" for name, value in view["attributes"])
    offer = clean(brief.campaign.offer or "", 200)
    return _facts(
        view["title"], view["brand"] or "", view["category"] or "", view["price"] or "", view["description"] or "",
        attributes, offer, tuple(value for _, value in view["attributes"]),
    )  # fmt: skip


@lru_cache(maxsize=8192)
def _facts(
    title: str, brand: str, category: str, price: str, description: str, attributes: tuple[str, ...], offer: str,
    values: tuple[str, ...],
) -> Facts:  # fmt: skip
    text = normal(" \n".join((title, brand, category, price, description, *attributes, offer)))
    return Facts(
        text=text,
        names=normal(" \n".join((title, brand, offer))),
        numbers=tuple(numbers_in(text)),
        words=frozenset(_LATIN.findall(text)),
        brand=normal(brand),
        title=normal(title),
        category=normal(category),
        values=tuple(normal(value) for value in (*values, price) if value),
    )


def numbers_in(text: str) -> Iterator[Stated]:
    """Every number in a normalised text, in digits or in counting words with a unit ("two-year", 三件套)."""
    for match in _NUMBER.finditer(text):
        before, after = match["before"], match["after"]
        unit = _UNIT_OF.get((before or "").strip()) or _UNIT_OF.get(after or "")
        yield Stated(match[0].strip(), _readings(match["digits"]), unit)
    for match in _COUNTED.finditer(text):
        word = match["word"] or match["han"]
        unit_word = (match["unit"] or match["hanunit"] or "").removesuffix("装").removesuffix("套")
        yield Stated(match[0], frozenset({Decimal(_WORDS[word])}), _UNIT_OF.get(unit_word))


def _readings(digits: str) -> frozenset[Decimal]:
    """1,299.00 and 1.299,00 are both 1299; 1.299 may be either, and matches either."""
    plain = digits.replace(" ", "").replace("'", "")
    candidates = {plain.replace(",", ""), plain.replace(".", "").replace(",", ".")}
    if plain.count(",") == 1 and "." not in plain:
        candidates.add(plain.replace(",", "."))
    readings = set()
    for candidate in candidates:
        try:
            readings.add(Decimal(candidate).normalize())
        except InvalidOperation:
            continue
    return frozenset(readings)
