"""Words that state a fact by themselves: materials, colours, certifications and other makers' brands, and where.

The words are data, ``lexicon.yaml`` and ``idioms.yaml`` of ``templates/policies``. Whether the record supports one is
in ``generation.support``.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from generation.needles import finder
from generation.policies import PolicyError

KINDS = {
    "materials": "material",
    "colours": "colour",
    "certifications": "certification",
    "comparatives": "comparative",
    "brands": "brand",
}
LANGUAGES = ("en", "zh")
LATIN = re.compile("[a-z0-9]+")  # a word between hyphens and hanzi
_HAN = re.compile("[\u3400-\u9fff]")
_NEXT = re.compile(" ([a-z]{3,})")
_SHORT_NAME = 3  # letters: CE, UL and FSC are certificates in capitals only


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the lexicon where a line holds it."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The words by kind, compiled."""

    kinds: Mapping[str, str]  # word → kind
    spelt: Mapping[str, str]  # a word without its hyphens → as the lexicon has it
    heads: frozenset[str]  # first Latin words: a text without one of these holds no English word of the lexicon
    hanzi: frozenset[str]  # and those that its Chinese words begin with
    by_head: Mapping[str, re.Pattern[str]]  # the words that begin with a Latin word, or with a hanzi
    spare: re.Pattern[str]
    may_spare: Callable[[str], bool]
    needs_telling: frozenset[str]
    told_before: re.Pattern[str]
    told_after: re.Pattern[str]
    told_weakly: re.Pattern[str]  # what an idiom may have as well
    denied: re.Pattern[str]
    denied_after: re.Pattern[str]
    supporting: Mapping[str, tuple[str, ...]]  # word → what the record may say instead: the same, or a kind of it
    no_maker: frozenset[str]  # what stands after "by" and is nobody's name
    filler: frozenset[str]  # words that say nothing by themselves
    around: frozenset[str]  # things of the reader's own, whose material is theirs
    comes_with: re.Pattern[str]  # what says that one comes with the product
    said_by_kind: Mapping[str, tuple[str, ...]]  # what an award's statement needn't say, for it is an award's

    def words_in(self, line: str, raw: str, words: Iterable[str], things: Container[str] = ()) -> Iterator[Word]:
        """The lexicon's words in a normalised line, the longest where several begin; ``words`` are its Latin ones.

        ``things`` are words of the product's title and category: "walnut desk" tells of a desk what it is made of.
        ``raw`` is the stored line, where it is as long, for the case of short names; otherwise the normalised one.
        """
        found = self._matches(line, words)
        if not found:
            return
        spared = [match.span() for match in self.spare.finditer(line)] if self.may_spare(line) else []
        for match in found:
            start, text = match.start(), self._listed(match[0])
            if self.denied.search(line, max(0, start - 16), start) or self.denied_after.match(line, match.end()):
                continue  # "no plastic", "latex-free", "for your oak table"
            told = text in self.needs_telling and self._told(line, match, things)
            if not told and any(a < match.end() and b > start for a, b in spared):
                continue
            kind = self.kinds[text]
            if kind == "certification" and len(text) <= _SHORT_NAME and raw[start : match.end()].islower():
                continue
            if text in self.needs_telling and not told and not self.told_weakly.search(line, max(0, start - 12), start):
                continue
            yield Word(kind, text, start, match.end())

    def known_in(self, text: str) -> Iterator[str]:
        """The words that a normalised record holds: there, none of them is an idiom."""
        return (self._listed(match[0]) for match in self._matches(text, LATIN.findall(text)))

    def _matches(self, text: str, words: Iterable[str]) -> list[re.Match[str]]:
        """In their order; within a longer word of the lexicon there is no shorter one."""
        heads = self.heads.intersection(words)
        if not text.isascii():
            heads |= self.hanzi.intersection(text)
        found = []
        for head in heads:
            at = text.find(head)
            while at >= 0:
                if match := self.by_head[head].match(text, at):
                    found.append(match)
                at = text.find(head, at + 1)
        if not found:
            return found
        apart, end = [], 0
        for match in sorted(found, key=lambda match: (match.start(), -match.end())):
            if match.start() >= end:
                apart.append(match)
                end = match.end()
        return apart

    def _listed(self, text: str) -> str:
        """A word as the lexicon spells it, which a text may have with other hyphens."""
        return text if text in self.kinds else self.spelt.get(text.replace("-", " "), text)

    def _told(self, line: str, match: re.Match[str], things: Container[str]) -> bool:
        before = self.told_before.search(line, max(0, match.start() - 24), match.start())
        if before or self.told_after.match(line, match.end()):
            return True
        following = _NEXT.match(line, match.end())
        return following is not None and following[1] in things

    def says(self, word: str) -> tuple[str, ...]:
        """What a record may say for a copy to say the word: the word itself first."""
        return (word, *self.supporting.get(word, ()))


