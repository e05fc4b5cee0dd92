"""The numbers, prices and dates of a copy's line, each as a claim."""

import re
from collections.abc import Iterator
from dataclasses import replace

from generation.ledger.aspects import aspect_of, share_of
from generation.ledger.bounds import more_told, overstated
from generation.ledger.contradictions import contradicts, other_count, other_part
from generation.ledger.counts_zh import miscounted
from generation.ledger.derived import derived
from generation.ledger.derived_zh import reckoned
from generation.ledger.facts import Facts
from generation.ledger.finding import NUMBERS, Finding, Look, finding
from generation.ledger.idle import is_idle, is_idle_day
from generation.ledger.offers import (
    left_out,
    of_days_left,
    of_folds,
    of_former_price,
    of_history_days,
    of_per_cent_off,
    of_price,
    of_sum_off,
)
from generation.ledger.reviewers import of_reviewers
from generation.ledger.sources import REVIEWS
from generation.reading.dates import Day, dates_in
from generation.reading.lines import Line
from generation.reading.looks import look_for
from generation.reading.numbers import numbers_in
from generation.reading.units import CENT, CODE, COUNT, CURRENCIES, Stated, agree, figure
from generation.records import Claim

_FORMER_BEFORE = re.compile(
    r"(?:\bwas|\bwere|originally|formerly|previously|\bbefore|\breg(?:ular(?:ly)?)?|instead of|\brrp|\bmsrp"
    r"|list price|retail(?: price)?|worth|valued? at|compared? (?:at|to)|usual(?:ly)?|normally|old price|full price"
    r"|原价|原售价|市场价|专柜价|吊牌价|划线价|零售价|日常价|门店价|参考价)[.:]?\s?(?:price\s?)?(?:was|of|at|is|为|是|约)?[:\s]*\Z"
)
_LOWEST_BEFORE = re.compile(r"(?:lowest price|\d ?-?days? low|最低)[^.,。;!€$£¥元]{0,32}\Z")
_REDUCED = re.compile(r"(?:down|reduced|marked down|cut|slashed|dropped) from[:\s]*\Z")
_FORMER = (_REDUCED, _FORMER_BEFORE, _LOWEST_BEFORE)
_may_be_former = look_for(_FORMER)
_FORMER_AFTER = re.compile(
    r"(?:,? (?:the |our |its )?(?:lowest|former|old|previous|usual|regular|original) price\b"
    r"|\s?(?:value\b|before\b|rrp\b|originally\b|list price|retail|was\b(?! made)))"
)
_OFF_BEFORE = re.compile(
    r"(?:\bsav(?:e|es|ing|ings of)\s(?:up to\s|an extra\s|over\s)?|立减|直降|直减|满减|降价|[立再共]?省|便宜|优惠)\s?\Z"
)
_AGE_BEFORE = re.compile(r"\bage[ds]?:? \Z")
_LESS_AFTER = re.compile(
    r"\s?(?:below|lower than|less than|under)\s(?:the |its |our |a )?"
    r"(?:lowest|former|old|previous|usual|before|price|last|30)"
)
_OF_HISTORY = re.compile(r"lowest|\blow\b|price|最低|成交价|价")
_OFF_AFTER = re.compile(r"\s?(?:off\b|discount|cheaper\b|less\b|优惠)")
_VERB = re.compile(r"\b(?:may|mar(?:ch)?)\b")
_ACROSS = re.compile(r" ?[x×*] ?")


