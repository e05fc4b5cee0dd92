"""Sorting a draft into fields, however the model dressed it up, and never failing on what it isn't."""

import contextlib
import json
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generation.channels import channel_names, load_channel
from generation.checks import GATES
from generation.ledger.facts import facts_of
from generation.parsing import DRAFT_CHARACTERS, ParseError, parse
from generation.reading.numbers import numbers_in
from generation.reading.text import normal
from generation.records import Brief, Campaign, Fields, Product, Segment
from generation.shape import Context, warnings_for

RSA = {"headline": ("Oak Stool", "Round seat", "45 cm high"), "description": ("Made of oak.", "See it online.")}
EMAIL = {"subject": ("Oak Stool",), "preheader": ("A round seat",), "body": ("Meet the stool. Have a look.",)}
PAGE = {"headline": ("Oak Stool",), "description": ("A stool. It is round.",), "bullet": ("Oak", "Round seat")}

DRESSED_RSA = {
    "as asked": (
        "headline: Oak Stool\nheadline: Round seat\nheadline: 45 cm high\n"
        "description: Made of oak.\ndescription: See it online."
    ),
    "numbered": (
        "Headline 1: Oak Stool\nHeadline 2: Round seat\nHeadline 3: 45 cm high\n"
        "Description 1: Made of oak.\nDescription 2: See it online."
    ),
    "a list with labels": (
        "1. Headline: Oak Stool\n2. Headline: Round seat\n3) headline: 45 cm high\n"
        "- Description: Made of oak.\n* description: See it online."
    ),
    "bold labels": (
        "**Headline 1:** Oak Stool\n**Headline 2**: Round seat\n**Headline 3: 45 cm high**\n"
        "__Description:__ Made of oak.\n*Description:* See it online."
    ),
    "labels that count": (
        "Headline (9 characters): Oak Stool\nHeadline (10): Round seat\nHeadline（10）：45 cm high\n"
        "Description (12): Made of oak.\nDescription (14): See it online."
    ),
    "lists below a label": (
        "Headlines:\n1. Oak Stool\n2. Round seat\n3. 45 cm high\n\nDescriptions:\n- Made of oak.\n- See it online."
    ),
    "lists below a heading": (
        "### Headlines\n\n* Oak Stool\n* Round seat\n* 45 cm high\n\n"
        "**Descriptions**\n\n1. Made of oak.\n\n2. See it online."
    ),
    "bare lines below a label": (
        "Headlines:\nOak Stool\nRound seat\n45 cm high\n\nDescriptions:\nMade of oak.\nSee it online.\n"
    ),
    "a text on the next line": (
        "Headline 1:\nOak Stool\nHeadline 2:\nRound seat\nHeadline 3:\n45 cm high\n"
        "Description 1:\nMade of oak.\nDescription 2:\nSee it online."
    ),
    "quoted": (
        'headline: "Oak Stool"\nheadline: “Round seat”\nheadline: `45 cm high`\n'
        "description: 'Made of oak.'\ndescription: \"**See it online.**\""
    ),
    "fenced": (
        "```text\nheadline: Oak Stool\nheadline: Round seat\nheadline: 45 cm high\n"
        "description: Made of oak.\ndescription: See it online.\n```"
    ),
    "among chatter": (
        "Sure! Here is your ad:\n\nheadline: Oak Stool\nheadline: Round seat\nheadline: 45 cm high\n"
        "description: Made of oak.\ndescription: See it online.\n\nLet me know if you want more options!"
    ),
    "repeated": (
        "headline: Oak Stool\nheadline: Oak Stool\nheadline: Round seat\nheadline: 45 cm high\n"
        "description: Made of oak.\ndescription: Made of oak.\ndescription: See it online."
    ),
    "Chinese labels": (
        "标题1：Oak Stool\n标题2：Round seat\n广告标题：45 cm high\n描述1：Made of oak.\n【描述】See it online."
    ),
    "thought over": (
        "<think>\nheadline: wrong\n</think>\nheadline: Oak Stool\nheadline: Round seat\nheadline: 45 cm high\n"
        "description: Made of oak.\ndescription: See it online."
    ),
    "thought over, opened in the prompt": (
        "I could say\nheadline: wrong\n</think>\n\nheadline: Oak Stool\nheadline: Round seat\nheadline: 45 cm high\n"
        "description: Made of oak.\ndescription: See it online."
    ),
    "JSON": json.dumps({"headline": RSA["headline"], "description": RSA["description"]}),
    "JSON in a fence among chatter": (
        "Here you are:\n```json\n"
        + json.dumps({"Headlines": RSA["headline"], "descriptions": RSA["description"]}, indent=2)
        + "\n```\nEnjoy!"
    ),
    "nested JSON": json.dumps({"ad": {"headlines": RSA["headline"], "descriptions": RSA["description"]}}),
    "a list of JSON objects": json.dumps(
        [{"headline": text} for text in RSA["headline"]] + [{"description": text} for text in RSA["description"]]
    ),
    "broken JSON, line by line": (
        '{\n"headline 1": "Oak Stool",\n"headline 2": "Round seat",\n"headline 3": "45 cm high",\n'
        '"description 1": "Made of oak.",\n"description 2": "See it online."'
    ),
    "Windows lines": (
        "headline: Oak Stool\r\nheadline: Round seat\r\nheadline: 45 cm high\r\n"
        "description: Made of oak.\r\ndescription: See it online.\r\n"
    ),
}


