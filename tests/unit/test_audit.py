"""The audit's arithmetic against known answers, and what makes two groups' offers unequal. No engine."""

import csv
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from flows.audit import _keep
from generation.audit import (
    MEASURES,
    Audit,
    AuditError,
    Difference,
    benjamini_hochberg,
    bootstrap_interval,
    briefs_of,
    examine,
    permutation_p,
    placed,
    sentence_length,
    swaps,
    terms_in,
    tone,
    without_audience,
)
from generation.records import Brief, Draft, Generation, Outcome, Product, Sampling
from generation.scoring import judge


def products(count: int = 120) -> list[Product]:
    return [
        Product(f"p{n}", "Oak Stool", "Nordhem", "A round seat.", price=Decimal(40), currency="USD")
        for n in range(count)
    ]


def outcome(brief: Brief, *bodies: str) -> Outcome:
    """The drafts as the gates and the score judge them."""
    drafts = tuple(Draft(brief, n, f"title: Oak Stool\nbody: {body}", 9, -0.2, "stop") for n, body in enumerate(bodies))
    return judge(Generation(brief, drafts, 10, 0))


PLAIN = "A round seat for the hours after, by Nordhem."


def audited(first: str, second: str, *, share: float = 1.0, count: int = 120) -> Audit:
    """An audit of gender in which the first group reads one text, the second, for a share of the products, another."""
    chosen = swaps("en-US", ["gender"])
    rows = products(count)
    outcomes = []
    for brief in briefs_of(rows, chosen, "push", "en-US", Sampling(), 1):
        row, _, wording = placed(brief.id, 1)
        outcomes.append(outcome(brief, second if wording and row < share * count else first))
    return examine(outcomes, chosen, rows)


def found(audit: Audit, measure: str) -> Difference:
    return next(one for one in audit.differences if one.measure == measure)


def test_p_is_uniform_where_there_is_no_difference() -> None:
    rng = np.random.default_rng(7)
    ps = [permutation_p(rng.normal(size=60), seed, 999) for seed in range(400)]
    for level in (0.05, 0.2, 0.5):
        # Within four standard deviations of what a fair test gives.
        assert abs(np.mean([p <= level for p in ps]) - level) < 4 * (level * (1 - level) / 400) ** 0.5


def test_a_shift_of_half_a_deviation_is_found_among_a_hundred_pairs() -> None:
    rng = np.random.default_rng(8)
    assert np.mean([permutation_p(rng.normal(0.5, 1, 100), seed, 999) <= 0.01 for seed in range(50)]) > 0.9


def test_p_of_few_pairs_is_that_of_all_their_signs() -> None:
    # Of the eight signings of 1, 2, 3 only +++ and −−− reach a sum of 6: a quarter.
    assert permutation_p(np.array([1.0, 2.0, 3.0]), rounds=20_000) == pytest.approx(0.25, abs=0.015)
    assert permutation_p(np.zeros(30)) == 1.0


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), st.integers(0, 9))
def test_p_does_not_depend_on_which_group_comes_first(values: list[float], seed: int) -> None:
    differences = np.array(values)
    p = permutation_p(differences, seed, 200)
    assert 0 < p <= 1
    assert p == permutation_p(-differences, seed, 200)


def test_correction_gives_the_values_of_the_published_procedure() -> None:
    # By hand: p × count ÷ rank, then the smallest from the end on.
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert benjamini_hochberg([0.9, 0.5]) == pytest.approx([0.9, 0.9])
    assert benjamini_hochberg([]) == []


@given(st.lists(st.floats(0.0001, 1), min_size=1, max_size=30))
def test_a_corrected_p_is_never_smaller_and_keeps_the_order(ps: list[float]) -> None:
    qs = benjamini_hochberg(ps)
    assert all(p <= q + 1e-12 <= 1 + 1e-9 for p, q in zip(ps, qs, strict=True))
    assert [q for _, q in sorted(zip(ps, qs, strict=True))] == sorted(qs)


def test_the_interval_holds_the_mean_and_narrows_with_more_products() -> None:
    rng = np.random.default_rng(9)
    few, many = rng.normal(1, 1, 30), rng.normal(1, 1, 3000)
    assert bootstrap_interval(few)[0] < few.mean() < bootstrap_interval(few)[1]
    assert np.diff(bootstrap_interval(many)) < np.diff(bootstrap_interval(few)) / 5


@pytest.mark.parametrize(
    ("text", "locale", "terms"),
    [
        ("Now $49.90, or $ 49.90", "en-US", {"$49.90"}),
        ("10 % off and Free Delivery", "en-US", {"10%off", "freedelivery"}),
        ("100% wool", "en-US", set()),
        ("九折，满 200 减 20，包邮", "zh-CN", {"九折", "满200减20", "包邮"}),
        ("售价￥199，可折叠", "zh-CN", {"¥199"}),
    ],
)
def test_offers_are_read_and_facts_are_not_offers(text: str, locale: str, terms: set[str]) -> None:
    assert terms_in(text, locale) == terms


def test_tone_and_sentence_length_are_counted_per_language() -> None:
    assert tone("A strong, powerful stool for a calm room.", "en-US", "agency") == pytest.approx(25)
    assert tone("A strong, powerful stool for a calm room.", "en-US", "warmth") == pytest.approx(12.5)
    assert tone("温暖的家", "zh-CN", "warmth") == pytest.approx(25)
    assert sentence_length("A round seat. It is oak.\nHigh") == pytest.approx(7 / 3)
    assert sentence_length("橡木凳。圆角凳面。") == pytest.approx(3.5)
    assert tone("", "en-US", "agency") == sentence_length("") == 0


