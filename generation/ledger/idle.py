"""Figures that are nobody's claim of the product: times of day, days of the feast, numbers on doors, the reader's cats.

Asked only of a number or a date that nothing supports. The words are data: templates/figures.yaml.
"""

import re
from functools import cache

from generation.ledger.derivation import nouns_of, pattern, words
from generation.ledger.facts import Facts
from generation.reading.dates import Day
from generation.reading.units import COUNT, CURRENCIES, Stated, measure_of

_SENTENCE_END = re.compile(r"[.!?;](?=\s+[a-z])(?<![ap]\.m\.)")
_DECADE_BEFORE = re.compile(r"(?<!since )(?<!from )(?:\bthe|\bin the|\bearly|\blate|\bmid) ?-?\Z")
_SUM_BEFORE = re.compile(r"\b(?:for|under|below|than|costs?|just|only|at|price[ds]?) (?:a |one )?\Z")
_PART_OF_TIME = (
    *("half ", "a quarter", "three quarter", "a full", "a whole", "an entire", "one full", "an hour", "a minute"),
)


def is_idle(stated: Stated, plain: str, facts: Facts, aspect: str | None) -> bool:
    """Whether a number that nothing supports states nothing of the product."""
    before, after = plain[max(0, stated.start - 40) : stated.start], plain[stated.end : stated.end + 40]
    if stated.unit in (None, "piece", COUNT):
        return (
            _is_a_time(stated, before, after, plain)
            or _is_a_label(stated, before, after)
            or _is_the_readers(stated, before, plain, facts)
            or _in_an_idiom(stated, plain)
        )
    if stated.unit == "%":
        return _in_an_idiom(stated, plain)
    if pattern("unit_price").search(before) and stated.unit in ("g", "kg", "ml", "l", "oz", "lb", "m"):
        return stated.values <= {1, 10, 100, 1000}
    if stated.unit in CURRENCIES and pattern("cash").match(after):
        return True
    if stated.unit in CURRENCIES:
        return stated.text in ("fiver", "tenner") and not _SUM_BEFORE.search(before)
    in_words = measure_of(stated.unit) in ("s", "month") and not stated.text[0].isdigit()
    if in_words and (pattern("own_time", "after").match(after) or pattern("own_time", "before").search(before)):
        return aspect is None or not facts.aspects.get(aspect)
    return _is_soft(stated, plain, facts, aspect)


def is_idle_day(day: Day, plain: str) -> bool:
    """Whether a date is a feast that everybody knows, and no day by which the shop promises anything."""
    return (
        day.text.isascii()
        and str(day)[-5:] in words()["feasts"]
        and day.year is None
        and not _promises(plain, day.start, day.end)
    )


def _is_a_time(stated: Stated, before: str, after: str, plain: str) -> bool:
    told = words()["clock"]
    if re.fullmatch(r"\d{1,2}\.\d\d", stated.text) and re.search(r"\b(?:the|at|by) \Z", before):
        return bool(pattern("clock", "minutes").match(after)) and not _promises(plain, stated.start, stated.end)
    if stated.text.isdigit() and int(stated.text) < 60 and not re.match(r"[\s-]?(?:%|x\b)", after):
        clock = pattern("clock", "told").match(after)
        minutes = re.search(r"\d{1,2}[:.]\Z", before) and (
            pattern("clock", "minutes").match(after) or re.search(r":\Z", before)
        )
        bare = re.search(rf"{told['bare']}\Z", before) and re.match(told["bare_after"], after)
        bare = bare if int(stated.text) <= 24 else None
        return bool(clock or minutes or bare) and not _promises(plain, stated.start, stated.end)
    return False


def _promises(plain: str, start: int, end: int) -> bool:
    ends = [match.end() for match in _SENTENCE_END.finditer(plain)]
    since = max((at for at in ends if at <= start), default=0)
    until = min((at for at in ends if at >= end), default=len(plain))
    return bool(pattern("clock", "promise").search(plain, since, until))


def _is_a_label(stated: Stated, before: str, after: str) -> bool:
    return stated.text.isdigit() and bool(
        pattern("labels", "before").search(before)
        or pattern("labels", "after").match(after)
        or (after.startswith(("s ", "s,", "s.")) and stated.text.endswith("0") and _DECADE_BEFORE.search(before))
    )


def _is_the_readers(stated: Stated, before: str, plain: str, facts: Facts) -> bool:
    if pattern("holds").search(before):
        return False
    nouns = nouns_of(plain, stated)
    if stated.values == {0} and set(nouns[:2]) & set(words()["nothing"]):
        return True
    return bool(nouns) and any(noun in _lives() and noun not in facts.counts for noun in nouns[:2])


@cache
def _lives() -> frozenset[str]:
    return frozenset(words()["lives"].split())


def _in_an_idiom(stated: Stated, plain: str) -> bool:
    return any(
        match.start() <= stated.start and stated.end <= match.end()
        for idiom in words()["idioms"]
        for match in re.finditer(idiom, plain)
    )


def _is_soft(stated: Stated, plain: str, facts: Facts, aspect: str | None) -> bool:
    """Whether "half an hour" or "thirty seconds" is a manner of speaking: the record has no figure of its kind."""
    if stated.text[0].isdigit():
        return False
    if pattern("works").search(plain[max(0, stated.start - 60) : stated.end + 40]):
        return False
    if stated.text.startswith(_PART_OF_TIME) and measure_of(stated.unit) == "s":
        near = ("s", "min") if stated.unit == "min" else ("min",)
        known = aspect in facts.aspects if aspect else any(each.unit in near for each, _ in facts.numbers)
        return not known
    return stated.unit == "s" and not any(known.unit == "s" for known, _ in facts.numbers)