def figures_in(line: Line, look: Look, spoken: list[Claim]) -> Iterator[Finding]:
    """The numbers, prices and dates of a line."""
    days = [day for day in dates_in(line.plain) if _is_date(day, line, look.facts)]
    for day in days:
        support = next((source.named(known.text) for known, source in look.facts.days if day.agrees(known)), None)
        if support is None and is_idle_day(day, line.plain):
            continue
        tell = "which the record doesn't hold"
        yield finding(line, "date", (day.start, day.end), str(day), support, tell=tell, gate=NUMBERS)
    idle = look.words.idle_in(line.plain)
    since = end = 0  # where the words before a number begin: at the end of the one before
    for stated in numbers_in(line.plain):
        if stated.start - end > 3 or not _ACROSS.fullmatch(
            line.plain, end, stated.start
        ):  # of 230 x 245 cm the first has the words of both
            since = end
        dated = any(day.start < stated.end and day.end > stated.start for day in days)
        if any(start < stated.end and stop > stated.start for start, stop in idle):
            continue
        if not dated and not _only_stresses(line, stated, spoken):
            before = line.plain[max(0, stated.start - 40) : stated.start]
            number = _number(line, stated, before, look, spoken, since)
            if not (number.refused and is_idle(stated, line.plain, look.facts, aspect_of(line.plain, stated, since))):
                yield number
        end = stated.end
    for stated, told in more_told(line.plain, look.facts):
        support = derived(stated, line.plain, look.brief, look.facts, None)
        tell = f"where the record has {told}"
        yield finding(line, "number", (stated.start, stated.end), figure(stated), support, tell=tell, gate=NUMBERS)


def _only_stresses(line: Line, stated: Stated, spoken: list[Claim]) -> bool:
    """Whether "100%" says no more than the refused claim that it stands before: "100% compostable"."""
    if stated.unit != "%" or 100 not in stated.values:
        return False
    _, end = line.span(stated.start, stated.end)
    return any(claim.verdict == "unsupported" and 0 <= claim.start - end <= 1 for claim in spoken)


def _is_date(day: Day, line: Line, facts: Facts) -> bool:
    """May and March are verbs as well: "may 5 people" and "No. 2 may do" are dates in capitals, or in the record."""
    verb = _VERB.search(day.text)
    if not verb or not line.raw.isascii():
        return True
    return line.raw[day.start + verb.start()].isupper() or any(day.agrees(known) for known, _ in facts.days)


def _number(line: Line, stated: Stated, before: str, look: Look, spoken: list[Claim], since: int) -> Finding:
    facts, brief, plain = look.facts, look.brief, line.plain
    after, tell, kind = plain[stated.end :], "which the record doesn't hold", "number"
    if stated.unit == CENT:
        stated = replace(stated, unit=(brief.product.currency or "usd").lower())
    if stated.unit == "lb" and brief.product.currency == "GBP" and "pound" in stated.text and not facts.support(stated):
        money = replace(stated, unit="gbp")  # thirty-two pounds may be a price, where nothing weighs as much
        if of_price(money, brief, facts) or derived(money, plain, brief, facts, None):
            stated = money
    if stated.unit in CURRENCIES:
        kind, support, tell = _sum(stated, before, after, look)
    elif stated.unit == "off":
        kind, support = "offer", of_per_cent_off(stated, brief, facts)
        tell = "which no promotion in force and no price history supports"
        if support is None and (folds := of_folds(stated, after, facts)):
            kind, support = "number", folds
    else:
        kind = (
            "percentage"
            if stated.unit == "%"
            else "measure"
            if stated.unit not in (None, "piece", COUNT, CODE)
            else kind
        )
        support = facts.support(stated)
        if kind == "percentage" and _LESS_AFTER.match(after):
            kind, support = "offer", of_per_cent_off(stated, brief, facts)
        aspect = aspect_of(plain, stated, since) if kind == "measure" else None
        if support and contradicts(stated, aspect, facts):
            support, tell = None, f"where the record gives another {aspect}"
        elif support and kind == "measure" and (part := other_part(plain, stated, since, facts)):
            support, tell = None, f"where the record gives another of the {part}"
        elif support and kind == "percentage" and not _shared(plain, stated, look):
            support, tell = None, "of which the record gives another share"
        elif support and kind == "number" and _of_age(before, stated, facts):
            support, tell = None, "where the record gives another age"
        elif support and facts.counts and kind == "number" and (noun := other_count(plain, stated, facts)):
            support, tell = None, f"where the record has another number of {noun}"
        support = support or of_days_left(stated, facts)
        if brief.reviews and (support is None or support.startswith(REVIEWS)):
            support = of_reviewers(plain, stated.start, stated.end, brief, facts) or support
        if support is None and stated.unit == "day" and _OF_HISTORY.search(before + after[:24]):
            support = of_history_days(stated, brief, facts)
    if support and kind in ("measure", "number", "price") and (off := overstated(stated, before, facts)):
        support, tell = None, off
    elif support is None and not plain.isascii() and (follows := reckoned(plain, stated, brief, facts)):
        support = follows
    elif support is None and kind != "offer":
        support = derived(stated, plain, brief, facts, aspect_of(plain, stated, since))
    if kind in ("offer", "price") and (missing := condition_left_out(support, look)):
        support, tell = None, missing
    value = figure(stated)
    span = (stated.start, stated.end)
    if support is None and kind == "number" and (spoken_of := _in_stock_claim(line, span, spoken)):
        tell = f"a number that the record doesn't hold; {spoken_of} says only that stock is limited"
        return finding(line, kind, span, value, None, tell=tell, gate=NUMBERS, warned=True)
    return finding(line, kind, span, value, support, tell=tell, gate=NUMBERS)


