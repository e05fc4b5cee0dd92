"""Personal data in text: what is found and what only looks like it, in English and Chinese; what is made of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.channels import load_channel
from generation.checks import check, check_fields
from generation.prompts import TemplateSet, product_view
from generation.reading.personal import cleaned, find_personal, in_id, leaks, masked, without_personal
from generation.records import Brief, Campaign, Draft, Product, Segment

# Numbers of no one: check digits are right, ranges are those set aside for fiction or long known from manuals.
FOUND = [
    ("email", "Write to sales@pellwick.example.com for prices", "sales@pellwick.example.com"),
    ("email", "john [at] shop [dot] com", "john [at] shop [dot] com"),
    ("email", "邮箱：service@lumo.cn，欢迎来信", "service@lumo.cn"),
    ("phone", "Call (212) 736-5000 now", "(212) 736-5000"),
    ("phone", "call 212-736-5000 today", "212-736-5000"),
    ("phone", "Tel 020 7946 0958", "020 7946 0958"),
    ("phone", "+44 20 7946 0958", "+44 20 7946 0958"),
    ("phone", "WhatsApp: +86 138 0013 8000", "+86 138 0013 8000"),
    ("phone", "批发请联系13800138000", "13800138000"),
    ("phone", "电话１３８００１３８０００", "１３８００１３８０００"),
    ("phone", "一三八零零一三八零零零", "一三八零零一三八零零零"),
    ("phone", "客服热线 400-820-8820", "400-820-8820"),
    ("phone", "联系 0755-26509999 转 8", "0755-26509999"),
    ("id", "身份证11010519491231002X，实名", "11010519491231002X"),
    ("id", "身份证号：110105194912310021".replace("0021", "002x"), "11010519491231002x"),
    ("passport", "护照 E12345678", "E12345678"),
    ("passport", "passport no. 123456789", "123456789"),
    ("card", "卡号 4111 1111 1111 1111", "4111 1111 1111 1111"),
    ("card", "pay 4111111111111111 please", "4111111111111111"),
    ("plate", "车牌京A·12345", "京A·12345"),
    ("plate", "沪AD12345 停车", "沪AD12345"),
    ("account", "加微信：abc_12345 有优惠", "abc_12345"),
    ("account", "微信号 lumo_shop8", "lumo_shop8"),
    ("account", "QQ群：12345678", "12345678"),
    ("account", "WeChat: pellwick88", "pellwick88"),
    ("ssn", "SSN 536-90-4399", "536-90-4399"),
    ("iban", "pay to DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
    ("address", "Visit us at 12 Main Street, Springfield, IL 62701.", "12 Main Street, Springfield, IL 62701"),
    ("address", "ship to 4 Oak Lane", "4 Oak Lane"),
    ("address", "P.O. Box 1234", "P.O. Box 1234"),
    ("address", "上海市浦东新区张江路123号4栋501室", "上海市浦东新区张江路123号4栋501室"),
    ("address", "地址：南城区花园小区3幢2号", "：南城区花园小区3幢2号"),
    ("name", "Dear Sarah, your tea is here", "Sarah"),
    ("name", "Designed by Mr. Tanaka", "Tanaka"),
    ("name", "Contact person: Li Wei", "Li Wei"),
    ("name", "尊敬的王先生：您好", "王先生"),
    ("name", "联系人：李小明", "李小明"),
    ("name", "感谢欧阳女士", "欧阳女士"),
]
NOT = [
    "UPC 012345678905 model 2127365000",
    "EAN 4111111111111111",
    "ISBN 978-3-16-148410-0",
    "size 10-20-30 cm, 2019-2020, 2021-2022",
    "pack of 1000000 pcs, 1,000,000 sold",
    "1200 x 800 x 400 mm, 220-240 V",
    "1 TB Solid State Drive",
    "18 Volt Impact Drive",
    "42 Piece Tool Set",
    "WeChat Pay supported, 微信支付可用",
    "Hi there, summer is here",
    "Hello Kitty lunch box",
    "Dear customers, we moved",
    "Attention: The photography may differ",
    "Part 123-45-6789",
    "Item 736-5000",
    "适合于女士的高级女士腕表",
    "金色女士手包，白领女士之选",
    "成熟先生们的选择",
    "新A6L 2024款",
    "3路5号电池",
    "5号电池，7号电池",
    "型号 13800138000",
    "全年质保，一九九八年创立",
    "Meet me @ noon",
    "E12345678 replacement filter",
    "US1234567890 patent",
]


def locale_of(text: str) -> str:
    return "zh-CN" if any("一" <= ch <= "鿿" for ch in text) else "en-US"


@pytest.mark.parametrize(("kind", "text", "data"), FOUND)
def test_personal_data_is_found_where_it_stands(kind: str, text: str, data: str) -> None:
    assert [(one.kind, text[one.start : one.end]) for one in find_personal(text, locale_of(text))] == [(kind, data)]


@pytest.mark.parametrize("text", NOT)
def test_what_only_looks_like_a_persons_data_is_left_alone(text: str) -> None:
    assert find_personal(text, locale_of(text)) == []


@pytest.mark.parametrize("number", ["11010519491231002X", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00"])
def test_a_number_whose_check_digit_is_wrong_is_no_id_card_or_account(number: str) -> None:
    digit = next(ch for ch in reversed(number) if ch in "123456789")
    at = number.rindex(digit)
    wrong = number[:at] + str((int(digit) + 1) % 10) + number[at + 1 :]
    assert not {one.kind for one in find_personal(wrong, "en-US")} & {"id", "card", "iban"}


@given(st.text(max_size=200), st.sampled_from(FOUND))
def test_spans_are_inside_the_text_in_order_and_apart(noise: str, case: tuple[str, str, str]) -> None:
    text = f"{noise} {case[1]}"
    at = 0
    for one in find_personal(text, locale_of(text)):
        assert at <= one.start < one.end <= len(text)
        at = one.end


@given(st.lists(st.sampled_from(FOUND), min_size=1, max_size=4))
def test_masked_text_holds_none_of_what_was_in_it(cases: list[tuple[str, str, str]]) -> None:
    text = " \n ".join(case[1] for case in cases)
    shown = masked(text, locale_of(text))
    for kind, alone, data in cases:
        assert data not in shown or kind == "name"
        # Beside Chinese a number is read as one of there, and may be another kind of data.
        assert f"[{kind}]" in shown or locale_of(alone) != locale_of(text)


def test_the_clause_goes_and_the_facts_beside_it_stay() -> None:
    text = "Four stackable jars. For wholesale call Mr. Wang at 13800138000, clear glass shows what is left."
    assert cleaned(text, "en-US", "Storage Jars") == (
        "Four stackable jars. clear glass shows what is left.",
        ("name", "phone"),
    )
    assert (
        cleaned("竹盖玻璃罐，批发加微信：abc_12345，密封圈可换。", "zh-CN", "玻璃罐")[0] == "竹盖玻璃罐，密封圈可换。"
    )
    long = "jars " * 40 + "call 212-736-5000 " + "jars " * 40
    assert cleaned(long, "en-US", "Jars")[0].count("jars") == 80


def test_a_product_named_after_a_person_is_no_leak() -> None:
    brewer = Product("p", "Mr. Tanaka Kettle", "Dr. Hilde", "The Mr. Tanaka kettle pours slowly.")
    assert without_personal(brewer, "en-US") == (brewer, ())
    assert leaks("The mr. tanaka kettle. Dear Sarah, look", "en-US", "mr. tanaka kettle")[0].kind == "name"


JARS = Product(
    "p",
    "Storage Jars 13800138000",
    "Pellwick",
    "Four jars. Ask Mr. Wang, wang@supplier.example.com, for samples. Bamboo lids.",
    attributes={"Material": "glass", "Contact": "WeChat: pellwick88"},
)


def test_what_was_taken_out_of_a_product_is_told_without_it() -> None:
    kept, taken = without_personal(JARS, "en-US")
    assert kept.title == "Storage Jars"
    assert kept.attributes == {"Material": "glass"}
    assert kept.description == "Four jars. for samples. Bamboo lids."
    assert taken == (
        "phone in the title", "name in the description", "email in the description", "account in the attributes",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Steel Thermos (ask 13812345678)", "Steel Thermos"),
        ("Steel Thermos, call: 212-736-5000", "Steel Thermos"),
        ("Steel Thermos【咨询电话：13812345678】", "Steel Thermos"),
        ("Steel Thermos (red, 13812345678)", "Steel Thermos (red)"),
        ("At Home Thermos 13812345678", "At Home Thermos"),
        ("call 212-736-5000", ""),
    ],
)
def test_what_asks_for_a_call_goes_from_a_title_with_the_number(title: str, kept: str) -> None:
    assert without_personal(replace(JARS, title=title), "en-US")[0].title == kept


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.com/p?email=ann%40example.org&size=2", "https://example.com/p?size=2"),
        ("https://example.com/p?to=ann@example.org", "https://example.com/p"),
        ("https://example.com/p?variant=13812345678", "https://example.com/p?variant=13812345678"),
        ("https://example.com/logo@2x.png?v=3", "https://example.com/logo@2x.png?v=3"),
        ("http://[broken?to=ann@example.org", "http://[broken?to=ann@example.org"),
    ],
)
def test_an_address_keeps_all_but_the_parameters_that_hold_an_email(url: str, kept: str) -> None:
    product, taken = without_personal(Product("p", "Jar", url=url, image_url=url), "en-US")
    assert (product.url, product.image_url) == (kept, kept)
    assert taken == (() if url == kept else ("email in the url", "email in the image_url"))


@pytest.mark.parametrize(("row_id", "kind"), [("ann@example.org", "email"), ("13812345678", None), ("p@2", None)])
def test_an_id_may_be_any_digits_and_no_email(row_id: str, kind: str | None) -> None:
    assert in_id(row_id) == kind


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_prompt_shows_personal_data_of_a_product_or_a_segment(locale: str) -> None:
    segment = Segment("s", "Regulars", interests=("tea", "call 212-736-5000"))
    brief = Brief(1, Campaign(1, "c"), JARS, segment, "email", locale)
    system, user = TemplateSet().pieces(brief)
    prompt = "".join((*system, *user))
    assert "Bamboo lids" in prompt
    for data in ("13800138000", "wang@supplier", "Mr. Wang", "pellwick88", "736-5000"):
        assert data not in prompt


def test_zero_width_characters_hide_no_number_from_the_prompt() -> None:
    product = Product("p", "Jars", description="Four jars. Call 138\u200b0013\u200b8000. Bamboo lids.")
    assert product_view(product, "zh-CN")["description"] == "Four jars. Bamboo lids."


def drafted(body: str, locale: str = "en-US") -> Draft:
    title = "竹盖玻璃罐" if locale == "zh-CN" else "Storage Jars"
    brief = Brief(1, Campaign(1, "c"), Product("p", title, "Pellwick"), Segment("s", "Cooks"), "push", locale)
    return Draft(brief, 0, f"title: {title}\nbody: {body}", 9, -0.1, "stop")


@pytest.mark.parametrize(("kind", "text", "data"), FOUND)
def test_no_copy_with_personal_data_passes_and_none_is_kept_with_it(kind: str, text: str, data: str) -> None:
    refused = check(drafted(text, locale_of(text)), load_channel("push"))
    assert refused.rejection is not None
    kept = f"{refused.draft.text} {refused.fields} {refused.rejection.reason} {refused.warnings}"
    assert f"[{kind}]" in refused.draft.text
    assert data not in kept.replace("Pellwick", "")


@pytest.mark.parametrize("cut", [20, 100, 130, 150, 155, 160, 400])
def test_a_refusals_reason_keeps_no_half_of_a_number(cut: int) -> None:
    refused = check(drafted(f"{'jar ' * (cut // 4)}!! 212-736-5000 {'jar ' * 9}"), load_channel("push"))
    assert refused.rejection is not None
    assert "212" not in refused.rejection.reason


def test_what_was_masked_is_refused_when_it_is_judged_again() -> None:
    first = check(drafted("Write to Sarah: Dear Sarah, look"), load_channel("push"))
    again = check(first.draft, load_channel("push"))
    assert again.rejection is not None
    assert again.draft == first.draft


def test_a_persons_edit_with_somebodys_data_is_refused_too() -> None:
    draft = drafted("")
    fields = {"title": ("Storage Jars",), "body": ("Dear Sarah, clear glass jars.",)}
    rejection = check_fields(fields, draft.brief, load_channel("push"))
    assert rejection is not None
    assert rejection.gate == "personal"
    assert rejection.reason.startswith("body holds somebody's name")


def test_what_the_model_says_around_a_good_copy_is_kept_without_the_data_in_it() -> None:
    draft = drafted("Clear, stacking jars.")
    chatty = replace(draft, text=f"Written for Dear Sarah, 212-736-5000, as you asked for it just now.\n{draft.text}")
    passed = check(chatty, load_channel("push"))
    assert passed.rejection is None
    assert passed.fields == check(draft, load_channel("push")).fields
    assert "[phone]" in passed.draft.text
    assert "736-5000" not in passed.draft.text
    assert check(passed.draft, load_channel("push")) == passed
