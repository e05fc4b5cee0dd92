"""Lengths as each platform counts them, against slow oracles that share no code with the counters."""

from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.counting import (
    COUNTERS,
    UNITS,
    code_points,
    gbk_bytes,
    google_width,
    in_charset,
    is_gsm7,
    sms_segments,
    sms_units,
    utf8_bytes,
    utf16_units,
)

# 3GPP TS 23.038 §6.2.1: the 127 characters of the default alphabet row by row, without the escape, and its extension.
GSM = (
    "@ΔSP0¡P¿p£_!1AQaq$Φ\"2BRbr¥Γ#3CScsèΛ¤4DTdtéΩ%5EUeuùΠ&6FVfvìΨ'7GWgwòΣ(8HXhxÇΘ)9IYiy\nΞ*:JZjzØ+;KÄkäøÆ,<LÖlö\ræ-=MÑmñ"
    "Åß.>NÜnüåÉ/?O§oà "
)
GSM_ESCAPED = "\f^{}\\[~]|€"
HAN, EMOJI = "木", "🪵"
texts = st.text(alphabet=st.one_of(st.characters(), st.sampled_from(GSM + GSM_ESCAPED + HAN + EMOJI + "“—①％ｗｱ")))
gsm_texts = st.text(alphabet=st.sampled_from(GSM + GSM_ESCAPED), max_size=700)
unicode_texts = st.text(alphabet=st.sampled_from("aé€[" + HAN + EMOJI), max_size=400).map(lambda text: HAN + text)


def atoms(text: str) -> list[int]:
    """The size of each piece that a message may not split: an escape pair, a surrogate pair, one unit."""
    if set(text) <= set(GSM + GSM_ESCAPED):
        return [2 if ch in GSM_ESCAPED else 1 for ch in text]
    return [2 if ord(ch) > 0xFFFF else 1 for ch in text]


def parts_needed(text: str) -> int:
    """Fill messages one after another, as a phone does."""
    sizes = atoms(text)
    alone, joined = (160, 153) if set(text) <= set(GSM + GSM_ESCAPED) else (70, 67)
    if sum(sizes) <= alone:
        return min(1, len(text))
    parts: list[list[int]] = [[]]
    for size in sizes:
        if sum(parts[-1]) + size > joined:
            parts.append([])
        parts[-1].append(size)
    return len(parts)


@given(texts)
def test_google_counts_exactly_the_wide_and_fullwidth_characters_twice(text: str) -> None:
    width = 0
    for ch in text:
        width += 2 if east_asian_width(ch) in ("W", "F") else 1
    assert google_width(text) == width


@pytest.mark.parametrize(
    ("text", "width", "gbk"),
    [
        ("Oak Stool", 9, 9),
        ("橡木凳", 6, 6),
        ("％", 2, 2),
        ("ｱ", 1, 4),
        ("“”…—①", 5, 10),
        ("カバー", 6, 6),
        ("🪵", 2, 4),
        ("é", 1, 2),
        ("ñ", 1, 4),
        ("", 0, 0),
    ],
)
def test_google_and_taobao_count_the_same_text_differently(text: str, width: int, gbk: int) -> None:
    assert google_width(text) == width
    assert gbk_bytes(text) == gbk


@given(texts)
def test_gbk_counts_one_byte_for_ascii_two_for_what_gbk_has_and_what_gb18030_writes_for_the_rest(text: str) -> None:
    total = 0
    for ch in text:
        if ord(ch) < 128:
            total += 1
            continue
        try:
            total += len(ch.encode("gbk"))
        except UnicodeEncodeError:
            total += len(ch.encode("gb18030", "replace"))
    assert gbk_bytes(text) == total


@given(st.text(st.characters(codec="gbk"), max_size=200))
def test_what_gbk_can_write_is_counted_as_pythons_codec_writes_it(text: str) -> None:
    assert in_charset(text, "gbk")
    assert gbk_bytes(text) == len(text.encode("gbk"))


@given(st.text(max_size=30))
def test_a_text_is_in_a_charset_if_each_of_its_characters_is(text: str) -> None:
    assert in_charset(text, "gbk") == (text.encode("gbk", "ignore").decode("gbk") == text)
    assert in_charset(text, "gbk") == all(in_charset(ch, "gbk") for ch in text)


