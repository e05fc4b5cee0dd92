"""Chinese numerals, and quantities that are told in two steps: 九斤二两, 一米八, 九块九, 一个半小时.

Other numbers, and which unit is which, are ``generation.reading.numbers``'s.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

HAN_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_HAN_POWERS = {"十": 10, "百": 100, "千": 1000}
# 两三颗, 七八个: about as many. 八五折 and 二〇二六 are digits one by one.
_ABOUT = re.compile(r"(?P<tens>[二三四五六七八九]?十)?(?P<pair>[一两二]三|三[四五]|四五|五六|六七|七八|八九)\Z")

_NUM = r"(?<![\d.])\d+(?:\.\d+)?|(?<![一二两三四五六七八九十百千零第])[一二两三四五六七八九十百千零]+"
_ONE = "[1-9一二三四五六七八九]"
# What doesn't end there: another numeral, a measure word (三米二层), a decimal point.
_ENDS = r"(?![\d一二三四五六七八九十百千万个层条张片件双包盒瓶袋只支本套斤天年月米栋.])"
COMPOUND = re.compile(
    rf"(?P<jin>{_NUM}) ?斤(?:(?P<liang>{_ONE}) ?两|(?P<jinhalf>半))"
    rf"|(?P<m>{_NUM}) ?米(?:(?P<dm>{_ONE})(?P<cm>{_ONE})?{_ENDS}|(?P<mhalf>半))"
    rf"|(?P<yuan>(?!一 ?块)(?:{_NUM})) ?块(?:钱)?(?P<jiao>{_ONE})毛?{_ENDS}"
    rf"|(?P<h>{_NUM}) ?个?(?:小时|钟头)半|(?P<h2>{_NUM}) ?个半(?:小时|钟头)"
    rf"|(?P<whole>{_NUM}) ?(?P<wholeof>升|公斤|千克|公里|年)半(?!年|天|路|夜)"
    r"|(?P<half>(?<![一大小前后夜多])半) ?(?P<of>斤|公斤|千克|升|米(?![白色黄])|公里|个?小时|个?钟头)"
    rf"|(?P<one>(?<![一二两三四五六七八九十百千第])一)"
    rf" ?(?P<each>斤|公斤|千克|升|米(?![白色黄])|公里|个?小时|个?钟头){_ENDS}"
    r"|(?P<tenths>[三四五六七八九])成(?P<more>[一二三四五六七八九半])?(?=[是为含的以]|都是|[棉麻毛丝羊亚涤锦桑真蚕鹅鸭绒])"
)


@dataclass(frozen=True, slots=True)
class Compound:
    """A quantity of ``COMPOUND``, in one unit's word."""

    text: str
    value: Decimal
    unit: str  # a word of numbers.py's: 斤, 米, 元, 小时, %
    start: int
    end: int


def compounds_in(text: str) -> Iterator[Compound]:
    """Every such quantity of a normalised text."""
    for match in COMPOUND.finditer(text):
        value, unit = _read(match)
        yield Compound(match[0], value, unit, *match.span())


def _read(match: re.Match[str]) -> tuple[Decimal, str]:
    half = Decimal("0.5")
    if jin := match["jin"]:
        return _number(jin) + (half if match["jinhalf"] else _number(match["liang"]) / 10), "斤"
    if metres := match["m"]:
        if match["mhalf"]:
            return _number(metres) + half, "米"
        return _number(metres) + _number(match["dm"]) / 10 + (_number(match["cm"]) / 100 if match["cm"] else 0), "米"
    if yuan := match["yuan"]:
        return _number(yuan) + _number(match["jiao"]) / 10, "元"
    if hours := match["h"] or match["h2"]:
        return _number(hours) + half, "小时"
    if whole := match["whole"]:
        return _number(whole) + half, match["wholeof"]
    if match["tenths"]:
        more = {"半": Decimal(5)}.get(match["more"] or "") or (_number(match["more"]) if match["more"] else Decimal(0))
        return _number(match["tenths"]) * 10 + more, "%"
    word = match["of"] or match["each"]
    return half if match["half"] else Decimal(1), {"钟头": "小时"}.get(word.removeprefix("个"), word.removeprefix("个"))


def _number(text: str) -> Decimal:
    return Decimal(text) if text[0].isdigit() else Decimal(han_number(text))


def about(text: str) -> frozenset[Decimal] | None:
    """The two numbers between which 两三 or 十七八 lies; None of what tells one number."""
    match = _ABOUT.match(text)
    if match is None:
        return None
    tens = han_number(match["tens"]) if match["tens"] else 0
    return frozenset(Decimal(tens + HAN_DIGITS[ch]) for ch in match["pair"])


def han_number(text: str) -> int:
    """A number in Chinese numerals, or its digits one by one (八五)."""
    if all(ch in HAN_DIGITS for ch in text):
        return int("".join(str(HAN_DIGITS[ch]) for ch in text))
    total = current = 0
    for ch in text:
        if ch == "万":
            total, current = (total + current) * 10_000, 0
        elif ch in _HAN_POWERS:
            total, current = total + max(current, 1) * _HAN_POWERS[ch], 0
        else:
            current = HAN_DIGITS[ch]
    return total + current
