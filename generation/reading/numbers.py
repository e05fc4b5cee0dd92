"""The numbers in a text: how each may be read, and its unit. Whether a copy may state them is in ``facts``.

English and Chinese, in digits and in words. What is exactly the same agrees, 0.5 l and 500 ml, two years and 24 months.
Nothing is rounded but between the two systems of measures: 85 g are 3 oz, 30 cm aren't 12 inches.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from generation.reading.looks import look_for
from generation.reading.needles import finder
from generation.reading.numerals import COMPOUND, about, compounds_in, han_number
from generation.reading.units import CENT, CODE, COUNT, CURRENCIES, SMALLEST, UNIT_OF, UNITS, Stated, any_of

_CODE = "|".join(word for unit in CURRENCIES for word in UNITS[unit] if word.isascii() and len(word) == 3)
_AFTER = any_of(UNIT_OF)
_NUMBER = re.compile(
    rf"(?P<before>(?:(?<![a-z])[a-z]{{1,3}})?[$¥]|[€£₩₹₽]|(?<![a-z])(?:{_CODE})(?=\s?\d)|百分之)?\s?"
    r"(?P<digits>(?<!\d[.,])[1-9]\d{0,2}(?P<group>[.,' ])\d{3}(?:(?P=group)\d{3})*(?:(?!(?P=group))[.,]\d+)?(?!\d)"
    r"|(?<!\d[.,])\d+[.,]\d+(?![.,]?\d)|\d+)"
    r"(?:\s?(?P<scale>[万亿]|(?:thousand|million)\b))?"
    rf"(?:[\s-]?(?P<after>{_AFTER})(?![a-z])(?P<off>\s?(?:off\b|discount|reduction\b|cheaper\b))?)?"
)
# "save 20%", 立省20%: a reduction as much as "20% off" is. Searched up to the number's first character.
_SAVED = re.compile(
    r"(?:\bsav(?:e|es|ing|ings of)\s(?:up to\s|an extra\s|over\s)?|\bdiscount of\s|[立直]?[省减降]|优惠)\s?.?\Z"
)
_SCALES = {"万": 10**4, "亿": 10**8, "thousand": 10**3, "million": 10**6}
_DIGITS_MOST = 28  # what a Decimal keeps exactly; nothing in a catalogue that long is a quantity
_NAMED_UNIT = re.compile(rf"(?:[(\[/,] ?|\bin )({_AFTER})[)\]]?$")
_LEAD = re.compile(r"([a-z]+)([\s-]?)\Z")
_CODE_GOES_ON = re.compile(r"(?!x\d|[cdkm]?m[23](?!\d))[a-z]{1,3}\d")
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
         "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: value for value, word in enumerate(_ONES, 1)} | {
    word: value for value, word in zip(range(20, 100, 10), _TENS, strict=True)
} | {"double": 2, "triple": 3}  # fmt: skip
_WORDS_ARE_IDLE = ("mile", "yd", "pint", "gal")  # "ten miles from anywhere" measures no product
# "Two people" are the reader's; what a two-person tent sleeps is the tent's.
_COUNTED_WORDS = any_of(
    word for word, unit in UNIT_OF.items()
    if word.isascii() and word.isalpha() and len(word) > 2 and unit not in ("person", *_WORDS_ARE_IDLE)
)  # fmt: skip
_PART_OFF = {"half": ("50",), "third": ("33", "33.3", "33.33"), "quarter": ("25",), "fifth": ("20",), "tenth": ("10",)}
_SHARES_OF = {"half": "0.5", "a quarter": "0.25", "three": "0.75"}
_DOZENS = {"half a": 6, "two": 24, "three": 36, "four": 48}
# "Two chest pockets" are two pockets; of a record only, for "two more hours" count nothing.
_COUNTED_THINGS = re.compile(
    rf"\b(?P<word>{'|'.join(_ONES)}|\d{{1,2}}) (?:[a-z-]+ ){{1,2}}(?:{any_of(UNITS[COUNT])})\b"
)
_COUNTED = re.compile(
    # "one day" and 一件 are idioms more often than counts; "one-year" and 一百件 are counts.
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[\s-](?P<ones>{'|'.join(_ONES[:9])}))?"
    rf"|(?P<word>one(?=-)|{'|'.join(sorted(_ONES[1:], key=len, reverse=True))}|double|triple))"
    rf"[\s-](?:[a-z]+(?:ed|ing|ness) )?(?P<unit>{_COUNTED_WORDS})\b(?P<off>\s?off\b)?"
    r"|百分之(?P<percent>[一二两三四五六七八九十百零]{1,6})|(?P<hundred>百分百)"
    r"|(?P<han>(?:[二两三四五六七八九十]|一(?=[十百千万]))(?:[一二两三四五六七八九十百万零]|千(?!克)){0,8})"
    rf"(?P<hanunit>{any_of(word for word in UNIT_OF if '一' <= word <= '鿿' and word not in '只个片包套日两')}"
    r"|[只片支包盒瓶件](?=装)|色|(?:个|只)(?:口袋|抽屉|隔层|档位|按钮|插孔|轮子|模式|杯|碗))"
    r"|(?P<half>half[\s-]price|半价)"
)
_TENS_AND_ONES = rf"(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_ONES[:9])}))?"
NUMERAL = rf"(?:{_TENS_AND_ONES}|{'|'.join(sorted(_ONES, key=len, reverse=True))})"
"""A numeral in words below a hundred."""
_HALVED = r"lit(?:re|er)|kilo(?:gram(?:me)?)?|met(?:re|er)|centimet(?:re|er)|gallon|pint|inch|foot|mile|hour|minute"
# What few texts hold has a pattern of its own, which the others needn't be tried with.
_COUNTED_RARELY = re.compile(
    r"(?P<part>half|(?:a|one)[\s-](?:third|quarter|fifth|tenth))[\s-]off\b"
    rf"|\b(?:sleeps|seats|serves|feeds) (?P<guests>{'|'.join(_ONES[:12])})\b"
    rf"|\b(?P<party>{'|'.join(_ONES[:12])})-person\b"
    r"|\b(?P<dozens>half a|two|three|four) dozen\b(?! (?:ways|reasons|times|ideas|stories|excuses))"
    # Hundreds and thousands: "two hundred and thirty grams"; "a hundred days" are a manner of speaking.
    rf"|\b(?P<big>(?:{NUMERAL}|a(?=[\s-](?:hundred|thousand)[\s-](?:and |[a-z]+-)?(?!(?:days?|times|years?|weeks?)\b)))"
    rf"[\s-](?:hundred|thousand)(?:(?:,| and|) {NUMERAL})?)[\s-](?P<bigunit>{_COUNTED_WORDS})\b(?P<bigoff>\s?off\b)?"
    rf"|\b(?P<slang>fiver|tenner)\b|\b(?P<whole>{'|'.join(_ONES[:12])}) and a half[\s-](?P<halfunit>{_COUNTED_WORDS})\b"
    r"|\b(?P<part_of>half an?|(?:a|three) quarters? of an?|a (?:whole|full)|an entire|one full"
    r"|(?:(?<=under )|(?<=within )|(?<=less than )|(?<=about )|(?<=nearly )|(?<=almost )|(?<=more than )"
    r"|(?<=over ))an?)"
    rf"[\s-](?P<of>{_HALVED})\b"
    # From eleven on a numeral counts what is there: 二十小袋. "Ten" and below are as often a manner of speaking.
    r"|(?<![一二两三四五六七八九十百千])(?P<many>[二三四五六七八九]?十[一二三四五六七八九]|[二三四五六七八九]十)(?:小|大|独立)?(?:袋|包|片|粒|枚|支|瓶|罐|条|根|颗|盒|张|饼|朵|丸|贴|卷|抽|管|枝|筒|页|双|本|册|孔)"
)
_PENCE = re.compile(r"(p|\s?pence|\s?cents?|\s?¢)(?![a-z\d])")


_MEASURED = frozenset(
    (
        "折",
        *(word for word, unit in UNIT_OF.items() if unit in {*SMALLEST, *CURRENCIES, "oz", "lb"} and unit != "day"),
    )
)
_DIGIT = re.compile(r"\d")
_CLOSING, _OPENED = ("'", "’"), re.compile(r"(?<![\w'])'(?=\w)|‘")  # quotation marks of which one looks like feet
_LAST_BEFORE = frozenset(("$", "¥", "€", "£", "₩", "₹", "₽", "之", *(code[-1] for code in _CODE.split("|"))))
_BEFORE_MOST = 8  # characters before a number's digits that belong to it, as in "us$ 5" and 百分之5
_HAN_DAY = re.compile("[一二三四五六七八九十]月")  # a date without a digit, as generation.reading.dates reads it
_has_a_word = finder([_COUNTED, _COUNTED_RARELY, COMPOUND, _HAN_DAY])
_may_count = look_for([_COUNTED, _COUNTED_RARELY])
_may_compound = look_for([COMPOUND])
_may_tell = look_for([_COUNTED, _COUNTED_RARELY, COMPOUND, _HAN_DAY])


def may_state(text: str) -> bool:
    """Whether a text may hold a number or a date, at a glance: a digit, or any of the words for them."""
    if _DIGIT.search(text):
        return True
    # A single numeral is in much Chinese copy, and counts in little of it.
    return _has_a_word(text) and (text.isascii() or _may_tell(text))


def numbers_in(text: str) -> Iterator[Stated]:
    """Every number in a text that ``text.normal`` gave, in digits or in words with a unit ("two-year", 三件套)."""
    if not text.isascii() and _may_compound(text):
        yield from _with_compounds(text)
    else:
        yield from _single(text)


def _with_compounds(text: str) -> Iterator[Stated]:
    """九斤二两 is one number, and neither 九斤 nor 二两."""
    found = [
        Stated(each.text, frozenset({each.value}), UNIT_OF[each.unit], start=each.start, end=each.end)
        for each in compounds_in(text)
    ]
    yield from found
    yield from (
        stated
        for stated in _single(text)
        if all(stated.end <= each.start or stated.start >= each.end for each in found)
    )


def _single(text: str) -> Iterator[Stated]:
    if _DIGIT.search(text):
        yield from _in_digits(text)
    if _has_a_word(text) and _may_count(text):  # the literals are seen sooner than the rest
        rarely = list(_COUNTED_RARELY.finditer(text))
        for match in _COUNTED.finditer(text):  # of "two hundred and thirty grams" thirty are no number
            if rarely and any(each.start() < match.end() and match.start() < each.end() for each in rarely):
                continue
            if not _about_as_many(match):
                yield _counted(match)
        for match in rarely:
            yield replace(_rarely(match), start=match.start(), end=match.end())


def things_in(text: str) -> Iterator[Stated]:
    """What a normalised record counts with a word or two between: "two chest pockets"."""
    for match in _COUNTED_THINGS.finditer(text):
        value = Decimal(_WORDS.get(match["word"]) or match["word"])
        yield Stated(match[0], frozenset({value}), COUNT, start=match.start(), end=match.end())


def _in_digits(text: str) -> Iterator[Stated]:
    for match in _matches(text):
        values = _readings(match["digits"], _SCALES.get(match["scale"] or "", 1))
        unit, lead = _unit(match, values)
        if unit in ("pence", CENT):
            values, unit = frozenset(value / 100 for value in values), "gbp" if unit == "pence" else CENT
        if unit == "off" and match["after"] == "折":
            values = frozenset(map(_taken_off, values))
        parts: tuple[Stated, ...] = ()
        if match["group"] == " " and not match["before"] and unit not in CURRENCIES:
            *firsts, last = (frozenset({Decimal(part)}) for part in match["digits"].split(" ") if part.isdigit())
            parts = (*(Stated(match[0], first, None) for first in firsts), Stated(match[0], last, unit))
        if unit == "%" and _SAVED.search(text, max(0, match.start() - 24), match.start() + 1):
            unit = "off"
        told = match[0].strip()
        start = match.start() + match[0].index(told)
        yield Stated(told, values, unit, lead, parts, start, start + len(told))


def _matches(text: str) -> Iterator[re.Match[str]]:
    """All of ``_NUMBER``, tried only where a digit is near: most of a text has none."""
    at = 0
    while digit := _DIGIT.search(text, at):
        before = text[max(at, digit.start() - _BEFORE_MOST) : digit.start()]
        sign = before.rstrip()[-1:]  # what doesn't end as a currency or 百分之 isn't worth trying
        match = _NUMBER.search(text, digit.start() - (len(before) if sign in _LAST_BEFORE else 0))
        if match is None:
            return
        yield match
        at = match.end()


def _unit(match: re.Match[str], values: frozenset[Decimal]) -> tuple[str | None, str]:
    """The unit of a number in digits, and the letters before it."""
    before, after, text = match["before"], match["after"], match.string
    if before:
        return ("%" if before == "百分之" else UNIT_OF.get(before, before)), ""  # A$ is nobody else's dollar
    start = match.start("digits")
    found = _LEAD.search(text, max(0, start - 16), start)
    lead, gap = (found[1], found[2]) if found else ("", " ")
    if lead == "x":  # 20x30 is no code
        lead, gap = "", " "
    if (lead and not gap) or _CODE_GOES_ON.match(text, match.end("digits")):
        return CODE, "" if gap.isspace() else lead
    unit = UNIT_OF.get(after or "")
    if unit is None and (pence := _PENCE.match(text, match.end("digits"))) and all(value < 100 for value in values):
        return ("pence" if pence[1].strip() in ("p", "pence") else CENT), ""
    if (
        (after == '"' and text.count('"', 0, match.start("after")) % 2)  # it closes a quotation
        or (after in _CLOSING and _OPENED.search(text, 0, match.start("after")))
        or (after == "日" and text[max(0, start - 1) : start] == "月")  # a date's day, a date's year
        or (unit == "year" and any(1900 <= value <= 2100 for value in values))
    ):
        unit = None
    return ("off" if match["off"] and unit == "%" else unit), lead


def _about_as_many(match: re.Match[str]) -> bool:
    """两三件, 七八天: so many of anything. What is measured may be a product's: 七八升."""
    return bool(match["han"]) and match["hanunit"] not in _MEASURED and about(match["han"]) is not None


