"""Buying guides: a claim stands with the right product, a comparison follows from both records, nobody is run down."""

from dataclasses import replace
from decimal import Decimal

import pytest

from generation.channels import load_channel
from generation.checks import check_fields, ledger
from generation.records import Brief, Campaign, Evidence, Fields, Product, Rejection, Segment

ONE = Product(
    "p-1",
    "Norrvik Day Pack",
    "Norrvik",
    "A pack with two side pockets.",
    "Outdoor",
    Decimal(69),
    "USD",
    attributes={"Weight": "480 g", "Volume": "18 l", "Material": "nylon", "Height": "44 cm", "Warranty": "2 years"},
)
TWO = Product(
    "p-2",
    "Hollin Trail Pack",
    "Hollin",
    "A pack with a rain cover.",
    "Outdoor",
    Decimal(89),
    "USD",
    attributes={"Weight": "0.7 kg", "Volume": "24 l", "Material": "canvas", "Height": "50 cm", "Warranty": "5 years"},
)
ROUND = Product(
    "p-1",
    "木一橡木圆桌",
    "木一",
    "圆形桌面。",
    "家具",
    Decimal(899),
    "CNY",
    attributes={"材质": "橡木", "直径": "80厘米", "重量": "14公斤"},
)
SQUARE = Product(
    "p-2",
    "青禾松木方桌",
    "青禾",
    "方形桌面，可折叠。",
    "家具",
    Decimal(599),
    "CNY",
    attributes={"材质": "松木", "宽度": "70厘米", "重量": "9公斤"},
)
GUIDE: Fields = {
    "headline": ("Two packs compared",),
    "first": ("Two side pockets", "18 l of room"),
    "second": ("A rain cover", "24 l of room"),
    "difference": ("The one is nylon, the other canvas.",),
    "choose": ("For short days, the Norrvik.", "For wet days, the Hollin."),
}
GUIDE_ZH: Fields = {
    "headline": ("两张桌子怎么选",),
    "first": ("圆形桌面", "橡木材质"),
    "second": ("方形桌面", "可折叠"),
    "difference": ("一张圆，一张方。",),
    "choose": ("爱橡木的选木一。", "要折叠的选青禾。"),
}


def brief_of(*, chinese: bool = False) -> Brief:
    one, two = (ROUND, SQUARE) if chinese else (ONE, TWO)
    locale = "zh-CN" if chinese else "en-US"
    return Brief(1, Campaign(1, "c"), one, Segment("", ""), "buying_guide", locale, other=two)


def refused(field: str, line: str) -> Rejection | None:
    chinese = not line.isascii()
    good = GUIDE_ZH if chinese else GUIDE
    fields = {**good, field: (line, *good[field][1:])}
    return check_fields(fields, brief_of(chinese=chinese), load_channel("buying_guide"))


@pytest.mark.parametrize(
    ("field", "line", "theirs"),
    [
        ("first", "GOTS certified nylon", "p-1"),
        ("second", "GOTS certified canvas", "p-2"),
        ("difference", "The Norrvik is GOTS certified, the Hollin is canvas.", "p-1"),
        ("difference", "The Hollin is GOTS certified, the Norrvik is nylon.", "p-2"),
    ],
)
@pytest.mark.parametrize("known", [None, "p-1", "p-2"])
def test_a_certificate_is_told_of_the_product_that_has_it(
    field: str, line: str, theirs: str, known: str | None
) -> None:
    found = (Evidence("gots", "certification", "GOTS certified", "No. 4711"),)
    brief = replace(
        brief_of(), evidence=found if known == "p-1" else (), other_evidence=found if known == "p-2" else ()
    )
    fields = {**GUIDE, field: (line, *GUIDE[field][1:])}
    rejection = check_fields(fields, brief, load_channel("buying_guide"))
    assert (rejection is None) == (known == theirs)


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("headline", "Norrvik or Hollin: two packs by their facts"),
        ("first", "Nylon, 480 g"),
        ("first", "Lighter than the Hollin Trail Pack at 0.7 kg"),
        ("first", "At $69 the cheaper of the two"),
        ("second", "Canvas, 700 g"),
        ("second", "It costs more, at $89"),
        ("difference", "The Norrvik is lighter and cheaper; the Hollin holds more."),
        ("difference", "The Norrvik Day Pack weighs 480 g, the Hollin Trail Pack 700 g."),
        ("difference", "480 g for the Norrvik, 0.7 kg for the Hollin."),
        ("difference", "The Hollin costs $20 more."),
        ("difference", "The Hollin is 6 cm taller than the Norrvik."),
        ("difference", "Compared with the Hollin, the Norrvik is lighter."),
        ("difference", "The Hollin has the longer warranty, 5 years against the Norrvik's 2 years."),
        ("difference", "The cheaper one is the Norrvik."),
        ("difference", "The Norrvik is smaller than the Hollin."),
        ("choose", "If 18 l is enough, take the Norrvik; it is lighter."),
        ("choose", "Take the Hollin where you want a larger volume and a rain cover."),
        ("second", "Offers 24 l of space for longer hikes"),
        ("choose", "The Norrvik is better suited to short walks and smaller budgets."),
        ("choose", "If you need more space, choose the Hollin Trail Pack."),
        ("headline", "Norrvik Day Pack vs Hollin Trail Pack: which one is right for you?"),
        ("difference", "Price: $69.00 (Norrvik) and $89.00 (Hollin)"),
        ("difference", "While the Norrvik weighs 480 g, the Hollin comes in at 700 g."),
        ("difference", "木一橡木圆桌更重，青禾松木方桌更便宜。"),
        ("difference", "青禾比木一轻5公斤。"),
        ("difference", "青禾松木方桌比木一橡木圆桌便宜300元。"),
        ("first", "直径80厘米，重14公斤"),
        ("second", "售价599元，更轻"),
    ],
)
def test_a_comparison_that_both_records_give_passes(field: str, line: str) -> None:
    assert refused(field, line) is None


