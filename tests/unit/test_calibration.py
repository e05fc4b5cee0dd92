"""Agreement with people's ratings and the rising map fitted to them, against slower ways to the same figures."""

import random
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.calibration import (
    LEAST,
    Calibration,
    NoCalibration,
    agreement,
    auc,
    fit,
    isotonic,
    require_agreement,
    shown,
    spearman,
)

numbers = st.integers(0, 20).map(float)
pairs = st.lists(st.tuples(numbers, st.integers(1, 5).map(float)), min_size=2, max_size=40)


@given(pairs)
def test_the_rank_correlation_is_that_of_pandas(drawn: list[tuple[float, float]]) -> None:
    one, other = (list(side) for side in zip(*drawn, strict=True))
    found = spearman(one, other)
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert found is None
    else:
        expected = pd.Series(one).rank().corr(pd.Series(other).rank())
        assert found == pytest.approx(expected, abs=1e-9)


@given(pairs)
def test_the_auc_is_the_share_of_pairs_in_the_right_order(drawn: list[tuple[float, float]]) -> None:
    scores, good = [score for score, _ in drawn], [float(rating >= 4) for _, rating in drawn]
    wins = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a, is_good in zip(scores, good, strict=True)
        if is_good
        for b, also in zip(scores, good, strict=True)
        if not also
    ]
    assert auc(scores, good) == (pytest.approx(sum(wins) / len(wins)) if wins else None)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.5, 4)), min_size=1, max_size=25))
def test_the_isotonic_values_are_the_nearest_rising_ones(drawn: list[tuple[float, float]]) -> None:
    """By the min–max formula: each is the highest, over starts, of the lowest mean, over ends, of what lies between."""
    values, weights = (list(side) for side in zip(*drawn, strict=True))

    def mean(low: int, high: int) -> float:
        span = range(low, high + 1)
        return float(sum(values[i] * weights[i] for i in span) / sum(weights[i] for i in span))

    last = len(values) - 1
    expected = [
        max(min(mean(low, high) for high in range(place, last + 1)) for low in range(place + 1))
        for place in range(last + 1)
    ]
    blocks = isotonic(values, weights)
    assert [value for value, count in blocks for _ in range(count)] == pytest.approx(expected, abs=1e-6)
    assert all(one[0] < other[0] for one, other in pairwise(blocks))


def rated(count: int, seed: int = 1) -> tuple[list[float], list[float]]:
    """Scores, and ratings of 5 with a chance that rises from a tenth to nine tenths."""
    rng = random.Random(seed)
    scores = [round(rng.uniform(0, 100), 2) for _ in range(count)]
    return scores, [5.0 if rng.random() < 0.1 + 0.8 * score / 100 else 2.0 for score in scores]


def test_a_calibration_finds_the_chance_that_people_are_content() -> None:
    calibration = fit(*rated(4000), 4)
    for score in (10, 30, 50, 70, 90):
        assert calibration(score) == pytest.approx(10 + 0.8 * score, abs=6)


@given(st.integers(1, 60), st.integers(0, 50), st.floats(0, 100), st.floats(0, 100))
def test_a_higher_score_is_never_shown_lower(count: int, seed: int, one: float, other: float) -> None:
    calibration = fit(*rated(count, seed), 4)
    low, high = sorted((one, other))
    assert 0 <= calibration(low) <= calibration(high) <= 100


def test_a_few_ratings_at_the_ends_are_not_taken_for_certainty() -> None:
    scores = [float(number) for number in range(100)]
    calibration = fit(scores, [1.0] * 50 + [5.0] * 50, 4)
    assert 2 < calibration(0) < 10
    assert 90 < calibration(100) < 98
    assert fit([50.0] * 40, [5.0, 1.0] * 20, 4).raw == (50.0,)  # one score is one knot, however many its labels