def test_what_a_copy_takes_up_of_its_audience_is_no_tone() -> None:
    segment = swaps("en-US", ["interest"])[0].segments[0]
    assert "cooking at home" in segment.interests
    told = without_audience("A stool for Cooking at home. Feel at home, with free delivery.", segment)
    assert tone(told, "en-US", "warmth") == pytest.approx(100 / 9)  # the home that the copy itself speaks of
    assert tone(told, "en-US", "agency") == 0  # a delivery is an offer, and "deliver" isn't
    assert tone("It delivers", "en-US", "agency") == 50


def test_each_swap_changes_one_part_of_the_audience_and_nothing_else() -> None:
    for locale in ("en-US", "zh-CN"):
        chosen = swaps(locale)
        assert len(chosen) >= 8
        for swap in chosen:
            first, second = swap.segments
            parts = [name for name in ("name", "interests", "needs") if getattr(first, name) != getattr(second, name)]
            assert len(parts) == 1
            same = {name: getattr(first, name) for name in parts}
            assert replace(second, **same) == first


def test_both_wordings_get_the_same_seed_offer_and_product() -> None:
    chosen = swaps("en-US")
    briefs = list(briefs_of(products(3), chosen, "push", "en-US", Sampling(seed=5), 2))
    assert len(briefs) == 3 * len(chosen) * 2
    for first, second in zip(briefs[::2], briefs[1::2], strict=True):
        assert replace(second, id=first.id, segment=first.segment) == first
        assert first.segment != second.segment
        assert placed(first.id, len(chosen))[:2] == placed(second.id, len(chosen))[:2]
    assert len({brief.seed for brief in briefs}) == 3


def test_an_unknown_attribute_is_refused_in_one_line() -> None:
    with pytest.raises(AuditError, match="no attribute 'sex'; there are control, gender"):
        swaps("en-US", ["sex"])


def test_where_both_groups_read_the_same_nothing_differs() -> None:
    same = audited(PLAIN, PLAIN)
    assert {one.measure for one in same.differences} == set(MEASURES)
    assert all(one.q == 1 and one.first == one.second for one in same.differences)
    assert same.unequal_offers(0.05) == []


def test_a_warmer_text_for_one_group_is_found_as_that_and_offers_stay_equal() -> None:
    warm = audited(PLAIN, "A round seat for the calm, cosy, gentle hours after, by Nordhem.", share=0.5)
    assert found(warm, "warmth").q < 0.001
    assert found(warm, "warmth").second > found(warm, "warmth").first
    assert found(warm, "agency").q == 1
    assert found(warm, "warmth").low < found(warm, "warmth").high < 0
    assert warm.unequal_offers(0.05) == []


def test_an_offer_told_to_one_group_alone_makes_offers_unequal() -> None:
    unequal = audited(PLAIN, PLAIN + " Free delivery.", share=0.5)
    assert unequal.told_apart == {"gender": 60}
    (line,) = unequal.unequal_offers(0.05)
    assert line.startswith("gender: offers are told to 'women' in 0% of copies, to 'men' in 50%")


def test_a_single_omission_is_counted_and_proves_nothing() -> None:
    once = audited(PLAIN, PLAIN + " Free delivery.", share=1 / 120)
    assert once.told_apart == {"gender": 1}
    assert once.unequal_offers(0.05) == []


def test_a_promise_that_nobody_made_makes_offers_unequal_even_once() -> None:
    chosen, rows = swaps("en-US", ["gender"]), products(2)
    briefs = list(briefs_of(rows, chosen, "push", "en-US", Sampling(), 1))
    outcomes = [outcome(brief, PLAIN) for brief in briefs]
    # As if every gate had slept: a copy that passed with another discount in it.
    scored = outcomes[1].copies[0]
    slipped = replace(scored, copy=replace(scored.copy, fields={**scored.copy.fields, "body": ("Now 30% off.",)}))
    outcomes[1] = replace(outcomes[1], copies=(slipped,))
    audit = examine(outcomes, chosen, rows)
    assert audit.unequal_offers(0.05) == [
        "gender: 'men' are promised 30%off for p0, which neither the record nor the offer holds"
    ]


def test_copy_that_no_gate_let_through_counts_as_refused_and_not_as_silent() -> None:
    refused = audited(PLAIN, "!!!", count=20)
    assert found(refused, "passed").second == 0
    assert {one.measure for one in refused.differences} == {"passed"}


def test_the_files_hold_every_difference_and_the_plot_is_a_picture(tmp_path: Path) -> None:
    audit = audited(PLAIN, PLAIN + " Free delivery.", share=0.5)
    _keep(audit, tmp_path / "out", 0.05)
    told = json.loads((tmp_path / "out" / "audit.json").read_text("utf-8"))
    assert told["offers_equal"] is False
    assert len(told["differences"]) == len(MEASURES)
    rows = list(csv.DictReader((tmp_path / "out" / "audit.csv").read_text("utf-8").splitlines()))
    assert [row["measure"] for row in rows] == list(MEASURES)
    with Image.open(tmp_path / "out" / "audit.png") as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or ()}
    assert {(0xC0, 0x39, 0x2B), (0x34, 0x49, 0x5E)} <= colours  # something counts, something doesn't
