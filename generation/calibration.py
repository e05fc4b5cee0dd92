"""How far scores agree with people's ratings, and the monotone map that turns a score into what people would say.

The map is isotonic (pool adjacent violators), and says of how many copies in a hundred of that score people rated well.
It changes no order. Reading labels is in ``generation.labels``; the picture of it in ``generation.curve``.
"""

import hashlib
import json
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import fmean

RESAMPLES = 1000
# Ratings of one language. Tried out on made-up ones, whose scores are about 70 ± 12 and whose chance of being good
# rises by 0.6 points with each: of the maps to 50 ratings that agree with the scores, one in four came nearer to the
# true chance than the mere share of good ratings does, to 80 or 100 two in three, to 150 six in seven.
LEAST = 100
ADVISED = 200  # ratings of one language from which on the map can be relied on
GROUP = 10  # neighbouring labels that are taken together
BINS = 10


class NoCalibration(ValueError):
    """The ratings carry no calibration that is worth using; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A score's way to what is shown: straight lines between knots, flat beyond them. Both rise."""

    raw: tuple[float, ...]
    shown: tuple[float, ...]

    def __call__(self, score: float) -> float:
        """0–100."""
        raw, values = self.raw, self.shown
        at = bisect_right(raw, score)
        if at == 0:
            return values[0]
        if at == len(raw):
            return values[-1]
        share = (score - raw[at - 1]) / (raw[at] - raw[at - 1])
        return round(values[at - 1] + share * (values[at] - values[at - 1]), 2)

    @property
    def digest(self) -> str:
        """Which one it is."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


Calibrations = Mapping[str, Calibration]
"""By locale; where there is none, a score is shown as it is."""


def shown(raw: float, locale: str, calibrations: Calibrations | None) -> float:
    """A score as people are shown it."""
    calibration = calibrations.get(locale) if calibrations else None
    return calibration(raw) if calibration else raw


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval, from resampling."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Ratings of neighbouring scores: their mean score, and the share that was good with its 95 % interval."""

    score: float
    good: float
    labels: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Scores against ratings. ``auc``: how often a well-rated copy has the higher score of two; 0.5 is chance."""

    labels: int
    good: int
    spearman: Interval | None  # None: all scores or all ratings are the same
    auc: Interval | None  # None: all are good, or none
    curve: tuple[Bin, ...]


def agreement(scores: Sequence[float], ratings: Sequence[float], threshold: float, seed: int = 0) -> Agreement:
    """How far the scores agree with people; a rating of ``threshold`` or more is a good one."""
    good = [rating >= threshold for rating in ratings]
    return Agreement(
        len(scores),
        sum(good),
        _interval(scores, ratings, spearman, seed),
        _interval(scores, [float(is_good) for is_good in good], auc, seed),
        _curve(scores, good),
    )


def require_agreement(found: Agreement) -> None:
    """Raises NoCalibration where the ratings are too few, or may well be as they are by chance."""
    if found.labels < LEAST or not 0 < found.good < found.labels:
        raise NoCalibration(
            f"{found.labels} ratings, {found.good} of them good: it takes at least {LEAST}, some good and some not"
        )
    if found.spearman is None or found.spearman.low <= 0:
        raise NoCalibration("it takes ratings that rise with the scores: an interval of Spearman above 0")


def _interval(
    scores: Sequence[float],
    ratings: Sequence[float],
    measure: Callable[[Sequence[float], Sequence[float]], float | None],
    seed: int,
) -> Interval | None:
    value = measure(scores, ratings)
    if value is None:
        return None
    rng, places = random.Random(seed), range(len(scores))
    found = []
    for _ in range(RESAMPLES):
        drawn = rng.choices(places, k=len(places))
        again = measure([scores[i] for i in drawn], [ratings[i] for i in drawn])
        if again is not None:  # else all that was drawn was of one kind
            found.append(again)
    found.sort()
    if not found:
        return Interval(value, value, value)
    last = len(found) - 1
    return Interval(value, found[round(0.025 * last)], found[round(0.975 * last)])


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """The rank correlation, −1 to 1, ties at their mean rank; None where one side is all the same."""
    a, b = _ranks(one), _ranks(other)
    mean = (len(a) + 1) / 2
    across = sum((x - mean) * (y - mean) for x, y in zip(a, b, strict=True))
    spread = sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b)
    return across / spread**0.5 if spread else None


def auc(scores: Sequence[float], good: Sequence[float]) -> float | None:
    """The share of pairs, a good one and another, in which the good one has the higher score; ties are half."""
    ranks = _ranks(scores)
    ours = [rank for rank, is_good in zip(ranks, good, strict=True) if is_good]
    others = len(ranks) - len(ours)
    if not ours or not others:
        return None
    return (sum(ours) - len(ours) * (len(ours) + 1) / 2) / (len(ours) * others)


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in order[start : end + 1]:
            ranks[place] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def _curve(scores: Sequence[float], good: Sequence[bool]) -> tuple[Bin, ...]:
    """Bins of as many labels each, up to BINS, none of fewer than GROUP while there is more than one."""
    pairs = sorted(zip(scores, good, strict=True))
    count = min(BINS, max(1, len(pairs) // GROUP)) if pairs else 0
    edges = [len(pairs) * number // count for number in range(count + 1)] if count else []
    cut = [pairs[low:high] for low, high in pairwise(edges)]
    return tuple(_bin(fmean(s for s, _ in part), sum(g for _, g in part), len(part)) for part in cut)


def _bin(score: float, good: int, labels: int) -> Bin:
    """With Wilson's interval, which stays within 0 and 1 for few labels (JASA 22, 1927, 209–212)."""
    share, z = good / labels, 1.96
    middle = (share + z * z / (2 * labels)) / (1 + z * z / labels)
    reach = z * (share * (1 - share) / labels + (z / (2 * labels)) ** 2) ** 0.5 / (1 + z * z / labels)
    return Bin(score, share, labels, max(0.0, middle - reach), min(1.0, middle + reach))


