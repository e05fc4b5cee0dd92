"""Scores: what raises one, what lowers one, and that the parts make up the whole."""

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.calibration import Calibration
from generation.channels import channel_names, load_channel
from generation.checks import check
from generation.ledger.facts import facts_of
from generation.records import Brief, Campaign, CustomerQuestion, Draft, Generation, Product, ScoredCopy, Segment
from generation.scoring import deductions, explain, judge, score, total, weights

HIKERS = Segment("s", "Weekend hikers", interests=("day hikes", "tea"), needs=("less weight",), size=400)
STOOL = Product(
    "p",
    "Nordhem Oak Stool",
    brand="Nordhem",
    price=Decimal("49.9"),
    currency="USD",
    attributes={"Colour": "red", "Height": "45 cm"},
)
BENCH = Product("p", "北屋橡木凳", brand="北屋", price=Decimal(199), currency="CNY", attributes={"高度": "45 厘米"})
WALKERS = Segment("s", "周末徒步的人", interests=("泡茶",), needs=("更轻的行李",), size=400)
SPRING = Campaign(1, "c")
PLAIN = "A piece for your hall. See it in our shop."


def scored(
    body: str,
    *,
    mean_logprob: float | None = -0.1,
    segment: Segment = HIKERS,
    locale: str = "en-US",
    campaign: Campaign = SPRING,
    kept: dict[str, float] | None = None,
    calibrations: dict[str, Calibration] | None = None,
) -> ScoredCopy:
    """A push notification with this body."""
    chinese = locale == "zh-CN"
    brief = Brief(1, campaign, BENCH if chinese else STOOL, segment, "push", locale)
    title = "来看看" if chinese else "Have a look"
    draft = Draft(brief, 0, f"title: {title}\nbody: {body}", 12, mean_logprob, "stop", kept or {})
    channel, facts = load_channel("push"), facts_of(brief)
    result = score(check(draft, channel, facts), channel, facts, calibrations)
    assert result.copy.rejection is None, result.copy.rejection
    return result


def points(body: str, locale: str = "en-US") -> float:
    total = scored(body, locale=locale, segment=WALKERS if locale == "zh-CN" else HIKERS).score
    assert total is not None
    return total


def test_a_rejected_copy_has_no_score_and_no_parts() -> None:
    brief = Brief(1, Campaign(1, "c"), STOOL, HIKERS, "push", "en-US")
    draft = Draft(brief, 0, "title: Oak Stool\nbody: The best stool for day hikes", 12, -0.1, "stop")
    (result,) = judge(Generation(brief, (draft,), 10, 0)).copies
    assert result.copy.rejection is not None
    assert (result.score, result.parts) == (None, {})


def test_the_score_is_the_weighted_mean_of_the_parts_that_are_there() -> None:
    result = scored("Nordhem Oak Stool, 45 cm, for day hikes.")
    assert result.parts.keys() < weights().keys()
    there = sum(weights()[name] for name in result.parts)
    expected = sum(weights()[name] * part for name, part in result.parts.items()) / there * 100
    assert result.score == result.raw == pytest.approx(expected, abs=0.01)


def test_no_voice_asked_for_no_judge_and_an_unknown_probability_are_no_parts() -> None:
    assert scored(PLAIN, mean_logprob=None).parts.keys() == {"facts", "segment", "limits", "readable", "distinct"}
    asked = Campaign(1, "c", brand_voice="plain and brief")
    assert scored(PLAIN, campaign=asked).parts.keys() == weights().keys() - {"judge"}


def test_only_judge_and_confidence_can_see_that_a_sentence_is_broken() -> None:
    """As templates/scoring.yaml says of the weights; the words that tell facts stay together here."""
    asked = Campaign(1, "c", brand_voice="plain and brief")
    whole = scored("The Nordhem Oak Stool waits for tea after day hikes.", campaign=asked).parts
    broken = scored("For after the waits Nordhem Oak Stool tea day hikes.", campaign=asked).parts
    assert whole == broken
    assert whole.keys() == weights().keys() - {"judge"}


def test_what_was_decided_elsewhere_counts_and_a_deduction_takes_its_points_off() -> None:
    plain = scored(PLAIN)
    liked, disliked = (scored(PLAIN, kept={"judge": value}) for value in (1.0, 0.0))
    assert (liked.raw or 0) > (plain.raw or 0) > (disliked.raw or 0)
    near = scored(PLAIN, kept={"apart": 0.25})
    assert near.raw == pytest.approx((plain.raw or 0) - 0.75 * deductions()["apart"], abs=0.01)
    assert scored(PLAIN, kept={"apart": 1.0, "opening": 1.0}).raw == plain.raw
    assert near.notes == (*plain.notes, "much like other copy")
    assert total({"facts": 0.1, "apart": 0.0}) == 0