def _counted(match: re.Match[str]) -> Stated:
    """A number in words. The match is one of ``_COUNTED``."""
    return replace(_number_in_words(match), start=match.start(), end=match.end())


def _number_in_words(match: re.Match[str]) -> Stated:
    if match["half"]:
        return Stated(match[0], frozenset({Decimal(50)}), "off")
    if match["percent"] or match["hundred"]:
        return Stated(match[0], frozenset({Decimal(han_number(match["percent"] or "百"))}), "%")
    if match["han"]:
        value, unit = Decimal(han_number(match["han"])), UNIT_OF.get(match["hanunit"])
        if match["hanunit"] == "折":
            value = _taken_off(value)
        elif nearly := about(match["han"]):
            return Stated(match[0], nearly, unit)
        return Stated(match[0], frozenset({value}), "piece" if match["hanunit"] in "支盒瓶" else unit)
    word = match["word"]
    value = Decimal(_WORDS[word] if word else _WORDS[match["tens"]] + _WORDS.get(match["ones"] or "", 0))
    unit = UNIT_OF.get(match["unit"])
    return Stated(match[0], frozenset({value}), "off" if match["off"] and unit == "%" else unit)


def _rarely(match: re.Match[str]) -> Stated:
    """A part off, guests, dozens and numerals above ten. The match is one of ``_COUNTED_RARELY``."""
    if match["part"]:
        values = frozenset(map(Decimal, _PART_OFF[re.split(r"[\s-]", match["part"])[-1]]))
        return Stated(match[0], values, "off")
    if guests := match["guests"] or match["party"]:
        return Stated(match[0], frozenset({Decimal(_WORDS[guests])}), "person")
    if match["big"]:
        unit = UNIT_OF[match["bigunit"]]
        value = Decimal(number_of(match["big"]))
        return Stated(match[0], frozenset({value}), "off" if match["bigoff"] and unit == "%" else unit)
    if match["slang"]:
        return Stated(match[0], frozenset({Decimal(5 if match["slang"] == "fiver" else 10)}), "gbp")
    if match["whole"]:
        halves = frozenset({_WORDS[match["whole"]] + Decimal("0.5")})
        return Stated(match[0], halves, UNIT_OF[match["halfunit"]])
    if part := match["part_of"]:
        value = next((Decimal(share) for told, share in _SHARES_OF.items() if part.startswith(told)), Decimal(1))
        return Stated(match[0], frozenset({value}), UNIT_OF[match["of"]])
    counted = _DOZENS[match["dozens"]] if match["dozens"] else han_number(match["many"])
    return Stated(match[0], frozenset({Decimal(counted)}), "piece")