@pytest.mark.parametrize("text", DRESSED_RSA.values(), ids=DRESSED_RSA.keys())
def test_the_same_ad_is_found_in_every_dress(text: str) -> None:
    assert parse(text, load_channel("google_rsa")) == RSA


@pytest.mark.parametrize(
    "text",
    [
        "subject: Oak Stool\npreheader: A round seat\nbody: Meet the stool. Have a look.",
        "Subject line: Oak Stool\nPreview text: A round seat\nMessage: Meet the stool. Have a look.",
        "邮件主题：Oak Stool\n预览文字：A round seat\n正文：Meet the stool.\nHave a look.",
        "**Subject:** Oak Stool\n**Preheader:** A round seat\n**Body:**\n\nMeet the stool.\n\nHave a look.",
        "Subject: Oak Stool\n---\nPreheader: A round seat\n---\nBody:\nMeet the stool.\nHave a look.\n---",
        'Sure:\n{"subject": "Oak Stool", "preheader": "A round seat", "body": "Meet the stool.\\nHave a look."}',
    ],
)
def test_an_email_is_found_with_the_paragraphs_of_its_body(text: str) -> None:
    assert parse(text, load_channel("email")) == EMAIL


@pytest.mark.parametrize(
    "text",
    [
        "headline: Oak Stool\ndescription: A stool. It is round.\nbullet: Oak\nbullet: Round seat",
        "headline: Oak Stool\ndescription: A stool.\nIt is round.\nbullets:\n- Oak\n- Round seat",
        "headline: Oak Stool\ndescription: A stool. It is round.\nbullet: - Oak\nbullet: • Round seat",
        "标题：Oak Stool\n描述：A stool. It is round.\n要点：\n1、Oak\n2、Round seat",
        "卖点：Oak\n卖点：Round seat\n标题：Oak Stool\n介绍：A stool. It is round.",
    ],
)
def test_a_product_page_is_found_with_its_bullets(text: str) -> None:
    assert parse(text, load_channel("product_page")) == PAGE


def test_a_label_means_what_its_channel_calls_so() -> None:
    assert parse("标题：橡木凳\n正文：来看看", load_channel("push")) == {"title": ("橡木凳",), "body": ("来看看",)}
    assert parse("标题：橡木凳\n正文：来看看", load_channel("email"))["subject"] == ("橡木凳",)
    assert parse("标题：橡木凳\n正文：来看看", load_channel("meta_feed"))["primary_text"] == ("来看看",)


def test_a_missing_field_is_left_out() -> None:
    assert parse("headline: Oak Stool\ndescription:", load_channel("google_rsa")) == {"headline": ("Oak Stool",)}


def test_no_field_gets_more_lines_than_its_maximum() -> None:
    text = "".join(f"headline: number {i}\n" for i in range(40)) + "description: one"
    assert len(parse(text, load_channel("google_rsa"))["headline"]) == 15


def test_a_colon_inside_the_text_opens_no_field() -> None:
    fields = parse("body: Meet the stool.\nMaterial: oak\nSee it: online", load_channel("sms"))
    assert fields == {"body": ("Meet the stool. Material: oak See it: online",)}


