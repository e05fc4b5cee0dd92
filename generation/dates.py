"""The days in a text, in English and Chinese: 5 May, May 5th 2026, 2026-05-05, 5月5日. Numbers are in ``numbers``.

Days of the week, and "today", are no dates here: which day they mean depends on the reader's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from generation.needles import finder

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
)
_HAN = "一二三四五六七八九十"
_DAY = re.compile(
    rf"(?<![\d.,])(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{_MONTH})\b\.?(?:,? (?P<y1>\d{{4}})\b)?"
    rf"|\b(?P<m2>{_MONTH})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b"
    r"(?![.,]?\d| ?(?:%|cm|mm|kg|g|ml|l|m|hours?|people|pack)\b)(?:,? (?P<y2>\d{4})\b)?"
    rf"|\b(?P<m3>{_MONTH})\.? (?P<y3>(?:19|20)\d\d)\b"
    r"|(?<!\d)(?P<y4>\d{4})[-/.](?P<m4>\d{1,2})[-/.](?P<d4>\d{1,2})(?!\d)"
    r"|(?:(?<!\d)(?P<y5>\d{4}) ?年 ?)?(?<!\d)(?P<m5>\d{1,2}) ?月(?! ?\d* ?内) ?(?:(?P<d5>\d{1,2}) ?[日号])?"
    rf"|(?P<m6>[{_HAN}]{{1,2}})月(?P<d6>[{_HAN}]{{1,3}})[日号]"
)
_MONTH_TOLD = finder([re.compile("月|" + "|".join(_MONTHS))])
_IN_FIGURES = re.compile(r"\d{4}[-/.]\d")


@dataclass(frozen=True, slots=True)
class Day:
    """A date as a text tells it: the year or the day may be left out."""

    text: str
    year: int | None
    month: int
    day: int | None
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)

    def __str__(self) -> str:
        """``2026-05-05``, ``05-05`` or ``2026-05``."""
        parts = (f"{self.year}" if self.year else "", f"{self.month:02}", f"{self.day:02}" if self.day else "")
        return "-".join(part for part in parts if part)

    def agrees(self, other: "Day") -> bool:
        """Whether another text's day may be this one: what one leaves out, the other doesn't contradict."""
        return (
            self.month == other.month
            and (self.day == other.day or self.day is None)
            and (self.year == other.year or None in (self.year, other.year))
        )


def dates_in(text: str) -> Iterator[Day]:
    """Every date in a normalised text."""
    if not (_MONTH_TOLD(text) or _IN_FIGURES.search(text)):
        return
    for match in _DAY.finditer(text):
        told = match.groupdict()
        form = next(number for number in "123456" if told[f"m{number}"])
        month, day, year = told[f"m{form}"], told.get(f"d{form}"), told.get(f"y{form}")
        in_words = {"1", "2", "3"}
        number = _MONTHS.index(month[:3]) + 1 if form in in_words else _han(month) if form == "6" else int(month)
        on = None if day is None else _han(day) if form == "6" else int(day)
        if 1 <= number <= 12 and (on is None or 1 <= on <= 31):
            yield Day(match[0], int(year) if year else None, number, on, match.start(), match.end())


def day_of(known: date) -> Day:
    """A calendar's date."""
    return Day(known.isoformat(), known.year, known.month, known.day)


def _han(text: str) -> int:
    """Up to 31 in Chinese numerals: 十二, 二十一."""
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _HAN.index(text) + 1 if len(text) == 1 else 0
    return (_HAN.index(tens) + 1 if tens else 1) * 10 + (_HAN.index(ones) + 1 if ones else 0)
