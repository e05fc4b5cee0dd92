"""The days in a text, in English and Chinese: 5 May, May 5th 2026, 2026-05-05, 5月5日. Numbers are in ``numbers``.

Days of the week, and "today", are no dates here: which day they mean depends on the reader's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from generation.reading.looks import look_for

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
    r"|(?<![\d./])(?P<m7>\d{1,2})(?P<by>[./])(?P<d7>\d{1,2})(?P=by)(?P<y7>(?:19|20)\d\d)(?![\d./]*\d)"
    r"|(?<=until )(?P<m8>\d{1,2})/(?P<d8>\d{1,2})(?![\d/])"
    r"|(?:(?<!\d)(?P<y5>\d{4}) ?年 ?)?(?<!\d)(?P<m5>\d{1,2}) ?月(?! ?\d* ?内) ?(?:(?P<d5>\d{1,2}) ?[日号])?"
    rf"|(?P<m6>[{_HAN}]{{1,2}})月(?P<d6>[{_HAN}]{{1,3}})[日号]"
)
_TO = re.compile(r"\s?(?:[-–—~]|to\b|through\b|至|到)\s?(\d{1,2})(?:st|nd|rd|th|[日号])?(?!\d|\s?(?:月|%))")
_SINCE = re.compile(r"(?<![\d.,])(\d{1,2})(?:st|nd|rd|th)?\s?(?:[-–—]|to)\s?\Z")
_may_tell_a_day = look_for([_DAY])


@dataclass(frozen=True, slots=True)
class Day:
    """A date as a text tells it: the year or the day may be left out."""

    text: str
    year: int | None
    month: int
    day: int | None
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)
    turned: bool = False  # 12/1/2026 is either the first of December or the twelfth of January

    def __str__(self) -> str:
        """``2026-05-05``, ``05-05`` or ``2026-05``."""
        parts = (f"{self.year}" if self.year else "", f"{self.month:02}", f"{self.day:02}" if self.day else "")
        return "-".join(part for part in parts if part)

    def agrees(self, other: "Day") -> bool:
        """Whether another text's day may be this one: what one leaves out, the other doesn't contradict."""
        if self.turned and self.day and replace(self, month=self.day, day=self.month, turned=False).agrees(other):
            return True
        return (
            self.month == other.month
            and (self.day == other.day or self.day is None)
            and (self.year == other.year or None in (self.year, other.year))
        )


def dates_in(text: str) -> Iterator[Day]:
    """Every date in a normalised text."""
    if not _may_tell_a_day(text):
        return
    for match in _DAY.finditer(text):
        told = match.groupdict()
        form = next(number for number in "12345678" if told[f"m{number}"])
        month, day, year = told[f"m{form}"], told.get(f"d{form}"), told.get(f"y{form}")
        in_words = {"1", "2", "3"}
        number = _MONTHS.index(month[:3]) + 1 if form in in_words else _han(month) if form == "6" else int(month)
        on = None if day is None else _han(day) if form == "6" else int(day)
        if form in "78" and number > 12 and on:
            number, on = on, number
        if 1 <= number <= 12 and (on is None or 1 <= on <= 31):
            day_told = Day(
                match[0], int(year) if year else None, number, on, match.start(), match.end(), turned=form in "78"
            )
            yield day_told
            # 1–30 November, 11月1日至30日: the second day is of the same month.
            if on and form in "25" and (to := _TO.match(text, match.end())):
                yield replace(
                    day_told, text=text[to.start(1) : to.end()], day=int(to[1]), start=to.start(1), end=to.end()
                )
            elif on and form == "1" and (since := _SINCE.search(text, 0, match.start())):
                yield replace(day_told, text=since[1], day=int(since[1]), start=since.start(1), end=since.end(1))


def day_of(known: date) -> Day:
    """A calendar's date."""
    return Day(known.isoformat(), known.year, known.month, known.day)


def _han(text: str) -> int:
    """Up to 31 in Chinese numerals: 十二, 二十一."""
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _HAN.index(text) + 1 if len(text) == 1 else 0
    return (_HAN.index(tens) + 1 if tens else 1) * 10 + (_HAN.index(ones) + 1 if ones else 0)