def condition_left_out(support: str | None, look: Look) -> str | None:
    """What is wrong with a claim that rests on a promotion whose condition no line tells."""
    missing = left_out(look.brief, look.facts, look.whole) if support and support.startswith("promotions") else None
    return missing and f"of whose promotion the copy leaves out the condition {missing!r}"


def _of_age(before: str, stated: Stated, facts: Facts) -> bool:
    """Whether a bare number is told as an age, and the record has another: age 5 of what is for 10 and up."""
    known = facts.aspects.get("age", ())
    return bool(known and _AGE_BEFORE.search(before)) and not any(agree(stated, each) for each in known)


def _sum(stated: Stated, before: str, after: str, look: Look) -> tuple[str, str | None, str]:
    """The kind, the support and the objection of a sum of money."""
    former = _may_be_former(before) and any(told.search(before) for told in _FORMER)
    if former or _FORMER_AFTER.match(after):
        tell = "a former price, which only the price history supports"
        return "price", of_former_price(stated, look.brief, look.facts), tell
    if _OFF_BEFORE.search(before) or _OFF_AFTER.match(after):
        tell = "which no promotion in force and no price history supports"
        return "offer", of_sum_off(stated, look.brief, look.facts), tell
    return "price", of_price(stated, look.brief, look.facts), "which the record doesn't hold"


def _shared(plain: str, stated: Stated, look: Look) -> bool:
    """Whether the record doesn't contradict what the copy's per cent are of: "20% wool" where the record has 80%."""
    after, facts = plain[stated.end : stated.end + 24], look.facts
    word = share_of(plain, stated)
    if word is None:
        return True
    same_thing = [values for of, values in facts.shares if of.startswith(word) or word.startswith(of)]
    if same_thing:
        return any(not values.isdisjoint(stated.values) for values in same_thing)
    others = [of for of, values in facts.shares if not values.isdisjoint(stated.values)]
    if not others or any(of in after for of in others):
        return True
    # The record gives this share, but of something else: of what, if the copy names a material?
    first = next(look.words.words_at(look.words.spans_in(after), after, after), None)
    return first is None or first.kind != "material"


def _in_stock_claim(line: Line, span: tuple[int, int], spoken: list[Claim]) -> str | None:
    start, end = line.span(*span)
    return next(
        (c.support for c in spoken if c.kind == "urgency" and c.support and c.start <= start and end <= c.end), None
    )


def miscounts_in(line: Line, look: Look) -> Iterator[Finding]:
    """Small counts in Chinese numerals that the record contradicts."""
    for start, end, value in miscounted(line.plain, look.facts):
        tell = "where the record counts otherwise"
        yield finding(line, "number", (start, end), str(value), None, tell=tell, gate=NUMBERS)
