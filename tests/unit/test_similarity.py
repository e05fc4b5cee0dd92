"""Near copies: the estimate against the true share, which texts are compared at all, and openings."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.similarity import HASHES, RUN, alike, likeness, signature_of

VOCABULARY = [f"word{number}" for number in range(400)]


def text_and_variant(seed: int, changed: int) -> tuple[list[str], list[str]]:
    rng = random.Random(seed)
    words = rng.sample(VOCABULARY, 60)
    other = list(words)
    for place in rng.sample(range(60), changed):
        other[place] = f"other{place}"
    return words, other


def jaccard(one: list[str], other: list[str]) -> float:
    runs = [{tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)} for words in (one, other)]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


def test_the_same_text_is_wholly_alike_whatever_its_case_and_marks() -> None:
    one = likeness({"title": ("Take a seat, after the hike.",)}, "push", "en-US")
    other = likeness({"title": ("TAKE a seat after the hike",)}, "push", "en-US")
    assert alike(one.signature, other.signature) == 1
    assert one.bands == other.bands


@pytest.mark.parametrize("changed", [1, 3, 6, 12, 30])
def test_the_estimate_is_near_the_true_share_of_common_runs(changed: int) -> None:
    gaps = []
    for seed in range(40):
        one, other = text_and_variant(seed, changed)
        a, b = (likeness({"body": (" ".join(words),)}, "email", "en-US") for words in (one, other))
        gaps.append(alike(a.signature, b.signature) - jaccard(one, other))
    assert abs(sum(gaps) / len(gaps)) < 0.04
    assert max(map(abs, gaps)) < 0.3


def test_near_copies_are_compared_and_different_texts_hardly_ever() -> None:
    met = {1: 0, 40: 0}
    for changed in met:
        for seed in range(100):
            one, other = text_and_variant(seed, changed)
            a, b = (likeness({"body": (" ".join(words),)}, "email", "en-US") for words in (one, other))
            met[changed] += not set(a.bands).isdisjoint(b.bands)
    assert met[1] >= 98
    assert met[40] <= 5


@pytest.mark.parametrize(("channel", "locale"), [("push", "en-US"), ("email", "zh-CN")])
def test_copy_of_another_channel_or_locale_is_never_compared(channel: str, locale: str) -> None:
    fields = {"body": ("Take a seat after the hike and have some tea",)}
    one, other = likeness(fields, "email", "en-US"), likeness(fields, channel, locale)
    assert set(one.bands).isdisjoint(other.bands)


def test_what_is_kept_today_is_compared_with_what_is_written_in_years() -> None:
    """These numbers are in people's databases: a change of them makes every stored signature worthless."""
    kept = likeness({"body": ("Take a seat after the hike",)}, "email", "en-US")
    assert kept.signature[:4].tolist() == [13606, 2661, 17574, 64795]
    assert kept.bands[0] == 1092547391364429714


@given(st.lists(st.text(max_size=30), max_size=5))
def test_any_text_has_a_signature_that_survives_being_kept(lines: list[str]) -> None:
    found = likeness({"body": tuple(lines)}, "email", "en-US")
    assert found.signature.shape == (HASHES,)
    assert np.array_equal(signature_of(found.stored), found.signature)
    assert all(0 <= band < 1 << 63 for band in found.bands)


def test_a_field_opens_with_its_first_four_words_and_a_shorter_line_with_none() -> None:
    fields = {
        "title": ("Take a seat",),
        "body": ("Rest after a long hike.", "A second line of it"),
        "note": ("a b c d e",),
    }
    assert likeness(fields, "push", "en-US").openings == ("body: rest after a long", "note: a b c d")
    assert likeness({"body": ("周末徒步之后坐下来",)}, "push", "zh-CN").openings == ("body: 周 末 徒 步",)