@pytest.mark.parametrize(
    ("scores", "ratings"),
    [
        ([float(score) for score in range(LEAST - 1)], [1.0] * (LEAST - 50) + [5.0] * 49),
        ([50.0] * LEAST, [5.0] * LEAST),
        ([50.0] * LEAST, [1.0] * LEAST),
        ([], []),
    ],
)
def test_too_few_ratings_or_all_of_one_kind_make_no_calibration(scores: list[float], ratings: list[float]) -> None:
    with pytest.raises(NoCalibration, match=f"at least {LEAST}, some good and some not"):
        require_agreement(agreement(scores, ratings, 4))


def test_only_ratings_that_rise_with_the_scores_make_a_calibration() -> None:
    scores, said = rated(2 * LEAST)
    require_agreement(agreement(scores, said, 4))
    shuffled = random.Random(3).sample(said, len(said))
    for ratings in (shuffled, [7 - rating for rating in said]):  # by chance, and the wrong way round
        with pytest.raises(NoCalibration, match="an interval of Spearman above 0"):
            require_agreement(agreement(scores, ratings, 4))
    with pytest.raises(NoCalibration, match="Spearman"):
        require_agreement(agreement([50.0] * LEAST, said[:LEAST], 4))


def test_a_score_is_shown_as_it_is_where_there_is_no_calibration_for_its_locale() -> None:
    flat = Calibration((0.0, 100.0), (0.0, 50.0))
    assert shown(80, "en-US", {"en-US": flat}) == 40
    assert shown(80, "zh-CN", {"en-US": flat}) == shown(80, "zh-CN", None) == 80


@pytest.mark.parametrize(("score", "value"), [(0, 5), (20, 5), (30, 15), (40, 25), (50, 30), (60, 35), (99, 35)])
def test_between_knots_the_line_is_straight_and_beyond_them_flat(score: float, value: float) -> None:
    assert Calibration((20.0, 40.0, 60.0), (5.0, 25.0, 35.0))(score) == value


def test_the_interval_holds_the_figure_is_the_same_again_and_narrows_with_more_ratings() -> None:
    few, many = agreement(*rated(60), 4), agreement(*rated(1000), 4)
    assert few == agreement(*rated(60), 4)
    for found in (few, many):
        for interval in (found.spearman, found.auc):
            assert interval is not None
            assert interval.low <= interval.value <= interval.high
    assert few.auc is not None and many.auc is not None  # noqa: PT018
    assert many.auc.high - many.auc.low < few.auc.high - few.auc.low
    assert many.auc.low > 0.5


def test_the_curve_bins_all_the_ratings_from_the_lowest_score_to_the_highest() -> None:
    curve = agreement(*rated(207), 4).curve
    assert sum(each.labels for each in curve) == 207
    assert [each.score for each in curve] == sorted(each.score for each in curve)
    assert curve[0].good < curve[-1].good


@pytest.mark.parametrize(("count", "bins"), [(0, 0), (5, 1), (19, 1), (51, 5), (99, 9), (500, 10)])
def test_no_bin_is_made_of_a_handful_of_ratings(count: int, bins: int) -> None:
    curve = agreement(*rated(count), 4).curve
    assert len(curve) == bins
    assert all(each.labels >= 10 for each in curve) or bins == 1
    assert all(0 <= each.low <= each.good <= each.high <= 1 for each in curve)


def test_a_bins_interval_is_the_published_one() -> None:
    # By hand for 9 of 10: (0.9 + 0.19208 ± 1.96 √(0.009 + 0.0096)) ÷ 1.38416
    (found,) = agreement([50.0] * 10, [5.0] * 9 + [1.0], 4).curve
    assert found.low == pytest.approx(0.596, abs=0.001)
    assert found.high == pytest.approx(0.982, abs=0.001)


def test_ratings_that_are_all_alike_have_no_agreement() -> None:
    found = agreement([1.0, 2.0, 3.0], [5.0, 5.0, 5.0], 4)
    assert (found.spearman, found.auc, found.good) == (None, None, 3)
