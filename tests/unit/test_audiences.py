"""Copy that speaks to a segment or of it: recommendations, personas, messages for a stage of a customer's life."""

from decimal import Decimal

import pytest

from generation.channels import LOCALES, load_channel
from generation.checks import check_fields
from generation.prompts import TemplateSet
from generation.records import LIFE_CYCLE_CHANNELS, STAGES, Brief, Campaign, Fields, Product, Rejection, Segment
from generation.stages import stages

BAKERS = Segment("s", "Keen home bakers", interests=("sourdough", "rye bread"), needs=("easy cleaning",))
BAKERS_ZH = Segment("s", "爱烘焙的人", interests=("烤面包", "做蛋糕"), needs=("好清洗",))
BOWL = Product(
    "p",
    "Pellwick Mixing Bowl",
    "Pellwick",
    "A wide bowl with a pouring lip.",
    "Kitchen",
    Decimal(32),
    "USD",
    attributes={"Capacity": "4 l", "Material": "stoneware"},
)
BOWL_ZH = Product(
    "p",
    "云岭和面盆",
    "云岭",
    "宽口的盆，带倒水口。",
    "厨具",
    Decimal(79),
    "CNY",
    attributes={"容量": "4升", "材质": "陶瓷"},
)


# Recommendations


def recommended(headline: str, body: str) -> Rejection | None:
    chinese = not body.replace("’", "").isascii()
    brief = Brief(
        1,
        Campaign(1, "c"),
        BOWL_ZH if chinese else BOWL,
        BAKERS_ZH if chinese else BAKERS,
        "recommendation",
        "zh-CN" if chinese else "en-US",
    )
    return check_fields({"headline": (headline,), "body": (body,)}, brief, load_channel("recommendation"))


@pytest.mark.parametrize(
    ("headline", "body"),
    [
        ("For your next sourdough", "The Pellwick Mixing Bowl holds 4 l and has a pouring lip."),
        ("A bowl with a pouring lip", "Pellwick stoneware, 4 l: room for rye bread dough."),
        ("Wide, and easy to clean", "The Pellwick Mixing Bowl is stoneware."),
        ("In view of the holidays: a bowl for rye bread", "As you look for a bowl, look at Pellwick."),
        ("烤面包的好帮手", "云岭和面盆容量4升，带倒水口。"),
    ],
)
def test_a_recommendation_that_names_the_product_and_takes_up_the_audience_passes(headline: str, body: str) -> None:
    assert recommended(headline, body) is None


@pytest.mark.parametrize(
    ("headline", "body", "gate"),
    [
        ("A bowl for the kitchen", "The Pellwick Mixing Bowl holds 4 l.", "audience"),
        ("For your next sourdough", "A wide bowl with a pouring lip.", "audience"),
        ("Because you looked at sourdough baskets", "The Pellwick Mixing Bowl holds 4 l.", "wording"),
        ("Inspired by your browsing history", "Sourdough in a Pellwick Mixing Bowl.", "wording"),
        ("Sourdough again?", "We've noticed you bake a lot: here is the Pellwick Mixing Bowl.", "wording"),
        ("Goes with what you bought", "Pellwick Mixing Bowl, for sourdough. You recently bought flour.", "wording"),
        ("Sourdough", "Based on your recent purchases, the Pellwick Mixing Bowl.", "wording"),
        ("猜你喜欢", "云岭和面盆，烤面包用得上。", "wording"),
        ("烤面包", "我们注意到您常买面粉，看看云岭和面盆。", "wording"),
        ("烤面包", "根据您的浏览记录，推荐云岭和面盆。", "wording"),
        ("看看这个盆", "云岭和面盆容量4升。", "audience"),
    ],
)
def test_a_recommendation_for_anybody_or_one_that_watches_is_refused(headline: str, body: str, gate: str) -> None:
    rejection = recommended(headline, body)
    assert rejection is not None
    assert rejection.gate == gate, rejection.reason


# Personas

CARD: Fields = {
    "name": ("The patient baker",),
    "who": ("Feeds a sourdough and waits for it.",),
    "likes": ("Sourdough with a dark crust", "Rye bread"),
    "needs": ("Bowls that are easy to clean",),
    "speak": ("In the order in which the work is done",),
    "avoid": ("Promises of speed",),
}
CARD_ZH: Fields = {
    "name": ("爱动手的烘焙人",),
    "who": ("愿意为一炉面包花时间。",),
    "likes": ("周末烤面包", "做蛋糕"),
    "needs": ("盆要好清洗",),
    "speak": ("按步骤说",),
    "avoid": ("催促的话",),
}


def persona(field: str, line: str) -> Rejection | None:
    chinese = not line.isascii()
    good = CARD_ZH if chinese else CARD
    segment = BAKERS_ZH if chinese else BAKERS
    brief = Brief(1, Campaign(1, "c"), Product("", ""), segment, "persona_card", "zh-CN" if chinese else "en-US")
    return check_fields({**good, field: (line, *good[field][1:])}, brief, load_channel("persona_card"))


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("name", "The weekend baker"),
        ("who", "Likes to see a dough rise, and likes to say how it went."),
        ("likes", "A sourdough starter of their own"),
        ("needs", "Cleaning that is done in a moment"),
        ("avoid", "Numbers without a use"),
        ("name", "Weekend sourdough explorer"),
        ("who", "Enthusiasts who spend free mornings with flour and patience."),
        ("speak", "Use warm, practical language"),
        ("avoid", "Assumptions about income or health"),
        ("name", "面包控"),
        ("likes", "自己烤的面包"),
        ("needs", "用完好清洗"),
    ],
)
def test_a_persona_that_rests_on_its_segment_passes(field: str, line: str) -> None:
    assert persona(field, line) is None


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("name", "Martha the baker"),
        ("name", "Baker, 42"),
        ("who", "A woman who bakes for her family."),
        ("who", "Mostly people in their forties who bake."),
        ("who", "Half of them bake each week."),
        ("who", "Three out of four bake rye bread."),
        ("who", "Well-off people who bake."),
        ("who", "People with diabetes who bake with rye."),
        ("who", "Catholic families who bake on Sundays."),
        ("likes", "Long motorbike rides"),
        ("needs", "A cheaper mortgage"),
        ("speak", "As to senior citizens and pensioners"),
        ("name", "35岁的面包师"),
        ("who", "多数是宝妈，喜欢烤面包。"),
        ("who", "收入不高，但爱烤面包。"),
        ("likes", "打麻将"),
        ("needs", "快速减肥"),
    ],
)
def test_a_persona_that_guesses_is_refused(field: str, line: str) -> None:
    rejection = persona(field, line)
    assert rejection is not None
    assert rejection.gate == "persona" or "guess" in rejection.reason or rejection.gate == "claims", rejection.reason