def test_a_calibration_changes_what_is_shown_and_not_what_copies_are_ranked_by() -> None:
    plain, shown_as = scored(PLAIN), Calibration((0.0, 100.0), (40.0, 50.0))
    other = scored(PLAIN, calibrations={"en-US": shown_as})
    assert (other.raw, other.parts) == (plain.raw, plain.parts)
    assert other.score == pytest.approx(40 + (plain.raw or 0) / 10, abs=0.01)
    assert scored(PLAIN, calibrations={"zh-CN": shown_as}).score == plain.score


@pytest.mark.parametrize(
    ("body", "locale", "note"),
    [
        ("Nordhem Oak Stool, 45 cm.", "en-US", "names the product; names 1 of 3 facts"),
        ("A piece in red at $49.90.", "en-US", "doesn't name the product; names 2 of 3 facts"),
        ("A cup of tea after day hikes.", "en-US", "matches 'day hikes', 'tea'"),
        ("A seat for hikers.", "en-US", "matches 'hikers'"),
        (PLAIN, "en-US", "takes up nothing of the audience"),
        ("A piece of a piece of it.", "en-US", "repeats 2 of 9 pairs of words"),
        ("A nice piece.", "en-US", "the model was sure of its words (90%)"),
        ("泡茶的时候，到店里看看。", "zh-CN", "matches '泡茶'"),
        ("北屋橡木凳，高45 厘米。", "zh-CN", "names the product; names 1 of 2 facts"),
    ],
)
def test_the_parts_are_told_in_words(body: str, locale: str, note: str) -> None:
    assert note in scored(body, locale=locale, segment=WALKERS if locale == "zh-CN" else HIKERS).notes


def test_the_weights_make_a_hundred() -> None:
    assert sum(weights().values()) == 100
    assert all(weight > 0 for weight in weights().values())


def test_a_perfect_copy_has_a_hundred_and_every_part_whole() -> None:
    result = scored("Nordhem Oak Stool in red, 45 cm, $49.90, for day hikes.", mean_logprob=0.0)
    assert result.score == 100
    assert set(result.parts.values()) == {1.0}


WORDS = "Nordhem Oak Stool red seat day hikes tea less weight 45 cm see our shop hall"
bodies = st.lists(st.sampled_from(WORDS.split(" ")), min_size=1, max_size=40, unique=True).map(" ".join)


@given(bodies, st.one_of(st.none(), st.floats(max_value=1e-6, allow_nan=False)))
@settings(deadline=None)  # the first example reads the packs and the word lists
def test_every_part_is_a_share_and_the_score_is_within_a_hundred(body: str, mean_logprob: float | None) -> None:
    brief = Brief(1, Campaign(1, "c"), STOOL, HIKERS, "sms", "en-US")
    draft = Draft(brief, 0, f"body: {body}", 12, mean_logprob, "stop")
    channel, facts = load_channel("sms"), facts_of(brief)
    result = score(replace(check(draft, channel, facts), rejection=None), channel, facts)
    assert result.score is not None
    assert 0 <= result.score <= 100
    assert all(0 <= part <= 1 for part in result.parts.values())


@pytest.mark.parametrize(
    ("better", "worse", "locale"),
    [
        ("Meet the Nordhem stool. See it in our shop.", PLAIN, "en-US"),
        ("The Oak Stool in red. See it in our shop.", "The Oak Stool is here. See it in our shop.", "en-US"),
        ("It is 45 cm high and $49.90 in our shop.", "It is 45 cm high, so see it in our shop.", "en-US"),
        ("A seat after day hikes. See it in our shop.", PLAIN, "en-US"),
        ("A seat for hikers. See it in our shop.", PLAIN, "en-US"),
        (PLAIN, "A piece of a piece for a piece of your piece.", "en-US"),
        ("北屋橡木凳，到店里看看。", "这一款，到店里看看。", "zh-CN"),
        ("高45 厘米，到店里看看吧。", "高高的它，到店里看看吧。", "zh-CN"),
        ("泡茶的时候，到店里看看。", "想买的时候，到店里看看。", "zh-CN"),
        ("给周末徒步的人，来店里看看。", "给想坐下的顾客，来店里看看。", "zh-CN"),
        ("圆角凳面，到店里看一看。", "看看店里，看看店里，店里看。", "zh-CN"),
    ],
)
def test_naming_the_product_its_facts_and_the_audience_raises_a_score_and_repeating_lowers_it(
    better: str, worse: str, locale: str
) -> None:
    assert points(better, locale) > points(worse, locale)


