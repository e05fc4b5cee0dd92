"""The policy packs of ``templates/policies``: which rules hold for a market and a channel, and where a text breaks one.

A pack is data with its sources; this loads it, refusing what is malformed, and matches it. Whether a match is excused
or supported is in ``generation.ledger.support``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import yaml

from generation.reading.looks import look_for
from generation.reading.needles import Index, needles

MARKETS = ("us", "uk", "eu", "cn")
_MARKET_OF_LOCALE = {"en-US": "us", "en-GB": "uk", "zh-CN": "cn"}
ACTIONS = ("block", "evidence", "warn")
EVIDENCE_KINDS = frozenset(
    ("certification", "award", "test", "guarantee", "origin", "statistic", "review", "other", "promotion",
     "price_history", "stock", "end_date")
)  # fmt: skip
_PACK_KEYS = {"pack", "title", "markets", "channels", "rules"}
_NEEDED = {"id", "kind", "action", "tell", "patterns"}
_RULE_KEYS = _NEEDED | {"evidence", "source_url", "verified_on", "sure", "enabled", "names_excuse", "spare"}
NOT_PACKS = (  # words and patterns, not rules
    "features.yaml", "features_zh.yaml", "idioms.yaml", "injection.yaml", "lexicon.yaml", "personal.yaml",
)  # fmt: skip
_RARE = 2  # bytes of a pattern's shortest literal from which on it is worth while to look for its literals


class PolicyError(ValueError):
    """A policy pack that can't be used; the message names the file and the rule and says what to mend."""


@dataclass(frozen=True)
class Rule:
    """One rule of a pack: words that a copy may not hold, or only with evidence, or that a reviewer should see."""

    id: str
    kind: str  # "superlative", "price", "review", …
    action: str  # "block", "evidence" or "warn"
    tell: str  # one line for the reviewer, saying what to mend
    evidence: frozenset[str]  # what supports it: kinds of Evidence, "promotion", "price_history", "stock", "end_date"
    patterns: tuple[re.Pattern[str], ...]  # over what facts.normal makes of a line
    spare: re.Pattern[str] | None  # a match that overlaps one of these is no hit
    names_excuse: bool  # whether the product's own name, or the offer, may hold the words

    def hits(self, text: str, patterns: Sequence[re.Pattern[str]] | None = None) -> Iterator[re.Match[str]]:
        """Where a normalised line breaks the rule; of its patterns, these are tried."""
        for pattern in self.patterns if patterns is None else patterns:
            for match in pattern.finditer(text):
                if match[0] and not self._spared(text, match):
                    yield match

    def _spared(self, text: str, match: re.Match[str]) -> bool:
        if self.spare is None:
            return False
        return any(spare.start() < match.end() and spare.end() > match.start() for spare in self.spare.finditer(text))

    @cached_property
    def rare(self) -> list[re.Pattern[str]]:
        """The patterns with telling literals."""
        return [pattern for pattern in self.patterns if not _is_common(pattern)]

    @cached_property
    def common(self) -> list[re.Pattern[str]]:
        """The patterns without telling literals."""
        return [pattern for pattern in self.patterns if _is_common(pattern)]

    @cached_property
    def may_match_common(self) -> Callable[[str], bool]:
        return look_for(self.common)


@dataclass(frozen=True)
class Pack:
    """The rules of one market, platform or of everybody."""

    pack: str
    title: str
    markets: tuple[str, ...]
    channels: tuple[str, ...]
    rules: tuple[Rule, ...]

    def holds(self, market: str, channel: str) -> bool:
        """Whether the pack speaks of a copy for this market on this channel."""
        return market in (self.markets or (market,)) and channel in (self.channels or (channel,))


