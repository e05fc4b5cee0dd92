"""Dates in copy: what is one, which day it is, and which two may be the same."""

from datetime import date

import pytest

from generation.reading.dates import dates_in, day_of


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("until 1 december", ["12-01"]), ("dec 1st, 2026", ["2026-12-01"]), ("the 5th of may 2026", ["2026-05-05"]),
        ("1-30 november", ["11-30", "11-01"]), ("nov 1–30", ["11-01", "11-30"]), ("2026-12-01", ["2026-12-01"]),
        ("may 2026", ["2026-05"]), ("12/1/2026", ["2026-12-01"]), ("until 12/1", ["12-01"]), ("12月1日", ["12-01"]),
        ("2026年12月1日", ["2026-12-01"]), ("11月1日至30日", ["11-01", "11-30"]), ("十二月一日", ["12-01"]),
        ("12月活动", ["12"]), ("24/7", []), ("march 3 kg", []), ("12个月", []), ("version 1.2", []), ("1 dezember", []),
        ("32 december", []), ("13月", []), ("oak", []),
    ],
)  # fmt: skip
def test_the_days_that_a_text_tells(text: str, days: list[str]) -> None:
    found = list(dates_in(text))
    assert [str(day) for day in found] == days
    assert [text[day.start : day.end] for day in found] == [day.text for day in found]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1 december", True), ("december 2026", True), ("12月", True), ("1.12.2026", True), ("12/1/2026", True),
        ("2 december", False), ("1 november", False), ("1 december 2027", False), ("2/12/2026", False),
    ],
)  # fmt: skip
def test_what_a_text_leaves_out_of_a_day_contradicts_none(text: str, same: bool) -> None:
    (day,) = dates_in(text)
    assert day.agrees(day_of(date(2026, 12, 1))) is same
