"""How easy a copy is to read, and whether it keeps to its campaign's voice: what can be counted of either.

Sentences, words, marks and forms of address against bands in ``templates/readability.yaml`` and ``voices.yaml``. Own
measures for short texts: no published readability formula, and no judgement of style beyond these counts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from generation.ledger.facts import Facts
from generation.reading.text import holds, normal

_SENTENCE_END = re.compile(r"[!?;。\n]+|\.(?=\s|$)")
_HAN = re.compile("[\u3400-\u9fff]")
_EXCLAIM, _QUESTION = "!", "?"
_ADDRESS = {"en": re.compile(r"\byou(?:r|rs|rself)?\b"), "zh": re.compile("[你您]")}
_INFORMAL = {"en": re.compile(r"\b[a-z]+'(?:s|re|ve|ll|d|m|t)\b"), "zh": re.compile("你")}
# "not formal", "never too formal", 不要太正式; but not the first half of "no jargon, plain words".
_NOT = re.compile(r"(?:\b(?:not|never|no|non|without|isn't)\b[\s-]*(?:\w+\s+)?|[不别非勿无没][太要会够过于]{0,2})$")


@dataclass(frozen=True, slots=True)
class Band:
    """From ``poor`` (0) to ``good`` (1); either may be the higher."""

    good: float
    poor: float

    def share(self, value: float) -> float:
        """Where a value stands in the band, 0–1."""
        return min(1.0, max(0.0, (self.poor - value) / (self.poor - self.good)))


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that a voice asks for, and by what it is measured: a band for each name of a count."""

    name: str
    wants: Mapping[str, Band]


@dataclass(frozen=True, slots=True)
class Prose:
    """A copy's text in counts."""

    text: str  # normalised, a line a line
    words: Sequence[str]  # Latin words and single Chinese characters
    language: str  # "en" or "zh"
    sentences: int

    def per_sentence(self, count: int) -> float:
        return count / self.sentences

    @property
    def sentence(self) -> float:
        """Words a sentence; characters in Chinese."""
        return len(self.words) / self.sentences


def prose_of(text: str, words: Sequence[str], locale: str) -> Prose:
    """A normalised text, whose lines count as sentences of their own, and its words."""
    sentences = sum(1 for part in _SENTENCE_END.split(text) if part and not part.isspace())
    return Prose(text, words, locale[:2], max(1, sentences))


def readability(prose: Prose, facts: Facts) -> tuple[float, str]:
    """How easy the words are to read, 0–1, and that in words. The record's own words are not held against a copy."""
    band = bands()[prose.language]
    length = prose.sentence
    if prose.language == "zh":
        characters = [word for word in prose.words if not word.isascii()]
        odd = frozenset(ch for ch in set(characters) - familiar() if ch not in facts.text)
        strange = sum(1 for ch in characters if ch in odd) if odd else 0
        rate = strange / len(characters) if characters else 0.0
        share = (band["sentence"].share(length) + band["unfamiliar"].share(rate)) / 2
        return share, f"{_verdict(share)}: {length:.0f} characters a sentence, {rate:.0%} of them unfamiliar"
    own = [word for word in prose.words if word not in facts.words]
    letters = sum(map(len, own)) / len(own) if own else 0.0
    share = (band["sentence"].share(length) + band["word"].share(letters)) / 2
    return share, f"{_verdict(share)}: {length:.0f} words a sentence, {letters:.1f} letters a word"


def _verdict(share: float) -> str:
    return "reads easily" if share >= 0.75 else "reads well enough" if share >= 0.5 else "hard to read"


def voice(prose: Prose, asked: str | None) -> tuple[float, str] | None:
    """How far a copy keeps to a voice, 0–1, and that in words; None where nothing is asked that is counted."""
    traits = traits_of(asked or "", prose.language)
    if not traits:
        return None
    kept: list[str] = []
    missed: list[str] = []
    total = 0.0
    counted: dict[str, float] = {}
    for trait in traits:
        shares = []
        for name, band in trait.wants.items():
            if name not in counted:
                counted[name] = _count(name, prose)
            shares.append(band.share(counted[name]))
        share = sum(shares) / len(shares)
        total += share
        (kept if share >= 0.5 else missed).append(trait.name)
    words = [f"keeps to the voice: {', '.join(kept)}"] if kept else []
    words += [f"not as {' or '.join(missed)} as the voice asks"] if missed else []
    return total / len(traits), "; ".join(words)


def _count(name: str, prose: Prose) -> float:
    if name == "sentence":
        return prose.sentence
    text = prose.text
    if name == "exclaim":
        return prose.per_sentence(text.count(_EXCLAIM))
    if name == "lively":
        return prose.per_sentence(text.count(_EXCLAIM) + text.count(_QUESTION))
    pattern = (_ADDRESS if name == "address" else _INFORMAL)[prose.language]
    return prose.per_sentence(len(pattern.findall(text)))


@lru_cache(maxsize=256)
def traits_of(asked: str, language: str) -> tuple[Trait, ...]:
    """What a brand voice asks for, by its words in either language."""
    plain = normal(asked)
    return tuple(
        Trait(name, wants[language])
        for name, phrases, wants in _traits()
        if any(_asks(plain, normal(phrase)) for phrase in phrases)
    )


def _asks(voice_text: str, phrase: str) -> bool:
    start = voice_text.find(phrase)
    while start >= 0:
        around = voice_text[start : start + len(phrase)]
        whole = not phrase.isascii() or holds(voice_text[max(0, start - 1) : start + len(phrase) + 1], around)
        if whole and not _NOT.search(voice_text[:start]):
            return True
        start = voice_text.find(phrase, start + 1)
    return False


@cache
def _traits() -> tuple[tuple[str, tuple[str, ...], Mapping[str, Mapping[str, Band]]], ...]:
    """Each trait's name, the words that ask for it, and what it wants by language."""
    loaded = _data("voices.yaml")["traits"]
    return tuple(
        (
            name,
            tuple(phrase for phrases in trait["words"].values() for phrase in phrases),
            {
                language: {want: Band(**band.get(language, band)) for want, band in trait["wants"].items()}
                for language in ("en", "zh")
            },
        )
        for name, trait in loaded.items()
    )


@cache
def bands() -> Mapping[str, Mapping[str, Band]]:
    """The bands of templates/readability.yaml by language and measure."""
    return {
        language: {name: Band(**band) for name, band in measures.items()}
        for language, measures in _data("readability.yaml").items()
    }


@cache
def familiar() -> frozenset[str]:
    """The Chinese characters of the project's own shop words, which any customer knows."""
    folder = files("templates") / "corpus"
    texts = (folder / name for name in ("words-zh-CN.txt", "zh-CN.yaml"))
    return frozenset(ch for path in texts for ch in _HAN.findall(path.read_text("utf-8")))


def _data(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((files("templates") / name).read_text("utf-8"))
    return loaded
