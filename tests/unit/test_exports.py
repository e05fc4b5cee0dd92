"""What each export format writes, and what it refuses."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.review_commands import FORMATS_HELP
from generation.channels import load_channel
from generation.records import Brief, Campaign, CustomerQuestion, Fields, Product, Segment
from review.cells import UnsafeCell, safe, web_address
from review.formats import FORMATS, Row, columns_for
from review.provenance import provenance_entry
from sql.copies import StoredCopy

KETTLE = Product(
    "kettle-1",
    "Stovetop Kettle",
    "Brinmoor",
    category="Kitchen",
    price=Decimal("49.90"),
    currency="USD",
    url="https://shop.example/kettle",
    image_url="https://shop.example/kettle.jpg",
)
TEXTS: dict[str, Fields] = {
    "google_rsa": {
        "headline": ("Stovetop Kettle", "Made for every day", "Brinmoor at home"),
        "description": ("Plain and durable.", 'The "whistling" kettle.'),
    },
    "meta_feed": {
        "primary_text": ("A kettle that lasts.", "Made to be used."),
        "headline": ("Stovetop Kettle",),
        "description": ("Beech handle", "Wide lid"),
    },
    "email": {"subject": ("The kettle",), "preheader": ("Brinmoor",), "body": ("It works hard.",)},
    "product_page": {
        "headline": ("Stovetop Kettle: plain",),
        "description": ('Holds "enough" for four.',),
        "bullet": ("Beech handle", "Wide lid"),
    },
    "pmax": {
        "headline": ("Kettle", "Stovetop Kettle", "Brinmoor at home"),
        "long_headline": ("The stovetop kettle for every day",),
        "description": ("Plain and durable.", 'The "whistling" kettle.'),
    },
    "amazon_listing": {
        "title": ("Brinmoor Stovetop Kettle",),
        "bullet": ("Beech handle, cool to the hand", "Wide lid", "Holds enough for four"),
        "description": ('The "whistling" kettle.',),
    },
    "taobao_title": {"title": ("水壶 家用",)},
    "wechat_article": {"title": ("水壶",), "digest": ("家用水壶。",), "body": ("一把水壶。",)},
    "linkedin": {
        "intro": ("A kettle for the office.",),
        "headline": ("Stovetop Kettle",),
        "description": ("Wide lid",),
    },
}


def stored(
    channel: str, *, locale: str = "en-US", product: Product = KETTLE, fields: Fields | None = None
) -> StoredCopy:
    brief = Brief(1, Campaign(1, "autumn"), product, Segment("cooks", "Home cooks"), channel, locale)
    return StoredCopy(
        id=7,
        brief=brief,
        status="approved",
        fields=TEXTS[channel] if fields is None else fields,
        raw_text="",
        gate=None,
        reason=None,
        warnings=(),
        score=81.5,
        parts={},
        variant=0,
        run_id=3,
        model="demo-model",
        superseded=False,
        in_catalogue=True,
        seen=1,
        decided_by="Ann",
        decided_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        ai_label="AI生成" if locale == "zh-CN" else "AI-generated",
    )


def rows(format_name: str, copy: StoredCopy) -> list[Row]:
    return FORMATS[format_name].rows(copy)


def test_the_general_formats_say_what_else_a_copy_is_about() -> None:
    ordinary, fields = stored("email"), TEXTS["email"]
    asked = replace(ordinary.brief, segment=Segment("", ""), question=CustomerQuestion("q1", "Does it whistle?"))
    guide = replace(ordinary.brief, segment=Segment("", ""), other=Product("pot-2", "Tea Pot"))
    persona = replace(ordinary.brief, product=Product("", ""))
    for copy, told in (
        (ordinary, ("kettle-1", "cooks", "", "", "")),
        (
            replace(ordinary, about="question", subject_id="q1", brief=asked),
            ("kettle-1", "", "q1", "Does it whistle?", ""),
        ),
        (
            replace(ordinary, about="comparison", subject_id="pot-2", brief=guide),
            ("kettle-1", "", "pot-2", "", "Tea Pot"),
        ),
        (replace(ordinary, about="persona", brief=persona), ("", "cooks", "", "", "")),
    ):
        for name in ("csv", "jsonl"):
            [row] = rows(name, copy)
            columns = ("product_id", "segment_id", "subject_id", "question", "other_product_title")
            assert tuple(row[column] for column in columns) == told
        assert set(csv_columns := FORMATS["csv"].columns) >= set(columns)
        assert len(csv_columns) == len(set(csv_columns))
        assert ("subject_id" in provenance_entry(copy)) == bool(copy.subject_id)
    assert fields == ordinary.fields


def test_a_question_that_a_spreadsheet_would_run_refuses_its_row() -> None:
    brief = replace(stored("email").brief, question=CustomerQuestion("q1", "=HYPERLINK(1)?"))
    with pytest.raises(UnsafeCell, match="question holds a leading '='"):
        rows("csv", replace(stored("email"), about="question", subject_id="q1", brief=brief))


def test_a_search_ad_is_exported_paused_with_its_lines_in_numbered_cells() -> None:
    [row] = rows("google_ads_editor", stored("google_rsa"))
    assert tuple(row) == FORMATS["google_ads_editor"].columns
    assert row["Status"] == "Paused"
    assert row["Ad type"] == "Responsive search ad"
    assert (row["Headline 1"], row["Headline 3"], row["Headline 4"]) == ("Stovetop Kettle", "Brinmoor at home", "")
    assert (row["Description 2"], row["Description 3"]) == ('The "whistling" kettle.', "")
    assert row["Final URL"] == "https://shop.example/kettle"
    assert row["Ad Group"] == "kettle-1 / cooks / en-US"
    assert row["Labels"] == "AI-generated"


def test_the_commands_help_names_every_format() -> None:
    assert re.findall(r"\w+", FORMATS_HELP.replace(" or ", ", ")) == list(FORMATS)


def test_an_asset_group_is_exported_paused_with_its_texts_in_numbered_cells() -> None:
    [row] = rows("google_ads_editor_pmax", stored("pmax"))
    assert tuple(row) == FORMATS["google_ads_editor_pmax"].columns
    assert (row["Asset Group"], row["Asset Group Status"]) == ("kettle-1 / cooks / en-US", "Paused")
    assert (row["Headline 3"], row["Headline 4"]) == ("Brinmoor at home", "")
    assert (row["Long headline 1"], row["Long headline 2"]) == ("The stovetop kettle for every day", "")
    assert (row["Description 2"], row["Description 5"]) == ('The "whistling" kettle.', "")
    assert (row["Business name"], row["Path 1"], row["Path 2"]) == ("", "", "")  # blank changes nothing in the editor
    assert row["Comment"] == "AI-generated; copy 7, written by demo-model, approved by Ann"


def test_a_business_name_and_paths_that_a_person_wrote_are_exported() -> None:
    fields = {**TEXTS["pmax"], "business_name": ("Brinmoor",), "path": ("kettles", "steel")}
    [row] = rows("google_ads_editor_pmax", stored("pmax", fields=fields))
    assert (row["Business name"], row["Path 1"], row["Path 2"]) == ("Brinmoor", "kettles", "steel")


def test_an_amazon_row_is_a_partial_update_under_the_templates_column_names() -> None:
    [row] = rows("amazon", stored("amazon_listing"))
    assert row == {
        "item_sku": "kettle-1",
        "update_delete": "PartialUpdate",
        "item_name": "Brinmoor Stovetop Kettle",
        "bullet_point1": "Beech handle, cool to the hand",
        "bullet_point2": "Wide lid",
        "bullet_point3": "Holds enough for four",
        "bullet_point4": "",
        "bullet_point5": "",
        "product_description": 'The "whistling" kettle.',
    }
    assert tuple(row) == FORMATS["amazon"].columns
    assert FORMATS["amazon"].key == "item_sku"


@pytest.mark.parametrize("channel", sorted(TEXTS))
def test_every_channel_goes_out_whole_as_csv_and_as_json_lines(channel: str) -> None:
    [flat], [row] = rows("csv", stored(channel)), rows("jsonl", stored(channel))
    lines = [line for texts in TEXTS[channel].values() for line in texts]
    assert [flat[column] for column in columns_for([channel]) if column in flat] == lines
    assert row["fields"] == {name: list(texts) for name, texts in TEXTS[channel].items()}


@pytest.mark.parametrize("name", [name for name, entry in FORMATS.items() if entry.channels])
def test_a_formats_numbered_columns_hold_as_many_lines_as_its_channels_take(name: str) -> None:
    numbered = {"Headline": "headline", "Long headline": "long_headline", "Description": "description", "Path": "path"}
    for channel in FORMATS[name].channels or ():
        most = {spec.name: spec.maximum for spec in load_channel(channel).fields}
        for label, field in {**numbered, "bullet_point": "bullet"}.items():
            held = [column for column in FORMATS[name].columns if re.fullmatch(rf"{label} ?\d+", column)]
            assert len(held) in {0, most.get(field)}


def test_every_alternative_text_of_a_feed_ad_is_in_some_row_and_all_are_paused() -> None:
    ads = rows("meta", stored("meta_feed"))
    assert [ad["Body"] for ad in ads] == ["A kettle that lasts.", "Made to be used."]
    assert [ad["Title"] for ad in ads] == ["Stovetop Kettle"] * 2
    assert [ad["Link Description"] for ad in ads] == ["Beech handle", "Wide lid"]
    for ad in ads:
        assert {ad["Campaign Status"], ad["Ad Set Run Status"], ad["Ad Status"]} == {"PAUSED"}
        assert tuple(ad) == FORMATS["meta"].columns


def test_merchant_text_is_marked_as_made_by_a_model_and_quoted() -> None:
    [row] = rows("merchant", stored("product_page"))
    assert row == {
        "id": "kettle-1",
        "structured_title": 'trained_algorithmic_media:"Stovetop Kettle: plain"',
        "structured_description": 'trained_algorithmic_media:"Holds ""enough"" for four."',
    }


def test_a_product_id_that_merchant_center_cuts_is_refused() -> None:
    with pytest.raises(UnsafeCell, match="id is 51, Merchant Center's limit is 50"):
        rows("merchant", stored("product_page", product=replace(KETTLE, id="k" * 51)))


def test_a_klaviyo_item_is_flat_and_its_price_a_number() -> None:
    [item] = rows("klaviyo", stored("email"))
    assert item["id"] == "kettle-1--cooks--email--en-US"
    assert (item["title"], item["description"]) == ("Stovetop Kettle", "It works hard.")
    assert (item["link"], item["image_link"]) == ("https://shop.example/kettle", "https://shop.example/kettle.jpg")
    assert (item["price"], item["categories"]) == (49.9, ["Kitchen"])
    assert item["subject"] == "The kettle"
    assert item["ai_generated"] == "true"


def test_an_item_without_an_image_is_refused_as_klaviyo_wants_no_blank() -> None:
    with pytest.raises(UnsafeCell, match="image_url is missing"):
        rows("klaviyo", stored("email", product=replace(KETTLE, image_url=None)))


def test_a_braze_row_begins_with_an_id_of_letters_digits_and_hyphens() -> None:
    [row] = rows("braze", stored("email"))
    assert next(iter(row)) == "id"
    assert row["id"] == "kettle-1--cooks--email--en-US"
    assert set(row) <= {*FORMATS["braze"].columns, *columns_for(["email"])}
    with pytest.raises(UnsafeCell, match="id holds more than letters"):
        rows("braze", stored("email", product=replace(KETTLE, id="kettle 1/2")))


def test_csv_says_who_wrote_and_who_approved() -> None:
    [row] = rows("csv", replace(stored("product_page"), edited=True))
    assert set(row) <= {*FORMATS["csv"].columns, *columns_for(["product_page"])}
    assert (row["bullet_1"], row["bullet_2"]) == ("Beech handle", "Wide lid")
    assert (row["ai_generated"], row["ai_label"], row["ai_model"]) == ("true", "AI-generated", "demo-model")
    assert (row["human_edited"], row["reviewed_by"], row["reviewed_at"]) == ("true", "Ann", "2026-03-01T09:30:00+00:00")


def test_chinese_copy_carries_its_label_in_chinese() -> None:
    [row] = rows("jsonl", stored("email", locale="zh-CN"))
    assert row["ai_label"] == "AI生成"


def test_json_lines_keep_the_fields_as_arrays_and_numbers_as_numbers() -> None:
    [row] = rows("jsonl", stored("google_rsa"))
    assert row["fields"]["headline"] == list(TEXTS["google_rsa"]["headline"])
    assert (row["copy_id"], row["run_id"], row["score"], row["ai_generated"]) == (7, 3, 81.5, True)


def test_a_field_has_the_same_columns_whatever_else_is_exported() -> None:
    assert columns_for(["email"]) == ("subject", "preheader", "body")
    assert columns_for(["product_page"])[:2] == ("headline_1", "description_1")
    assert set(columns_for(["product_page"])) < set(columns_for(["google_rsa", "product_page"]))


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("=HYPERLINK(1)", "formula"),
        ("+1", "formula"),
        ("-1", "formula"),
        ("@cmd", "formula"),
        ("  =1", "formula"),
        ("＝1", "formula"),
        ("[]", "order to erase"),
        (" [] ", "order to erase"),
        ("Save {discount}", "template brackets"),
        ("{{ user }}", "template brackets"),
        ("{% raw %}", "template brackets"),
        ("two\nlines", "line break"),
        ("tab\there", "line break"),
        ("nul\x00", "control character"),
    ],
)
@pytest.mark.parametrize("format_name", sorted(FORMATS))
def test_an_unsafe_title_line_or_name_refuses_the_row_in_every_format(
    format_name: str, cell: str, problem: str
) -> None:
    channel = (FORMATS[format_name].channels or ("email",))[0]
    name, *_ = TEXTS[channel]
    copy = stored(channel, fields={**TEXTS[channel], name: (cell, *TEXTS[channel][name][1:])})
    with pytest.raises(UnsafeCell, match=problem):
        rows(format_name, copy)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (None, "missing"),
        ("", "missing"),
        ("javascript:alert(1)", "no web address"),
        ("https://shop.example/a b", "no web address"),
        ("https://shop.example/{id}", "template brackets"),
        ("http://", "no web address"),
    ],
)
def test_an_ad_without_a_safe_address_is_refused(url: str | None, problem: str) -> None:
    with pytest.raises(UnsafeCell, match=problem):
        rows("google_ads_editor", stored("google_rsa", product=replace(KETTLE, url=url)))
    with pytest.raises(UnsafeCell, match=problem):
        rows("google_ads_editor_pmax", stored("pmax", product=replace(KETTLE, url=url)))
    with pytest.raises(UnsafeCell, match=problem):
        rows("meta", stored("meta_feed", product=replace(KETTLE, url=url)))


@given(st.text())
def test_a_cell_that_is_let_through_is_unchanged_and_starts_no_formula(text: str) -> None:
    for check in (safe, web_address):
        try:
            kept = check("column", text)
        except UnsafeCell:
            continue
        assert kept == text
        assert text.strip()[:1] not in {"=", "+", "-", "@"}
        assert not {"\n", "\r", "\t", "{", "}"} & set(text)