def test_what_the_segment_itself_says_of_age_or_sex_may_be_said() -> None:
    segment = Segment("s", "Women who run", interests=("trail running",))
    brief = Brief(1, Campaign(1, "c"), Product("", ""), segment, "persona_card", "en-US")
    fields = {
        **CARD,
        "name": ("The trail runner",),
        "who": ("Women who run before breakfast.",),
        "likes": ("Trail running",),
        "needs": ("Time for running",),
    }
    assert check_fields(fields, brief, load_channel("persona_card")) is None


# Stages

MISSED, WELCOME, LOYAL, BACK = "We miss you", "Welcome to the family", "Thank you for your loyalty", "Come back soon"
MISSED_ZH, WELCOME_ZH, LOYAL_ZH, BACK_ZH = "好久不见", "您好，新朋友", "感谢您一直以来的支持", "欢迎回来看看"
FITTING = {
    "new": (WELCOME, WELCOME_ZH),
    "steady": (LOYAL, LOYAL_ZH),
    "loyal": (LOYAL, LOYAL_ZH),
    "slipping": (MISSED, BACK, MISSED_ZH, BACK_ZH, LOYAL),
    "lapsed": (MISSED, BACK, MISSED_ZH, BACK_ZH),
}
EVERY = (MISSED, WELCOME, LOYAL, BACK, MISSED_ZH, WELCOME_ZH, LOYAL_ZH, BACK_ZH)


def message(stage: str | None, title: str, *, life_cycle: bool = True) -> Rejection | None:
    chinese = not title.replace("’", "").isascii()
    segment = Segment("s", "烘焙的人" if chinese else "Bakers", stage=stage)
    product = BOWL_ZH if chinese else BOWL
    campaign = Campaign(1, "c", life_cycle=life_cycle)
    body = "云岭和面盆，宽口，带倒水口。" if chinese else "The Pellwick Mixing Bowl has a pouring lip."
    brief = Brief(1, campaign, product, segment, "push", "zh-CN" if chinese else "en-US")
    return check_fields({"title": (title,), "body": (body,)}, brief, load_channel("push"))


@pytest.mark.parametrize(("stage", "title"), [(stage, title) for stage in STAGES for title in EVERY])
def test_words_for_one_stage_are_refused_at_another(stage: str, title: str) -> None:
    fits = title in FITTING[stage] or (stage == "slipping" and title == LOYAL_ZH)
    rejection = message(stage, title)
    assert (rejection is None) == fits, rejection
    assert rejection is None or rejection.gate == "stage"


@pytest.mark.parametrize("title", EVERY)
def test_a_campaign_that_is_none_of_life_cycles_may_say_them_all(title: str) -> None:
    assert message("new", title, life_cycle=False) is None


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "title",
    [
        "You bought a bowl here",
        "Since your last order on May 2",
        "We noticed that you left",
        "It's been six months since you were here",
        "Your purchase history says bread",
        "您上次购买的面粉",
        "距您上次光顾半年了",
        "我们发现您很久没来",
    ],
)
def test_no_message_tells_of_a_persons_own_purchases_or_of_watching(stage: str, title: str) -> None:
    rejection = message(stage, title)
    assert rejection is not None
    assert rejection.gate in ("stage", "numbers")


@pytest.mark.parametrize(
    ("stage", "title"),
    [
        ("new", "Don’t miss the pouring lip"),
        ("loyal", "A bowl that you will miss when it is in the wash"),
        ("lapsed", "A new bowl is here"),
        ("loyal", "New in our shop: a wide bowl"),
        ("new", "Bread for old friends and new"),
        ("lapsed", "You will notice the wide rim"),
        ("loyal", "新到的和面盆"),
        ("new", "老面也能揉得动"),
        ("lapsed", "新品上架"),
    ],
)
def test_idioms_that_only_look_like_another_stage_pass(stage: str, title: str) -> None:
    assert message(stage, title) is None


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("channel", LIFE_CYCLE_CHANNELS)
@pytest.mark.parametrize("stage", STAGES)
def test_the_stages_guidance_ends_the_prompt_of_a_life_cycle_and_of_no_other(
    stage: str, channel: str, locale: str
) -> None:
    segment = Segment("s", "Bakers", needs=("time",), stage=stage)
    for life_cycle in (True, False):
        brief = Brief(1, Campaign(1, "c", life_cycle=life_cycle), BOWL, segment, channel, locale)
        _, user = TemplateSet().pieces(brief)
        assert "".join(user).endswith(stages()[stage].guidance[locale]) == life_cycle


def test_every_stage_is_described_in_every_locale() -> None:
    assert set(stages()) == set(STAGES)
    assert all(set(stage.guidance) == set(LOCALES) for stage in stages().values())