@given(texts)
def test_a_text_that_gbk_cannot_write_is_never_counted_shorter_than_its_characters(text: str) -> None:
    assert len(text) <= gbk_bytes(text) <= 4 * len(text)


def test_only_known_counters_have_a_unit_of_their_own() -> None:
    assert set(UNITS) < set(COUNTERS)


def test_thirty_hanzi_are_a_taobao_title_of_sixty_bytes() -> None:
    assert gbk_bytes("橡" * 30) == 60


@given(texts)
def test_units_of_utf8_and_utf16_follow_from_the_code_points(text: str) -> None:
    assert code_points(text) == sum(1 for _ in text)
    assert utf8_bytes(text) == sum(1 + (ord(ch) > 0x7F) + (ord(ch) > 0x7FF) + (ord(ch) > 0xFFFF) for ch in text)
    assert utf16_units(text) == sum(2 if ord(ch) > 0xFFFF else 1 for ch in text)


def test_the_gsm_alphabet_has_127_characters_and_ten_escaped_ones() -> None:
    found = [chr(code) for code in range(0x110000) if is_gsm7(chr(code))]
    assert sorted(found) == sorted(set(GSM) | set(GSM_ESCAPED))
    assert len(set(GSM)) == 127
    assert [ch for ch in found if sms_units(ch) == 2] == sorted(GSM_ESCAPED)


@given(st.one_of(texts, gsm_texts, unicode_texts))
def test_a_message_is_counted_in_septets_or_in_utf16_units(text: str) -> None:
    assert is_gsm7(text) == (set(text) <= set(GSM + GSM_ESCAPED))
    assert sms_units(text) == sum(atoms(text))


@given(st.one_of(texts, gsm_texts, unicode_texts))
def test_messages_are_filled_without_splitting_a_pair(text: str) -> None:
    assert sms_segments(text) == parts_needed(text)


@pytest.mark.parametrize(
    ("ch", "length", "segments"),
    [
        ("a", 0, 0), ("a", 1, 1), ("a", 160, 1), ("a", 161, 2), ("a", 306, 2), ("a", 307, 3), ("a", 459, 3),
        ("a", 460, 4),
        (HAN, 70, 1), (HAN, 71, 2), (HAN, 134, 2), (HAN, 135, 3), (HAN, 201, 3), (HAN, 202, 4),
        ("€", 80, 1), ("€", 81, 2), ("€", 152, 2), ("€", 153, 3),  # a part of 153 septets holds 76 pairs
        (EMOJI, 35, 1), (EMOJI, 36, 2), (EMOJI, 66, 2), (EMOJI, 67, 3),  # a part of 67 units holds 33 pairs
    ],
)  # fmt: skip
def test_a_message_turns_into_more_at_the_limit(ch: str, length: int, segments: int) -> None:
    assert sms_segments(ch * length) == segments


def test_one_emoji_turns_the_whole_message_to_utf16() -> None:
    assert sms_segments("a" * 100) == 1
    assert sms_segments("a" * 100 + EMOJI) == 2


@given(st.one_of(texts, gsm_texts, unicode_texts))
def test_so_many_messages_hold_the_units_and_one_fewer_would_not(text: str) -> None:
    gsm = set(text) <= set(GSM + GSM_ESCAPED)
    segments, units = sms_segments(text), len(text.encode("utf-16-le", "surrogatepass")) // 2
    if gsm:
        units = len(text) + len([ch for ch in text if ch in GSM_ESCAPED])
    alone, joined = (160, 153) if gsm else (70, 67)
    assert units <= (alone if segments <= 1 else joined * segments)
    if segments > 1:  # a pair that doesn't fit leaves at most one unit of a message unused
        assert units > max(alone, (joined - 1) * (segments - 1))


@given(gsm_texts, gsm_texts)
def test_a_longer_message_never_needs_fewer_parts(start: str, more: str) -> None:
    assert sms_segments(start) <= sms_segments(start + more)


@given(st.text(alphabet=st.characters(codec=None, categories=["Cs", "Lu", "Lo", "Co"])))
def test_no_counter_fails_on_lone_surrogates(text: str) -> None:
    assert all(count(text) >= 0 for count in COUNTERS.values())