def isotonic(values: Sequence[float], weights: Sequence[float]) -> list[tuple[float, int]]:
    """The nearest rising values by weighted squares: blocks of (value, how many), by pooling neighbours that fall."""
    blocks: list[tuple[float, float, int]] = []  # value, weight, count
    for value, weight in zip(values, weights, strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (v, w, n), (v2, w2, n2) = blocks[-2:]
            blocks[-2:] = [((v * w + v2 * w2) / (w + w2), w + w2, n + n2)]
    return [(value, count) for value, _, count in blocks]


def fit(scores: Sequence[float], ratings: Sequence[float], threshold: float) -> Calibration:
    """The rising map from score to the share, in percent, of copies that people rate ``threshold`` or better.

    Neighbouring labels are taken together by GROUP, each group with one more that stands for all the ratings: a few
    labels at either end don't make a score of 0 or 100 out of chance. A knot stands at the mean score of each block
    that isotonic regression finds, with straight lines between them, so that of two scores the higher is shown higher
    except beyond the ends (centred isotonic regression: Oron and Flournoy, Statistics in Biopharmaceutical Research 9,
    2017, 258–267).

    There is at least one rating. Whether they are worth a calibration is for ``require_agreement`` to say.
    """
    good = sum(rating >= threshold for rating in ratings)
    pairs = sorted(zip(scores, (100.0 * (rating >= threshold) for rating in ratings), strict=True))
    mean = 100.0 * good / len(pairs)
    groups: list[list[tuple[float, float]]] = []
    for number, pair in enumerate(pairs):
        same = bool(groups) and pair[0] == groups[-1][-1][0]  # one score is in one group
        few_left = len(pairs) - number < GROUP
        if groups and (same or len(groups[-1]) < GROUP or few_left):
            groups[-1].append(pair)
        else:
            groups.append([pair])
    levels = [(sum(value for _, value in group) + mean) / (len(group) + 1) for group in groups]
    knots, values, start = [], [], 0
    for value, count in isotonic(levels, [float(len(group)) for group in groups]):
        block = [score for group in groups[start : start + count] for score, _ in group]
        knots.append(round(fmean(block), 4))
        values.append(round(value, 2))
        start += count
    return Calibration(tuple(knots), tuple(values))