@cache
def lexicon() -> Lexicon:
    """The packaged lexicon. Raises PolicyError."""
    folder = files("templates") / "policies"
    told: list[Mapping[str, Any]] = []
    for name in ("lexicon.yaml", "idioms.yaml"):
        entry = folder / name
        told.append(yaml.safe_load(entry.read_text("utf-8")) if entry.is_file() else {})
    return lexicon_of(*told)


def lexicon_of(words: Mapping[str, Any], idioms: Mapping[str, Any]) -> Lexicon:
    """A lexicon from what the two files say. Raises PolicyError."""
    kinds: dict[str, str] = {}
    for section, kind in KINDS.items():
        for told in (words, idioms):
            for language in LANGUAGES:
                for word in _texts("lexicon.yaml", told.get(section) or {}, language):
                    kinds.setdefault(word.lower(), kind)
    same: list[list[str]] = [[str(word).lower() for word in group] for group in idioms.get("same") or []]
    general = {str(word): [str(each) for each in of] for word, of in (idioms.get("kinds") or {}).items()}
    for word in (*(word for group in same for word in group), *general, *(w for of in general.values() for w in of)):
        if len(word) > 1:  # a single hanzi is a part of a hundred other words
            kinds.setdefault(word, "colour" if word in ("gray", "grey") else "material")
    english: dict[str, list[str]] = {}
    chinese: dict[str, list[str]] = {}
    for word in kinds:
        if _HAN.match(word):
            chinese.setdefault(word[0], []).append(word)
        elif head := LATIN.match(word):
            english.setdefault(head[0], []).append(word)
    spare = re.compile("|".join(f"(?:{each})" for each in _spared(idioms)) or r"(?!)")
    return Lexicon(
        kinds=kinds,
        spelt={word.replace("-", " "): word for word in kinds},
        heads=frozenset(english),
        hanzi=frozenset(chinese),
        by_head={
            **{head: _english(of) for head, of in english.items()},
            **{head: _any_of(of) for head, of in chinese.items()},
        },
        spare=spare,
        may_spare=finder([spare]),
        needs_telling=frozenset(map(str, idioms.get("needs_telling") or ())),
        told_before=re.compile(rf"(?<![a-z])(?:{'|'.join(idioms.get('told_before') or ['(?!)'])}) (?:[a-z]+ )?\Z"),
        told_weakly=re.compile(rf"(?<![a-z])(?:{'|'.join(idioms.get('told_weakly') or ['(?!)'])}) \Z"),
        denied=re.compile(rf"(?:{'|'.join(idioms.get('denied') or ['(?!)'])})\s?\Z"),
        denied_after=re.compile("|".join(idioms.get("denied_after") or ["(?!)"])),
        told_after=re.compile(rf"[ -](?:{'|'.join(idioms.get('told_after') or ['(?!)'])})\b"),
        supporting=_supporting(same, general),
        no_maker=frozenset(str(idioms.get("no_maker") or "").split()),
        filler=frozenset(str(idioms.get("filler") or "").split()),
        around=frozenset(idioms.get("around") or ()),
        comes_with=re.compile(idioms.get("comes_with") or "(?!)"),
        said_by_kind={kind: tuple(told.split()) for kind, told in (idioms.get("said_by_kind") or {}).items()},
    )


def _english(words: Iterable[str]) -> re.Pattern[str]:
    """The words, each with a hyphen or a space between its parts, and nothing joined to it but a hyphen."""
    longest_first = sorted(words, key=len, reverse=True)
    parts = (re.escape(word).replace(r"\ ", "[ -]").replace(r"\-", "[ -]") for word in longest_first)
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(parts)})(?![a-z0-9])")


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))) or r"(?!)")


def _supporting(same: list[list[str]], general: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    alike: dict[str, list[str]] = {}
    for group in same:
        for word in group:
            alike.setdefault(word, []).extend(other for other in group if other != word)

    def below(word: str, seen: frozenset[str]) -> list[str]:
        """All that is the word, or a kind of it."""
        found = [word, *alike.get(word, ())]
        for name in list(found):
            for each in general.get(name, ()):
                if each not in seen:
                    found += below(each, seen | {name, each})
        return found

    return {word: tuple(dict.fromkeys(below(word, frozenset({word})))) for word in {*alike, *general}}


def _spared(idioms: Mapping[str, Any]) -> list[str]:
    spare = idioms.get("spare") or {}
    found = [pattern for language in LANGUAGES for pattern in _texts("idioms.yaml, spare", spare, language)]
    for pattern in found:
        try:
            re.compile(pattern)
        except re.error as exc:
            raise PolicyError(f"policies/idioms.yaml: {pattern!r} is no regular expression: {exc}") from exc
    return found


def _texts(where: str, told: object, language: str) -> list[str]:
    if not isinstance(told, Mapping):
        raise PolicyError(f"policies/{where}: words are lists by language, en and zh")
    found = told.get(language) or []
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise PolicyError(f"policies/{where}: {language} is a list of words")
    return found
