"""What is easy to read and what keeps to a voice: counts that can be followed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.ledger.facts import facts_of
from generation.readability import Band, Prose, prose_of, readability, traits_of, voice
from generation.reading.text import normal
from generation.records import Brief, Campaign, Product, Segment
from generation.scoring import words_of

LAMP = Product("p", "Luminescent Architectural Pendant", description="Phosphorescent, electroplated")
BOWL = Product("p", "饕餮纹青铜碗")


def prose(text: str, locale: str = "en-US") -> Prose:
    plain = normal(text)
    return prose_of(plain, words_of(plain), locale)


def ease(text: str, locale: str = "en-US") -> float:
    product = LAMP if locale == "en-US" else BOWL
    return readability(
        prose(text, locale), facts_of(Brief(1, Campaign(1, "c"), product, Segment("s", "s"), "push", locale))
    )[0]


@pytest.mark.parametrize(
    ("text", "locale", "sentences", "sentence"),
    [
        ("Take a seat. See it now!", "en-US", 2, 3),
        ("It costs 4.50 and weighs 1.2 kg", "en-US", 1, 7),
        ("Take a seat\nSee it now", "en-US", 2, 3),
        ("Really?! Yes...", "en-US", 2, 1),
        ("泡茶时用。来看看吧！", "zh-CN", 2, 4),
        ("轻便，好收纳；来看看", "zh-CN", 2, 4),
        ("", "en-US", 1, 0),
    ],
)
def test_sentences_are_counted_and_a_decimal_point_ends_none(
    text: str, locale: str, sentences: int, sentence: float
) -> None:
    counted = prose(text, locale)
    assert (counted.sentences, counted.sentence) == (sentences, sentence)


@pytest.mark.parametrize(
    ("easier", "harder", "locale"),
    [
        ("It is light. You can fold it. It fits your bag.", "It is light and you can fold it " * 4, "en-US"),
        ("Use it at home.", "Utilise it domestically throughout comprehensive refurbishments.", "en-US"),
        ("轻便好用。折起来就走。", "轻便好用而且可以折起来放进包里带着去公园或者去海边" * 2, "zh-CN"),
        ("放在桌上，泡茶用。", "置于案牍，瀹茗甚惬，蕴藉隽永。", "zh-CN"),
    ],
)
def test_shorter_sentences_and_shorter_or_familiar_words_read_more_easily(
    easier: str, harder: str, locale: str
) -> None:
    assert ease(easier, locale) > ease(harder, locale)


def test_the_records_own_words_are_not_held_against_a_copy() -> None:
    assert ease("A luminescent architectural pendant, electroplated.") == 1
    assert ease("A revolutionising multifunctional convertible, refurbished.") < 0.8
    assert ease("饕餮纹青铜碗", "zh-CN") == 1


def test_the_words_say_what_was_counted() -> None:
    facts = facts_of(Brief(1, Campaign(1, "c"), LAMP, Segment("s", "s"), "push", "en-US"))
    assert readability(prose("Use it at home."), facts)[1] == "reads easily: 4 words a sentence, 2.8 letters a word"


@given(st.text(max_size=200), st.sampled_from(["en-US", "zh-CN"]))
def test_any_text_has_a_readability_and_a_voice_between_nought_and_one(text: str, locale: str) -> None:
    assert 0 <= ease(text, locale) <= 1
    told = voice(prose(text, locale), "plain, brief, warm, playful, formal, calm")
    assert told is not None
    assert 0 <= told[0] <= 1


@pytest.mark.parametrize("band", [Band(10, 20), Band(20, 10)])
def test_a_band_runs_from_poor_to_good_whichever_is_higher(band: Band) -> None:
    assert (band.share(band.good), band.share(15), band.share(band.poor)) == (1, 0.5, 0)
    assert band.share(band.poor + 5 * (band.poor - band.good)) == 0


@pytest.mark.parametrize(
    ("asked", "traits"),
    [
        ("warm and plain, down-to-earth", {"plain", "warm"}),
        ("亲切简短，实事求是", {"plain", "brief", "warm"}),
        ("Friendly and BRIEF", {"brief", "warm"}),
        ("no jargon, plain words", {"plain"}),
        ("not formal", set()),
        ("never too playful", set()),
        ("warm, not cosy", {"warm"}),
        ("不要太正式", set()),
        ("不夸张", {"plain"}),
        ("explain things, briefly", set()),
        ("as our founder speaks", set()),
        ("", set()),
    ],
)
def test_a_voice_asks_for_what_its_words_say_and_not_for_what_it_rules_out(asked: str, traits: set[str]) -> None:
    assert {trait.name for trait in traits_of(asked, "en")} == traits


@pytest.mark.parametrize(
    ("asked", "closer", "further", "locale"),
    [
        ("plain", "See it in our shop.", "See it! Now! In our shop!", "en-US"),
        (
            "brief",
            "See it. Take it.",
            "See it in our shop whenever it happens to be convenient for the whole family",
            "en-US",
        ),
        ("warm", "Take it on your walks.", "Take it on walks.", "en-US"),
        ("playful", "Ready? Take it along!", "Take it along.", "en-US"),
        ("formal", "It is made of oak.", "It's oak, and you'll see it's red.", "en-US"),
        ("calm", "It is made of oak.", "It is made of oak!", "en-US"),
        ("亲切", "给你的周末。", "给周末的人。", "zh-CN"),
        ("正式", "为您准备的茶壶。", "给你的茶壶！", "zh-CN"),
        ("简洁", "轻，好收。", "它很轻而且可以折起来收进柜子里不占地方也不会倒下来，适合小户型", "zh-CN"),
    ],
)
def test_copy_that_does_as_the_voice_asks_scores_higher(asked: str, closer: str, further: str, locale: str) -> None:
    one, other = voice(prose(closer, locale), asked), voice(prose(further, locale), asked)
    assert one is not None and other is not None  # noqa: PT018
    assert one[0] > other[0]


def test_a_voice_that_asks_for_nothing_countable_is_no_part() -> None:
    assert voice(prose("See it."), "as our founder speaks") is None
    assert voice(prose("See it."), None) is None


def test_a_voice_is_told_by_what_is_kept_and_what_is_missed() -> None:
    told = voice(prose("See it! Now! Here! At once!"), "plain and brief")
    assert told is not None
    assert told[1] == "keeps to the voice: plain, brief"
    told = voice(prose("See it! Now!"), "calm and brief")
    assert told is not None
    assert told[1] == "keeps to the voice: brief; not as calm as the voice asks"
