"""What a text is about: its content words, in English by their beginnings, in Chinese pairs of hanzi.

For the kinds of copy that rest on a question, on reviews or on a segment. The words that say nothing by themselves, and
all others that those kinds' gates know, are data: templates/kinds.yaml.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import yaml

STEM = 5  # letters by which two English words are one: "leaks" and "leaked"
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?|\d[\d.,]*")
_HAN_RUN = re.compile("[\u3400-\u9fff]+")
_SHORTEST = 3  # letters of an English content word
SENTENCE = re.compile(r"(?<=[!?;。])\s*|(?<=\.)\s+|\n+")
SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。;!?]")  # of a normalised text


@cache
def words_of_kinds() -> Mapping[str, Any]:
    """templates/kinds.yaml."""
    loaded: dict[str, Any] = yaml.safe_load((files("templates") / "kinds.yaml").read_text("utf-8"))
    return loaded


@cache
def patterns(*path: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of both languages at a place of kinds.yaml: a copy in one may hold words of the other."""
    told: Any = words_of_kinds()
    for name in path:
        told = told[name]
    return tuple(
        re.compile(pattern)
        for language in ("en", "zh")
        for pattern in ([told[language]] if isinstance(told[language], str) else told[language])
    )


def found(text: str, *path: str) -> re.Match[str] | None:
    """The first of those patterns that a normalised text holds."""
    return next((match for pattern in patterns(*path) if (match := pattern.search(text))), None)


@cache
def _filler(*sections: str) -> tuple[frozenset[str], re.Pattern[str]]:
    told = [words_of_kinds()["filler"], *(words_of_kinds()[section]["filler"] for section in sections)]
    latin = frozenset(word for each in told for word in each["en"].split())
    hanzi = sorted({word for each in told for word in each["zh"]}, key=len, reverse=True)
    return latin, re.compile("|".join(map(re.escape, hanzi)))


@lru_cache(maxsize=2048)
def content_of(text: str, *sections: str) -> tuple[str, ...]:
    """A normalised text's content words without repeats; ``sections`` of kinds.yaml name further words of no content.

    A single hanzi that stands between such words counts by itself.
    """
    latin, hanzi = _filler(*sections)
    words = [
        word for word in _WORD.findall(text)
        if (len(word) >= _SHORTEST or word[0].isdigit()) and word.replace("’", "'") not in latin
    ]  # fmt: skip
    runs = [part for run in _HAN_RUN.findall(text) for part in hanzi.sub(" ", run).split()]
    pairs = ["".join(pair) for run in runs for pair in (pairwise(run) if len(run) > 1 else [(run,)])]
    return tuple(dict.fromkeys((*words, *pairs)))


def holds_word(text: str, word: str) -> bool:
    """Whether a normalised text holds a content word, or in English another form of it."""
    if not word.isascii():
        return word in text
    return any(_one_word(word, other) for other in _latin(text))


@lru_cache(maxsize=1024)
def _latin(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


def _one_word(word: str, other: str) -> bool:
    if word == other:
        return True
    if word[0].isdigit() or other[0].isdigit():
        return False
    shorter, longer = sorted((word, other), key=len)
    return len(shorter) >= _SHORTEST and longer.startswith(shorter[:STEM]) and len(longer) - len(shorter) <= STEM


def sentence_start(text: str, at: int, ends: re.Pattern[str] = SENTENCE_END) -> int:
    """Where the sentence that a place of a text is in begins."""
    return max((mark.end() for mark in ends.finditer(text, 0, at)), default=0)


def record_is_silent(line: str, start: int, end: int, ends: re.Pattern[str]) -> bool:
    """Whether the sentence around a stretch of a normalised line says that the record is silent on it."""
    stop = ends.search(line, end)
    said = line[sentence_start(line, start, ends) : stop.end() if stop else len(line)]
    return found(said, "answers", "admits") is not None


def share_held(words: Iterable[str], text: str) -> float:
    """The share of content words that a normalised text holds; 1 where there are none."""
    held = [holds_word(text, word) for word in words]
    return sum(held) / len(held) if held else 1.0