Candidates = list[tuple[Rule, list[re.Pattern[str]]]]
"""Rules that a text may break, each with the patterns that may match it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """All the rules that hold for one market and channel."""

    rules: tuple[Rule, ...]
    rare: tuple[tuple[Rule, re.Pattern[str]], ...]  # each pattern with its rule
    literals: Index  # of the rare patterns
    common: tuple[tuple[Callable[[str], bool], Rule, list[re.Pattern[str]]], ...]  # patterns without telling literals

    def candidates(self, text: str) -> Candidates:
        """What a normalised text, of one line or several, may break."""
        found: Candidates = [(rule, patterns) for may_match, rule, patterns in self.common if may_match(text)]
        if likely := self.literals.likely(text):
            lines = text.split("\n")  # where one begins and ends, its patterns see it
            found += [
                (rule, [pattern])
                for rule, pattern in map(self.rare.__getitem__, likely)
                if any(map(pattern.search, lines))
            ]
        return found


def market_of(market: str | None, locale: str) -> str:
    """A campaign's market; where it names none, the locale's."""
    return market or _MARKET_OF_LOCALE.get(locale, "us")


@cache
def policy(market: str, channel: str) -> Policy:
    """The rules for a copy. Raises PolicyError."""
    held = [pack for pack in packs() if pack.holds(market, channel)]
    rules = tuple(rule for pack in held for rule in pack.rules)
    common = tuple((rule.may_match_common, rule, rule.common) for rule in rules if rule.common)
    rare = tuple((rule, pattern) for rule in rules for pattern in rule.rare)
    return Policy(rules, rare, Index(pattern for _, pattern in rare), common)


def _is_common(pattern: re.Pattern[str]) -> bool:
    found = needles(pattern)
    return found is None or min(len(word.encode()) for word in found) < _RARE


@cache
def packs() -> tuple[Pack, ...]:
    """Every pack of templates/policies, by file name. Raises PolicyError."""
    folder = files("templates") / "policies"
    sources = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    loaded = [pack_of(name, entry.read_text("utf-8")) for name, entry in sources if name not in NOT_PACKS]
    seen: dict[str, str] = {}
    for pack in loaded:
        for rule in pack.rules:
            if rule.id in seen:
                raise PolicyError(f"policies: the rule {rule.id} is in {seen[rule.id]} and in {pack.pack}")
            seen[rule.id] = pack.pack
    return tuple(loaded)


def pack_of(name: str, text: str) -> Pack:
    """A pack from the text of its file; rules that are not enabled are left out. Raises PolicyError."""
    where = f"policies/{name}"
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise PolicyError(f"{where}: no YAML: {' '.join(str(exc).split())}") from exc
    if not isinstance(told, Mapping) or not isinstance(told.get("rules"), list):
        raise PolicyError(f"{where}: a pack is a mapping with a list of rules")
    _refuse_unknown(where, told, _PACK_KEYS)
    markets = _words(where, told, "markets")
    if wrong := sorted(set(markets) - set(MARKETS)):
        raise PolicyError(f"{where}: no market {wrong[0]!r}; there are {', '.join(MARKETS)}")
    rules = tuple(_rule(where, entry) for entry in told["rules"])
    if twice := next((rule.id for at, rule in enumerate(rules) if rule.id in {r.id for r in rules[:at]}), None):
        raise PolicyError(f"{where}: the rule {twice} is there twice")
    on = tuple(rule for rule, entry in zip(rules, told["rules"], strict=True) if entry.get("enabled", True))
    pack = str(told.get("pack") or name.removesuffix(".yaml"))
    return Pack(pack, str(told.get("title") or pack), markets, _words(where, told, "channels"), on)


def _rule(where: str, told: object) -> Rule:
    if not isinstance(told, Mapping):
        raise PolicyError(f"{where}: a rule is a mapping, not {str(told)[:40]!r}")
    where = f"{where}, rule {told.get('id', '?')}"
    _refuse_unknown(where, told, _RULE_KEYS)
    if missing := sorted(_NEEDED - {key for key, value in told.items() if value}):
        raise PolicyError(f"{where}: it lacks {', '.join(missing)}")
    if told["action"] not in ACTIONS:
        raise PolicyError(f"{where}: no action {told['action']!r}; there are {', '.join(ACTIONS)}")
    for key in ("enabled", "names_excuse"):
        if not isinstance(told.get(key, True), bool):
            raise PolicyError(f"{where}: {key} is true or false")
    evidence = frozenset(_words(where, told, "evidence"))
    if wrong := sorted(evidence - EVIDENCE_KINDS):
        raise PolicyError(f"{where}: no evidence {wrong[0]!r}; there are {', '.join(sorted(EVIDENCE_KINDS))}")
    if (told["action"] == "evidence") != bool(evidence):
        raise PolicyError(f"{where}: the action evidence, and no other, names what supports it under evidence")
    patterns, spare = _patterns(where, told, "patterns"), _patterns(where, told, "spare")
    if not patterns:
        raise PolicyError(f"{where}: it lacks patterns")
    return Rule(
        id=str(told["id"]),
        kind=str(told["kind"]),
        action=str(told["action"]),
        tell=str(told["tell"]),
        evidence=evidence,
        patterns=patterns,
        spare=re.compile("|".join(f"(?:{pattern.pattern})" for pattern in spare)) if spare else None,
        names_excuse=told.get("names_excuse", True),
    )


def _patterns(where: str, told: Mapping[str, Any], key: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of both languages, compiled: copy in one may hold words of the other."""
    by_language = told.get(key) or {}
    if not isinstance(by_language, Mapping):
        raise PolicyError(f"{where}: {key} are lists by language, en and zh")
    _refuse_unknown(f"{where}, {key}", by_language, {"en", "zh"})
    found = []
    for language in by_language:
        for pattern in _words(f"{where}, {key}", by_language, language):
            try:
                found.append(re.compile(pattern))
            except re.error as exc:
                raise PolicyError(f"{where}: {pattern!r} is no regular expression: {exc}") from exc
            if found[-1].search(""):
                raise PolicyError(f"{where}: {pattern!r} matches nothing at all, and so every text")
    return tuple(found)


def _words(where: str, told: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value: object = told.get(key)
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(word, str) for word in value):
        raise PolicyError(f"{where}: {key} is a list of texts")
    return tuple(value)


def _refuse_unknown(where: str, told: Mapping[Any, Any], known: set[str]) -> None:
    if wrong := sorted(map(str, told.keys() - known)):
        raise PolicyError(f"{where}: no key {wrong[0]!r}; there are {', '.join(sorted(known))}")
