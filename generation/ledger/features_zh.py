"""Features and parts that Chinese copy gives a product, and the record doesn't speak of: 支持NFC, 随箱附夹子.

The words are data, templates/policies/features_zh.yaml; a record supports one by speaking of it at all, and
not to deny it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from generation.ledger.facts import Facts
from generation.reading.content import record_is_silent
from generation.reading.denials_zh import denied, may_deny
from generation.reading.looks import look_for

_ENDS = re.compile("[。!?;]")
_ASKED = re.compile(r"[^,。;!?]{0,10}\?")
_NOT = r"(?:不可|不能|不宜|请勿|勿|不支持|不带|不含|没有|禁止|不|无|非|未)[^,。;、]{0,3}"
_AMOUNT = r"(?:[一二两三四五六七八九十\d]+[个只把条张块支枚根本份套双副]|这?[个只把条张块支])?的?"


@dataclass(frozen=True, slots=True)
class Brought:
    """A feature or a part where a line gives it."""

    name: str
    start: int
    end: int
    support: str | None


@cache
def _features() -> tuple[dict[str, tuple[str, ...]], re.Pattern[str], re.Pattern[str]]:
    """What a record may say for each word; all the words; what comes with a product."""
    told: Any = yaml.safe_load((files("templates") / "policies" / "features_zh.yaml").read_text("utf-8"))
    records: dict[str, tuple[str, ...]] = {}
    for line in told["features"]:
        says, _, instead = line.partition(" | ")
        words = tuple(word.strip() for word in says.split(","))
        also = tuple(word.strip() for word in instead.split(",") if word.strip())
        records.update(dict.fromkeys(words, (*words, *also)))
    longest_first = sorted(records, key=len, reverse=True)
    said = re.compile(
        "|".join(
            rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word) for word in longest_first
        )
    )
    return records, said, re.compile(rf"(?:{told['leads']}){_AMOUNT}(?P<thing>{told['things']})")


@cache
def _look() -> Any:
    _, said, brings = _features()
    return look_for([said, brings])


def may_bring(text: str) -> bool:
    """Whether a normalised text may give a product a feature."""
    return not text.isascii() and bool(_look()(text))


def brought_in(line: str, facts: Facts) -> Iterator[Brought]:
    """Each feature or part that a normalised line gives the product."""
    records, said, brings = _features()
    taken: list[tuple[int, int]] = []
    for match in said.finditer(line):
        if not _spoken_of_otherwise(line, *match.span()):
            taken.append(match.span())
            yield Brought(match[0], *match.span(), _support(records[match[0]], facts))
    for match in brings.finditer(line):
        start, end = match.span("thing")
        if any(start < stop and end > begun for begun, stop in taken) or _spoken_of_otherwise(line, match.start(), end):
            continue
        thing = match["thing"]  # its head stands at the end: 插带 of 行李箱插带
        support = _support((thing[-2:],), facts)
        if support is None and len(thing) > 2 and thing[-1] in facts.text:  # 棉布袋 of a record's 棉布收纳袋
            support = _support((thing[:2],), facts)
        yield Brought(thing, start, end, support)


def _spoken_of_otherwise(line: str, start: int, end: int) -> bool:
    """Whether a line denies it, asks for it or says that the record is silent."""
    denies = may_deny(line) and denied(line, start, end)
    return denies or _ASKED.match(line, end) is not None or record_is_silent(line, start, end, _ENDS)


def _support(words: tuple[str, ...], facts: Facts) -> str | None:
    return _told(words, facts.text)


@lru_cache(maxsize=512)  # a product's copies give it the same few
def _told(words: tuple[str, ...], text: str) -> str | None:
    for word in words:
        if word in text and len(re.findall(_NOT + re.escape(word), text)) < text.count(word):
            return word
    return None
