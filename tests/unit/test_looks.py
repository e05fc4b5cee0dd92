"""The quick look before the patterns: it never misses what one of them matches."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation import checks
from generation.channels import channel_names, load_channel
from generation.ledger.policies import packs
from generation.reading import dates, numbers, personal
from generation.reading.looks import look_for, search_for


def in_use() -> Iterator[re.Pattern[str]]:
    """The patterns of the packs, the channels and the gates."""
    yield from (pattern for pack in packs() for rule in pack.rules for pattern in rule.patterns)
    for channel in map(load_channel, channel_names()):
        for spec in channel.fields:
            yield from (re.compile(rule.pattern) for rule in (*spec.refuses, *spec.warns))
    yield from (checks._PLACEHOLDER, checks._CONTACT, numbers._COUNTED, dates._DAY, *personal._words().names)


MADE_UP = [
    *map(
        re.compile,
        [
            r"(?:a|bc){2,3}d", r"q(?:u(?:i|a)?)?t", r"[^a]b", r"(?>ab|c)d", r"(a)b(?:\1)", r"^so\b", r"\bend\s*$",
            r"\Aa|b\Z", r"(?i:linked|[k-s]i)", r"(?i)sale", r"\W\w", r"[^\w\s]x", r"\D\S", r"x{9,}", r"[\d-]{2,40}",
            r".\b.", "ſ|İ|½",
        ],
    ),
    re.compile(r"\w+ \d", re.ASCII),
]  # fmt: skip


@settings(max_examples=300, deadline=None)  # drawing from a long pattern takes a while
@given(st.data(), st.sampled_from([*dict.fromkeys(in_use()), *MADE_UP * 4]), st.text(max_size=4), st.text(max_size=4))
def test_a_look_never_misses_what_a_pattern_matches(
    data: st.DataObject, pattern: re.Pattern[str], before: str, after: str
) -> None:
    drawn = data.draw(st.from_regex(pattern))
    for text in (drawn, before + drawn + after):
        if pattern.search(text):
            assert look_for([pattern])(text)
            assert look_for([re.compile("zz"), pattern])(f"a line\n{text}\nanother")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\b(?:from|since) \d{4}\b", "prefrom 1999"), (r"^so\b", "also so"), (r"\d+ people", "people 5"),
        (r"[A-Z]{5,}", "Four LOUD"), ("最[一-鿿]", "最 "), (r"end$", "ending"),
    ],
)  # fmt: skip
def test_a_look_tells_that_a_text_has_the_words_but_not_as_the_pattern_wants_them(pattern: str, text: str) -> None:
    assert not look_for([re.compile(pattern)])(text)


@pytest.mark.parametrize("pattern", ["[\ud800-\udfff]", "a\ud83db", "best"])
def test_half_a_surrogate_pair_hides_nothing_from_a_look(pattern: str) -> None:
    assert look_for([re.compile(pattern)])("the best a\ud83db")


def test_a_look_for_no_pattern_finds_nothing_and_one_too_large_for_the_engine_finds_anything() -> None:
    assert not look_for([])("the best")
    assert search_for(r"(?:\w{1,400}){1,400}")("")
