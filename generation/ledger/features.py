"""Features and parts that a copy gives a product: "a built-in light", "waterproof", "comes with a case".

The words are data, templates/policies/features.yaml. A record supports a feature by speaking of it at all; how big or
how many it is, other checks see. Parts in other words than those aren't seen.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import product

import yaml
from ahocorasick_rs import AhoCorasick

from generation.ledger.facts import Facts
from generation.reading.content import record_is_silent, sentence_start
from generation.reading.looks import look_for
from generation.reading.needles import encodable

LISTED = frozenset({"bullet", "first", "second"})  # fields whose lines may begin with a part's bare name
_HEAD = re.compile("[a-z0-9]+")
_BEFORE, _AFTER = 64, 40  # characters around a word that tell how it is meant
# From "comes with" to the part nothing may stand that leads away from it.
_AWAY = re.compile(
    r"\b(?:for|to|into|onto|under|over|like|as|your|any|every|my|their|that|which|who|when|where|while|than|room"
    r"|space|against"
    r"|inside|from|on|in|at|through|between|about|near|beside|behind|if|of)\b"
)
_HAS = re.compile(
    r"\b(?:(?:comes?|ships?|arrives?|delivered|supplied|sold|equipped|fitted|finished|packed|packs|complete"
    r"|completed|together"
    r"|paired) (?:up )?(?:with|in)|has|have|features?|featuring|includes?|including|offers?|offering|boasts?|sports?"
    r"|carries|contains?|hides?|hiding|adds?|brings?|gets?|plus|its|with)\b[ :]"
)
_BUILT = re.compile(
    r"(?<![a-z])(?:built[ -]in|integrated|internal|detachable|removable|adjustable|hidden|zipped|zippered|padded"
    r"|spare|extra"
    r"|matching|inner|outer|inside|side|front|rear|quilted|flip[ -]top|roll[ -]top|magnetic|retractable|telescopic"
    r"|included"
    r"|on-?board|secret|concealed|protective|waterproof) (?:[a-z0-9-]+ ){0,2}\Z"
)
_SUBJECT = re.compile(r"(?:^|[.!?,;:] |\band )(?:a|an|the|its|one|two|three|this) (?:[a-z0-9-]+ ){0,2}\Z")
_DOES = re.compile(
    r"(?:s|es)? (?:(?:is|are|comes?) (?:included|built[ -]in|standard|in the box)|included\b|"
    r"(?:on|in|at|inside|under) (?:the|its) (?:front|back|side|base|box|housing|top|bottom|lid|handle|inside|rear) |"
    r"(?:that |which )?(?:lets?|keeps?|makes?|holds?|shuts?|closes?|opens?|adjusts?|folds?|lights?|shines?|guides?"
    r"|tells?"
    r"|shows?|remembers?|protects?|swallows?|locks?|clips?|slides?|snaps?|stows?|seals?|tops up|tracks?)\b)"
)
_BEGINS = re.compile(r"(?:^|, )(?:[a-z-]{3,} ){0,3}\Z")
_DENIED = re.compile(
    r"\b(?:no|not|never|without|nor|neither|lacks?|minus|forget|skip|zero|hardly|instead of|rather than|leave|unlike"
    r"|nobody|cannot|free of|\w+n['’]t)\b(?P<between>[^.;:!?]*)\Z"
)
_DENIED_AFTER = re.compile(
    r"[a-z]{0,2} ?(?:(?:is|are|was|were)(?:n['’]t| not)\b|not (?:included|needed|required)|sold separately"
    r"|costs? extra"
    r"|free\b|stays? (?:home|at home)|off\b|down\b)|-free\b"
)
_OWN = re.compile(
    r"\b(?:your|my|their|his|her|our neighbou?rs?['’]?|any|every|another|whose|somebody['’]s|as|like|than)"
    r" (?:[a-z-]+ ){0,2}\Z"
)
_ENDS = re.compile(r"[.!?;:]")
_may_be_built, _may_have = look_for([_BUILT]), look_for([_HAS])
_may_be_anothers, _may_be_denied = look_for([_OWN]), look_for([_DENIED])


@dataclass(frozen=True, eq=False)
class Feature:
    """One line of features.yaml."""

    name: str
    told: re.Pattern[str]  # how a record speaks of it
    had_by: frozenset[str]  # things that have it anyway
    always: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """A feature where a line states it."""

    feature: Feature
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Features:
    """All of them, by the first word of what says them."""

    literals: AhoCorasick  # all that says a feature, with a space or nothing between its words
    heads: tuple[str, ...]  # of each of those its first word
    by_head: Mapping[str, re.Pattern[str]]
    named: Mapping[str, Feature]  # by its words without spaces and hyphens

    def heads_in(self, text: str) -> frozenset[str]:
        """The first words of those that a normalised text holds; most copy has none."""
        hits = self.literals.find_matches_as_indexes(encodable(text.replace("-", " ")), overlapping=True)
        return frozenset(self.heads[literal] for literal, start, _ in hits if not (start and text[start - 1].isalnum()))

    def stated_in(self, line: str, words: Iterable[str], field: str) -> Iterator[Stated]:
        """The features that a normalised line states; ``words`` are heads of the text that it is a part of."""
        matches = [match for head in words if head in line for match in self.by_head[head].finditer(line)]
        end = 0
        for match in sorted(matches, key=lambda match: (match.start(), -match.end())) if matches else ():
            feature = self.named[_joined(match[1])]
            if match.start() >= end and (feature.always or _claimed(line, match, field)) and not _denied(line, match):
                end = match.end()
                yield Stated(feature, match.start(), match.end())


def _claimed(line: str, match: re.Match[str], field: str) -> bool:
    """Whether words around a part's name say that the product has it."""
    start = max(0, match.start() - _BEFORE)
    before = line[start : match.start()]
    if _may_be_built(before) and _BUILT.search(line, start, match.start()):
        return True
    if field in LISTED and _begins(line, match):
        return True
    if _DOES.match(line, match.end()) and _SUBJECT.search(line, start, match.start()):
        return True
    if not _may_have(before):
        return False
    has = None
    for has in _HAS.finditer(line, start, match.start()):  # noqa: B007 - the last is wanted
        pass
    return has is not None and not (
        _AWAY.search(line, has.end(), match.start()) or _ENDS.search(line, has.end(), match.start())
    )


