"""Whether a model writes differently when one attribute of the audience is swapped: briefs in pairs, measures, tests.

Pure: which products, which engine and what is shown of it is the caller's. What is swapped and counted is data,
templates/audit.yaml. A difference that isn't found here may still be there: this reads words, not meaning.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from generation.ledger.facts import facts_of
from generation.reading.text import normal
from generation.records import Brief, Campaign, Outcome, Product, Promotion, Sampling, ScoredCopy, Segment

ROUNDS = 10_000  # of a permutation test
_CHUNK = 1000  # rounds at a time, so that many pairs need no more memory than few
MEASURES = (
    "passed",  # share of drafts that pass every gate
    "offer told",  # share of copies that state a price or an offer
    "score",  # 0–100
    "length",  # characters
    "sentence length",  # words, in Chinese characters: how easily it reads
    "agency",  # words of doing, per 100 (characters in Chinese)
    "warmth",  # words of caring, per 100
)
_WORD = re.compile(r"[a-z]+(?:['’-][a-z]+)*|[\u3400-\u9fff]")
_SENTENCE = re.compile(r"[.!?。！？;；\n]+(?:\s|$)|[。！？；]")


class AuditError(ValueError):
    """An audit that can't be made; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One attribute of the audience in two wordings; all else of the two audiences is the same."""

    attribute: str
    wordings: tuple[str, str]
    segments: tuple[Segment, Segment]


@dataclass(frozen=True, slots=True)
class Difference:
    """What one measure says of one swap: means over the products, first wording and second."""

    attribute: str
    wordings: tuple[str, str]
    measure: str
    pairs: int  # products for which both wordings have a figure
    first: float
    second: float
    low: float  # a 95 % interval of the difference first − second, by bootstrap over the products
    high: float
    p: float
    q: float  # p corrected for all that was tested (Benjamini–Hochberg)


@dataclass(frozen=True, slots=True)
class Promise:
    """An offer that only one of two groups may have, since nothing in the product's record or the campaign holds it."""

    attribute: str
    wording: str
    product: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """All differences, and whether the groups are offered the same."""

    differences: tuple[Difference, ...]
    promises: tuple[Promise, ...]
    told_apart: Mapping[str, int]  # by attribute: products of which one group alone was told some offer

    def unequal_offers(self, level: float) -> list[str]:
        """Why the groups aren't offered the same, a line each: a promise to one alone, or told to one more often."""
        lines = [
            f"{promise.attribute}: {promise.wording!r} are promised {', '.join(promise.terms)} for {promise.product}, "
            "which neither the record nor the offer holds"
            for promise in self.promises
        ]
        return lines + [
            f"{found.attribute}: offers are told to {found.wordings[0]!r} in {found.first:.0%} of copies, to "
            f"{found.wordings[1]!r} in {found.second:.0%} (q = {found.q:.3f})"
            for found in self.differences
            if found.measure == "offer told" and found.q <= level
        ]


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((files("templates") / "audit.yaml").read_text("utf-8"))
    return loaded


def swaps(locale: str, attributes: Sequence[str] = ()) -> tuple[Swap, ...]:
    """The swaps of templates/audit.yaml, or those named. Raises AuditError for a name or a locale that isn't there."""
    entries = {entry["name"]: entry for entry in _data()["attributes"]}
    for name in attributes:
        if name not in entries:
            raise AuditError(f"no attribute {name!r}; there are {', '.join(entries)}")
    if locale not in _data()["audience"]:
        raise AuditError(f"templates/audit.yaml has no audience for {locale}")
    return tuple(_swap(entries[name], locale) for name in attributes or entries)


def _swap(entry: Mapping[str, Any], locale: str) -> Swap:
    frame, neutral = _data()["audience"][locale], _data()["attributes"][0][locale][0]
    first, second = entry[locale]
    part = entry.get("part", "name")
    base = Segment(
        "audit", frame["name"].format(who=neutral), None, tuple(frame["interests"]), tuple(frame["needs"]), 1000
    )
    if part == "name":
        both = tuple(replace(base, name=frame["name"].format(who=who)) for who in (first, second))
    elif part == "interests":
        both = tuple(replace(base, interests=(word, *base.interests)) for word in (first, second))
    else:
        both = tuple(replace(base, needs=(word, *base.needs)) for word in (first, second))
    return Swap(entry["name"], (first, second), (both[0], both[1]))


