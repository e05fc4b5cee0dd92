"""The policy packs and the lexicon as data: their form, and what each rule's patterns hit and let pass.

The texts stand in policy_texts/, a file for each pack, and clean.yaml. How a gate uses a rule is not tested here.
"""

import re
import time
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from generation.reading.text import normal

PACKS = {"us": "markets", "eu": "markets", "uk": "markets", "cn": "markets", "google": "channels", "meta": "channels"}
KINDS = {
    "certification", "clickbait", "comparative", "contact", "free", "green", "guarantee", "health", "offer", "origin",
    "personal", "price", "review", "sensitive", "superlative", "urgency",
}  # fmt: skip
EVIDENCE = {
    "award", "certification", "end_date", "guarantee", "origin", "other", "price_history", "promotion", "review",
    "statistic", "stock", "test",
}  # fmt: skip
REQUIRED = {"id", "kind", "action", "tell", "source_url", "verified_on", "sure", "enabled", "patterns"}
OPTIONAL = {"evidence", "names_excuse", "spare"}
ON_THOUGH_UNSURE = {"health", "review"}  # what any marketer would rather not print
Rule = dict[str, Any]


@cache
def pack(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((files("templates") / "policies" / f"{name}.yaml").read_text("utf-8"))
    return loaded


def rules() -> list[Rule]:
    return [rule for name in PACKS for rule in pack(name)["rules"]]


def patterns_of(rule: Rule) -> Iterator[str]:
    for part in ("patterns", "spare"):
        for listed in rule.get(part, {}).values():
            yield from listed


@cache
def texts() -> dict[str, dict[str, dict[str, list[str]]]]:
    folder = Path(__file__).parent / "policy_texts"
    read = (yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8")) for name in PACKS)
    return {rule: languages for listed in read for rule, languages in listed.items()}


def clean_lines() -> list[tuple[str, str]]:
    """Copy that a careful person would print, by language."""
    listed = yaml.safe_load((Path(__file__).parent / "policy_texts" / "clean.yaml").read_text("utf-8"))
    return [(language, line) for language, lines in listed.items() for line in lines]


def hit(rule: Rule, language: str, text: str) -> str | None:
    """The first match that overlaps no spared one, over the text as a gate sees it."""
    seen = normal(text)
    spared = [m.span() for p in rule.get("spare", {}).get(language, ()) for m in re.finditer(p, seen)]
    matches = (m for m in re.finditer("|".join(rule["patterns"][language]), seen))
    return next((m[0] for m in matches if not any(s < m.end() and m.start() < e for s, e in spared)), None)


def rows(side: str) -> list[tuple[str, str, str]]:
    return [
        (rule, language, text)
        for rule, languages in texts().items()
        for language, sides in languages.items()
        for text in sides[side]
    ]


RULES = {rule["id"]: rule for rule in rules()}


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_says_where_it_holds_and_nothing_that_the_loader_would_not_know(name: str) -> None:
    where = PACKS[name]
    assert set(pack(name)) == {"pack", "title", where, "rules"}
    assert pack(name)["pack"] == name
    assert pack(name)[where] == {"google": ["google_rsa", "pmax"], "meta": ["meta_feed"]}.get(name, [name])


def test_every_rule_has_an_id_of_its_own() -> None:
    assert len(RULES) == len(rules())


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["id"])
def test_a_rule_has_the_form_of_the_schema(rule: Rule) -> None:
    assert set(rule) >= REQUIRED
    assert set(rule) <= REQUIRED | OPTIONAL
    assert rule["kind"] in KINDS
    assert rule["action"] in {"block", "evidence", "warn"}
    assert ("evidence" in rule) == (rule["action"] == "evidence")
    assert set(rule.get("evidence", ())) <= EVIDENCE
    assert "evidence" not in rule or rule["evidence"]
    assert isinstance(rule["enabled"], bool)
    assert isinstance(rule.get("names_excuse", True), bool)
    assert re.fullmatch(r"https?://\S+", rule["source_url"])
    assert rule["patterns"]
    assert set(rule.get("spare", {})) <= set(rule["patterns"]) <= {"en", "zh"}
    assert "\n" not in rule["tell"]
    assert 20 <= len(rule["tell"]) <= 160


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["id"])
def test_a_rule_from_memory_stops_nobody_unless_any_marketer_would_want_it_to(rule: Rule) -> None:
    assert rule["sure"] in {"S", "s", "M"}
    assert (rule["verified_on"] is None) == (rule["sure"] == "M")
    assert isinstance(rule["verified_on"], date | None)
    if rule["sure"] == "M" and rule["action"] != "warn" and rule["kind"] not in ON_THOUGH_UNSURE:
        assert not rule["enabled"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["id"])
