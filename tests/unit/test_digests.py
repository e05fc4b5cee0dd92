"""Digests of reviews: quotes word for word, the true count and dates, no more reviewers than there are, no hiding."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from generation.channels import load_channel
from generation.checks import check_fields, ledger
from generation.records import Brief, Campaign, CustomerReview, Fields, Product, ProductReviews, Rejection, Segment

LAMP = Product(
    "p",
    "Lumeno Clip Lamp",
    "Lumeno",
    "A lamp that clips to a shelf.",
    "Lighting",
    Decimal(24),
    "USD",
    attributes={"Height": "30 cm"},
)


def review(name: str, rating: int | None, text: str) -> CustomerReview:
    return CustomerReview(name, text, date(2026, 5, 1), None if rating is None else Decimal(rating))


REVIEWS = ProductReviews(
    9,
    date(2026, 1, 15),
    date(2026, 9, 30),
    (
        review("a", 5, "The clamp holds tight and the light is bright enough for sewing."),
        review("b", 4, "Bright light, sturdy clamp. The cable could be longer."),
        review("c", 4, "I like the clamp. I would not use it for a whole room, though."),
        review("d", 5, "Arrived quickly, easy to clip on."),
        review("e", 3, "The cable is short, but the light is bright."),
    ),
    Decimal("4.2"),
)
BASIS = "Based on 9 customer reviews written from January 15, 2026 to September 30, 2026."
DIGEST: Fields = {
    "summary": ("Reviewers like the bright light and the clamp; the cable is short.",),
    "basis": (BASIS,),
    "point": ("The clamp holds tight", "A longer cable is wished for"),
    "quote": ("Bright light, sturdy clamp.",),
}
CUP = Product("p", "云岭陶瓷杯", "云岭", "手工杯子。", "杯壶", Decimal(68), "CNY", attributes={"容量": "300毫升"})
REVIEWS_ZH = ProductReviews(
    6,
    date(2026, 2, 1),
    date(2026, 8, 8),
    (
        review("甲", 5, "釉色温润，杯把握着舒服。"),
        review("乙", 4, "釉色和图片一致，就是杯口有点厚。"),
        review("丙", 4, "不会烫手，喝茶正好。"),
        review("丁", 5, "包装严实，没有磕碰。"),
    ),
    Decimal("4.5"),
)
DIGEST_ZH: Fields = {
    "summary": ("评价说釉色温润，也有人觉得杯口有点厚。",),
    "basis": ("依据2026年2月1日至2026年8月8日的6条顾客评价。",),
    "point": ("杯把握着舒服", "喝茶不会烫手"),
    "quote": ("釉色温润，杯把握着舒服。",),
}


def brief_of(*, chinese: bool = False, reviews: ProductReviews | None = None, market: str | None = None) -> Brief:
    return Brief(
        1,
        Campaign(1, "c", market=market),
        CUP if chinese else LAMP,
        Segment("", ""),
        "review_digest",
        "zh-CN" if chinese else "en-US",
        reviews=reviews or (REVIEWS_ZH if chinese else REVIEWS),
    )


def test_reviewers_are_counted_over_all_stored_reviews_and_not_over_those_shown_alone() -> None:
    channel = load_channel("review_digest")

    def said(line: str, *further: str) -> Rejection | None:
        reviews = replace(REVIEWS, count=5 + len(further), further=further)
        basis = BASIS.replace("9 customer", f"{reviews.count} customer")
        fields = {**DIGEST, "summary": (line,), "basis": (basis,)}
        return check_fields(fields, brief_of(reviews=reviews), channel)

    bright, other = "The light is bright.", "A parcel like any other."
    every, most = "All reviewers find the light bright.", "Most reviewers find the light bright."
    assert "3 of 9" in str(said(most, other, other, other, other))
    assert said(most, bright, bright, other, other) is None
    assert "all reviewers" in str(said(every, bright, bright, bright, bright))  # two that are shown don't say it
    shown = tuple(replace(each, text=f"{each.text} Bright light.") for each in REVIEWS.shown)
    agreed = replace(REVIEWS, shown=shown, further=(bright,) * 4)
    fields = {**DIGEST, "summary": (every,), "quote": ("Arrived quickly, easy to clip on.",)}
    assert check_fields(fields, brief_of(reviews=agreed), channel) is None
    but_one = brief_of(reviews=replace(agreed, further=(bright,) * 3 + (other,)))
    assert "8 of 9" in str(check_fields(fields, but_one, channel))
    quoted = {**DIGEST, "quote": (other,)}  # it stands in one alone that the prompt didn't show
    assert "stands in no stored review" in str(check_fields(quoted, but_one, channel))


def refused(field: str, line: str, market: str | None = None) -> Rejection | None:
    chinese = not line.replace("…", "").replace("’", "").replace("“", "").replace("”", "").isascii()
    good = DIGEST_ZH if chinese else DIGEST
    fields = {**good, field: (line, *good[field][1:])}
    return check_fields(fields, brief_of(chinese=chinese, market=market), load_channel("review_digest"))


@pytest.mark.parametrize("market", ["us", "uk", "eu", "cn"])
@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("quote", "The clamp holds tight and the light is bright enough for sewing."),
        ("quote", "“Arrived quickly, easy to clip on.”"),
        ("quote", "the  light is BRIGHT enough for sewing"),
        ("quote", "Bright light, sturdy clamp. … The cable could be longer."),
        ("quote", "I would not use it for a whole room, though."),
        ("summary", "Three reviewers mention the clamp, two the cable."),
        ("summary", "Rated 4.2 out of 5. Reviewers find the light bright."),
        ("summary", "Some reviewers wish for a longer cable."),
        (
            "summary",
            "Overall, customers appreciate the bright light and sturdy clamp, while some mention a short cable.",
        ),
        ("summary", "Users highlight how easy it is to clip on, though the cable could be longer."),
        ("point", "Bright enough for sewing"),
        ("point", "3 reviewers write of the bright light"),
        ("basis", f"{BASIS} Mean rating 4.2 of 5."),
        ("quote", "釉色和图片一致，就是杯口有点厚"),
        ("summary", "两位顾客提到釉色。"),
        ("point", "包装严实，没有磕碰"),
    ],
)
def test_what_the_stored_reviews_say_may_be_told_in_every_market(field: str, line: str, market: str) -> None:
    assert refused(field, line, market) is None


@pytest.mark.parametrize(
    ("field", "line", "gate"),
    [
        ("quote", "The clamp holds tight and looks elegant.", "quote"),
        ("quote", "Very bright light, sturdy clamp.", "quote"),
        ("quote", "Bright", "quote"),
        ("quote", "use it for a whole room", "quote"),
        ("quote", "The cable could be longer. … Bright light, sturdy clamp.", "quote"),
        ("quote", "Bright … longer … clamp", "quote"),
        ("quote", "The clamp holds tight … easy to clip on.", "quote"),
        ("quote", "lamp holds tight and the light", "quote"),
        ("quote", "烫手，喝茶正好", "quote"),
        ("quote", "釉色温润，杯把握着很舒服。", "quote"),
        ("basis", "Based on 90 customer reviews written from January 15, 2026 to September 30, 2026.", "basis"),
        ("basis", "Based on 9 customer reviews written from January 16, 2026 to September 30, 2026.", "basis"),
        ("basis", "Based on 9 customer reviews up to September 30, 2026.", "basis"),
        ("basis", f"{BASIS} 97 of them verified.", "basis"),
        ("basis", "依据2026年2月1日至2026年8月8日的66条顾客评价。", "basis"),
        ("summary", "Rated 4.9 out of 5 for its bright light.", "review"),
        ("summary", "Five stars for the bright light.", "review"),
        ("summary", "Reviewers praise the remote control and the app.", "review"),
        ("point", "Saves energy and money every month", "review"),
        ("point", "物流特别快，客服耐心", "review"),
        ("summary", "All reviewers love the bright light.", "review"),
        ("summary", "Most reviewers mention the short cable.", "review"),
        ("summary", "Many customers mention the short cable.", "review"),
        ("summary", "Four reviewers mention the cable.", "review"),
        ("point", "Everyone finds it easy to clip on", "review"),
        ("point", "The cable is not short", "review"),
        ("point", "The clamp doesn't hold tight", "review"),
        ("summary", "顾客都说釉色温润。", "review"),
        ("summary", "大多数顾客提到杯口有点厚。", "review"),
        ("point", "杯把握着不舒服", "review"),
        ("point", "4 reviewers mention the cable", "review"),
        ("summary", "Loved by thousands of customers for its bright light.", "review"),
    ],
)
def test_what_no_stored_review_says_is_refused(field: str, line: str, gate: str) -> None:
    rejection = refused(field, line)
    assert rejection is not None
    assert rejection.gate == gate, rejection.reason


@pytest.mark.parametrize(
    "line", ["Doctors recommend the bright light", "Top-rated for its bright light", "The light cures headaches"]
)
def test_stored_reviews_support_no_expert_no_ranking_and_no_cure(line: str) -> None:
    assert refused("point", line) is not None


def test_a_claim_that_reviews_support_names_them() -> None:
    fields = {**DIGEST, "summary": ("Customers say that the light is bright.",)}
    supports = {claim.text: claim.support for claim in ledger(fields, brief_of())}
    assert supports["Customers say"] == "customer_reviews: a, b, e"
    assert supports["9 customer reviews"] == "product_reviews.count: 9"


LOW = replace(
    REVIEWS,
    shown=(
        *REVIEWS.shown[:3],
        review("x", 1, "The spring broke within a week."),
        review("y", 2, "Spring snapped on day two."),
    ),
    mean=Decimal("3.2"),
)


def test_a_drawback_that_a_quarter_of_the_reviews_tell_of_is_not_left_out() -> None:
    channel = load_channel("review_digest")
    hiding = {
        **DIGEST,
        "summary": ("Reviewers like the bright light and the clamp.",),
        "point": ("Bright light", "Tight clamp"),
    }
    rejection = check_fields(hiding, brief_of(reviews=LOW), channel)
    assert rejection is not None
    assert rejection.gate == "omission"
    telling = {**hiding, "point": ("Bright light", "Two reviewers had a spring that broke or snapped")}
    assert check_fields(telling, brief_of(reviews=LOW), channel) is None


def test_fewer_low_ratings_than_a_quarter_may_be_left_out() -> None:
    fifth = replace(LOW, shown=(*REVIEWS.shown[:4], LOW.shown[3]))
    hiding = {**DIGEST, "summary": ("Reviewers like the bright light.",), "point": ("Bright light", "Tight clamp")}
    assert check_fields(hiding, brief_of(reviews=fifth), load_channel("review_digest")) is None


def test_the_quotes_of_a_masked_review_hold_nobodys_number() -> None:
    personal = replace(
        REVIEWS,
        shown=(*REVIEWS.shown[:4], review("z", 5, "Bright light. Write to mary.holt@example.com for more photos.")),
    )
    fields = {**DIGEST, "quote": ("Write to mary.holt@example.com for more photos.",)}
    rejection = check_fields(fields, brief_of(reviews=personal), load_channel("review_digest"))
    assert rejection is not None
    assert "mary.holt" not in rejection.reason or rejection.gate in ("contact", "personal")
