"""Which figures follow from a record that doesn't hold them, and which state nothing of the product."""

from decimal import Decimal

import pytest

from generation.ledger.claims import findings_in
from generation.ledger.facts import facts_of
from generation.records import Brief, Campaign, Product, Promotion, Segment

GAME = Product(
    "p1", "Foghorn Harbor Board Game", brand="Ferrywick", category="Toys", price=Decimal("39.00"), currency="USD",
    description="Board game in a box.",
    attributes={"Players": "2-5", "Play time": "45-60 min", "Age": "10+", "Cards": "110", "Wooden pieces": "64"},
)  # fmt: skip
TEA = Product(
    "p2", "Hollis Oolong", brand="Hollis", category="Tea", price=Decimal("12.00"), currency="GBP",
    description="Loose tea in a tin.",
    attributes={"Net weight": "100 g", "Servings": "40", "Oolong": "60%", "Height": "21 cm", "Steep time": "4 min"},
)  # fmt: skip
SHIPPING = Promotion("s", "Free delivery on orders over £20", "free_shipping")


def _refused(text: str, product: Product, promotion: Promotion | None = None) -> list[str]:
    market = "us" if product.currency == "USD" else "uk"
    campaign = Campaign(1, "autumn", market=market, promotion=promotion)
    segment = Segment(id="s1", name="All readers", interests=(), needs=(), size=500)
    brief = Brief(1, campaign, product, segment, "product_page", "en-US")
    found = findings_in({"body": (text,)}, brief, facts_of(brief))
    return [finding.claim.text for finding in found if finding.refused]


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("110 cards plus 64 wooden pieces makes 174 things.", GAME),
        ("174 pieces in all: 110 cards and 64 of wood.", GAME),
        ("Three boxes are $117.", GAME),
        ("Over 100 cards.", GAME),
        ("For three or four players.", GAME),
        ("$61 change from a hundred-dollar bill.", GAME),
        ("Under $40.", GAME),
        ("2.5 g a serving.", TEA),
        ("30p a cup.", TEA),
        ("Two tins make eighty servings.", TEA),
        ("The other 40% is up to you.", TEA),
        ("At two cups a day it lasts 20 days.", TEA),
        ("Just over eight inches tall.", TEA),
        ("About 3.5 oz.", TEA),
        ("Twelve pounds well spent.", TEA),
        ("Four o'clock, or 4:15 p.m. on Sundays.", TEA),
        ("Chapter 7 can wait.", TEA),
        ("100% of your attention.", TEA),
        ("2 cats, 3 kids.", TEA),
        ("Tea on 25 December.", TEA),
        ("Another ten minutes in bed.", TEA),
    ],
)
def test_follows_from_the_record(text: str, product: Product) -> None:
    """What the record gives by arithmetic, and what claims nothing, passes."""
    assert _refused(text, product) == []


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("110 cards plus 64 wooden pieces makes 184 things.", GAME),
        ("174 cards.", GAME),
        ("64 cards to shuffle.", GAME),
        ("110 cards plus 64 pieces make 174 cards.", GAME),
        ("Up to seven players.", GAME),
        ("From age 5 up.", GAME),
        ("Three boxes are $110.", GAME),
        ("64 pieces for $2,496.", GAME),  # 64 times the game's price is no price of its pieces
        ("Under $39.", GAME),
        ("More than 110 cards.", GAME),
        ("3.5 g a serving.", TEA),
        ("20p a cup.", TEA),
        ("Two tins make ninety servings.", TEA),
        ("The other 30% is up to you.", TEA),
        ("At two cups a day it lasts 30 days.", TEA),
        ("Two hundred and fifty grams.", TEA),
        ("Half a kilo of tea.", TEA),
        ("Eleven pounds well spent.", TEA),
        ("Order by 3 p.m. for Monday.", TEA),
        ("Only six tins left.", TEA),
    ],
)
def test_does_not_follow(text: str, product: Product) -> None:
    """A wrong figure doesn't pass because others of the record happen to come near it."""
    assert _refused(text, product)


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("Free delivery on orders over £20.", True),
        ("Free delivery to your kitchen.", False),
        ("Hollis travels free.", False),
        ("Two tins are £24, and free delivery begins at £20.", True),
    ],
)
def test_condition_of_a_promotion(text: str, passes: bool) -> None:
    """What is free from a sum on is no free delivery of a tin that costs less."""
    assert (not _refused(text, TEA, SHIPPING)) is passes