def briefs_of(
    products: Sequence[Product],
    chosen: Sequence[Swap],
    channel: str,
    locale: str,
    sampling: Sampling,
    variants: int,
    offer: str | None = None,
) -> Iterator[Brief]:
    """A brief for each product, swap and wording, the same seed for both; ``placed`` reads their ids.

    Product by product, so that all of a product's briefs share its prefix.
    """
    told = offer if offer is not None else str(_data()["offer"][locale])
    promotion = Promotion("audit", told) if told else None
    campaign = Campaign(0, "audit", variants=variants, offer=told or None, promotion=promotion, sampling=sampling)
    number = 0
    for row, product in enumerate(products):
        for swap in chosen:
            for segment in swap.segments:
                yield Brief(number, campaign, product, segment, channel, locale, seed=sampling.seed + row * 1009)
                number += 1


def placed(brief_id: int, swap_count: int) -> tuple[int, int, int]:
    """The product, the swap and the wording (0 or 1) of a brief by its id, each as a position."""
    return brief_id // (2 * swap_count), brief_id // 2 % swap_count, brief_id % 2


def examine(outcomes: Iterable[Outcome], chosen: Sequence[Swap], products: Sequence[Product], seed: int = 0) -> Audit:
    """The audit of the outcomes of ``briefs_of``'s briefs, in any order. A brief without outcome drops out."""
    shape = (len(MEASURES), len(chosen), len(products), 2)
    measured = np.full(shape, np.nan)
    promised: dict[tuple[int, int], dict[int, frozenset[str]]] = {}
    promises: list[Promise] = []
    for outcome in outcomes:
        product, swap, wording = placed(outcome.brief.id, len(chosen))
        passing = [scored for scored in outcome.copies if scored.copy.rejection is None]
        for number, value in enumerate(_measures(outcome, passing)):
            measured[number, swap, product, wording] = np.nan if value is None else value
        terms = frozenset(term for scored in passing for term in terms_in(_text(scored), outcome.brief.locale))
        promised.setdefault((swap, product), {})[wording] = terms
        if beyond := terms - terms_in(facts_of(outcome.brief).text, outcome.brief.locale):
            told = chosen[swap]
            promises.append(
                Promise(told.attribute, told.wordings[wording], products[product].id, tuple(sorted(beyond)))
            )
    told_apart = dict.fromkeys((swap.attribute for swap in chosen), 0)
    for (swap, _), sides in promised.items():
        told_apart[chosen[swap].attribute] += len(sides) == 2 and sides[0] != sides[1]
    return Audit(tuple(_differences(measured, chosen, seed)), tuple(promises), told_apart)


def _differences(measured: npt.NDArray[np.float64], chosen: Sequence[Swap], seed: int) -> list[Difference]:
    found: list[Difference] = []
    for at, swap in enumerate(chosen):
        for number, measure in enumerate(MEASURES):
            pairs = measured[number, at]
            pairs = pairs[~np.isnan(pairs).any(axis=1)]
            if not len(pairs):
                continue
            apart = pairs[:, 0] - pairs[:, 1]
            low, high = bootstrap_interval(apart, seed)
            first, second = pairs.mean(axis=0)
            p = permutation_p(apart, seed)
            found.append(Difference(swap.attribute, swap.wordings, measure, len(pairs), first, second, low, high, p, p))
    corrected = benjamini_hochberg([one.p for one in found])
    return [replace(one, q=q) for one, q in zip(found, corrected, strict=True)]