def test_underscores_and_stars_inside_a_text_stay() -> None:
    fields = parse("primary_text: snake_case and 4*4\nheadline: a_b", load_channel("meta_feed"))
    assert fields == {"primary_text": ("snake_case and 4*4",), "headline": ("a_b",)}


@pytest.mark.parametrize(
    "text", ["", "  \n ", "```\n```", "<think>headline: x", "<think>a</think>", "Oak Stool.", "{}"]
)
def test_a_draft_without_any_field_is_a_parse_error_that_names_what_is_missing(text: str) -> None:
    with pytest.raises(ParseError, match=r"^(the draft is empty|none of the fields headline, description is in it)$"):
        parse(text, load_channel("google_rsa"))


UNITS = [
    *("1", " ", "a", "a-", "a.", "a@", "ab", "ab,", "1 ", "1,", "1.", "1,111", "1 000 ", "111-", "+1", "(", "[a", "<a"),
    *("<|", "_", "*", "**", "# ", '"', "“", "`", "```\n", "\n", "\t", "\r\n", "-\n", "- a\n", "1. a\n", ":"),
    *("：", "【", "【标题】", "<think>", "</think>", "{", '{"a":', "[", '["headline",', "headline", "headline "),
    *("headline:\n", "headline: a\n", "headline\n", "description: a\n\n", "最", "第", "一", "两", "百分之"),
    *("百分之一", "三百", "one-", "twenty-one ", "two ", "usd ", "us$", "$", "no. ", "best ", "only 1", "only 11 "),
    *("customers ", "free ", "x", "xxx ", "www", ".com", "a.com/", "，", "、 ", "\u200d", "👩\u200d", "\ud800"),
    *("\x00", "\u202e", "e\u0301", "ﷺ", "¼"),
]


DRESSED_OTHERS: dict[str, tuple[str, str, Fields]] = {
    "an Amazon listing": (
        "amazon_listing",
        "**Product Title:** Oak Stool\n\n**Bullet Points:**\n- Solid oak\n- Round seat\n- 45 cm high\n\n"
        "**Product Description:** A stool.\nIt is round.",
        {
            "title": ("Oak Stool",),
            "bullet": ("Solid oak", "Round seat", "45 cm high"),
            "description": ("A stool. It is round.",),
        },
    ),
    "an Amazon listing in Chinese": (
        "amazon_listing",
        "标题：橡木凳\n五点描述：\n1. 橡木\n2. 圆角\n3. 结实\n商品描述：一款凳子。",
        {"title": ("橡木凳",), "bullet": ("橡木", "圆角", "结实"), "description": ("一款凳子。",)},
    ),
    "an asset group": (
        "pmax",
        "Headline 1: Oak Stool\nHeadline 2: Round seat\nLong headline 1: A stool for the hall\n"
        "Description 1: Made of oak.",
        {
            "headline": ("Oak Stool", "Round seat"),
            "long_headline": ("A stool for the hall",),
            "description": ("Made of oak.",),
        },
    ),
    "an asset group in Chinese": (
        "pmax",
        "标题：橡木凳\n长标题：放在玄关的橡木凳\n描述：到店里看看。",
        {"headline": ("橡木凳",), "long_headline": ("放在玄关的橡木凳",), "description": ("到店里看看。",)},
    ),
    "a LinkedIn ad": (
        "linkedin",
        "Introductory text: A stool.\nIt is round.\nHeadline: Oak Stool\nDescription: 45 cm",
        {"intro": ("A stool. It is round.",), "headline": ("Oak Stool",), "description": ("45 cm",)},
    ),
    "a WeChat article": (
        "wechat_article",
        "【标题】橡木凳\n【摘要】圆角凳面。\n【正文】来看看。\n高45厘米。",
        {"title": ("橡木凳",), "digest": ("圆角凳面。",), "body": ("来看看。 高45厘米。",)},
    ),
    "a Taobao title": ("taobao_title", "商品标题：橡木凳 圆角", {"title": ("橡木凳 圆角",)}),
}


@pytest.mark.parametrize(("channel", "text", "fields"), DRESSED_OTHERS.values(), ids=list(DRESSED_OTHERS))
def test_a_channels_fields_are_found_under_the_names_that_models_give_them(
    channel: str, text: str, fields: Fields
) -> None:
    assert parse(text, load_channel(channel)) == fields