@pytest.mark.parametrize(
    ("field", "line", "gate"),
    [
        ("first", "24 l of room for the day", "numbers"),
        ("second", "480 g is next to nothing", "numbers"),
        ("first", "Made of canvas, with two side pockets", "claims"),
        ("difference", "The Norrvik is canvas and the Hollin nylon.", "claims"),
        ("difference", "The Hollin weighs 480 g.", "numbers"),
        ("difference", "Both hold 24 l.", "numbers"),
        ("difference", "The Hollin costs $30 more.", "numbers"),
        ("difference", "The Hollin is lighter.", "claims"),
        ("difference", "The Norrvik costs more.", "claims"),
        ("difference", "The Norrvik, unlike the Hollin, is heavier.", "claims"),
        ("difference", "The Norrvik holds more than the Hollin.", "claims"),
        ("difference", "The Norrvik is not lighter than the Hollin.", "claims"),
        ("difference", "The Norrvik has the longer warranty.", "claims"),
        ("difference", "The Norrvik is more comfortable to carry.", "claims"),
        ("difference", "The Hollin is sturdier and better made.", "claims"),
        ("difference", "The Hollin is quieter.", "claims"),
        ("difference", "While the Norrvik weighs 700 g, the Hollin comes in at 480 g.", "numbers"),
        ("choose", "If you need more space, choose the Norrvik.", "claims"),
        ("choose", "The Hollin is the clear winner.", "claims"),
        ("headline", "The best pack of them all", "claims"),
        ("difference", "The Norrvik looks cheap beside the Hollin.", "disparagement"),
        ("second", "A clumsy pack that lets you down", "disparagement"),
        ("difference", "木一更轻。", "claims"),
        ("difference", "木一比青禾更便宜。", "claims"),
        ("difference", "青禾松木方桌更耐用。", "claims"),
        ("difference", "青禾松木方桌是橡木的。", "claims"),
        ("first", "重9公斤", "numbers"),
        ("difference", "青禾的做工粗糙，别买。", "disparagement"),
    ],
)
def test_what_the_records_do_not_give_is_refused(field: str, line: str, gate: str) -> None:
    rejection = refused(field, line)
    assert rejection is not None
    assert rejection.gate == gate


def test_a_claim_says_which_products_column_supports_it() -> None:
    fields = {**GUIDE, "difference": ("The Norrvik weighs 480 g and is lighter; the Hollin weighs 0.7 kg.",)}
    told = {claim.text: claim.support for claim in ledger(fields, brief_of()) if claim.field == "difference"}
    assert told["480 g"] == "products.attributes.Weight: 480 g"
    assert told["0.7 kg"] == "products.attributes.Weight of p-2: 0.7 kg"
    assert (told["lighter"] or "").startswith("products.weight: ")


def test_two_products_of_one_brand_are_told_apart_by_their_models() -> None:
    one = Product("p-1", "Lumeno Lamp C2", "Lumeno", price=Decimal(24), currency="USD", attributes={"Height": "30 cm"})
    two = Product("p-2", "Lumeno Lamp D5", "Lumeno", price=Decimal(42), currency="USD", attributes={"Height": "45 cm"})
    brief = Brief(1, Campaign(1, "c"), one, Segment("", ""), "buying_guide", "en-US", other=two)
    good: Fields = {
        "headline": ("C2 or D5?",),
        "first": ("30 cm high", "$24"),
        "second": ("45 cm high", "$42"),
        "difference": ("The D5 is taller than the C2.",),
        "choose": ("C2 for the shelf.", "D5 for the desk."),
    }
    assert check_fields(good, brief, load_channel("buying_guide")) is None
    turned = {**good, "difference": ("The C2 is 45 cm high.",)}
    rejection = check_fields(turned, brief, load_channel("buying_guide"))
    assert rejection is not None
    assert rejection.gate == "numbers"


def test_a_price_in_another_currency_compares_nothing() -> None:
    dear = Product("p-2", "Hollin Trail Pack", "Hollin", price=Decimal(89), currency="EUR")
    brief = Brief(1, Campaign(1, "c"), ONE, Segment("", ""), "buying_guide", "en-US", other=dear)
    fields: Fields = {**GUIDE, "second": ("A trail pack", "By Hollin"), "difference": ("The Norrvik is cheaper.",)}
    rejection = check_fields(fields, brief, load_channel("buying_guide"))
    assert rejection is not None
    assert "don't both give" in rejection.reason
