"""Checked copy → scored copy: 0 to 100, with its parts, each in words, to rank what the gates let through.

A score says which of a brief's copies reads better by these counts; it promises no clicks. The parts that take more
than the copy itself, the language model's opinion and the distance to other copy, come later: ``rescored``.
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import yaml

from generation.calibration import Calibrations, shown
from generation.channels import Channel, load_channel
from generation.checks import check_in
from generation.judgement import judgement
from generation.ledger.facts import Facts, facts_of, names_the_product
from generation.readability import prose_of, readability, voice
from generation.reading.text import holds, normal
from generation.records import AdCopy, Generation, Outcome, ScoredCopy, Segment
from generation.shape import Context

FACTS_ENOUGH = 3  # attributes or a price; more would make a list of it
SEGMENT_WORDS_ENOUGH = 2
KEPT = ("judge", "apart", "opening")  # parts that the copy by itself doesn't tell
_WORD = re.compile(r"[a-z0-9]+(?:['.-][a-z0-9]+)*|[\u3400-\u9fff]")
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "at",
        "for",
        "from",
        "in",
        "into",
        "is",
        "it",
        "of",
        "on",
        "or",
        "our",
        "that",
        "the",
        "their",
        "they",
        "this",
        "to",
        "want",
        "who",
        "with",
        "you",
        "your",
        "people",
        "shoppers",
        "buyers",
        "fans",
        "lovers",
        "frequent",
        "occasional",
        "regulars",
    ]
)


Told = tuple[float, str]
"""A part, 0–1, and what it says in words; no words where there is nothing to say."""


def judge(generation: Generation, calibrations: Calibrations | None = None) -> Outcome:
    """All the drafts of a brief, checked and scored."""
    brief, channel = generation.brief, load_channel(generation.brief.channel)
    facts = facts_of(brief)
    context = Context(brief, channel, facts)
    copies = tuple(score(check_in(context, draft), channel, facts, calibrations) for draft in generation.drafts)
    return Outcome(brief, copies, judgement=judgement(brief.channel))


def score(ad_copy: AdCopy, channel: Channel, facts: Facts, calibrations: Calibrations | None = None) -> ScoredCopy:
    """A copy with its score; a rejected one has none."""
    if ad_copy.rejection is not None:
        return ScoredCopy(ad_copy, None)
    brief = ad_copy.draft.brief
    lines = [line for texts in ad_copy.fields.values() for line in texts]
    text = normal("\n".join(lines))
    words = words_of(text)
    prose = prose_of(text, words, brief.locale)
    told: dict[str, Told | None] = {
        "facts": _facts_told(text, facts) if facts.title else None,
        "segment": _segment_words_told(text, frozenset(words), brief.segment) if brief.segment.name else None,
        "voice": voice(prose, brief.campaign.brand_voice),
        "readable": readability(prose, facts),
        "limits": _limits(len(ad_copy.warnings), len(lines)),
        "distinct": _distinct(words),
        "confidence": _confidence(ad_copy.draft.mean_logprob),
    }
    parts = {name: round(part[0], 4) for name, part in told.items() if part is not None}
    notes = [part[1] for part in told.values() if part is not None and part[1]]
    for name, value in ad_copy.draft.kept.items():
        parts[name] = value
        notes.append(note(name, value))
    raw = total(parts)
    return ScoredCopy(ad_copy, shown(raw, brief.locale, calibrations), parts, tuple(notes), raw)


def words_of(text: str) -> list[str]:
    """The Latin words and the single Chinese characters of a normalised text."""
    return _WORD.findall(text)


def total(parts: Mapping[str, float]) -> float:
    """What parts make together, 0–100: the weighted mean of those that are there, less the deductions."""
    points = weight = 0.0
    for name, each in weights().items():
        if name in parts:
            points += each * parts[name]
            weight += each
    made = 100.0 * points / weight if weight else 0.0
    for name, each in deductions().items():
        if name in parts:
            made -= each * (1.0 - parts[name])
    return round(max(0.0, made), 2)


@cache
def rules() -> Mapping[str, Any]:
    """templates/scoring.yaml. Raises ValueError when the weights don't add up to 100."""
    loaded: dict[str, Any] = yaml.safe_load((files("templates") / "scoring.yaml").read_text("utf-8"))
    if (found := sum(loaded["weights"].values())) != 100:
        raise ValueError(f"templates/scoring.yaml: the weights add up to {found}, not 100")
    return loaded


