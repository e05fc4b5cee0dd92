"""A copy's shape: every limit of every channel at its edge, and the characters and words that a channel refuses."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.channels import Channel, FieldSpec, channel_names, load_channel
from generation.counting import COUNTERS
from generation.ledger.facts import facts_of
from generation.records import Brief, Campaign, Fields, Product, Segment
from generation.shape import (
    Context,
    _are_plain,
    _strange,
    characters_gate,
    count_gate,
    length_gate,
    same_line,
    spellings,
    warnings_for,
    wording_gate,
)

STOOL = Product("p", "Oak Stool, Vitamin A", brand="YES! Nordhem", attributes={"Fits": "ISOFIX", "Claim": "FREE SPACE"})


def context_of(channel: str, product: Product = STOOL, market: str | None = None, locale: str = "en-US") -> Context:
    brief = Brief(1, Campaign(1, "c", market=market), product, Segment("s", "Hikers"), channel, locale)
    return Context(brief, load_channel(channel), facts_of(brief))


def fields_with(kind: str) -> list[tuple[str, FieldSpec]]:
    """Every channel's fields that have a limit of a kind."""
    return [(name, spec) for name in channel_names() for spec in load_channel(name).fields if getattr(spec, kind)]


def ids(value: object) -> str:
    return value.name if isinstance(value, FieldSpec) else str(value)


# What one letter of each alphabet is to each counter, told here and not asked of the counter.
LETTERS = {
    "code_points": {"a": 1, "木": 1},
    "google_width": {"a": 1, "木": 2},
    "gbk_bytes": {"a": 1, "木": 2},
}
JOINED = {"a": 153, "木": 67}  # letters in each of several messages
ALONE = {"a": 160, "木": 70}