def number_of(words: str) -> int:
    """An English numeral below a million, or digits: "two hundred and thirty" is 230, "a hundred" 100; 0 of others."""
    total = current = 0
    for word in re.split(r"[\s,-]+", words):
        if word in ("hundred", "thousand"):
            current = max(current, 1) * (100 if word == "hundred" else 1000)
            if word == "thousand":
                total, current = total + current, 0
        elif word in _WORDS or word.isdigit():
            current += _WORDS.get(word) or int(word)
    return total + current


@lru_cache(maxsize=4096)  # a product's copies state the same few figures
def _readings(digits: str, scale: int) -> frozenset[Decimal]:
    """1,299.00 and 1.299,00 are both 1299; 1.299 may be either, and matches either, but 1,299 is 1299."""
    if len(digits) > _DIGITS_MOST:
        return frozenset()
    plain = digits.replace(" ", "").replace("'", "")
    separators = [ch for ch in plain if ch in ".,"]
    point = separators[-1] if len(set(separators)) == 2 else None
    if point:
        candidates = {plain.replace("." if point == "," else ",", "").replace(",", ".")}
    elif len(separators) == 1:
        candidates = {plain.replace(",", ".")}
        head, _, tail = plain.replace(",", ".").partition(".")
        if len(tail) == 3 and len(head) <= 3 and not head.startswith("0"):
            candidates = {head + tail} if separators == [","] else {*candidates, head + tail}
    else:
        candidates = {plain.replace(",", "").replace(".", "")}
    return frozenset((Decimal(candidate) * scale).normalize() for candidate in candidates)


def _taken_off(tenths: Decimal) -> Decimal:
    """8折 and 85折 leave 80 and 85 percent of the price: how many percent come off."""
    return 100 - (tenths * 10 if tenths < 10 else tenths)


_BY = re.compile(r"\s?(?:[x×*–-]|by|to)\s?")


def of_one_measure(text: str) -> Iterator[Stated]:
    """The numbers of a record, "20 x 30 cm" being 20 cm and 30 cm, whatever the copy makes of them; so "45-60 min"."""
    found = list(numbers_in(text))
    yield from found
    for at in range(len(found) - 2, -1, -1):
        first, second = found[at], found[at + 1]
        if first.unit is None and second.unit and _BY.fullmatch(text[first.end : second.start]):
            found[at] = replace(first, unit=second.unit)
            yield found[at]


def unit_of_name(name: str) -> str | None:
    """The unit that an attribute's name gives its value, as in "weight (kg)"."""
    match = _NAMED_UNIT.search(name)
    return UNIT_OF[match[1]] if match else None
