"""Policy packs: what a malformed one is told, which hold for a copy, what breaks a rule, and the first look at all."""

import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from generation.ledger.policies import Policy, PolicyError, market_of, pack_of, packs, policy
from generation.reading.needles import Index, finder, needles
from generation.reading.numbers import _COUNTED

PACK = """
pack: test
title: A test
markets: [cn]
rules:
  - id: T-ONE
    kind: superlative
    action: evidence
    evidence: [award]
    tell: say the fact
    patterns: {en: ['\\bfinest\\b'], zh: ['最[一-鿿]']}
    spare: {en: ['\\bfinest hour\\b'], zh: ['最近']}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("markets: [cn]", "markets: [mars]", "policies/t.yaml: no market 'mars'; there are us, uk, eu, cn"),
        ("markets: [cn]", "market: [cn]", "policies/t.yaml: no key 'market'"),
        ("action: evidence", "action: refuse", "policies/t.yaml, rule T-ONE: no action 'refuse'"),
        ("action: evidence", "action: block", "policies/t.yaml, rule T-ONE: the action evidence, and no other"),
        ("evidence: [award]", "evidence: [prize]", "policies/t.yaml, rule T-ONE: no evidence 'prize'"),
        ("evidence: [award]", "", "policies/t.yaml, rule T-ONE: the action evidence, and no other"),
        ("evidence: [award]", "evidence: award", "policies/t.yaml, rule T-ONE: evidence is a list of texts"),
        ("tell: say the fact", "", "policies/t.yaml, rule T-ONE: it lacks tell"),
        ("'最[一-鿿]'", "'最[一-鿿'", "policies/t.yaml, rule T-ONE: '最[一-鿿' is no regular expression"),
        ("'最[一-鿿]'", "'(?:最)?'", "policies/t.yaml, rule T-ONE: '(?:最)?' matches nothing at all"),
        ("zh: ['最近']", "de: ['best']", "policies/t.yaml, rule T-ONE, spare: no key 'de'"),
        ("kind:", "sort:", "policies/t.yaml, rule T-ONE: no key 'sort'"),
        (
            "kind: superlative",
            "kind: superlative\n    enabled: 'no'",
            "policies/t.yaml, rule T-ONE: enabled is true or",
        ),
        ("rules:", "rules: {}\nmore:", "policies/t.yaml: a pack is a mapping with a list of rules"),
        ("pack: test", "pack: [", "policies/t.yaml: no YAML"),
    ],
)
def test_a_malformed_pack_is_refused_with_its_file_and_its_rule(old: str, new: str, message: str) -> None:
    assert old in PACK
    with pytest.raises(PolicyError, match="^" + re.escape(message)):
        pack_of("t.yaml", PACK.replace(old, new))


def test_a_rule_that_is_there_twice_is_refused(edit_templates: Callable[[str, str, str], None]) -> None:
    twice = PACK + PACK[PACK.index("  - id") :]
    with pytest.raises(PolicyError, match=re.escape("policies/t.yaml: the rule T-ONE is there twice")):
        pack_of("t.yaml", twice)
    edit_templates("policies/test.yaml", "", PACK)
    edit_templates("policies/test2.yaml", "", PACK)
    with pytest.raises(PolicyError, match="the rule T-ONE is in test and in test"):
        packs()


@pytest.mark.parametrize(
    ("head", "holds"),
    [
        ("markets: [cn]", {("cn", "sms"), ("cn", "google_rsa")}),
        ("channels: [google_rsa]", {("cn", "google_rsa"), ("us", "google_rsa")}),
        ("markets: [cn]\nchannels: [sms]", {("cn", "sms")}),
        ("", {("cn", "sms"), ("cn", "google_rsa"), ("us", "sms"), ("us", "google_rsa")}),
    ],
)
def test_a_pack_holds_for_its_markets_and_its_channels(head: str, holds: set[tuple[str, str]]) -> None:
    pack = pack_of("t.yaml", PACK.replace("markets: [cn]", head))
    pairs = {(market, channel) for market in ("cn", "us") for channel in ("sms", "google_rsa")}
    assert {pair for pair in pairs if pack.holds(*pair)} == holds


@pytest.mark.parametrize(
    ("market", "locale", "found"),
    [(None, "en-US", "us"), (None, "zh-CN", "cn"), ("eu", "zh-CN", "eu"), ("uk", "en-US", "uk")],
)
def test_the_market_is_the_campaigns_or_else_the_locales(market: str | None, locale: str, found: str) -> None:
    assert market_of(market, locale) == found


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("our finest stool", ["finest"]), ("its finest hour", []), ("finest hour, finest oak", ["finest"]),
        ("refinest", []), ("最好的凳子", ["最好"]), ("最近的凳子", []), ("最近最好", ["最好"]), ("a stool", []),
    ],
)  # fmt: skip
def test_a_match_that_overlaps_a_spared_one_is_no_hit(text: str, hits: list[str]) -> None:
    (rule,) = pack_of("t.yaml", PACK).rules
    assert [match[0] for match in rule.hits(text)] == hits


def test_a_rule_that_is_switched_off_is_read_and_left_out() -> None:
    off = PACK.replace("kind: superlative", "kind: superlative\n    enabled: false")
    assert pack_of("t.yaml", off).rules == ()


def test_every_packaged_pack_loads_and_is_selected_by_market_and_channel() -> None:
    assert {"basic"} <= {pack.pack for pack in packs()}
    for pack in packs():
        for market in pack.markets or ("us",):
            chosen = policy(market, (pack.channels or ("email",))[0])
            assert {rule.id for rule in pack.rules} <= {rule.id for rule in chosen.rules}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("best", {"best"}), (r"\bheals?\b", {"heal", "heals"}), ("(?:cure|treat)s pain", {"cures pain", "treats pain"}),
        ("最[一-鿿]", {"最"}), (r"\d+ left", {" left"}), ("(?i)best", None),
        (".*", None), ("(?<!no )sale(?! of)", {"sale"}), ("a?b*", None), ("[a-z]{4,}", None),
    ],
)  # fmt: skip
def test_the_literals_that_a_pattern_cant_do_without(pattern: str, found: set[str] | None) -> None:
    assert needles(re.compile(pattern)) == (None if found is None else frozenset(found))


PATTERNS = [
    *(pattern for pack in packs() for rule in pack.rules for pattern in rule.patterns),
    _COUNTED,
    *map(
        re.compile,
        [r"(?:a|bc){2,3}d", r"(?:x|[yz]\d)+?end", r"q(?:u(?:i|a)?)?t", r"[^a]b", r"(?>ab|c)d", r"(a)b(?:\1)"],
    ),
]


@settings(max_examples=80, deadline=None)  # drawing from a long pattern takes a while
@given(st.data(), st.sampled_from(PATTERNS))
def test_a_first_look_never_misses_what_a_pattern_matches(data: st.DataObject, pattern: re.Pattern[str]) -> None:
    text = data.draw(st.from_regex(pattern))
    # Digits of other scripts, and other white space than NFKC leaves, are refused by gates before.
    assume(not any((ch.isdecimal() and not ch.isascii()) or (ch.isspace() and ch not in " \n") for ch in text))
    assert finder([pattern])(text)
    assert needles(pattern) is None or Index([pattern]).likely(text) == [0]


def test_a_first_look_without_patterns_finds_nothing() -> None:
    assert not finder([])("the best")
    assert not Index([]).likely("the best")


def test_the_index_tells_which_patterns_a_text_may_match() -> None:
    index = Index(map(re.compile, ("best", "cheap(?:er|est)", "最[一-鿿]", "best price")))
    assert index.likely("the best price \ud800, 最低") == [0, 2, 3]
    assert index.likely("cheap") == []
    with pytest.raises(ValueError, match="no literals"):
        Index([re.compile(".*")])


def test_of_several_lines_each_is_tried_by_itself() -> None:
    (rule,) = pack_of("t.yaml", PACK.replace("\\bfinest\\b", "^finest\\b")).rules
    chosen = Policy((rule,), ((rule, rule.patterns[0]),), Index(rule.patterns[:1]), ())
    assert [found for found, _ in chosen.candidates("a stool\nfinest oak")] == [rule]
    assert not chosen.candidates("a stool\nthe finest")
