"""Features and parts that copy gives a product: which words state one, and what of a record supports it."""

import pytest

from generation.ledger.facts import facts_of
from generation.ledger.features import features, of_feature
from generation.records import Brief, Campaign, Product, Segment


def stated(line: str, field: str = "body") -> list[str]:
    found = features().stated_in(line, features().heads_in(line), field)
    return [each.feature.name for each in found]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("it is waterproof", ["waterproof"]),
        ("toss it in, it's dishwasher-safe", ["dishwasher safe"]),
        ("it comes with a padded case and two batteries", ["case", "battery"]),
        ("a built-in timer rings", ["timer"]),
        ("the lid snaps shut", ["lid"]),
    ],
)
def test_words_that_give_a_product_something_state_a_feature(line: str, names: list[str]) -> None:
    assert stated(line) == names


@pytest.mark.parametrize(
    "line",
    [
        "no bluetooth, no battery",
        "without a lid or a strap",
        "is it waterproof?",
        "it isn't dishwasher-safe",
        "leave your waterproof jacket at home",
        "the record doesn't mention a timer",
        "put a lid on the news",
        "slips into a coat pocket",
        "light of heart",
        "with frost on the window",
    ],
)
def test_what_is_denied_asked_or_said_of_other_things_states_none(line: str) -> None:
    assert stated(line) == []


def test_a_bullet_may_name_a_part_bare_and_begin_with_a_verb() -> None:
    assert stated("spare timer for eggs", "bullet") == ["timer"]
    assert stated("stands 78 cm high", "bullet") == []


@pytest.mark.parametrize(
    ("line", "description", "supported"),
    [
        ("it comes with a zip", "Zippered pouch.", True),
        ("it comes with a zip", "Pouch with a button.", False),
        ("it is dishwasher-safe", "Goes in the dishwasher.", True),
        ("a hidden pocket keeps notes", "Two chest pockets.", False),
    ],
)
def test_a_record_supports_a_feature_by_speaking_of_it(line: str, description: str, supported: bool) -> None:
    brief = Brief(
        id=1, campaign=Campaign(id=1, name="c"), product=Product("p", "Pellow Roll", description=description),
        segment=Segment(id="", name="", interests=(), needs=(), size=1), channel="email", locale="en-US",
    )  # fmt: skip
    found = list(features().stated_in(line, features().heads_in(line), "body"))
    assert [of_feature(each.feature, facts_of(brief)) is not None for each in found] == [supported]


def test_a_thing_has_the_parts_that_all_of_its_kind_have() -> None:
    brief = Brief(
        id=1, campaign=Campaign(id=1, name="c"), product=Product("p", "Pellow Teapot"),
        segment=Segment(id="", name="", interests=(), needs=(), size=1), channel="email", locale="en-US",
    )  # fmt: skip
    found = list(features().stated_in("it has a lid", frozenset({"lid"}), "body"))
    assert [of_feature(each.feature, facts_of(brief)) for each in found] == ["products.title"]