def weights() -> Mapping[str, float]:
    """The parts' weights, which add up to 100."""
    weights: Mapping[str, float] = rules()["weights"]
    return weights


def deductions() -> Mapping[str, float]:
    """The points that a part of 0 takes off, by part."""
    points: Mapping[str, float] = rules()["deductions"]
    return points


def note(part: str, value: float, of: str = "") -> str:
    """One of KEPT in words; ``of`` names the other copy or the words."""
    if part == "judge":
        return f"the language model rates it {1 + 4 * value:.1f} of 5"
    if part == "apart":
        return f"much like {of or 'other copy'}"
    return f"begins as many others do{of and ': '}{of}"


def _confidence(mean_logprob: float | None) -> Told | None:
    """The mean probability of an output token, geometrically; no part where it isn't known."""
    if mean_logprob is None:
        return None
    sure = min(1.0, math.exp(mean_logprob))
    return sure, f"the model was {'sure' if sure >= 0.5 else 'unsure'} of its words ({sure:.0%})"


def _limits(warnings: int, lines: int) -> Told:
    share = 1.0 - min(1.0, warnings / max(1, lines))
    return share, f"{warnings} of {lines} lines longer than recommended" if warnings else ""


def _facts_told(text: str, facts: Facts) -> Told:
    """Half for naming the product or its brand, half for its attributes and price."""
    named = names_the_product(text, facts)
    told = sum([holds(text, value) for value in facts.values])
    wanted = min(FACTS_ENOUGH, len(facts.values))
    share = 0.5 * named + 0.5 * (min(1.0, told / wanted) if wanted else named)
    words = "names the product" if named else "doesn't name the product"
    return share, f"{words}; names {told} of {len(facts.values)} facts" if facts.values else words


def _segment_words_told(text: str, words: frozenset[str], segment: Segment) -> Told:
    """How much of the segment's own words the copy takes up."""
    phrases, single = _segment_words(segment.name, segment.interests, segment.needs)
    told = [phrase for phrase in phrases if holds(text, phrase)]
    shared = single & words
    if not told and not shared:
        return 0.0, "takes up nothing of the audience"
    named = [*told, *sorted(word for word in shared if not any(word in phrase for phrase in told))]
    return min(1.0, (2 * len(told) + len(shared)) / SEGMENT_WORDS_ENOUGH), "matches " + ", ".join(
        f"'{word}'" for word in named
    )


@lru_cache(maxsize=4096)
def _segment_words(
    name: str, interests: tuple[str, ...], needs: tuple[str, ...]
) -> tuple[tuple[str, ...], frozenset[str]]:
    phrases = tuple(normal(phrase) for phrase in (*interests, *needs, name) if len(phrase) > 1)
    latin = (word for phrase in phrases for word in _WORD.findall(phrase) if word.isascii())
    return phrases, frozenset(word for word in latin if word not in _STOP and len(word) > 2)


def _distinct(words: Sequence[str]) -> Told:
    """Distinct pairs of neighbouring words ÷ all pairs."""
    pairs = list(pairwise(words))
    again = len(pairs) - len(set(pairs))
    if not again:
        return 1.0, ""
    return 1.0 - again / len(pairs), f"repeats {again} of {len(pairs)} pairs of words"


def explain(parts: Mapping[str, float]) -> str:
    """A score's parts in words, weakest point last."""
    words = {
        "facts": ("tells the product's facts", "tells few of the product's facts"),
        "judge": ("the language model likes it", "the language model thinks little of it"),
        "segment": ("speaks to the audience", "says little to the audience"),
        "confidence": ("the model was sure", "the model was unsure"),
        "limits": ("keeps the recommended lengths", "runs over recommended lengths"),
        "readable": ("reads easily", "hard to read"),
        "voice": ("keeps to the voice", "strays from the voice"),
        "distinct": ("varied wording", "repeats itself"),
        "apart": ("stands apart from other copy", "much like other copy"),
        "opening": ("seldom begun like that", "begins as many others do"),
    }
    ranked = sorted(parts.items(), key=lambda part: -part[1])
    return "; ".join(
        words[name][0 if value >= 0.5 else 1] + f" ({value:.0%})" for name, value in ranked if name in words
    )
