"""Small counts in Chinese numerals that contradict the record: 十双装 of five pairs, 附三张贴纸 of one.

In words a number up to ten is as often a manner of speaking (一条在洗，一条在晒), so only what is told of the pack or
of a thing that the record counts too, is compared. All other numbers are ``generation.reading.numbers``'s.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from generation.ledger.facts import Facts
from generation.ledger.sources import PRODUCT
from generation.reading.looks import look_for
from generation.reading.numerals import about, han_number

_MEASURES = "双条张块本册根支枚粒颗罐袋盒瓶卷把副对顶层个件片包页孔只片杯碗盏株朵格档"
_NUMBER = r"\d{1,3}|[一二两三四五六七八九十]{1,3}"
_COUNT = re.compile(rf"(?<![\d一二两三四五六七八九十百千第.])({_NUMBER})([{_MEASURES}])(?:装|入)?")
# What is told of the pack: 一包八条, 十双装, 共六只.
_OF_PACK = re.compile(
    rf"(?:(?:一|每|整)[包盒袋套箱打组份罐](?:里|装|有|共|就是|含|内)?|一共|总共|共有?|内含|共计)({_NUMBER})([{_MEASURES}])|({_NUMBER})([{_MEASURES}])(?:装|入)(?![进满好得入饰])"
)
_SLEEPS = re.compile(rf"(?:睡|住|坐|躺|容纳)(?:得?下|上|进)?(?P<many>{_NUMBER})(?:个|口|位)?人")
_SMALL = {"双": 2, "单": 1}
_look = look_for([_COUNT, _SLEEPS])


def may_miscount(text: str) -> bool:
    """Whether a normalised text may count anything of the kind."""
    return not text.isascii() and _look(text)


def miscounted(line: str, facts: Facts) -> Iterator[tuple[int, int, int]]:
    """Where a normalised line counts other than the record does, and what it says."""
    told = _counts(facts)
    for match in _OF_PACK.finditer(line):
        number, measure = match[1] or match[3], match[2] or match[4]
        known = {value for value, of, _ in told if of == measure}
        # 一块一块装回袋里 counts nothing.
        if known and number != "一" and about(number) is None and _value(number) not in known:
            yield *match.span(1 if match[1] else 3), _value(number)
    for match in _COUNT.finditer(line):
        number, measure = match[1], match[2]
        if number.isdigit() or about(number) is not None:
            continue  # digits are compared as numbers
        thing = line[match.end() : match.end() + 2]
        known = {value for value, of, what in told if of == measure and len(thing) == 2 and what.startswith(thing)}
        if known and max(known) < _value(number):
            yield *match.span(1), _value(number)
    for match in _SLEEPS.finditer(line):
        people = {
            value for source in facts.sources if source.column.startswith(PRODUCT) for value in _people(source.text)
        }
        if people and about(match["many"]) is None and max(people) < _value(match["many"]):
            yield *match.span("many"), _value(match["many"])


def _value(number: str) -> int:
    return int(number) if number.isdigit() else han_number(number)


def _counts(facts: Facts) -> tuple[tuple[int, str, str], ...]:
    return _counts_in(tuple(source.text for source in facts.sources if source.column.startswith(PRODUCT)))


@lru_cache(maxsize=256)
def _counts_in(texts: tuple[str, ...]) -> tuple[tuple[int, str, str], ...]:
    """What a record counts: how many, by which measure word, of what: 一张贴纸, 地钉8根."""
    found = []
    for text in texts:
        for match in _COUNT.finditer(text):
            before = text[max(0, match.start() - 2) : match.start()]
            found += [(_value(match[1]), match[2], what) for what in {text[match.end() : match.end() + 2], before}]
    return tuple(found)


def _people(text: str) -> Iterator[int]:
    for match in re.finditer(rf"({_NUMBER}|[单双])(?:[-~到至]({_NUMBER}))?(?:个|位)?人", text):
        yield _SMALL.get(match[1]) or _value(match[2] or match[1])