def test_a_line_that_differs_only_in_capitals_and_spaces_is_taken_once() -> None:
    text = "headline: Oak Stool\nheadline: oak  stool\nheadline: OakStool\nheadline: Oak Stools"
    assert parse(text, load_channel("google_rsa")) == {"headline": ("Oak Stool", "Oak Stools")}


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_garbage_of_one_thing_is_refused_in_no_time(unit: str) -> None:
    started = time.process_time()
    for text in (unit * 60_000, f"headline: {unit * 5_000}"[:DRAFT_CHARACTERS], unit * (DRAFT_CHARACTERS // len(unit))):
        with contextlib.suppress(ParseError):
            parse(text[:60_000], load_channel("google_rsa"))
    try_gates({"body": (f"a{unit * 8_000}"[:8_000] + "!",)}, "sms")
    assert time.process_time() - started < 1.5


def test_a_draft_that_runs_wild_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match="the draft is 60006 characters long"):
        parse("body: " + "x" * 60_000, load_channel("sms"))


def try_gates(fields: Fields, channel: str) -> None:
    """Each gate looks at the fields, whatever the others say of them."""
    spec = load_channel(channel)
    brief = Brief(1, Campaign(1, "c"), Product("p", "Oak Stool"), Segment("s", "Hikers"), channel, "en-US")
    context = Context(brief, spec, facts_of(brief))
    for gate in GATES:
        gate(fields, context)
    for lines in fields.values():
        for line in lines:
            list(numbers_in(normal(line)))
    warnings_for(fields, spec)


def try_all(text: str, channel: str) -> None:
    """Parse a draft and judge it; only a ParseError may come of it."""
    spec = load_channel(channel)
    try:
        fields = parse(text, spec)
    except ParseError:
        fields = {}
    assert all(lines and all(lines) for lines in fields.values())
    assert all(len(fields.get(field.name, ())) <= field.maximum for field in spec.fields)
    try_gates(fields, channel)
    try_gates({spec.fields[-1].name: (text[:8_000],)}, channel)


@settings(deadline=None)
@given(st.text(max_size=400), st.sampled_from(channel_names()))
@example('{"a": ' + "1" * 5000 + "}", "email")
@example('{"headline": "\\ud800", "description": "\\u0000"}', "google_rsa")
@example("[" * 100_000, "email")
@example('{"a":' * 100_000, "email")
def test_no_text_raises_anything_but_a_parse_error(text: str, channel: str) -> None:
    try_all(text, channel)


labels = st.sampled_from(
    ["headline", "Headline 2", "**Description**", "subject", "正文", "标题", "- bullet", "{", "```", "x"]
)
drafts = st.lists(st.tuples(labels, st.sampled_from([":", "：", ": ", "\n", ""]), st.text(max_size=40)), max_size=12)


@settings(deadline=None)
@given(drafts, st.sampled_from(channel_names()))
def test_no_labelled_text_raises_anything_but_a_parse_error(lines: list[tuple[str, str, str]], channel: str) -> None:
    try_all("\n".join(label + colon + text for label, colon, text in lines), channel)


lines = st.text(st.characters(categories=["L", "N"], exclude_characters="\u3164"), min_size=1, max_size=30).filter(
    lambda text: text == text.strip()
)


several = st.lists(lines, min_size=1, max_size=4, unique_by=str.lower)


@given(several, several)
def test_what_was_written_as_asked_is_read_back(headlines: list[str], descriptions: list[str]) -> None:
    fields: Fields = {"headline": tuple(headlines), "description": tuple(descriptions)}
    written = "\n".join(f"{name}: {text}" for name, texts in fields.items() for text in texts)
    assert parse(written, load_channel("google_rsa")) == fields


@pytest.mark.parametrize("channel", ["google_rsa", "email", "sms"])
def test_no_naughty_string_raises_anything_but_a_parse_error(channel: str, naughty_strings: list[str]) -> None:
    for text in naughty_strings:
        labelled = f"headline: {text}\ndescription: {text}\nsubject: {text}\nbody: {text}"
        for draft in (text, labelled, f'{{"body": "{text}"}}'):
            try_all(draft, channel)
