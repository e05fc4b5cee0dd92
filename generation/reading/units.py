"""Units of measure, money and counts: their words in both languages, what each measures, how they convert."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

_PARTS = (
    "level layer pocket drawer compartment speed mode setting step blade port button burner slot hook leg"
    " wheel jar bottle cup bowl plate mug towel pillow cushion candle serving portion flavour flavor scent"
    " style zone door lid handle strap socket lamp bulb bag sheet tier stage sensor camera speaker head"
    " attachment tool pole panel pair size colour color"
)


def with_plurals(nouns: str) -> list[str]:
    return [word for noun in nouns.split() for word in (noun, f"{noun}s")]


COUNT = "count"  # the unit of what is counted, and isn't measured
UNITS: Mapping[str, tuple[str, ...]] = {
    "%": ("%", "percent", "per cent"),
    "ml": ("ml", "milliliter", "milliliters", "millilitre", "millilitres", "毫升"),
    "cl": ("cl", "centiliter", "centiliters", "centilitre", "centilitres"),
    "l": ("l", "liter", "liters", "litre", "litres", "升", "公升"),
    "g": ("g", "gram", "grams", "克"),
    "jin": ("斤", "市斤"),
    "liang": ("两", "市两"),
    "kg": ("kg", "kilogram", "kilograms", "kilo", "kilos", "公斤", "千克"),
    "oz": ("oz", "ounce", "ounces", "盎司", "fl oz", "fl. oz", "fluid ounce", "fluid ounces", "液量盎司"),
    "mg": ("mg", "milligram", "milligrams", "毫克"),
    "lb": ("lb", "lbs", "pound", "pounds", "磅"),
    "mm": ("mm", "毫米"),
    "cm": ("cm", "centimeter", "centimeters", "centimetre", "centimetres", "厘米", "公分"),
    "m": ("m", "meter", "meters", "metre", "metres", "米"),
    "inch": ("inch", "inches", "in", '"', "″", "''", "′′", "’’", "英寸"),  # NFKC makes ″ two primes
    "km": ("km", "kilometer", "kilometers", "kilometre", "kilometres", "公里", "千米"),
    "ft": ("ft", "foot", "feet", "英尺", "'", "′", "’"),
    "w": ("w", "watt", "watts", "瓦"),
    "kw": ("kw", "kilowatt", "kilowatts", "千瓦"),
    "mah": ("mah", "毫安", "毫安时"),
    "db": ("db", "decibel", "decibels", "分贝"),
    "°c": ("°c", "摄氏度"),
    "°f": ("°f", "华氏度"),
    "gsm": ("gsm", "g/m2", "g/m²"),
    "kcal": ("kcal", "calories", "大卡", "千卡"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "h": ("h", "hr", "hrs", "hour", "hours", "小时", "个小时", "钟头", "个钟头"),
    "min": ("min", "mins", "minute", "minutes", "分钟"),
    "day": ("day", "days", "天", "日"),
    "week": ("week", "weeks", "周", "星期", "个星期"),
    "year": ("year", "years", "年"),
    "month": ("month", "months", "个月"),
    "mile": ("mile", "miles"),
    "yd": ("yd", "yds", "yard", "yards"),
    "pint": ("pint", "pints"),
    "gal": ("gal", "gallon", "gallons"),
    "rpm": ("rpm",),
    "psi": ("psi",),
    "v": ("v", "volt", "volts"),
    "hz": ("hz",),
    "mph": ("mph",),
    "mp": ("mp", "megapixel", "megapixels"),
    "wh": ("wh", "watt-hours"),
    "gb": ("gb",),
    "tb": ("tb",),
    "lm": ("lm", "lumen", "lumens", "流明"),
    "piece": ("piece", "pieces", "pc", "pcs", "pack", "packs", "件", "只", "个", "片", "包", "套"),
    # What a product has a number of. "Two friends" and "the four seasons" count nothing of it.
    COUNT: (
        *with_plurals(_PARTS),
        "shelf",
        "shelves",
        "boxes",
        "lenses",
        "accessories",
        "ply",
        "层",
        "格",
        "档",
        "挡",
    ),
    "times": ("times", "倍"),
    "person": ("person", "persons", "people"),
    "off": ("折",),
    "usd": ("$", "us$", "usd", "dollar", "dollars", "bucks", "美元", "美金"),
    "eur": ("€", "eur", "euro", "euros", "欧元"),
    "gbp": ("£", "gbp", "quid", "英镑"),
    "cny": ("¥", "cn¥", "cny", "rmb", "元", "块钱", "块", "人民币"),
    "cad": ("ca$", "cad", "加元"),
    "jpy": ("jp¥", "jpy", "日元"),
    "hkd": ("hk$", "hkd", "港元", "港币"),
}
CURRENCIES = ("usd", "eur", "gbp", "cny", "cad", "jpy", "hkd")
# Units of one measure, in its smallest: exact, so that 0.5 l may be told as 500 ml.
SMALLEST: Mapping[str, tuple[str, Decimal]] = {
    unit: (smallest, Decimal(factor))
    for smallest, units in {
        "ml": {"ml": 1, "cl": 10, "l": 1000}, "mg": {"mg": 1, "g": 1000, "liang": 50_000, "jin": 500_000, "kg": 10**6},
        "mm": {"mm": 1, "cm": 10, "m": 1000, "km": 10**6}, "w": {"w": 1, "kw": 1000},
        "inch": {"inch": 1, "ft": 12, "yd": 36, "mile": 63360},
        "s": {"s": 1, "min": 60, "h": 3600, "day": 86400, "week": 604800}, "month": {"month": 1, "year": 12},
    }.items()
    for unit, factor in units.items()
}  # fmt: skip
# The other system's units in a smallest unit of the metric one. An ounce may be one of fluid, which is no weight.
_METRIC: Mapping[str, Mapping[str, Decimal]] = {
    "oz": {"mg": Decimal("28349.523"), "ml": Decimal("29.5735")}, "lb": {"mg": Decimal("453592.37")},
    "inch": {"mm": Decimal("25.4")}, "ft": {"mm": Decimal("304.8")},
    "yd": {"mm": Decimal("914.4")}, "mile": {"mm": Decimal("1609344")},
}  # fmt: skip
_ROUNDED = Decimal("0.005")  # of a converted measure, as packages round it: 85 g for 3 oz
UNIT_OF = {word: unit for unit, words in UNITS.items() for word in words}
# Words that begin with a unit's: 折叠 is no discount, 米白 no length, "in black" no inch.
_GUARDS = {
    "in": r"(?![\s-]+(?!(?:wide|long|high|tall|deep|thick|x|by)\b)[a-z0-9])",
    "折": "(?![叠合纸页])", "米": "(?![白色黄灰])", "克": "(?!拉)", "升": "(?!级)", "天": "(?!然)", "年": "(?!级)",
    "层": "(?![次面出])", "格": "(?![外子局调])", "档": "(?![案次期])", "挡": "(?![住风雨])", "块": "(?![装状])",
    "周": "(?![末边围到年])", "s": "(?<= s)", "v": r"(?![\s.]?\d)",
    "second": r"(?<![\s]second)(?![\s-](?:hand|helping))",
    "只": "(?![要需有])", "包": "(?![邮装裹括])", "两": "(?![个只种次人位款层年天边旁侧])",
}  # fmt: skip


def any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) + _GUARDS.get(word, "") for word in sorted(words, key=len, reverse=True))


CENT = "cent"  # a hundredth of a dollar or a euro: of which, the product's currency tells
CODE = "code"  # the unit of a number inside a model code, WH-1000XM5: it counts nothing


@dataclass(frozen=True, slots=True)
class Stated:
    """A number found in a text. ``values`` holds every way to read its separators; ``unit`` is None without one."""

    text: str
    values: frozenset[Decimal]
    unit: str | None
    lead: str = ""  # the Latin letters before it, of which a code is made
    parts: tuple["Stated", ...] = ()  # "12 500 ml" is also 12 and 500 ml
    start: int = field(default=0, compare=False)  # where it stands in the text
    end: int = field(default=0, compare=False)


def agree(stated: Stated, known: Stated) -> bool:
    """Whether a number in a copy says what a number in the record says."""
    if stated.values.isdisjoint(known.values):
        return _same_quantity(stated, known)
    if CODE in (stated.unit, known.unit):
        if known.unit == CODE:  # "XM5", "XM 5" and "1000XM5" tell of WH-1000XM5, "1000 hours" doesn't
            return stated.unit in (CODE, None) and known.lead.endswith(stated.lead) and (
                bool(stated.lead) or stated.unit == CODE
            )  # fmt: skip
        return known.unit is None and known.lead == stated.lead  # "iPhone15" of the iPhone 15
    if stated.unit is None or stated.unit == known.unit:
        return True
    # A bare number may be a count of pieces, but never becomes a price, a share or a length.
    return (stated.unit, known.unit) in {
        ("piece", None), ("piece", COUNT), (COUNT, None), (COUNT, "piece"), ("%", "off"), ("person", None),
    }  # fmt: skip


def _same_quantity(stated: Stated, known: Stated) -> bool:
    """Whether two numbers are one quantity in two units."""
    if stated.unit == known.unit or stated.unit is None or known.unit is None:
        return False
    (one, factor), (other, known_factor) = (
        SMALLEST.get(unit, (unit, Decimal(1))) for unit in (stated.unit, known.unit)
    )
    if one == other:
        amounts = {value * factor for value in stated.values}
        return not amounts.isdisjoint(value * known_factor for value in known.values)
    if stated.unit in _METRIC:
        return _converts(stated.values, _METRIC[stated.unit], known.values, other, known_factor)
    return known.unit in _METRIC and _converts(known.values, _METRIC[known.unit], stated.values, one, factor)


def _converts(
    values: frozenset[Decimal], metric: Mapping[str, Decimal], others: frozenset[Decimal], unit: str, factor: Decimal
) -> bool:
    """Whether a measure is one of the metric system, as nearly as a package would print both."""
    each = metric.get(unit)
    return each is not None and any(
        abs(value * each - other * factor) <= other * factor * _ROUNDED for value in values for other in others
    )


def measure_of(unit: str | None) -> str | None:
    """What a unit measures, by its smallest unit: of "cm" and of "m" it is "mm"."""
    return SMALLEST[unit][0] if unit and unit in SMALLEST else unit


def unit_called(word: str) -> str | None:
    """The unit that a word is."""
    return UNIT_OF.get(word)


def metric(unit: str | None) -> Mapping[str, Decimal]:
    """What one of the other system's smallest units is in smallest units of the metric one."""
    return _METRIC.get(unit or "", {})


def quantities(stated: Stated) -> tuple[str | None, frozenset[Decimal]]:
    """What a number measures, and how many of that measure's smallest unit it may be: 1.5 l is 1,500 ml."""
    unit, factor = SMALLEST.get(stated.unit or "", (stated.unit, Decimal(1)))
    return unit, frozenset((value * factor).normalize() for value in stated.values)


def converted(stated: Stated, unit: str | None) -> frozenset[Decimal]:
    """How many of a smallest metric unit a number of the other system is; nothing where it measures another thing."""
    measure, values = quantities(stated)
    each = _METRIC.get(measure or "", {}).get(unit or "")
    return frozenset(value * each for value in values) if each else frozenset()


def figure(stated: Stated) -> str:
    """A number as the ledger keeps it: ``1299 CNY``, ``20 % off``, ``500 ml``."""
    value = format(min(stated.values, default=Decimal(0)).normalize(), "f")
    if stated.unit in CURRENCIES:
        return f"{value} {stated.unit.upper()}"
    if stated.unit in (None, COUNT, CODE):
        return value
    return f"{value} % off" if stated.unit == "off" else f"{value} {stated.unit}"
