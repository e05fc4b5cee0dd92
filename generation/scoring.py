"""Checked copy → scored copy: 0 to 100, with its parts, to rank what the gates let through.

A score says which of a brief's copies reads better by these counts; it promises no clicks.
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise

import yaml

from generation.channels import Channel, load_channel
from generation.checks import check
from generation.facts import Facts, facts_of, holds, normal
from generation.judgement import judgement
from generation.records import AdCopy, Generation, Outcome, ScoredCopy, Segment

FACTS_ENOUGH = 3  # attributes or a price; more would make a list of it
SEGMENT_WORDS_ENOUGH = 2
SHORTEST_NAME = 4  # characters that name a Chinese product by themselves
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


def judge(generation: Generation) -> Outcome:
    """All the drafts of a brief, checked and scored."""
    brief, channel = generation.brief, load_channel(generation.brief.channel)
    facts = facts_of(brief)
    copies = tuple(score(check(draft, channel, facts), channel, facts) for draft in generation.drafts)
    return Outcome(brief, copies, judgement=judgement(brief.channel))


def score(ad_copy: AdCopy, channel: Channel, facts: Facts) -> ScoredCopy:
    """A copy with its score; a rejected one has none."""
    if ad_copy.rejection is not None:
        return ScoredCopy(ad_copy, None)
    lines = [line for texts in ad_copy.fields.values() for line in texts]
    text = normal(" ".join(lines))
    words = _WORD.findall(text)
    parts = {
        "facts": _facts_told(text, facts),
        "segment": _segment_words_told(text, frozenset(words), ad_copy.draft.brief.segment),
        "confidence": _confidence(ad_copy.draft.mean_logprob),
        "limits": 1.0 - min(1.0, len(ad_copy.warnings) / max(1, len(lines))),
        "distinct": _distinct(words),
    }
    total = sum(weight * parts[name] for name, weight in weights().items())
    return ScoredCopy(ad_copy, round(total, 2), {name: round(value, 4) for name, value in parts.items()})


@cache
def weights() -> Mapping[str, float]:
    """The parts' weights, which add up to 100."""
    loaded: dict[str, float] = yaml.safe_load((files("templates") / "scoring.yaml").read_text("utf-8"))["weights"]
    if sum(loaded.values()) != 100:
        raise ValueError(f"templates/scoring.yaml: the weights add up to {sum(loaded.values())}, not 100")
    return loaded


def _confidence(mean_logprob: float | None) -> float:
    """The mean probability of an output token, geometrically."""
    return min(1.0, math.exp(mean_logprob)) if mean_logprob is not None else 0.0


def _facts_told(text: str, facts: Facts) -> float:
    """Half for naming the product or its brand, half for its attributes and price."""
    named = names_the_product(text, facts)
    told = sum(holds(text, value) for value in facts.values)
    wanted = min(FACTS_ENOUGH, len(facts.values))
    return 0.5 * named + 0.5 * (min(1.0, told / wanted) if wanted else named)


def names_the_product(text: str, facts: Facts) -> bool:
    """Whether a normalised text holds the brand or the title's beginning.

    That is two words, or six Chinese characters; the whole first word where it is shorter and no mere 新款.
    """
    words = facts.title.split()
    if holds(text, facts.brand) or holds(text, " ".join(words[:2])):
        return True
    whole = words[0] if words and len(words[0]) >= SHORTEST_NAME else facts.title
    return bool(whole) and not whole.isascii() and whole[:6] in text


def _segment_words_told(text: str, words: frozenset[str], segment: Segment) -> float:
    """How much of the segment's own words the copy takes up."""
    phrases, single = _segment_words(segment.name, segment.interests, segment.needs)
    hits = sum(holds(text, phrase) for phrase in phrases) * 2 + len(single & words)
    return min(1.0, hits / SEGMENT_WORDS_ENOUGH)


@lru_cache(maxsize=4096)
def _segment_words(
    name: str, interests: tuple[str, ...], needs: tuple[str, ...]
) -> tuple[tuple[str, ...], frozenset[str]]:
    phrases = tuple(normal(phrase) for phrase in (*interests, *needs, name) if len(phrase) > 1)
    latin = (word for phrase in phrases for word in _WORD.findall(phrase) if word.isascii())
    return phrases, frozenset(word for word in latin if word not in _STOP and len(word) > 2)


def _distinct(words: Sequence[str]) -> float:
    """Distinct pairs of neighbouring words ÷ all pairs."""
    pairs = list(pairwise(words))
    return len(set(pairs)) / len(pairs) if pairs else 1.0


def explain(parts: Mapping[str, float]) -> str:
    """A score's parts in words, weakest point last."""
    words = {
        "facts": ("tells the product's facts", "tells few of the product's facts"),
        "segment": ("speaks to the audience", "says little to the audience"),
        "confidence": ("the model was sure", "the model was unsure"),
        "limits": ("keeps the recommended lengths", "runs over recommended lengths"),
        "distinct": ("varied wording", "repeats itself"),
    }
    ranked = sorted(parts.items(), key=lambda part: -part[1])
    return "; ".join(
        words[name][0 if value >= 0.5 else 1] + f" ({value:.0%})" for name, value in ranked if name in words
    )
