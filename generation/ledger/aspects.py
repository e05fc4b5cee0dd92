"""What a record's numbers are of: which measure, part or share they give, and what they count."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from generation.ledger.sources import Source
from generation.reading.numbers import numbers_in, of_one_measure, unit_of_name
from generation.reading.text import stem
from generation.reading.units import COUNT, Stated, unit_called

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


def measured_aspects(named: list[tuple[str, Source]], told: list[Source]) -> dict[str, tuple[Stated, ...]]:
    """The numbers that the record gives of each measure, by the names of its attributes and the words around them."""
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


def measured_parts(named: list[tuple[str, Source]]) -> tuple[tuple[str, tuple[Stated, ...]], ...]:
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


def with_other_words(counts: _Counts) -> _Counts:
    """The same counts, told of what is another word for it as well: 40 servings are 40 cups."""
    return {other: told for noun, told in counts.items() for other in _ALSO.get(noun, ())} | dict(counts)


_ALSO = {"serving": ("portion", "cup"), "portion": ("serving",), "wash": ("load",), "load": ("wash",)}


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