def _begins(line: str, match: re.Match[str]) -> bool:
    opening = _BEGINS.search(line, max(0, match.start() - 32), match.start())
    if opening is None or _AWAY.search(line, opening.start(), match.start()):
        return False
    return opening.end() > opening.start() + 2 or not match[0].endswith(
        "s"
    )  # "Stands 78 cm high", "Locks with a click"


def _denied(line: str, match: re.Match[str]) -> bool:
    """Whether a line says that the thing lacks it, asks for it, or speaks of the reader's own."""
    begun = sentence_start(line, match.start(), _ENDS)
    before = line[begun : match.start()]
    if _DENIED_AFTER.match(line, match.end()):
        return True
    if _may_be_anothers(before) and _OWN.search(line, begun, match.start()):
        return True
    denied = _may_be_denied(before) and _DENIED.search(line, begun, match.start())
    if denied and ("," not in denied["between"] or re.search(r"\b(?:or|nor)\b", denied["between"])):
        return True
    ends = _ENDS.search(line, match.end())
    asked = ends is not None and ends[0] == "?"
    return asked or record_is_silent(line, *match.span(), _ENDS)


def of_feature(feature: Feature, facts: Facts) -> str | None:
    """What supports a feature: a column that speaks of it, or what the product is."""
    return _of_feature(feature, facts.sources, facts.things)


@lru_cache(maxsize=512)  # a product's copies state the same few
def _of_feature(feature: Feature, sources: tuple, things: frozenset[str]) -> str | None:  # type: ignore[type-arg]
    for source in sources:
        named = source.column.removeprefix("products.attributes.").lower()
        if match := feature.told.search(source.text) or feature.told.search(named):
            return str(source.named(match[0]))
    return "products.title" if feature.had_by & things else None


@cache
def features() -> Features:
    """Those of features.yaml."""
    told = yaml.safe_load((files("templates") / "policies" / "features.yaml").read_text("utf-8"))
    named: dict[str, Feature] = {}
    by_head: dict[str, set[str]] = {}
    for section, lines in told.items():
        for line in lines:
            rest, _, things = line.partition("@")
            says, _, record = rest.partition("|")
            phrases, others = _words(says), _words(record)
            feature = Feature(
                phrases[0], _record_pattern((*phrases, *others)), frozenset(_words(things)), section == "always"
            )
            for phrase in phrases:
                named.setdefault(_joined(phrase), feature)
                by_head.setdefault(_HEAD.findall(phrase)[0], set()).add(phrase)
    literals = {
        literal: head for head, phrases in by_head.items() for phrase in phrases for literal in _literals(phrase)
    }
    patterns = {head: _pattern(phrases) for head, phrases in by_head.items()}
    return Features(AhoCorasick(literals), tuple(literals.values()), patterns, named)


def _literals(phrase: str) -> Iterator[str]:
    """A phrase with a space or nothing between its words, each way."""
    first, *rest = re.split("[ -]", phrase)
    return ("".join((first, *(gap + word for gap, word in zip(gaps, rest, strict=True))))
            for gaps in product(("", " "), repeat=len(rest)))  # fmt: skip


def _words(told: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in told.split(",") if word.strip())


def _joined(phrase: str) -> str:
    return phrase.replace(" ", "").replace("-", "")


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=len, reverse=True)
    parts = "|".join(re.escape(phrase).replace(r"\ ", "[ -]?") for phrase in longest_first)
    return re.compile(rf"(?<![a-z0-9])({parts})s?(?![a-z0-9])")


def _record_pattern(words: Iterable[str]) -> re.Pattern[str]:
    parts = [re.escape(word.rstrip("*")).replace(r"\ ", "[ -]?") + ("" if word.endswith("*") else "s?(?![a-z0-9])")
             for word in words]  # fmt: skip
    return re.compile(rf"(?<![a-z])(?:{'|'.join(parts)})")
