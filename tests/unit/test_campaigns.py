"""A campaigns file → campaigns: what it takes, and one line that names the place where it doesn't. No database."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.campaigns import read_campaigns
from generation.records import Sampling
from sql.catalogue import CampaignError, CampaignSpec

SPRING = "name: Spring\nchannels: [push]\nlocales: [en-US]\n"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "campaigns.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_campaign_of_three_lines_has_the_usual_rest(tmp_path: Path) -> None:
    assert read_campaigns(write(tmp_path, SPRING)) == [CampaignSpec("Spring", ["push"], ["en-US"], [])]


def test_everything_that_a_campaign_may_say_is_kept(tmp_path: Path) -> None:
    text = """
- name: 春季
  channels: [email, sms]
  locales: [zh-CN, en-US]
  segments: [a, b]
  product_filter: {brands: [禾汀], ids: [p1], categories: [Home], title_contains: 壶}
  variants: 16
  brand_voice: 亲切
  offer: 九折
  priority: 7
  market: cn
  promotion: spring-10
  banned_words: [便宜, " 廉价 "]
  required_words: [禾汀]
  sampling: {temperature: 0, top_p: 1, max_tokens: 8, seed: 5}
  life_cycle: true
- name: Second
  channels: [push]
  locales: [en-US]
"""
    first, second = read_campaigns(write(tmp_path, text))
    chosen = {"brands": ["禾汀"], "ids": ["p1"], "categories": ["Home"], "title_contains": "壶"}
    assert first == CampaignSpec("春季", ["email", "sms"], ["zh-CN", "en-US"], ["a", "b"], chosen, 16, "亲切", "九折",
                                 Sampling(0.0, 1.0, 8, 5), 7, market="cn", promotion_id="spring-10",
                                 banned_words=("便宜", "廉价"), required_words=("禾汀",), life_cycle=True)  # fmt: skip
    assert all(type(name) is str for name in [*first.channels, *first.locales])  # no enum reaches the database
    assert second.name == "Second"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("name: ''", "campaign 1: name: String should have at least 1 character"),
        (f"name: {'n' * 201}", "campaign 1: name: String should have at most 200"),
        ("name: 5", "campaign 1: name: Input should be a valid string"),
        ("channels: []", "campaign 1: channels: List should have at least 1 item"),
        ("channels: push", "campaign 1: channels: Input should be a valid list"),
        ("channels: [push, fax]", "campaign 1: channels.1: Input should be 'amazon_listing'"),
        ("locales: [en]", "campaign 1: locales.0: Input should be 'en-US' or 'zh-CN'"),
        ("variants: 0", "campaign 1: variants: Input should be greater than or equal to 1"),
        ("variants: 17", "campaign 1: variants: Input should be less than or equal to 16"),
        ("variants: many", "campaign 1: variants: Input should be a valid integer"),
        ("product_filter: {brand: [x]}", "campaign 1: product_filter.brand: Extra inputs are not permitted"),
        ("sampling: {temperature: 3}", "campaign 1: sampling.temperature: Input should be less than or equal to 2"),
        ("sampling: {temperature: .nan}", "campaign 1: sampling.temperature: Input should be"),
        ("sampling: {top_p: 0}", "campaign 1: sampling.top_p: Input should be greater than 0"),
        ("sampling: {max_tokens: 7}", "campaign 1: sampling.max_tokens: Input should be greater than or equal to 8"),
        ("priority: 32768", "campaign 1: priority: Input should be less than or equal to 32767"),
        ("priority: high", "campaign 1: priority: Input should be a valid integer"),
        ("life_cycle: maybe", "campaign 1: life_cycle: Input should be a valid boolean"),
        (
            "channels: [push, meta_feed, google_rsa]\nlife_cycle: true",
            "campaign 1: life_cycle: copy by stages of a customer's life goes to customers that the shop knows, on"
            " email, push, sms, not on meta_feed, google_rsa",
        ),
        ("market: de", "campaign 1: market: Input should be 'us', 'uk', 'eu' or 'cn'"),
        ("promotion: ''", "campaign 1: promotion: String should have at least 1 character"),
        ("promotion: [a]", "campaign 1: promotion: Input should be a valid string"),
        ("banned_words: [' ']", "campaign 1: banned_words.0: String should have at least 1 character"),
        ("required_words: cheap", "campaign 1: required_words: Input should be a valid list"),
        ("budget: 5", "campaign 1: budget: Extra inputs are not permitted"),
        ("segments: [1]", "campaign 1: segments.0: Input should be a valid string"),
    ],
)
def test_a_wrong_line_is_named_with_its_place(tmp_path: Path, change: str, message: str) -> None:
    campaign = {**yaml.safe_load(SPRING), **yaml.safe_load(change)}
    with pytest.raises(CampaignError) as caught:
        read_campaigns(write(tmp_path, yaml.safe_dump(campaign)))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_campaign_that_is_wrong_is_named_by_its_place_in_the_file(tmp_path: Path) -> None:
    wrong = SPRING.replace("push", "fax")
    text = "".join("- " + part.strip().replace("\n", "\n  ") + "\n" for part in (SPRING, SPRING, wrong))
    with pytest.raises(CampaignError, match=r"campaign 3: channels\.0"):
        read_campaigns(write(tmp_path, text))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name: [", "is no YAML"),
        (b"name: \xff\xfe", "is no YAML"),
        ("name: \x00", "is no YAML"),
        ("a: &a [*a]", "campaigns.yaml"),
        ("", "campaign 1"),
        ("just words", "campaign 1"),
        ("- just words", "campaign 1"),
        ("!!python/object/apply:os.system ['true']", "is no YAML"),
    ],
)
def test_a_file_that_holds_no_campaigns_is_refused_in_one_line(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(CampaignError, match=message) as caught:
        read_campaigns(write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_an_empty_list_holds_no_campaigns(tmp_path: Path) -> None:
    assert read_campaigns(write(tmp_path, "[]")) == []


_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(["name", "channels", "locales", "segments", "product_filter", "variants", "sampling", "offer"])


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(_NAMES, _VALUE, max_size=4) | _VALUE)
def test_no_file_makes_the_reader_fail_otherwise_than_by_its_own_error(tmp_path: Path, content: object) -> None:
    campaign = {**yaml.safe_load(SPRING), **content} if isinstance(content, dict) else content
    try:
        campaigns = read_campaigns(write(tmp_path, yaml.safe_dump(campaign)))
    except CampaignError:
        return
    assert all(found.channels and found.locales and found.name for found in campaigns)
