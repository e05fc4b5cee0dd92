"""Channel specifications: that each loads, and that its limits are those of the platforms' pages."""

import re
from collections.abc import Callable
from datetime import date
from importlib.resources import files

import pytest

from flows.parameters import Channel
from generation.channels import LOCALES, FieldSpec, Payload, Rule, UnknownChannel, channel_names, load_channel
from generation.counting import COUNTERS

# field: hard limit, soft limit, counter, fewest lines, most lines
LIMITS = {
    "google_rsa": {
        "headline": (30, None, "google_width", 3, 15),
        "description": (90, None, "google_width", 2, 4),
        "path": (15, None, "google_width", 0, 2),
    },
    "meta_feed": {
        "primary_text": (None, 125, "code_points", 1, 5),
        "headline": (None, 40, "code_points", 1, 5),
        "description": (None, 30, "code_points", 1, 5),
    },
    "pmax": {
        "headline": (30, None, "google_width", 3, 15),
        "long_headline": (90, None, "google_width", 1, 5),
        "description": (90, None, "google_width", 2, 5),
        "business_name": (25, None, "google_width", 0, 1),
        "path": (15, None, "google_width", 0, 2),
    },
    "amazon_listing": {
        "title": (75, None, "code_points", 1, 1),
        "bullet": (250, 200, "code_points", 3, 5),
        "description": (2000, None, "code_points", 1, 1),
    },
    "taobao_title": {"title": (60, None, "gbk_bytes", 1, 1)},
    "wechat_article": {
        "title": (32, None, "code_points", 1, 1),
        "digest": (128, None, "code_points", 1, 1),
        "body": (19999, None, "code_points", 1, 1),
    },
    "recommendation": {"headline": (120, 60, "code_points", 1, 1), "body": (600, 300, "code_points", 1, 1)},
    "product_description": {
        "headline": (150, 80, "code_points", 1, 1),
        "paragraph": (750, 500, "code_points", 2, 5),
        "bullet": (125, 100, "code_points", 2, 8),
    },
    "question_answer": {"answer": (600, 300, "code_points", 1, 1)},
    "buying_guide": {
        "headline": (150, 70, "code_points", 1, 1),
        "first": (250, 120, "code_points", 2, 5),
        "second": (250, 120, "code_points", 2, 5),
        "difference": (300, 160, "code_points", 1, 4),
        "choose": (300, 160, "code_points", 2, 2),
    },
    "review_digest": {
        "summary": (500, 240, "code_points", 1, 1),
        "basis": (200, None, "code_points", 1, 1),
        "point": (200, 100, "code_points", 2, 4),
        "quote": (300, None, "code_points", 1, 3),
    },
    "persona_card": {
        "name": (60, 40, "code_points", 1, 1),
        "who": (300, 200, "code_points", 1, 1),
        "likes": (150, 80, "code_points", 1, 4),
        "needs": (150, 80, "code_points", 1, 4),
        "speak": (200, 100, "code_points", 1, 3),
        "avoid": (200, 100, "code_points", 1, 3),
    },
    "linkedin": {
        "intro": (600, 150, "code_points", 1, 1),
        "headline": (200, 70, "code_points", 1, 1),
        "description": (300, 100, "code_points", 1, 1),
    },
    "sms": {"body": (3, 1, "sms_segments", 1, 1)},
    "push": {"title": (None, 40, "code_points", 1, 1), "body": (None, 120, "code_points", 1, 1)},
    "email": {
        "subject": (None, 50, "code_points", 1, 1),
        "preheader": (None, 90, "code_points", 1, 1),
        "body": (None, 1200, "code_points", 1, 1),
    },
    "product_page": {
        "headline": (150, 80, "code_points", 1, 1),
        "description": (5000, None, "code_points", 1, 1),
        "bullet": (500, 120, "code_points", 2, 8),
    },
}


def test_every_file_is_a_channel_of_the_form_and_of_this_test() -> None:
    assert sorted(Channel) == list(channel_names()) == sorted(LIMITS)


@pytest.mark.parametrize("name", channel_names())
def test_a_channels_limits_are_its_platforms(name: str) -> None:
    found = {
        field.name: (field.hard_limit, field.soft_limit, field.counter, field.minimum, field.maximum)
        for field in load_channel(name).fields
    }
    assert found == LIMITS[name]


def test_only_the_push_services_limit_all_fields_together() -> None:
    payloads = {name: load_channel(name).payload for name in channel_names()}
    assert {name for name, payload in payloads.items() if payload} == {"push"}
    payload = payloads["push"]
    assert payload is not None
    assert (payload.counter, payload.hard_limit) == ("utf8_bytes", 3807)


def test_only_mail_push_and_feeds_take_emoji() -> None:
    taking = {name for name in channel_names() if load_channel(name).emoji}
    assert taking == {"email", "linkedin", "meta_feed", "push", "wechat_article"}


