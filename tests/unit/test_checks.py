"""The gates: for each, copy that it must refuse and a near miss that it must let through, in both languages."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.channels import channel_names, load_channel
from generation.checks import check, check_fields
from generation.counting import sms_segments, utf8_bytes
from generation.ledger.policies import policy
from generation.records import Brief, Campaign, Draft, Fields, Product, Promotion, Rejection, Segment
from generation.repetition import _seems_to_loop, may_loop
from generation.shape import warnings_for

SEGMENT = Segment("s", "Weekend hikers", interests=("day hikes",))
STOOL = Product(
    "p",
    "Oak Stool",
    brand="Nordhem",
    description="A solid stool with a round seat, sold by www.example.com, call 030 1234 5678.",
    price=Decimal("49.9"),
    currency="USD",
    attributes={"Material": "oak", "Height": "45 cm", "Covering": "100% wool"},
)
BENCH = Product(
    "p",
    "橡木凳",
    brand="北屋",
    description="圆角凳面，最好的凳子。",
    price=Decimal(199),
    currency="CNY",
    attributes={"高度": "45 厘米"},
)
EN: dict[str, Fields] = {
    "google_rsa": {
        "headline": ("Nordhem Oak Stool", "Round seat", "45 cm high"),
        "description": ("A solid oak stool. See it in our shop.", "For day hikes and the hours after."),
    },
    "meta_feed": {"primary_text": ("A solid oak stool.",), "headline": ("Oak Stool",), "description": ("45 cm",)},
    "email": {"subject": ("Oak Stool",), "preheader": ("A round seat",), "body": ("A solid oak stool, 45 cm high.",)},
    "push": {"title": ("Oak Stool",), "body": ("A solid oak stool, 45 cm high.",)},
    "sms": {"body": ("Oak Stool by Nordhem: 45 cm high. See it in our shop.",)},
    "product_page": {"headline": ("Oak Stool",), "description": ("A solid stool.",), "bullet": ("Oak", "Round seat")},
    "pmax": {
        "headline": ("Oak Stool", "Nordhem Oak Stool", "45 cm high"),
        "long_headline": ("A solid oak stool for day hikes and the hours after",),
        "description": ("A solid oak stool. See it in our shop.", "For day hikes and the hours after."),
    },
    "amazon_listing": {
        "title": ("Nordhem Oak Stool with Round Seat, 45 cm",),
        "bullet": ("Made of solid oak", "Round seat, wool covering", "45 cm high"),
        "description": ("A solid oak stool by Nordhem with a round seat.",),
    },
    "taobao_title": {"title": ("Nordhem Oak Stool Round Seat 45 cm",)},
    "wechat_article": {"title": ("Oak Stool",), "digest": ("A stool.",), "body": ("A solid oak stool, 45 cm high.",)},
    "linkedin": {"intro": ("A solid oak stool.",), "headline": ("Oak Stool",), "description": ("45 cm",)},
    "recommendation": {"headline": ("After day hikes: a seat",), "body": ("The Oak Stool by Nordhem is 45 cm high.",)},
    "product_description": {
        "headline": ("Oak Stool by Nordhem",),
        "paragraph": ("A solid oak stool with a round seat.", "It is 45 cm high, for the hours after day hikes."),
        "bullet": ("45 cm high", "Round seat"),
    },
}
ZH: dict[str, Fields] = {
    "google_rsa": {
        "headline": ("北屋橡木凳", "圆角凳面", "高45厘米"),
        "description": ("橡木凳，到店里看看。", "适合周末徒步的人。"),
    },
    "meta_feed": {"primary_text": ("圆角凳面的橡木凳。",), "headline": ("橡木凳",), "description": ("高45厘米",)},
    "email": {"subject": ("北屋橡木凳",), "preheader": ("圆角凳面",), "body": ("来看看这款橡木凳，高45厘米。",)},
    "push": {"title": ("北屋橡木凳",), "body": ("圆角凳面，点开看看。",)},
    "sms": {"body": ("北屋橡木凳，高45厘米，到店里看看。",)},
    "product_page": {"headline": ("橡木凳",), "description": ("一款橡木凳。",), "bullet": ("橡木", "圆角凳面")},
    "pmax": {
        "headline": ("北屋橡木凳", "圆角凳面", "高45厘米"),
        "long_headline": ("北屋橡木凳，给周末徒步归来的人",),
        "description": ("橡木凳，到店里看看。", "适合周末徒步的人。"),
    },
    "amazon_listing": {
        "title": ("北屋 橡木凳 圆角凳面 高45厘米",),
        "bullet": ("凳面是圆角的，坐着舒服", "橡木做成的凳子，结实", "高度45厘米，放在玄关正好"),
        "description": ("北屋的橡木凳，圆角凳面，高45厘米。",),
    },
    "taobao_title": {"title": ("北屋 橡木凳 圆角凳面 高45厘米",)},
    "wechat_article": {"title": ("北屋橡木凳",), "digest": ("圆角凳面。",), "body": ("来看看这款橡木凳，高45厘米。",)},
    "linkedin": {"intro": ("圆角凳面的橡木凳。",), "headline": ("橡木凳",), "description": ("高45厘米",)},
    "recommendation": {"headline": ("给周末徒步的人",), "body": ("北屋橡木凳高45厘米，hikers 归来坐一坐。",)},
    "product_description": {
        "headline": ("北屋橡木凳",),
        "paragraph": ("一款圆角凳面的橡木凳。", "高45厘米，放在门边，回家坐下换鞋。"),
        "bullet": ("高45厘米", "圆角凳面"),
    },
}


def brief_of(channel: str, locale: str = "en-US", product: Product | None = None, offer: str | None = None) -> Brief:
    """A brief; an offer is a promotion in force."""
    row = product or (BENCH if locale == "zh-CN" else STOOL)
    promotion = Promotion("may", offer) if offer else None
    return Brief(1, Campaign(1, "c", promotion=promotion), row, SEGMENT, channel, locale)


def judged(
    fields: Fields, channel: str, locale: str = "en-US", product: Product | None = None, offer: str | None = None
) -> str:
    """The gate that refuses the fields, or "passed"."""
    rejection = check_fields(fields, brief_of(channel, locale, product, offer), load_channel(channel))
    return rejection.gate if rejection else "passed"


def line_judged(line: str, channel: str = "push", product: Product | None = None, offer: str | None = None) -> str:
    """The same for one line of body text; its language follows from whether it holds hanzi."""
    chinese = any("一" <= ch <= "鿿" for ch in line)
    fields = {"title": ("来看看凳子" if chinese else "A stool",), "body": (line,)}
    return judged(
        fields if channel == "push" else {"body": (line,)}, channel, "zh-CN" if chinese else "en-US", product, offer
    )


def with_line(channel: str, name: str, line: str, locale: str = "en-US") -> Fields:
    """A good copy whose first line of one field is another."""
    good = (ZH if locale == "zh-CN" else EN)[channel]
    return {**good, name: (line, *good.get(name, ())[1:])}


# What needs a question, another product, reviews or no product has tests of its own.
FOR_AN_AUDIENCE = [name for name in channel_names() if load_channel(name).about == "audience"]


@pytest.mark.parametrize("channel", FOR_AN_AUDIENCE)
@pytest.mark.parametrize(("locale", "copies"), [("en-US", EN), ("zh-CN", ZH)])
def test_plain_copy_passes_everywhere(channel: str, locale: str, copies: dict[str, Fields]) -> None:
    assert judged(copies[channel], channel, locale) == "passed"


def test_a_reason_is_one_line_that_names_the_field_and_the_text() -> None:
    rejection = check_fields(with_line("email", "body", "The best stool."), brief_of("email"), load_channel("email"))
    reason = (
        "body makes a claim of the kind superlative, 'The best' "
        "(ANY-BEST: say the fact behind it, or load the award): The best stool."
    )
    assert rejection == Rejection("claims", reason)


def test_a_long_line_is_cut_in_its_reason() -> None:
    fields = with_line("email", "body", "the best stool " + "for a calm room " * 60)
    rejection = check_fields(fields, brief_of("email"), load_channel("email"))
    assert rejection is not None
    assert len(rejection.reason) < 300


# count


@pytest.mark.parametrize(
    ("headlines", "descriptions", "gate"),
    [
        (3, 2, "passed"),
        (15, 4, "passed"),
        (2, 2, "count"),
        (16, 2, "count"),
        (3, 1, "count"),
        (3, 5, "count"),
        (0, 2, "count"),
    ],
)  # fmt: skip
def test_an_ad_has_three_to_fifteen_headlines_and_two_to_four_descriptions(
    headlines: int, descriptions: int, gate: str
) -> None:
    words = [f"{first} {second}" for first in ("oak", "seat", "stool", "shop") for second in ("e", "b", "c", "d")]
    fields = {"headline": tuple(words[:headlines]), "description": tuple(f"see {w}" for w in words[:descriptions])}
    assert judged(fields, "google_rsa") == gate


# length


EVENING = "a solid stool of oak with a round seat, for the hall, the desk and calm evenings at home"
FITTING = [  # lines of exactly the limit's length
    ("google_rsa", "headline", "oak stool with a round seat ok"),
    ("google_rsa", "description", f"{EVENING} s"),
    ("google_rsa", "path", "solid-oak-stool"),
    ("product_page", "headline", f"{EVENING}; it is 45 cm high, made by Nordhem, and yours for $49.90 here"),
]
FITTING_ZH = [  # with three hanzi more they are over it
    ("google_rsa", "headline", "圆角凳面的橡木凳到店看看吧哦"),
    ("google_rsa", "path", "橡木凳好看哦"),
]


@pytest.mark.parametrize(("channel", "name", "line"), FITTING)
def test_a_line_of_just_the_limit_passes_and_one_more_character_is_refused(channel: str, name: str, line: str) -> None:
    assert judged(with_line(channel, name, line), channel) == "passed"
    assert judged(with_line(channel, name, f"{line}s"), channel) == "length"


@pytest.mark.parametrize(("channel", "name", "line"), FITTING_ZH)
def test_a_chinese_line_has_half_the_room(channel: str, name: str, line: str) -> None:
    assert judged(with_line(channel, name, line, "zh-CN"), channel, "zh-CN") == "passed"
    assert judged(with_line(channel, name, f"{line}吧来吧", "zh-CN"), channel, "zh-CN") == "length"


def sms_warnings(line: str, locale: str = "en-US") -> list[str]:
    """The warnings of a text message that no gate refuses."""
    draft = Draft(brief_of("sms", locale), 0, f"body: {line}", 99, -0.1, "stop")
    ad_copy = check(draft, load_channel("sms"))
    assert ad_copy.rejection is None
    return [warning.split(":")[0] for warning in ad_copy.warnings]


def test_a_second_message_warns_and_a_fourth_is_refused() -> None:
    line = f"{EVENING}; it is 45 cm high, made by Nordhem, and yours for $49.90 in our shop ok"
    assert sms_segments(line) == 1
    assert sms_warnings(line) == []
    assert sms_warnings(f"{line}s") == ["body is 2 messages, better at most 1"]
    long = f"{line}. " + " ".join(f"{a}{e}{n}" for a in "bdfgk" for e in "aeiou" for n in "lmnrstvwz")
    assert judged({"body": (long[: 3 * 153],)}, "sms") == "passed"
    assert judged({"body": (long[: 3 * 153 + 1],)}, "sms") == "length"


def test_a_typographic_quote_makes_a_long_message_two_segments() -> None:
    line = "The oak stool by Nordhem is here: a round seat, solid oak. It's 45 cm high. See it in our shop."
    assert sms_warnings(line) == []
    assert sms_warnings(line.replace("'", "’")) == ["body is 2 messages, better at most 1"]


@pytest.mark.parametrize(
    ("line", "market", "warned"),
    [
        ("北屋橡木凳，到店里看看。", None, True), ("【北屋】橡木凳，到店里看看。", None, False),
        ("橡木凳，到店里看看。【北屋】", "cn", False), ("北屋橡木凳，到店里看看。", "eu", False),
    ],
)  # fmt: skip
def test_a_message_for_china_without_a_signature_warns(line: str, market: str | None, warned: bool) -> None:
    brief = brief_of("sms", "zh-CN")
    brief = replace(brief, campaign=replace(brief.campaign, market=market))
    ad_copy = check(Draft(brief, 0, f"body: {line}", 99, -0.1, "stop"), load_channel("sms"))
    assert ad_copy.rejection is None
    assert any("signature" in warning for warning in ad_copy.warnings) == warned


def test_a_push_payload_is_limited_in_bytes_over_all_fields() -> None:
    words = " ".join(f"{first}{second}{third}" for first in "bfgjk" for second in "aeiou" for third in "lmnrstvwz")
    body = (words + " " + words.replace(" ", "o ") + " " + words.replace(" ", "a "))[: 3807 - len("Oak Stool")]
    fields = {"title": ("Oak Stool",), "body": (body.strip(),)}
    assert sum(utf8_bytes(line) for lines in fields.values() for line in lines) <= 3807
    assert judged(fields, "push") == "passed"
    assert judged({**fields, "body": ("凳" * 1267,)}, "push", "zh-CN") == "length"


def test_soft_limits_only_warn() -> None:
    long = (
        "A solid oak stool with a round seat for the hall, the desk and the calm evenings after long day hikes. "
        "It stands where you need it, in the kitchen or by the door, and waits there for whoever is home first."
    )
    fields = {"primary_text": (long.strip(),), "headline": (long[:58].strip(),), "description": (long[:36].strip(),)}
    draft = Draft(brief_of("meta_feed"), 0, "\n".join(f"{k}: {v[0]}" for k, v in fields.items()), 99, -0.1, "stop")
    ad_copy = check(draft, load_channel("meta_feed"))
    assert ad_copy.rejection is None
    assert [warning.split(",")[0] for warning in ad_copy.warnings] == [
        "primary_text is 205", "headline is 58", "description is 35",
    ]  # fmt: skip
    assert warnings_for(EN["meta_feed"], load_channel("meta_feed")) == ()


# characters


@pytest.mark.parametrize(
    ("line", "gate"),
    [
        ("A solid stool 🪵", "passed"), ("A solid stool 👩‍🍳", "passed"), ("A solid stool ❤️", "passed"),
        ("好凳子🪵", "passed"), ("A sol\u200bid stool", "characters"), ("A stool\u202e", "characters"),
        ("A stool\u200d", "characters"), ("A stool \ue000", "characters"), ("A stool \ufffd", "characters"),
        ("A stool \x07", "characters"), ("A sto\ud83eol", "characters"), ("A sto\xadol", "characters"),
        ("橡木凳\u3164到店看", "characters"), ("A {colour} stool", "characters"), ("A stool {{name}}", "characters"),
        ("A stool []", "characters"), ("A stool <|im_end|>", "characters"), ("橡木凳{颜色}", "characters"),
        ("=SUM(A1)", "characters"), ("+ a stool", "characters"), ("-a stool", "characters"), ("@stool", "characters"),
        ("＝橡木凳来了", "characters"), ("A-stool", "passed"), ("Stool + seat = calm", "passed"),
        ("A stool!", "passed"), ("A stool!!", "characters"), ("A stool?!", "characters"), ("橡木凳！", "passed"),
        ("橡木凳！！", "characters"), ("A stool...", "passed"), ("A stool.....", "characters"),
        ("橡木凳……来看看", "passed"), ("** A stool **", "characters"), ("★★ A stool", "characters"),
        ("A stool ~~", "characters"), ("A stool – oak", "passed"), ("橡木凳，，来看看", "characters"),
        ("橡木凳——来看看", "passed"), ("----- stool", "characters"),
    ],
)  # fmt: skip
def test_characters_that_a_platform_a_spreadsheet_or_a_mailing_tool_takes_amiss_are_refused(
    line: str, gate: str
) -> None:
    assert line_judged(line) == gate


@pytest.mark.parametrize("channel", ["google_rsa", "sms", "product_page"])
@pytest.mark.parametrize("mark", ["🪵", "✔", "☕", "⏰", "▶", "⭐", "❤️", "1️⃣"])
def test_an_emoji_is_refused_where_the_channel_takes_none(channel: str, mark: str) -> None:
    name = {"google_rsa": "headline", "sms": "body", "product_page": "bullet"}[channel]
    assert judged(with_line(channel, name, f"Oak {mark}"), channel) == "characters"
    assert judged(with_line(channel, name, "Oak™ & Nordhem®, §, €, °, ×"), channel) == "passed"


@pytest.mark.parametrize(
    ("headline", "description", "gate"),
    [
        ("A round one", "A solid oak stool.", "passed"),
        ("A round one", "A solid oak stool!", "passed"),
        ("A round one!", "A solid oak stool.", "characters"),
        ("圆角凳面！", "来看看。", "characters"),
        ("A round one", "Solid oak! See it!", "characters"),
    ],
)
def test_a_search_ad_takes_no_exclamation_mark_in_a_headline_and_one_in_all(
    headline: str, description: str, gate: str
) -> None:
    locale = "zh-CN" if "凳" in headline else "en-US"
    fields = {**with_line("google_rsa", "headline", headline, locale)}
    fields["description"] = (description, *fields["description"][1:])
    assert judged(fields, "google_rsa", locale) == gate


@pytest.mark.parametrize(
    ("path", "gate"), [("stools", "passed"), ("oak/stools", "characters"), ("oak stools", "characters")]
)
def test_a_display_path_holds_no_slash_and_no_space(path: str, gate: str) -> None:
    assert judged({**EN["google_rsa"], "path": (path,)}, "google_rsa") == gate


def test_an_empty_line_of_an_edited_copy_breaks_no_gate() -> None:
    assert judged({"title": ("",), "body": ("A solid stool",)}, "push") == "passed"


# placeholder


@pytest.mark.parametrize(
    ("line", "gate"),
    [
        ("[Brand] stool", "placeholder"), ("Stool by [your brand]", "placeholder"), ("<name> stool", "placeholder"),
        ("A <b>solid</b> stool", "placeholder"), ("A stool<br/>", "placeholder"), ("xxx stool", "placeholder"),
        ("Lorem ipsum stool", "placeholder"), ("As an AI, I like stools", "placeholder"),
        ("A stool, headline: oak", "placeholder"), ("A stool to bepreheader: oak", "placeholder"),
        ("Your brand name stool", "placeholder"),
        ("A stool. Let me know if you like it.", "placeholder"), ("A stool. Hope this helps.", "placeholder"),
        ("A stool <unk>", "placeholder"), ("【品牌名称】橡木凳", "placeholder"), ("某品牌橡木凳", "placeholder"),
        ("[品牌]橡木凳", "placeholder"), ("作为一个人工智能，我喜欢", "placeholder"),
        ("橡木凳，希望对您有帮助", "placeholder"), ("A size XXL stool", "passed"), ("Oak & more: a stool", "passed"),
        ("Taller > shorter, oak < wool", "passed"), ("The description says oak", "passed"), ("品牌橡木凳", "passed"),
        ("给希望坐得舒服的人", "passed"),
    ],
)  # fmt: skip
def test_leftovers_of_templates_and_of_the_models_manners_are_refused(line: str, gate: str) -> None:
    assert line_judged(line) == gate


def test_brackets_of_the_title_are_no_leftover_but_others_beside_them_are() -> None:
    product = Product("p", "Stool [Oak]")
    assert line_judged("A stool [Oak]", product=product) == "passed"
    assert line_judged("A stool [Oak] by [Brand]", product=product) == "placeholder"


# contact


@pytest.mark.parametrize(
    "line",
    [
        "See https://a.b", "See www.stool", "See stools.com", "See nordhem.co.uk now", "Write to me@stool.de",
        "See stool.io/oak", "Call 030 1234 5678", "Call +1 (555) 123-4567", "Call 1-800-555-0199", "Call 13800138000",
        "See www.example.com", "See ｓｔｏｏｌ．ｃｏｍ", "看看橡木凳stool.com", "打电话13800138000",
        "电话010-12345678", "加微信看橡木凳", "微信号oak", "登录www.stool看看",
    ],
)  # fmt: skip
def test_an_address_or_a_telephone_number_is_refused_even_one_of_the_description(line: str) -> None:
    assert line_judged(line) == "contact"


@pytest.mark.parametrize(
    "line",
    [
        "See it in our shop. Come in.",
        "It is 45 cm high, $49.90",
        "Oak.Solid.",
        "e.g. for day hikes",
        "到店里看看，¥199.00",
    ],
)
def test_a_plain_sentence_is_no_address(line: str) -> None:
    assert line_judged(line) == "passed"


def test_a_long_model_code_of_the_title_is_no_telephone_number() -> None:
    product = Product("p", "Holder R4570000906, item 4570000906123")
    assert line_judged("The Holder R4570000906", product=product) == "passed"
    assert line_judged("Item 4570000906123", product=product) == "passed"
    assert line_judged("Item 4570000906124", product=product) == "contact"
    pot = Product("p", "Mepra Party 20063110 100CL. Coffee Pot")
    assert line_judged("Mepra Party 20063110 100CL", product=pot) == "passed"
    assert line_judged("Mepra Party 20063110 100", product=pot) == "contact"


def test_an_address_that_is_the_brands_name_passes_but_no_other_beside_it() -> None:
    product = Product("p", "Oak Stool", brand="Stools.com")
    assert line_judged("A stool by Stools.com", product=product) == "passed"
    assert line_judged("Stools.com, not benches.com", product=product) == "contact"


# repetition


@pytest.mark.parametrize(
    ("line", "gate"),
    [
        ("oak oak oak oak", "repetition"), ("A stool, a stool, a stool", "repetition"),
        ("soooooooo solid", "repetition"), ("橡木凳橡木凳橡木凳", "repetition"),
        ("来看看，来看看，来看看", "repetition"), ("A long, long walk", "passed"), ("Oak, oak and a stool", "passed"),
        ("看看，来看看橡木凳", "passed"), ("慢慢来，好好坐", "passed"),
    ],
)  # fmt: skip
def test_a_line_that_loops_is_refused(line: str, gate: str) -> None:
    assert line_judged(line) == gate


@pytest.mark.parametrize(
    ("line", "gate"),
    [
        ("For for big families", "repetition"), ("Meet the The Oak Stool", "repetition"),
        ("A stool to sit on and and talk", "repetition"), ("You You want a seat", "repetition"),
        ("Seats that that child had had fun on", "passed"),
        ("Sit on, on a good day", "passed"), ("With or without, with ease", "passed"),
    ],
)  # fmt: skip
def test_a_small_word_twice_running_is_refused(line: str, gate: str) -> None:
    assert line_judged(line) == gate


def test_a_title_may_say_a_small_word_twice() -> None:
    assert line_judged("Play The The on it", product=Product("p", "The The Record")) == "passed"


@given(
    st.text("ab ,é好", max_size=9),
    st.text("abc ,-好", min_size=2, max_size=40),
    st.lists(st.text(" ,，、", max_size=3), min_size=2, max_size=3),
    st.text("ab ,é好", max_size=9),
)
def test_no_loop_escapes_the_quick_count(before: str, phrase: str, gaps: list[str], after: str) -> None:
    assert _seems_to_loop(before + phrase + "".join(gap + phrase for gap in gaps) + after)


@given(
    st.text("ab ,", max_size=9),
    st.lists(st.text("abc-", min_size=1, max_size=4), min_size=1, max_size=9)
    .map(" ".join)
    .filter(lambda text: text[1:]),
    st.sampled_from((" ", ", ", ",", "  ")),
    st.integers(3, 4),
    st.text("ab ,", max_size=9),
)
def test_no_loop_of_english_words_escapes(before: str, phrase: str, gap: str, times: int, after: str) -> None:
    looping = gap.join([phrase] * times)
    assert may_loop(f"{before} {looping} {after}")
    inside = phrase.replace(" ", "") * times
    assert may_loop(before + inside + after) or len(inside) < 2 * times


def test_words_that_only_hold_the_same_letters_are_no_loop() -> None:
    assert line_judged("A stool wider than an ant is long") == "passed"


def test_a_loop_in_the_title_may_be_told_and_no_other() -> None:
    product = Product("p", "Bla Bla Bla Game")
    assert line_judged("The Bla Bla Bla Game", product=product) == "passed"
    assert line_judged("The Bla Bla Bla Game, fun fun fun", product=product) == "repetition"


# language


@pytest.mark.parametrize(
    ("line", "locale", "gate"),
    [
        ("A solid stool 来看看", "en-US", "language"), ("A solid стул for you", "en-US", "language"),
        ("A solid オーク stool", "en-US", "language"), ("의자 A solid stool", "en-US", "language"),
        ("A solid stool, 5 µ", "en-US", "numbers"), ("A crème brûlée stool", "en-US", "passed"),
        ("A solid stool for your hall", "zh-CN", "language"),
        ("来看看 a solid stool for your hall", "zh-CN", "language"), ("橡木凳，オーク的", "zh-CN", "language"),
        ("橡木凳，LED灯，VIP可看", "zh-CN", "passed"), ("看看这款stool吧", "zh-CN", "passed"),
        ("Nordhem 橡木凳", "en-US", "language"),
    ],
)  # fmt: skip
def test_copy_in_another_language_is_refused(line: str, locale: str, gate: str) -> None:
    title = "橡木凳" if locale == "zh-CN" and "看" in line else "Oak" if locale == "en-US" else "A stool"
    assert judged({"title": (title,), "body": (line,)}, "push", locale) == gate


def test_names_of_the_record_may_be_in_any_language() -> None:
    product = Product("p", "Дубовый стул 橡木凳", brand="オーク")
    line = "Дубовый стул 橡木凳 by オーク"
    assert judged({"title": ("A stool",), "body": (line,)}, "push", "en-US", product) == "passed"
    english = Product("p", "Nordhem Solid Oak Stool with Round Seat")
    line = "Nordhem Solid Oak Stool with Round Seat，到店里看看"
    assert judged({"title": ("来看看",), "body": (line,)}, "push", "zh-CN", english) == "passed"


def test_letters_that_happen_to_stand_inside_the_records_words_are_not_its_words() -> None:
    product = Product("p", "Theatre Showcase Incandescent Lamplight")
    line = "the show case in can at heat amp light 看看"
    assert judged({"title": ("来看看",), "body": (line,)}, "push", "zh-CN", product) == "language"


# claims


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("superlative", "The best stool"), ("superlative", "Our best oak"), ("superlative", "The #1 stool"),
        ("superlative", "The number one stool"), ("superlative", "The ultimate stool"),
        ("superlative", "The world's finest stool"), ("superlative", "最好的橡木凳"), ("superlative", "第一品牌"),
        ("superlative", "最轻便的凳子"), ("superlative", "全网最低"), ("superlative", "唯一的选择"),
        ("superlative", "顶级橡木"), ("superlative", "史上好凳"), ("superlative", "最佳橡木凳"),
        ("superlative", "最舒服的凳子"),
        ("guarantee", "Comfort guaranteed"), ("guarantee", "A risk-free stool"), ("guarantee", "保证舒服"),
        ("guarantee", "无效退款"), ("free", "With free shipping"), ("free", "Free returns"),
        ("free", "Yours for free"), ("free", "全国包邮"), ("free", "免费送货"), ("offer", "Now on sale"),
        ("offer", "A half-price stool"), ("offer", "Our cheapest stool"), ("offer", "橡木凳特价"),
        ("offer", "清仓了，来看看"), ("offer", "立减活动"), ("urgency", "Hurry, see the stool"),
        ("urgency", "Your last chance"), ("urgency", "While stocks last"), ("urgency", "A limited-time stool"),
        ("urgency", "限时来看"), ("urgency", "橡木凳仅剩少量"), ("urgency", "最后机会，来看看"),
        ("review", "Customers love this stool"), ("review", "A five-star stool"), ("review", "The bestselling stool"),
        ("review", "A top-rated stool"), ("review", "顾客都说好看"), ("review", "好评如潮"),
        ("health", "Cures a sore back"), ("health", "Treats pain"), ("health", "A detoxifies-all stool"),
        ("health", "坐着就减肥"), ("health", "治疗腰痛"),
        ("health", "Lightens your skin"), ("health", "Slows melanin production"), ("green", "An eco-friendly stool"),
        ("green", "Climate-neutral oak"), ("green", "A sustainable stool"), ("green", "环保橡木"),
        ("green", "零碳好凳"), ("clickbait", "Click here for the stool"), ("clickbait", "点击这里看橡木凳"),
    ],
)  # fmt: skip
def test_a_claim_of_the_models_own_is_refused(kind: str, line: str) -> None:
    assert line_judged(line) in {"claims", "numbers"}  # a number, as in #1 or half price, is refused before
    assert any(rule.kind == kind and list(rule.hits(line.lower())) for rule in policy("us", "push").rules)


@pytest.mark.parametrize(
    "line",
    [
        "Best before the next hike", "Best served warm", "Oak at its Bestwood finish", "No one sits alone",
        "100% wool covering", "A better seat", "It comes first", "最近上新的橡木凳", "最后看一眼", "第一步，坐下",
        "第一次坐", "第一时间来看", "给最爱的人", "最终选了橡木", "最大承重看详情", "最佳食用时间",
        "Warm and well made", "保温又好看", "A care-free day", "Sugar-free oak", "Free hands, calm mind", "自由坐卧",
        "A wholesale view of oak", "A stool in oak, no hurrying", "Last seen in our shop", "数量看看",
        "Customers find it in our shop", "五角星凳面", "A treat for the hall", "A secure seat, cured oak",
        "最舍不得离开的是它", "最难熬的下午，坐一坐", "最放松的时刻",
        "Green like sage", "Lightens the hall", "A skin-soft seat",
        "环形凳面", "疗愈系的绿", "点开看看橡木凳", "A click away",
    ],
)  # fmt: skip
def test_words_that_only_look_like_a_claim_pass(line: str) -> None:
    assert line_judged(line) == "passed"


def test_a_claim_in_the_title_or_the_offer_passes_and_one_of_the_description_does_not() -> None:
    assert line_judged("The best stool", product=Product("p", "The Best Stool")) == "passed"
    assert line_judged("With free shipping", offer="Free shipping in May") == "passed"
    assert line_judged("全国包邮", offer="满两件包邮") == "passed"
    assert line_judged("最好的凳子") == "claims"  # the supplier's description says so


def test_a_word_inside_a_name_licenses_no_claim() -> None:
    product = Product("p", "Oak Stool", brand="Bestwood")
    assert line_judged("The Bestwood stool", product=product) == "passed"
    assert line_judged("Our best stool", product=product) == "claims"
    assert line_judged("最好的凳子", product=Product("p", "最近的凳子")) == "claims"


# the whole of it


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("body: A solid st", "the campaign's max_tokens may be too low"),
        ("body: one\nbody: two\nbody: three\nbody: fo", "the campaign's max_tokens may be too low"),
        ("body: A stool, a stool, a stool, a stool, a st", "it goes round in a loop"),
    ],
)
def test_a_draft_that_was_cut_off_is_refused_for_that(text: str, why: str) -> None:
    draft = Draft(brief_of("sms"), 0, text, 8, -0.1, "length")
    rejection = check(draft, load_channel("sms")).rejection
    assert rejection == Rejection("truncated", f"the draft was cut off after 8 tokens; {why}")


def test_a_draft_without_fields_is_refused_with_its_text_kept() -> None:
    draft = Draft(brief_of("sms"), 0, "I can't help with that.", 8, -0.1, "stop")
    ad_copy = check(draft, load_channel("sms"))
    assert ad_copy.rejection == Rejection("parse", "none of the fields body is in it")
    assert (ad_copy.draft.text, ad_copy.fields) == ("I can't help with that.", {})


def test_a_number_of_the_models_own_is_refused_in_its_turn() -> None:
    fields = with_line("email", "body", "A solid oak stool for $39.90.")
    assert judged(fields, "email") == "numbers"
    assert judged(with_line("email", "body", "A solid oak stool for $49.90."), "email") == "passed"


@pytest.mark.parametrize("channel", channel_names())
def test_a_copy_without_fields_is_refused_by_every_channel(channel: str) -> None:
    assert judged({}, channel) == "count"
