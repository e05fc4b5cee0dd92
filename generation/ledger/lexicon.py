"""Words that state a fact by themselves: materials, colours, certifications and other makers' brands, and where.

The words are data, ``lexicon.yaml`` and ``idioms.yaml`` of ``templates/policies``. Whether the record supports one is
in ``generation.ledger.support``.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import ascii_lowercase, digits
from typing import Any

import yaml
from ahocorasick_rs import AhoCorasick

from generation.ledger.policies import PolicyError
from generation.reading.looks import look_for
from generation.reading.needles import encodable, finder

KINDS = {
    "materials": "material",
    "colours": "colour",
    "certifications": "certification",
    "comparatives": "comparative",
    "brands": "brand",
}
LANGUAGES = ("en", "zh")
_HAN = re.compile("[\u3400-\u9fff]")
_LETTERS = frozenset(ascii_lowercase + digits)  # and figures: what a Latin word goes on with
_NEXT = re.compile(" ([a-z]{3,})")
_SHORT_NAME = 3  # letters: CE, UL and FSC are certificates in capitals only


Span = tuple[int, int]
"""From the first character of a stretch to the one behind it."""


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
    literals: AhoCorasick  # the words, without their hyphens
    latin: tuple[bool, ...]  # of each of those whether it is a Latin word, which ends where its letters do
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
    idle: re.Pattern[str]  # numbers that tell nothing of a product: roads, times of day, idioms
    may_idle: Callable[[str], bool]
    around: frozenset[str]  # things of the reader's own, whose material is theirs
    comes_with: re.Pattern[str]  # what says that one comes with the product
    said_by_kind: Mapping[str, tuple[str, ...]]  # what an award's statement needn't say, for it is an award's

    def words_at(self, places: Iterable[Span], line: str, raw: str, things: Container[str] = ()) -> Iterator[Word]:
        """The lexicon's words at the places that ``spans_in`` found in a normalised line, but for idioms and denials.

        ``things`` are words of the product's title and category: "walnut desk" tells of a desk what it is made of.
        ``raw`` is the stored line, where it is as long, for the case of short names; otherwise the normalised one.
        """
        spared = [match.span() for match in self.spare.finditer(line)] if self.may_spare(line) else []
        for start, end in places:
            text = self._listed(line[start:end])
            if self.denied.search(line, max(0, start - 16), start) or self.denied_after.match(line, end):
                continue  # "no plastic", "latex-free", "for your oak table"
            told = text in self.needs_telling and self._told(line, start, end, things)
            if not told and any(a < end and b > start for a, b in spared):
                continue
            kind = self.kinds[text]
            if kind == "certification" and len(text) <= _SHORT_NAME and raw[start:end].islower():
                continue
            if text in self.needs_telling and not told and not self.told_weakly.search(line, max(0, start - 12), start):
                continue
            yield Word(kind, text, start, end)

    def idle_in(self, line: str) -> list[tuple[int, int]]:
        """Where in a normalised line numbers stand that tell nothing of the product."""
        return [match.span() for match in self.idle.finditer(line)] if self.may_idle(line) else []

    def known_in(self, text: str) -> Iterator[str]:
        """The words that a normalised record holds: there, none of them is an idiom."""
        return (self._listed(text[start:end]) for start, end in self.spans_in(text))

    def spans_in(self, text: str) -> list[Span]:
        """Where a normalised text holds words, the longest where several begin, in their order, none in another."""
        hits = self.literals.find_matches_as_indexes(encodable(text.replace("-", " ")), overlapping=True)
        if not hits:
            return []
        found = [
            (start, -end)
            for word, start, end in hits
            if not (self.latin[word] and (text[end : end + 1] in _LETTERS or (start and text[start - 1] in _LETTERS)))
        ]
        apart, last = [], 0
        for start, end in sorted(found):
            if start >= last:
                last = -end
                apart.append((start, last))
        return apart

    def _listed(self, text: str) -> str:
        """A word as the lexicon spells it, which a text may have with other hyphens."""
        return text if text in self.kinds else self.spelt.get(text.replace("-", " "), text)

    def _told(self, line: str, start: int, end: int, things: Container[str]) -> bool:
        before = self.told_before.search(line, max(0, start - 24), start)
        if before or self.told_after.match(line, end):
            return True
        following = _NEXT.match(line, end)
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
    listed = list(dict.fromkeys(word.replace("-", " ") for word in kinds))
    spare, idle = (
        re.compile("|".join(f"(?:{each})" for each in _spared(idioms, section)) or r"(?!)")
        for section in ("spare", "idle_numbers")
    )
    return Lexicon(
        kinds=kinds,
        spelt={word.replace("-", " "): word for word in kinds},
        literals=AhoCorasick(listed),
        latin=tuple(not _HAN.match(word) for word in listed),
        spare=spare,
        may_spare=finder([spare]),
        idle=idle,
        may_idle=look_for([idle]),
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


def _spared(idioms: Mapping[str, Any], section: str) -> list[str]:
    spare = idioms.get(section) or {}
    found = [pattern for language in LANGUAGES for pattern in _texts(f"idioms.yaml, {section}", spare, language)]
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