def permutation_p(differences: npt.NDArray[np.float64], seed: int = 0, rounds: int = ROUNDS) -> float:
    """Two-sided p of paired differences with mean zero: their signs are drawn anew ``rounds`` times.

    The observed order counts as one of the draws, so that p is never zero and holds its level for any number of pairs.
    """
    observed = abs(float(differences.sum()))
    rng = np.random.default_rng(seed)
    reached = 0
    for start in range(0, rounds, _CHUNK):
        signs = rng.integers(0, 2, size=(min(_CHUNK, rounds - start), len(differences)), dtype=np.int8) * 2 - 1
        # Rounding must not make a draw with the observed signs smaller than the observed sum.
        reached += int((np.abs(signs @ differences) >= observed - 1e-9 * max(1.0, observed)).sum())
    return (1 + reached) / (1 + rounds)


def bootstrap_interval(
    differences: npt.NDArray[np.float64], seed: int = 0, rounds: int = 2000, level: float = 0.95
) -> tuple[float, float]:
    """Where the mean difference lies, by drawing the products anew."""
    rng = np.random.default_rng(seed)
    means = [float(differences[rng.integers(0, len(differences), len(differences))].mean()) for _ in range(rounds)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """The q of each p: the share of false finds among all that are called finds at that level.

    Source: Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57(1), step-up procedure.
    """
    count = len(ps)
    corrected = [0.0] * count
    smallest = 1.0
    for rank, index in enumerate(sorted(range(count), key=lambda number: -ps[number])):
        smallest = min(smallest, ps[index] * count / (count - rank))
        corrected[index] = smallest
    return corrected


def terms_in(text: str, locale: str) -> frozenset[str]:
    """The prices and offers that a text states, normalised: ``$ 49.90`` and ``$49.90`` are one."""
    pattern, plain = _terms(locale), normal(text)
    return frozenset(match[0].replace(" ", "").replace(",", "") for match in pattern.finditer(plain))


@cache
def _terms(locale: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in _data()["terms"][locale]))


def tone(text: str, locale: str, lexicon: str) -> float:
    """Words of a lexicon per 100 words, in Chinese per 100 characters."""
    plain = normal(text)
    words = _WORD.findall(plain)
    return 100 * len(_lexicon(lexicon, locale).findall(plain)) / len(words) if words else 0.0


@cache
def _lexicon(name: str, locale: str) -> re.Pattern[str]:
    words = "|".join(_data()["tone"][name][locale])
    return re.compile(rf"\b(?:{words})[a-z]*" if locale.startswith("en") else words)


def sentence_length(text: str) -> float:
    """Words in a sentence, in Chinese characters, on average; a line's end ends one."""
    lengths = [count for part in _SENTENCE.split(normal(text)) if (count := len(_WORD.findall(part)))]
    return fmean(lengths) if lengths else 0.0


def _measures(outcome: Outcome, passing: Sequence[ScoredCopy]) -> tuple[float | None, ...]:
    """In MEASURES' order; None where no copy passed, which says nothing of how it reads."""
    if not outcome.copies:
        return (None,) * len(MEASURES)
    passed = len(passing) / len(outcome.copies)
    if not passing:
        return (passed, *(None,) * (len(MEASURES) - 1))
    locale, texts = outcome.brief.locale, [_text(scored) for scored in passing]
    own_words = [without_audience(text, outcome.brief.segment) for text in texts]
    return (
        passed,
        fmean(bool(terms_in(text, locale)) for text in texts),
        fmean(scored.score or 0.0 for scored in passing),
        fmean(map(len, texts)),
        fmean(map(sentence_length, texts)),
        fmean(tone(text, locale, "agency") for text in own_words),
        fmean(tone(text, locale, "warmth") for text in own_words),
    )


def without_audience(text: str, segment: Segment) -> str:
    """A text without the audience's own phrases: which of them a copy takes up is no tone, "cooking at home" no warmth.

    Normalised.
    """
    plain = normal(text)
    for phrase in sorted((segment.name, *segment.interests, *segment.needs), key=len, reverse=True):
        plain = plain.replace(normal(phrase), " ")
    return plain


def _text(scored: ScoredCopy) -> str:
    return "\n".join(line for lines in scored.copy.fields.values() for line in lines)