def at(limit: int, counter: str, letter: str) -> str:
    """The longest text of one letter that a limit lets through."""
    if counter == "sms_segments":
        return letter * (ALONE[letter] if limit == 1 else JOINED[letter] * limit)
    return letter * (limit // LETTERS[counter][letter])


@pytest.mark.parametrize("letter", ["a", "木"])
@pytest.mark.parametrize(("channel", "spec"), fields_with("hard_limit"), ids=ids)
def test_a_line_at_its_hard_limit_passes_and_one_letter_more_is_refused(
    channel: str, spec: FieldSpec, letter: str
) -> None:
    line = at(spec.hard_limit or 0, spec.counter, letter)
    context = context_of(channel)
    assert length_gate({spec.name: (line,)}, context) is None
    rejection = length_gate({spec.name: (line + letter,)}, context)
    assert rejection is not None
    assert rejection.gate == "length"
    assert f"the limit is {spec.hard_limit}" in rejection.reason
    assert rejection.reason.startswith(f"{spec.name} is {COUNTERS[spec.counter](line + letter)}")


@pytest.mark.parametrize("letter", ["a", "木"])
@pytest.mark.parametrize(("channel", "spec"), fields_with("soft_limit"), ids=ids)
def test_a_line_at_its_soft_limit_is_well_and_one_letter_more_warns(channel: str, spec: FieldSpec, letter: str) -> None:
    line = at(spec.soft_limit or 0, spec.counter, letter)
    warned = f"{spec.name} is {COUNTERS[spec.counter](line + letter)}"
    assert not warnings_for({spec.name: (line,)}, load_channel(channel))
    assert [text.startswith(warned) for text in warnings_for({spec.name: (line + letter,)}, load_channel(channel))] == [
        True
    ]
    assert length_gate({spec.name: (line + letter,)}, context_of(channel)) is None


@pytest.mark.parametrize(("channel", "spec"), fields_with("name"), ids=ids)
def test_a_field_takes_its_fewest_and_its_most_lines_and_no_line_beyond(channel: str, spec: FieldSpec) -> None:
    least = {other.name: ("x",) * other.minimum for other in load_channel(channel).fields}

    def counted(lines: int) -> str | None:
        rejection = count_gate({**least, spec.name: ("x",) * lines}, context_of(channel))
        return rejection.reason if rejection else None

    assert counted(spec.minimum) is None
    assert counted(spec.maximum) is None
    assert counted(spec.maximum + 1) == f"{spec.name}: {spec.maximum + 1} of at most {spec.maximum}"
    if spec.minimum:
        assert counted(spec.minimum - 1) == f"{spec.name}: {spec.minimum - 1} of at least {spec.minimum}"


@pytest.mark.parametrize(("lines", "refused"), [(("a",), False), (("a", "b"), False), (("", "b"), True), ((), False)])
@pytest.mark.parametrize("channel", ["google_rsa", "pmax"])
def test_the_second_part_of_a_path_needs_the_first(channel: str, lines: tuple[str, ...], refused: bool) -> None:
    fields: dict[str, tuple[str, ...]] = {spec.name: ("x",) * spec.minimum for spec in load_channel(channel).fields}
    rejection = count_gate({**fields, "path": lines}, context_of(channel))
    assert (rejection is not None) == refused


def test_a_bullet_of_a_few_letters_warns() -> None:
    amazon = load_channel("amazon_listing")
    assert warnings_for({"bullet": ("a" * 10,)}, amazon) == ()
    assert warnings_for({"bullet": ("a" * 9,)}, amazon) == ("bullet is 9, better at least 10: aaaaaaaaa",)


@pytest.mark.parametrize(
    ("headline", "description", "warned"),
    [(15, 60, []), (16, 60, ["headline"]), (15, 61, ["description"]), (30, 90, ["headline", "description"])],
)
def test_an_asset_group_without_a_short_headline_or_description_warns(
    headline: int, description: int, warned: list[str]
) -> None:
    fields = {"headline": ("a" * 30, "a" * headline), "description": ("a" * 90, "a" * description)}
    assert [warning.split(":")[0] for warning in warnings_for(fields, load_channel("pmax"))] == warned


# characters


def refused_for(fields: Fields, channel: str, product: Product = STOOL) -> str:
    """Why the gates of characters and of wording refuse the fields, or "passed"."""
    context = context_of(channel, product)
    rejection = characters_gate(fields, context) or wording_gate(fields, context)
    return rejection.reason if rejection else "passed"


@pytest.mark.parametrize("mark", "!$?_{}^¬¦")
def test_amazon_refuses_these_characters_in_a_title_and_not_in_a_description(mark: str) -> None:
    assert refused_for({"title": (f"Oak{mark} Stool",)}, "amazon_listing") != "passed"
    if mark not in "{}":
        assert refused_for({"description": (f"An oak{mark} stool",)}, "amazon_listing") == "passed"


def test_a_brand_may_be_spelled_with_a_character_that_is_refused_elsewhere() -> None:
    assert refused_for({"title": ("YES! Nordhem Oak Stool",)}, "amazon_listing") == "passed"
    reason = "title holds '!', which the channel refuses there: YES! Nordhem Oak! Stool"
    assert refused_for({"title": ("YES! Nordhem Oak! Stool",)}, "amazon_listing") == reason


@pytest.mark.parametrize(
    ("title", "strange"),
    [
        ("橡木凳 圆角", None), ("Oak Stool", None), ("橡木凳①—“圆”", None), ("橡木凳￥", None), ("Crème 橡木凳", "è"),
        ("橡木凳¥", "¥"), ("橡木凳€", "€"), ("橡木凳™", "™"), ("橡木凳𠮷", "𠮷"), ("나무 橡木凳", "나"),
    ],
)  # fmt: skip
def test_taobao_refuses_what_gbk_does_not_have(title: str, strange: str | None) -> None:
    try:  # Python's codec is the judge
        title.encode("gbk")
        told = "passed"
    except UnicodeEncodeError as exc:
        told = f"title holds {title[exc.start]!r}, which GBK doesn't have: {title}"
        strange = strange or ""
    assert refused_for({"title": (title,)}, "taobao_title") == told


@given(st.text(st.characters(categories=["L", "N", "S"], exclude_characters="~|=+<>$^`"), min_size=1, max_size=12))
def test_a_taobao_title_passes_only_if_pythons_codec_can_write_it(title: str) -> None:
    if refused_for({"title": (title,)}, "taobao_title") == "passed":
        title.encode("gbk")


@pytest.mark.parametrize("channel", ["google_rsa", "pmax"])
@pytest.mark.parametrize(
    ("descriptions", "passes"),
    [(("Solid oak!", "Round."), True), (("Solid oak!", "Round!"), False), (("Oak! Round!", "A seat"), False)],
)
def test_an_ad_holds_one_exclamation_mark_in_all(channel: str, descriptions: tuple[str, ...], passes: bool) -> None:
    assert (refused_for({"description": descriptions}, channel) == "passed") == passes


@pytest.mark.parametrize("channel", ["email", "meta_feed", "push", "product_page", "linkedin"])
def test_other_channels_take_as_many_exclamation_marks_as_are_written(channel: str) -> None:
    spec = load_channel(channel).fields[0]
    assert refused_for({spec.name: ("Solid! Oak! Round!",)}, channel) == "passed"


# lines that are read alone


def alone(line: str, product: Product = STOOL) -> bool:
    """Whether the line passes as a headline and as a description of both kinds of Google's ads."""
    told = {
        refused_for({name: (line,)}, channel, product) == "passed"
        for channel in ("google_rsa", "pmax")
        for name in ("headline", "description")
    }
    assert len(told) == 1
    return told.pop()


@pytest.mark.parametrize(
    "line",
    [
        "and a round seat", "And a round seat", "But it lasts", "or in black", "which fits the hall", "Because it fits",
        "with a round seat", "so it fits", "that fits", "while you rest", "plus a cushion", "it fits the hall",
        "而且凳面圆角", "并且很稳", "但是不贵", "还有圆角凳面", "还能放在玄关", "因为好坐", "以及靠垫", "同时很稳",
        "A round seat,", "A round seat:", "A round seat -", "A round seat—", "Oak and", "Oak or", "Oak with", "Oak &",
        "For the", "Sit on a", "圆角凳面，", "圆角凳面：", "圆角凳面、", "圆角凳面和", "凳子与", "圆角并且", "凳子以及",
    ],
)  # fmt: skip
def test_a_line_that_leans_on_another_is_refused(line: str) -> None:
    assert not alone(line)


@pytest.mark.parametrize(
    "line",
    [
        "A round seat and a cushion", "With a round seat", "For day hikes", "So soft", "That cosy feeling",
        "Plus size stools", "While the tea brews", "Andover Stool", "Button or zip", "Ornate oak", "It fits the hall",
        "Oak, round and solid", "Come on in", "Made for the hall", "A brand", "Sit here, or there", "oak stool",
        "还原木色", "还不错的凳子", "同时代的设计", "温柔又暖和", "光线柔和", "全家参与", "圆角凳面和靠垫", "或坐或站",
        "与你同坐", "和风凳子", "Vitamin A",
    ],
)  # fmt: skip
def test_a_line_that_stands_by_itself_passes(line: str) -> None:
    assert alone(line)


def test_a_title_may_begin_or_end_as_no_other_line_may() -> None:
    assert not alone("And Then Stool")
    assert alone("And Then Stool", Product("p", "And Then Stool", brand="And"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Oak Stool", "oak  stool", True), ("Oak Stool", "OakStool.", True), ("橡木凳", "橡 木凳！", True),
        ("Ｏａｋ", "oak", True), ("Oak Stool", "Oak Stools", False), ("Oak Stool", "Stool Oak", False),
    ],
)  # fmt: skip
def test_a_line_is_another_only_if_more_than_case_spaces_or_the_last_mark_differs(
    one: str, other: str, same: bool
) -> None:
    assert (same_line(one) == same_line(other)) == same


@pytest.mark.parametrize("channel", ["google_rsa", "pmax"])
def test_a_line_is_not_said_twice_in_an_ad_not_even_in_another_field(channel: str) -> None:
    reason = "description repeats what another line says: round seat."
    assert refused_for({"headline": ("Oak", "Round seat"), "description": ("round seat.",)}, channel) == reason
    assert refused_for({"headline": ("Oak", "Round seat"), "path": ("oak",)}, channel) == "passed"
    assert refused_for({"subject": ("Oak",), "body": ("Oak",)}, "email") == "passed"


# capitals and signs


@pytest.mark.parametrize(
    "line",
    [
        "STOOLS for the hall", "A FREE seat", "Buy NOW", "BIG SALE on", "A StOoLs seat", "S.T.O.O.L for you",
        "A S T O O L", "A st@ol seat", "A st$ol", "• A round seat", "*A round seat* for you", "SAVE on stools",
    ],
)  # fmt: skip
def test_gimmicks_in_an_ads_line_are_refused(line: str) -> None:
    assert not alone(line)


@pytest.mark.parametrize(
    "line",
    [
        "LED lamp", "A USB seat", "Made in the EU", "McDougal oak", "iStool seat", "e.g. in the hall", "ISOFIX seat",
        "YES! Nordhem oak", "A 45 cm seat", "Oak & steel", "Rated IP67", "U.S. oak",
    ],
)  # fmt: skip
def test_acronyms_and_what_the_record_spells_so_pass(line: str) -> None:
    context = context_of("google_rsa")
    assert wording_gate({"headline": (line,)}, context) is None


def test_words_that_are_all_capitals_show_no_spelling_but_a_brand_does() -> None:
    assert "FREE" not in spellings(STOOL)
    assert refused_for({"headline": ("A FREE seat",)}, "google_rsa") != "passed"
    shouting = replace(STOOL, title="OAK STOOLS IN THE HALL")
    assert refused_for({"headline": ("STOOLS in oak",)}, "google_rsa", shouting) != "passed"
    assert refused_for({"headline": ("STOOLS in oak",)}, "google_rsa", replace(STOOL, brand="STOOLS")) == "passed"
    assert refused_for({"headline": ("STOOLS in oak",)}, "google_rsa", replace(STOOL, brand="OAKSTOOLS")) != "passed"


def test_other_channels_may_shout() -> None:
    assert refused_for({"subject": ("A FREE seat",)}, "email") == "passed"


# a shop's page


@pytest.mark.parametrize(
    ("title", "passes"),
    [
        ("Oak Stool, Oak Seat", True), ("Oak Stool, Oak Seat, Oak Legs", False), ("Oak, oak and OAK", False),
        ("A Stool for a Hall and a Desk", True), ("Stool for One, for Two, for Three", True), ("橡木 橡木 橡木", True),
        ("5 cm, 5 cm, 5 cm", False),
    ],
)  # fmt: skip
def test_a_word_stands_twice_in_an_amazon_title_and_small_words_as_often_as_they_must(title: str, passes: bool) -> None:
    assert (refused_for({"title": (title,)}, "amazon_listing") == "passed") == passes


@pytest.mark.parametrize(
    "line",
    [
        "Comfort guaranteed for years", "A two-year warranty", "Money back if it wobbles", "Full refund", "Only $49.90",
        "Now 49 euros", "USD 49 only", "Five-star reviews", "A 5-star stool", "Customers love it", "Free shipping now",
        "On sale this week", "Buy now and sit", "A best seller", "N/A", "Special offer", "保证舒服的凳子", "质保两年",
        "只要49元", "好评很多的凳子", "全国包邮的凳子", "限时特价的凳子", "A solid seat™", "A seat at 45°±1",
    ],
)  # fmt: skip
def test_an_amazon_bullet_is_no_place_for_prices_offers_reviews_or_guarantees(line: str) -> None:
    assert refused_for({"bullet": (line,)}, "amazon_listing") != "passed"
    assert refused_for({"bullet": (line,)}, "product_page") == "passed"


@pytest.mark.parametrize(
    "line",
    [
        "Made of solid oak, 45 cm high", "Star pattern on the seat", "For sailing and salty air", "A review desk lamp",
        "Salesroom quality", "Fits 5 stars of the theatre", "圆角凳面，坐着舒服", "元宝形状的凳面", "Discover the seat",
        "Free of splinters", "Guarded edges",
    ],
)  # fmt: skip
def test_an_amazon_bullet_may_hold_words_that_only_look_like_it(line: str) -> None:
    product = Product("p", "Review Desk Lamp, 5 stars")
    assert refused_for({"bullet": (line,)}, "amazon_listing", product) == "passed"


def test_a_taobao_title_is_no_sentence() -> None:
    assert refused_for({"title": ("橡木凳，来看看！",)}, "taobao_title") != "passed"
    assert refused_for({"title": ("橡木凳 圆角凳面",)}, "taobao_title") == "passed"


def test_linkedins_name_is_refused_and_many_emoji_warn() -> None:
    context = context_of("linkedin")
    assert refused_for({"headline": ("A stool for LinkedIn",)}, "linkedin") != "passed"
    assert warnings_for({"intro": ("Sit 🪵🪵 down 🪵🪵",)}, context.channel, context) == ()
    [warning] = warnings_for({"intro": ("Sit 🪵🪵 down 🪵🪵🪵",)}, context.channel, context)
    assert warning.startswith("intro holds more than four emoji: ")


# nothing is let in through the back door


def channels() -> Iterator[Channel]:
    return (load_channel(name) for name in channel_names())


@given(st.text(max_size=80), st.sampled_from([(c.channel, s.name) for c in channels() for s in c.fields]))
def test_no_text_breaks_a_gate_and_every_reason_is_one_line(text: str, where: tuple[str, str]) -> None:
    channel, name = where
    context, fields = context_of(channel), {name: (text,)}
    for gate in (length_gate, characters_gate, wording_gate):
        rejection = gate(fields, context)
        if rejection:
            assert rejection.reason.startswith(name)
    assert isinstance(warnings_for(fields, context.channel, context), tuple)


@given(st.lists(st.text("aZ9木é .。!,:'\"“”…-=@$%~|*#[]{}<\n\u200b🪵_￥", min_size=1, max_size=6), max_size=4))
def test_the_first_look_at_characters_calls_nothing_plain_that_a_channel_refuses(lines: list[str]) -> None:
    channel = load_channel("sms")
    assert not _are_plain("\0".join(lines)) or not any(_strange(line, channel) for line in lines)
