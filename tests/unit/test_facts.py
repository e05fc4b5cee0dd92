"""Which numbers a copy may state: those of its product's record and its campaign's offer, with their units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.channels import load_channel
from generation.checks import numbers_gate
from generation.ledger.facts import facts_of
from generation.reading.numbers import numbers_in
from generation.reading.text import holds, normal
from generation.records import Brief, Campaign, Product, Segment
from generation.shape import Context

HEADPHONES = Product(
    "p1",
    "Sonder WH-1000XM5 Headphones, 2 Pack",
    brand="Sonder",
    description="Over-ear headphones with 30 hours of playing time and a two-year warranty. Charges in 3 min.",
    category="Electronics",
    price=Decimal("1299.00"),
    currency="USD",
    attributes={"Weight": "250 g", "Cable": "1.2 m", "Cotton": "80%", "Colours": "3", "Length (cm)": "18"},
)
BOOTS = Product(
    "p2",
    "Hiking Boots T50, sizes 36 to 47, made in 2024",
    brand="Pell",
    description="3-in-1 liner. Pack of 12 500 ml bottles. Box 20x30 cm, 24/7 grip.",
    price=Decimal("49.9"),
    currency="EUR",
    attributes={"Load": "1,500 kg", "Material": "100% wool", "Capacity": "16 oz", "Shaft": "five inches"},
)
SET = Product(
    "p3",
    "橡木餐具三件套 T8折叠款",
    brand="北屋",
    description="质保两年，容量300毫升，净重16盎司，含棉80%，适合2人，线长1.5米。适用尺码36到47码。",
    price=Decimal("1299"),
    currency="CNY",
    attributes={"高度": "45 厘米", "件数": "3 件", "续航": "12小时", "重量（kg）": "2.5"},
)
OFFERS = {
    "en-US": "20% off until 5 May, or spend $50 and get $10 back with code KX40",
    "zh-CN": "满300元减40元，全场8折，5月12日止，凭码KX40",
}


def refused(line: str, product: Product, locale: str, offer: str | None = None) -> str | None:
    """Why the numbers gate refuses a line, or None."""
    brief = Brief(1, Campaign(1, "c", offer=offer), product, Segment("s", "Hikers"), "sms", locale)
    rejection = numbers_gate({"body": (line,)}, Context(brief, load_channel("sms"), facts_of(brief)))
    return rejection.reason if rejection else None


@pytest.mark.parametrize(
    "line",
    [
        "Yours for $1,299.00", "Now $1299", "US$1,299", "USD 1299.00", "1 299.00 dollars", "$1.299,00", "$1'299",
        "1,299 of them", "30 hours of sound", "30-hour battery", "30h", "thirty hours of sound", "two-year warranty",
        "2 years of warranty", "a 2-pack", "2 pieces", "Only 250 g", "250 grams", "250g", "1.2 m cable",
        "a 1.20 metre cable", "1,2 m cable", "80% cotton", "80 percent cotton", "80％ cotton", "３ colours",
        "3 pieces", "three minutes to charge", "18 cm long", "The WH-1000XM5", "Sonder WH1000XM5", "the XM5",
        "the 1000XM5",
    ],
)  # fmt: skip
def test_a_number_of_the_record_may_be_told_in_any_common_way(line: str) -> None:
    assert refused(line, HEADPHONES, "en-US") is None


@pytest.mark.parametrize(
    "line",
    [
        "Yours for $1,298.00", "Now $129", "$1.29", "€1,299.00", "£1299", "¥1299", "1299 euros", "A$1,299",
        "HK$1,299", "31 hours of sound", "30 minutes of sound", "30 days of sound", "forty hours of sound",
        "thirty-five hours", "three-year warranty", "twelve-year warranty", "1-year warranty", "one-year warranty",
        "a 3-year warranty", "a 30 pack", "250 kg", "250 ml", "18 mm", "18 oz", "25 g", "50% cotton", "80% off",
        "8 percent cotton", "1000 hours", "5 hours", "$250", "3% smaller", "$3", "The WH-1000XM4", "The XM4",
        "WH-100XM5", "Works with MP3", "Rated 4.8", "over 10,000 sold", "1st in class", "2 million sold",
        "24/7 service", "a 5-in-1", "made in 2019", "1299 million",
    ],
)  # fmt: skip
def test_a_number_that_the_record_lacks_or_has_with_another_unit_is_refused(line: str) -> None:
    assert refused(line, HEADPHONES, "en-US") is not None


@pytest.mark.parametrize(
    "line",
    [
        "Sizes 36 to 47", "Sizes 36–47 in black", "The T50", "T50 boots", "T 50", "€49.90", "49,90 €", "EUR 49.9",
        "49.90 euros in our shop", "A 3-in-1 liner", "24/7 grip", "12 bottles of 500 ml", "500 ml each", "12 pieces",
        "12 500 ml bottles", "20 x 30 cm", "20x30", "holds 1500 kg", "holds 1.500 kg", "100% wool", "16 ounces",
        "16oz", "5 inches high", '5" shaft', "made in 2024", "5 in.",
        "5'' shaft", "5″ shaft", "'Size 36' fits", "‘Size 36’ fits",
    ],
)  # fmt: skip
def test_sizes_codes_packs_and_dates_of_the_record_pass(line: str) -> None:
    assert refused(line, BOOTS, "en-US") is None


@pytest.mark.parametrize(
    "line",
    [
        "Sizes 36 to 48", "Size 42", "The T5", "The T500", "50 hours", "50 cm", "$49.90", "£49.90", "49.90 dollars",
        "$36", "36 cm", "47 in", "5' shaft", "5′ shaft", "5’ shaft", "Don't miss the 5' shaft",
        "a 2-in-1 liner", "500 oz", "12 ml", "1500 g", "15 kg", "1.5 kg", "100% off",
        "16 lb", "five years", "5 cm", "half price", "20% off", "8折", "made in 2025", "2nd edition",
    ],
)  # fmt: skip
def test_no_number_is_made_of_a_code_a_size_or_another_unit(line: str) -> None:
    assert refused(line, BOOTS, "en-US") is not None


@pytest.mark.parametrize(
    "line",
    [
        "售价¥1,299.00", "只要1299元", "￥１２９９", "RMB 1299", "1299块钱", "三件套", "3件套", "3件装",
        "橡木餐具三件套", "质保两年", "2年质保", "二年质保", "300毫升", "300 ml", "三百毫升", "16盎司", "16 oz",
        "十六盎司", "含棉80%", "含棉80％", "百分之80的棉", "百分之八十的棉", "高45厘米", "45cm高", "四十五厘米",
        "续航12小时", "十二小时续航", "重2.5公斤", "2.5kg", "2人用", "1.5米线", "1.50米线", "尺码36到47", "36-47码",
        "T8折叠款", "三种颜色", "一件就够", "一年四季", "第一步",
    ],
)  # fmt: skip
def test_a_number_of_a_chinese_record_may_be_told_in_any_common_way(line: str) -> None:
    assert refused(line, SET, "zh-CN") is None


@pytest.mark.parametrize(
    "line",
    [
        "售价¥1,298.00", "只要129元", "1299美元", "$1299", "1299欧元", "1299日元", "四件套", "5件套", "质保三年",
        "质保两个月", "3年质保", "十年质保", "300克", "三百克", "350毫升", "三百五十毫升", "16克", "含棉90%",
        "百分之九十的棉", "百分百纯棉", "80折", "8折", "八折", "八五折", "半价", "两折", "高45米", "高46厘米",
        "续航12天", "二十小时续航", "重2.5克", "重25公斤", "已售1299万件", "3万人在用", "线长1.5厘米", "45元",
        "尺码36到48", "T9折叠款", "5月1日上新", "两倍容量", "五色可选",
    ],
)  # fmt: skip
def test_a_number_that_a_chinese_record_lacks_or_has_with_another_unit_is_refused(line: str) -> None:
    assert refused(line, SET, "zh-CN") is not None


@pytest.mark.parametrize(
    ("line", "locale"),
    [
        ("20% off until 5 May", "en-US"), ("Save 20%", "en-US"), ("20 percent off", "en-US"),
        ("twenty percent off", "en-US"), ("Spend $50, get $10 back", "en-US"), ("Code KX40", "en-US"),
        ("满300元减40元", "zh-CN"), ("全场8折", "zh-CN"), ("八折", "zh-CN"), ("立省20%", "zh-CN"),
        ("5月12日止", "zh-CN"), ("凭码KX40", "zh-CN"),
    ],
)  # fmt: skip
def test_a_number_of_the_offer_passes_with_the_offer_only(line: str, locale: str) -> None:
    product = Product("p", "Oak Stool")
    assert refused(line, product, locale, OFFERS[locale]) is None
    assert refused(line, product, locale) is not None


@pytest.mark.parametrize(
    ("line", "locale"),
    [
        ("2% off", "en-US"), ("5% off", "en-US"), ("50% off", "en-US"), ("$20 off", "en-US"), ("$1 back", "en-US"),
        ("until 20 May, 6 pm", "en-US"), ("KX4", "en-US"), ("40 hours", "en-US"), ("满30元减40元", "zh-CN"),
        ("2折", "zh-CN"), ("七折", "zh-CN"), ("立省8%", "zh-CN"), ("5月13日止", "zh-CN"), ("减400元", "zh-CN"),
    ],
)  # fmt: skip
def test_a_part_of_the_offers_number_is_not_the_offer(line: str, locale: str) -> None:
    assert refused(line, Product("p", "Oak Stool"), locale, OFFERS[locale]) is not None


def test_a_price_that_is_not_in_the_record_is_rejected() -> None:
    reason = refused("Now only $39.90", BOOTS, "en-US")
    assert reason == "body states '$39.90', which the record doesn't hold: Now only $39.90"


def test_a_segment_supports_no_number() -> None:
    segment = Segment("s", "Hikers over 60", interests=("12 km walks",), size=5000)
    brief = Brief(1, Campaign(1, "c", brand_voice="say 77"), Product("p", "Stool"), segment, "sms", "en-US")
    for line in ("For walkers over 60", "12 km walks", "5000 hikers", "77"):
        assert not all(facts_of(brief).support(stated) for stated in numbers_in(normal(line)))


def test_what_the_prompt_cut_off_supports_nothing() -> None:
    product = Product("p", "Stool", description="sturdy " * 200 + "holds 90 kg")
    assert refused("Holds 90 kg", product, "en-US") is not None


prices = st.decimals(min_value=1, max_value=99_999, places=2)


@given(prices)
def test_every_price_supports_its_own_spellings(price: Decimal) -> None:
    product = Product("p", "Stool", price=price, currency="USD")
    whole, cents = f"{price:,.2f}".split(".")
    for spelling in (
        f"${price}", f"${whole}.{cents}", f"{price} USD", f"US${whole}.{cents}", f"${whole.replace(',', ' ')}.{cents}",
        f"{whole.replace(',', '.')},{cents} dollars",
    ):  # fmt: skip
        assert refused(spelling, product, "en-US") is None, spelling


@given(prices, prices)
def test_no_price_supports_another(price: Decimal, other: Decimal) -> None:
    product = Product("p", "Stool", price=price, currency="USD")
    assert (refused(f"${other:,.2f}", product, "en-US") is None) == (price == other)


@pytest.mark.parametrize(
    ("text", "phrase", "held"),
    [
        ("smart lamp", "art", False), ("art lamp", "art", True), ("bestwood", "best", False),
        ("best-wood", "best", True), ("a red lamp, covered", "red", True), ("covered", "red", False),
        ("15% off", "5% off", False), ("smart art", "art", True), ("橡木凳", "木", True), ("t50凳子", "t50", True),
        ("x", "", False),
    ],
)  # fmt: skip
def test_a_phrase_is_held_as_whole_words_only(text: str, phrase: str, held: bool) -> None:
    assert holds(text, phrase) is held


MIXED = Product(
    "p4",
    "Fell 2 Tent Pair",
    description="A tent with two chest-high pockets. Keeps drinks hot for 8 hours and cold for 16 hours.",
    price=Decimal("189"),
    currency="USD",
    attributes={"Sleeps": "2", "Net weight": "85 g", "Cup": "14 oz", "Drawer width": "30 cm", "Shelf width": "44 cm"},
)


@pytest.mark.parametrize(
    "line",
    [
        "Sleeps two", "A two-person tent", "Two pockets", "2 x 85 g", "3 oz of it", "414 ml a cup", "Hot for 8 hours",
        "Cold for 16 hours, hot for 8", "Drawers of 30 cm", "A shelf 44 cm wide", "Half a dozen ways to pitch it",
    ],
)  # fmt: skip
def test_counts_parts_and_converted_measures_of_the_record_pass(line: str) -> None:
    assert refused(line, MIXED, "en-US") is None


@pytest.mark.parametrize(
    "line",
    [
        "Sleeps four", "A three-person tent", "Four pockets", "4 oz of it", "500 ml a cup", "Hot for 16 hours",
        "Cold for 8 hours, hot for 16", "Drawers of 44 cm", "A shelf 30 cm wide", "Two dozen pegs", "A third off",
        "A quarter off", "12 inches",
    ],
)  # fmt: skip
def test_counts_parts_and_measures_that_the_record_gives_otherwise_are_refused(line: str) -> None:
    assert refused(line, MIXED, "en-US") is not None