def test_a_rules_patterns_can_be_joined_into_one_alternation(rule: Rule) -> None:
    for pattern in patterns_of(rule):
        compiled = re.compile(pattern)
        assert compiled.groups == 0, f"a group or a back reference in {pattern}"
        assert not compiled.search(""), f"{pattern} finds something in nothing"
        assert not re.search(r"(?<!\\)(?:\.[*+]|[*+]\)[*+{])", pattern), f"a hungry wildcard in {pattern}"
        assert not re.search(r"[A-Z](?<!\\[A-Z])", pattern), f"{pattern} holds capitals, which no normalised text has"


@pytest.mark.parametrize("name", PACKS)
def test_no_text_makes_a_pack_slow(name: str) -> None:
    hard = (
        "a " * 3000,
        "a" * 6000,
        "最" * 6000,
        "9" * 6000,
        "it is " * 1500,
        "than the " * 900,
        '"' * 5000,
        "-" * 5000,
    )
    joined = [re.compile("|".join(patterns_of(rule))) for rule in pack(name)["rules"]]
    for text in hard:
        started = time.process_time()
        for pattern in joined:
            for _ in pattern.finditer(text):
                pass
        assert time.process_time() - started < 10, f"{text[:9]!r}… takes too long"


@pytest.mark.parametrize(("rule", "language", "text"), rows("hits"))
def test_a_rule_finds_what_it_forbids(rule: str, language: str, text: str) -> None:
    assert hit(RULES[rule], language, text) is not None


@pytest.mark.parametrize(("rule", "language", "text"), rows("misses"))
def test_a_rule_lets_a_near_miss_pass(rule: str, language: str, text: str) -> None:
    assert hit(RULES[rule], language, text) is None


def test_every_rule_has_three_texts_on_each_side_in_each_of_its_languages() -> None:
    assert set(texts()) == set(RULES)
    for rule, languages in texts().items():
        assert set(languages) == set(RULES[rule]["patterns"]), rule
        for language, sides in languages.items():
            assert set(sides) == {"hits", "misses"}, f"{rule} {language}"
            assert all(len(set(listed)) >= 3 for listed in sides.values()), f"{rule} {language}"


@pytest.mark.parametrize(("language", "line"), clean_lines())
def test_no_rule_of_any_pack_stops_careful_copy(language: str, line: str) -> None:
    found = {rule["id"]: hit(rule, language, line) for rule in rules() if language in rule["patterns"]}
    assert {rule: words for rule, words in found.items() if words} == {}


def test_no_text_stands_in_the_tables_twice_for_a_rule() -> None:
    for rule, languages in texts().items():
        listed = [text for sides in languages.values() for side in sides.values() for text in side]
        assert len(listed) == len(set(listed)), rule


LEXICON: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (files("templates") / "policies" / "lexicon.yaml").read_text("utf-8")
)


@pytest.mark.parametrize(("group", "fewest"), [("materials", 120), ("colours", 40), ("certifications", 60)])
def test_the_lexicon_knows_many_words_in_both_languages(group: str, fewest: int) -> None:
    assert set(LEXICON) == {"materials", "colours", "certifications", "comparatives"}
    assert set(LEXICON[group]) == {"en", "zh"}
    assert all(len(words) >= fewest for words in LEXICON[group].values())


@pytest.mark.parametrize("group", LEXICON)
def test_a_word_of_the_lexicon_is_what_a_gate_will_see_and_stands_after_the_longer_ones(group: str) -> None:
    for language, words in LEXICON[group].items():
        assert [word for word in words if normal(word) != word] == []
        assert len(set(words)) == len(words)
        for at, word in enumerate(words):
            within = re.compile(re.escape(word) if language == "zh" else rf"(?<!\w){re.escape(word)}(?!\w)")
            assert [later for later in words[at + 1 :] if within.search(later)] == [], word


@pytest.mark.parametrize(
    "word", ["gold", "silver", "rose", "iron", "felt", "down", "orange", "mustard", "木", "金", "银", "铁"]
)
def test_a_word_that_says_other_things_as_often_is_no_word_of_the_lexicon(word: str) -> None:
    assert not any(word in words for languages in LEXICON.values() for words in languages.values())