def test_a_display_path_takes_no_slash_and_no_space() -> None:
    for name in ("google_rsa", "pmax"):
        assert {field.name: field.forbidden for field in load_channel(name).fields if field.forbidden} == {"path": "/ "}


@pytest.mark.parametrize("name", channel_names())
def test_a_channel_asks_for_what_it_needs_and_counts_in_a_known_unit(name: str) -> None:
    channel = load_channel(name)
    assert channel.channel == name
    assert channel.title
    for field in channel.fields:
        assert field.minimum <= max(field.ask, field.minimum) <= field.maximum
        assert field.ask >= field.minimum or field.ask == 0 == field.minimum
        assert field.counter in COUNTERS
        assert set(field.guidance) == set(LOCALES)
        if field.hard_limit and field.soft_limit:
            assert field.soft_limit < field.hard_limit


@pytest.mark.parametrize("name", channel_names())
def test_a_platforms_hard_limit_names_the_page_it_is_from_and_when_it_was_looked_up(name: str) -> None:
    channel = load_channel(name)
    parts: list[FieldSpec | Payload] = [*channel.fields, *([channel.payload] if channel.payload else [])]
    for part in parts:
        if part.hard_limit and part.sure != "D":
            assert part.sure in {"S", "s"}  # from memory, a limit is soft
            assert (part.source_url or "").startswith("https://")
            assert date.fromisoformat(part.verified_on or "") >= date(2026, 11, 25)


@pytest.mark.parametrize("name", channel_names())
def test_every_limit_and_rule_says_how_sure_it_is_and_what_was_looked_up_says_where(name: str) -> None:
    channel = load_channel(name)
    parts: list[FieldSpec | Rule] = [*channel.fields, *channel.expects]
    parts += [rule for spec in channel.fields for rule in (*spec.refuses, *spec.warns)]
    for part in parts:
        assert part.sure in {"S", "s", "M", "D"}
        assert bool(part.verified_on) <= bool(part.source_url)
        assert part.sure not in {"S", "s"} or part.verified_on


@pytest.mark.parametrize("name", channel_names())
def test_every_rule_of_wording_is_a_pattern_that_says_what_is_wrong(name: str) -> None:
    channel = load_channel(name)
    for rule in (*channel.expects, *(rule for spec in channel.fields for rule in (*spec.refuses, *spec.warns))):
        re.compile(rule.pattern)
        assert rule.says
        assert rule.unless in {"", "named", "in_name", "spelled"}
        assert set(rule.markets) <= {"us", "uk", "eu", "cn"}


def test_a_field_that_asks_for_unknown_wording_is_named(edit_templates: Callable[[str, str, str], None]) -> None:
    edit_templates("channels/linkedin.yaml", "[linkedin_name]", "[linkedin_nmae]")
    with pytest.raises(ValueError, match=r"linkedin\.intro asks for the wording 'linkedin_nmae'; there is alone"):
        load_channel("linkedin")


@pytest.mark.parametrize("name", channel_names())
def test_a_search_ads_guidance_tells_half_as_many_hanzi_as_characters(name: str) -> None:
    for field in load_channel(name).fields:
        if field.counter == "google_width":
            assert str(field.hard_limit) in field.guidance["en-US"]
            assert f"{(field.hard_limit or 0) // 2}个" in field.guidance["zh-CN"]


@pytest.mark.parametrize("name", channel_names())
def test_a_line_as_long_as_the_guidance_says_is_within_the_limits(name: str) -> None:
    units = {"en-US": ("a", r"at most (\d+)"), "zh-CN": ("木", r"不超过(\d+)")}
    for field in load_channel(name).fields:
        for locale, (letter, told) in units.items():
            if most := re.search(told, field.guidance[locale]):
                length = COUNTERS[field.counter](letter * int(most[1]))
                assert length <= (field.soft_limit or field.hard_limit or 0)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", channel_names())
def test_every_channel_has_a_prompt_template_in_every_locale(name: str, locale: str) -> None:
    assert (files("templates") / "prompts" / locale / f"{name}.j2").is_file()


@pytest.mark.parametrize("locale", LOCALES)
def test_no_prompt_template_is_for_a_channel_that_is_not_there(locale: str) -> None:
    folder = files("templates") / "prompts" / locale
    names = {entry.name.removesuffix(".j2") for entry in folder.iterdir() if not entry.name.startswith("_")}
    assert names == {*channel_names(), "judge"}


def test_a_specification_is_hashable_and_loaded_once() -> None:
    assert load_channel("sms") is load_channel("sms")
    assert len({load_channel(name) for name in channel_names()}) == len(LIMITS)


@pytest.mark.parametrize("name", ["", "fax", "_wording", "../policies/basic", "sms.yaml", "SMS"])
def test_an_unknown_channel_is_named_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownChannel, match="there are amazon_listing, buying_guide, email, google_rsa, ") as caught:
        load_channel(name)
    assert repr(name) in str(caught.value)
