"""What Chinese copy says of parts, features, counts and sums, and what it denies."""

from datetime import date
from decimal import Decimal

import pytest

from generation.channels import load_channel
from generation.checks import check_fields
from generation.ledger.claims import findings_in
from generation.ledger.counts_zh import miscounted
from generation.ledger.facts import facts_of
from generation.ledger.features_zh import brought_in
from generation.reading.text import normal
from generation.records import Brief, Campaign, Fields, Product, Promotion, Segment

_BAG = Product(
    "p", "行囊双肩包", brand="行囊", category="箱包", price=Decimal("259.00"), currency="CNY",
    description="通勤双肩包，附一张清洁布，背面有行李箱插带，不可机洗。",
    attributes={"面料": "尼龙", "里料": "涤纶", "重量": "0.9千克", "外袋长": "30厘米",
                "全长": "45厘米", "产地": "浙江平湖",
                "颜色": "雾灰", "规格": "2.5升×4个", "数量": "5双"},
)  # fmt: skip


def brief_of(product: Product = _BAG, promotion: Promotion | None = None) -> Brief:
    """A brief for a push message in China."""
    campaign = Campaign(1, "c", market="cn", promotion=promotion)
    return Brief(1, campaign, product, Segment("s", "通勤的人"), "push", "zh-CN")


def refused(line: str, brief: Brief | None = None) -> list[str]:
    """The kinds of the claims of a line that are refused."""
    brief = brief or brief_of()
    found = findings_in({"body": (line,)}, brief, facts_of(brief))
    return [each.claim.kind for each in found if each.refused]


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("面料是尼龙，里料是涤纶。", []),
        ("尼龙面料，涤纶里料。", []),
        ("面料是涤纶。", ["material"]),
        ("里外都是尼龙。", ["material"]),
        ("尼龙里料，背着轻。", ["material"]),
        ("不是真皮，是尼龙。", []),
        ("是真皮吗？不是。", []),
        ("是真皮吗？不如摸一摸。", ["material"]),
        ("不打折、没有赠品。", []),
        ("不只是打折。", ["offer"]),
    ],
)
def test_a_material_belongs_to_its_part_and_what_is_denied_is_no_claim(line: str, kinds: list[str]) -> None:
    assert list(dict.fromkeys(refused(line))) == kinds


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("空包不到两斤。", True), ("空包不到一斤。", False), ("背着一斤多。", True), ("背着两斤多。", False),
        ("全长比外袋多出15厘米。", True), ("全长比外袋多出25厘米。", False), ("多装15厘米。", False),
        ("整套装得下10升。", True), ("整套装得下12升。", False), ("不到三百块。", True), ("不到两百块。", False),
        ("全长是外袋的1.5倍。", True), ("沿着318国道走，早上7点出发，第3天到。", True), ("全长45公里。", False),
        ("三天打鱼两天晒网的人也背它。", True), ("防水三天。", False),
    ],
)  # fmt: skip
def test_a_figure_may_follow_from_the_records(line: str, right: bool) -> None:
    brief = brief_of()
    found = [each for each in findings_in({"body": (line,)}, brief, facts_of(brief)) if each.gate == "numbers"]
    assert all(not each.refused for each in found) is right


@pytest.mark.parametrize(
    ("line", "supported"),
    [("自带行李箱插带。", None), ("附带遥控器。", False), ("支持蓝牙。", False), ("没有蓝牙。", None),
     ("可以机洗。", False),
     ("能不能机洗？", None), ("随包附清洁布套。", False)],
)  # fmt: skip
def test_a_feature_is_the_records(line: str, supported: bool | None) -> None:
    found = list(brought_in(normal(line), facts_of(brief_of())))
    assert [each.support is not None for each in found] == ([] if supported is None else [supported])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("十双装", [10]),
        ("一包五双", []),
        ("附三张清洁布", [3]),
        ("附一张清洁布", []),
        ("一双在洗，一双在晒", []),
        ("一双一双装好", []),
    ],
)
def test_a_count_in_words_is_compared_with_the_records(line: str, told: list[int]) -> None:
    assert [value for _, _, value in miscounted(line, facts_of(brief_of()))] == told


@pytest.mark.parametrize(
    ("line", "kinds"),
    [("产自浙江平湖的包。", []), ("产自福建的包。", ["origin"]), ("老师傅手工缝制。", ["origin"]),
     ("周末陪孩子做手工。", []),
     ("上了新色雾霾蓝。", ["colour"]), ("窗外是雾霾蓝的傍晚。", []), ("灰色双肩包。", [])],
)  # fmt: skip
def test_origin_and_colour_are_the_records(line: str, kinds: list[str]) -> None:
    assert list(dict.fromkeys(refused(line))) == kinds


def test_a_date_in_numerals_alone_is_a_date() -> None:
    promotion = Promotion("x", "全场立减", "amount_off", amount=Decimal(9), currency="CNY", ends=date(2030, 12, 20))
    brief = brief_of(promotion=promotion)
    assert refused("十二月二十日截止。", brief) == []
    assert "date" in refused("十二月二十五日截止。", brief)


@pytest.mark.parametrize(
    ("body", "gate"),
    [
        ("背面有插带，往拉杆上一套就走。行囊双肩包轻得很。背面有插带，往拉杆上一套就走。", "repetition"),
        ("慢一点，再慢一点。行囊双肩包轻得很。慢一点。", None),
    ],
)
def test_a_sentence_isnt_said_twice(body: str, gate: str | None) -> None:
    fields: Fields = {"title": ("周一的背影",), "body": (body,)}
    rejection = check_fields(fields, brief_of(), load_channel("push"))
    assert (rejection and rejection.gate) == gate