@pytest.mark.parametrize(
    ("body", "part", "value"),
    [
        ("A piece that is covered and prepared.", "facts", 0.0),  # holds no "red" as a word
        ("A piece in red.", "facts", round(0.5 / 3, 4)),
        ("Nordhem is here.", "facts", 0.5),
        ("The Northem piece.", "facts", 0.0),
        ("A steady seat.", "segment", 0.0),  # holds no "tea" as a word
        ("A cup of tea.", "segment", 1.0),
        ("With less strain.", "segment", 0.5),
        ("For hikers, with less strain.", "segment", 1.0),
        ("With the and for you.", "segment", 0.0),
    ],
)
def test_words_count_as_whole_words(body: str, part: str, value: float) -> None:
    assert scored(body).parts[part] == value


def test_a_surer_model_gives_a_higher_score() -> None:
    sure, unsure = (scored(PLAIN, mean_logprob=value) for value in (-0.05, -1.5))
    assert (sure.score or 0) > (unsure.score or 0) > 0
    assert sure.parts["confidence"] == round(math.exp(-0.05), 4)


def test_running_over_a_soft_limit_lowers_a_score() -> None:
    long = scored(f"A piece with a round seat and solid legs, as good in the hall as by the desk, and at home. {PLAIN}")
    assert long.copy.warnings
    assert long.parts["limits"] == 0.5
    assert scored(PLAIN).parts["limits"] == 1


def test_scoring_the_same_draft_twice_gives_the_same() -> None:
    assert scored(PLAIN) == scored(PLAIN)


@pytest.mark.parametrize("channel", channel_names())
def test_every_draft_of_a_brief_is_judged_in_order(channel: str) -> None:
    brief = Brief(1, Campaign(1, "c"), STOOL, HIKERS, channel, "en-US")
    drafts = tuple(Draft(brief, variant, "nothing of use", 3, -0.1, "stop") for variant in range(3))
    outcome = judge(Generation(brief, drafts, 10, 0))
    assert outcome.failure is None
    assert [copy.copy.draft.variant for copy in outcome.copies] == [0, 1, 2]
    assert {copy.copy.rejection.gate for copy in outcome.copies if copy.copy.rejection} == {"parse"}


def test_a_score_is_explained_in_words_from_the_strongest_part_to_the_weakest() -> None:
    parts = {"facts": 0.25, "segment": 1.0, "confidence": 0.8, "limits": 0.5, "distinct": 0.1}
    assert explain(parts) == (
        "speaks to the audience (100%); the model was sure (80%); keeps the recommended lengths (50%); "
        "tells few of the product's facts (25%); repeats itself (10%)"
    )
    assert explain({}) == ""


def test_every_part_has_words() -> None:
    names = [*weights(), *deductions()]
    assert explain(dict.fromkeys(names, 1.0)).count(";") == len(names) - 1


@pytest.mark.parametrize(
    ("channel", "product", "segment", "text", "left_out"),
    [
        (
            "persona_card", Product("", ""), HIKERS,
            "name: The walker\nwho: Walks a lot.\nlikes: Day hikes\nneeds: Less weight\nspeak: Plainly\navoid: Hype",
            "facts",
        ),
        ("question_answer", STOOL, Segment("", ""), "answer: The Nordhem Oak Stool is 45 cm high.", "segment"),
    ],
)  # fmt: skip
def test_what_a_kind_of_copy_has_none_of_counts_neither_for_nor_against_it(
    channel: str, product: Product, segment: Segment, text: str, left_out: str
) -> None:
    question = CustomerQuestion("q", "How tall is it?") if channel == "question_answer" else None
    brief = Brief(1, SPRING, product, segment, channel, "en-US", question=question)
    facts = facts_of(brief)
    found = score(
        check(Draft(brief, 0, text, 12, -0.1, "stop"), load_channel(channel), facts), load_channel(channel), facts
    )
    assert found.copy.rejection is None
    assert left_out not in found.parts
    assert {"facts", "segment"} - {left_out} <= set(found.parts)
    assert (found.raw or 0) > 60
