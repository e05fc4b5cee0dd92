"""Copy → accepted or rejected: the deterministic gates, in order; the first that refuses gives the reason.

Each gate is a small function over the parsed fields. Gates reject; ranking what passed is in ``generation.scoring``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from generation.channels import Channel
from generation.counting import COUNTERS
from generation.facts import Facts, facts_of, normal, numbers_in
from generation.parsing import ParseError, parse
from generation.records import AdCopy, Brief, Draft, Fields, Rejection

_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3\U000e0020-\U000e007f]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd\ue000-\uf8ff]")
_DECORATION = re.compile(r"[!！?？]{2,}|\.{4,}|[~～★☆◆●*_=#|]{2,}|[,，、;；:：]{2,}|([^\w\s])\1{3,}")
_TEMPLATE = re.compile(r"[{}]|\[\s*\]|<\|")
_PLACEHOLDER = re.compile(
    r"\[[A-Za-z一-鿿][^\]]{0,30}\]|<[A-Za-z_ ]{2,20}>|\bx{3,}\b|lorem ipsum|\bas an ai\b|作为一个?(?:ai|人工智能)"
    r"|\b(?:insert|your) (?:brand|product) (?:here|name)\b|某品牌|品牌名称"
    r"|\b(?:headline|primary_text|preheader|description|bullet)\s?\d?\s?[:：]|<unk>",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"https?://|www\.|\b[\w-]+\.(?:com|net|org|cn|shop|store|io|co|de|uk)\b|[\w.+-]+@[\w-]+\.\w+|(?:\+?\d[\s().-]?){9,}",
    re.IGNORECASE,
)
_LOOP = re.compile(r"(.{2,40}?)(?:[\s,，、]*\1){2,}")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z'&-]*")


@dataclass(frozen=True, slots=True)
class Context:
    """What a gate may look at besides the copy itself."""

    brief: Brief
    channel: Channel
    facts: Facts


def count_gate(fields: Fields, context: Context) -> Rejection | None:
    """Each field has at least its channel's minimum of lines."""
    for spec in context.channel.fields:
        lines = len(fields.get(spec.name, ()))
        if lines < spec.minimum:
            return Rejection("count", f"{spec.name}: {lines} of at least {spec.minimum}")
    return None


def length_gate(fields: Fields, context: Context) -> Rejection | None:
    """No line is over its hard limit, and the fields together fit the channel's payload."""
    for spec in context.channel.fields:
        for line in fields.get(spec.name, ()):
            if spec.hard_limit is not None and (length := COUNTERS[spec.counter](line)) > spec.hard_limit:
                return Rejection("length", f"{spec.name} is {length}, the limit is {spec.hard_limit}: {line}")
    payload = context.channel.payload
    if payload is not None:
        total = sum(COUNTERS[payload.counter](line) for lines in fields.values() for line in lines)
        if total > payload.hard_limit:
            return Rejection("length", f"all fields together are {total}, the limit is {payload.hard_limit}")
    return None


def characters_gate(fields: Fields, context: Context) -> Rejection | None:
    """Nothing that a platform refuses, that a spreadsheet would run or that a mailing tool would expand."""
    for spec in context.channel.fields:
        for line in fields.get(spec.name, ()):
            problem = None
            if _CONTROL.search(line):
                problem = "a control or invisible character"
            elif _TEMPLATE.search(line):
                problem = "template brackets"
            elif line[0] in "=+-@\t":
                problem = f"a leading {line[0]!r}, which a spreadsheet takes for a formula"
            elif _DECORATION.search(line):
                problem = "repeated or decorative punctuation"
            elif not context.channel.emoji and _EMOJI.search(line):
                problem = "an emoji or symbol that the channel doesn't take"
            elif context.channel.channel == "google_rsa" and spec.name == "headline" and re.search("[!！]", line):
                # Source: https://support.google.com/adspolicy/answer/14847994 and its older wording, 176095.
                problem = "an exclamation mark in a headline"
            elif any(ch in spec.forbidden for ch in line):
                problem = f"one of the characters {spec.forbidden!r}"
            if problem:
                return Rejection("characters", f"{spec.name} holds {problem}: {line}")
    return None


def language_gate(fields: Fields, context: Context) -> Rejection | None:
    """The copy is in its locale's language; names and values from the record may be in any."""
    text = " ".join(line for lines in fields.values() for line in lines)
    known = context.facts.text
    latin = sum(len(word) for word in _LATIN_WORD.findall(text) if word.lower() not in known and not word.isupper())
    han = _HAN.findall(text)
    if context.brief.locale.startswith("zh"):
        if len(han) < 2 or latin > len(han):
            return Rejection("language", f"the copy is not Chinese: {text[:80]}")
    elif (own := [ch for ch in han if ch not in known]) and len(own) > 1:
        return Rejection("language", f"the copy is not English: {text[:80]}")
    elif not latin and not _LATIN_WORD.search(text):
        return Rejection("language", f"the copy holds no English words: {text[:80]}")
    return None


def placeholder_gate(fields: Fields, context: Context) -> Rejection | None:
    """No leftover of a template, a prompt or the model's own manners."""
    for name, lines in fields.items():
        for line in lines:
            match = _PLACEHOLDER.search(line)
            if match and normal(match[0]) not in context.facts.text:
                return Rejection("placeholder", f"{name} holds the leftover {match[0]!r}: {line}")
    return None


def contact_gate(fields: Fields, context: Context) -> Rejection | None:
    """No web address, e-mail address or telephone number."""
    for name, lines in fields.items():
        for line in lines:
            if (match := _CONTACT.search(line)) and normal(match[0]) not in context.facts.names:
                return Rejection("contact", f"{name} holds the address or number {match[0]!r}: {line}")
    return None


def numbers_gate(fields: Fields, context: Context) -> Rejection | None:
    """Every number in the copy stands in the product's record or the offer, with the same unit."""
    for name, lines in fields.items():
        for line in lines:
            for stated in numbers_in(normal(line)):
                if not context.facts.support(stated) and stated.text not in context.facts.names:
                    return Rejection("numbers", f"{name} states {stated.text!r}, which the record doesn't hold: {line}")
    return None


def claims_gate(fields: Fields, context: Context) -> Rejection | None:
    """No superlative, guarantee, discount, urgency, review, health or green claim of the model's own."""
    for name, lines in fields.items():
        for line in lines:
            text = normal(line)
            for kind, pattern in blocked_claims().items():
                for match in pattern.finditer(text):
                    if match[0] not in context.facts.names:
                        return Rejection("claims", f"{name} makes a claim of the kind {kind}, {match[0]!r}: {line}")
    return None


def repetition_gate(fields: Fields, context: Context) -> Rejection | None:
    """The text doesn't loop."""
    for name, lines in fields.items():
        for line in lines:
            if (match := _LOOP.search(line.lower())) and normal(match[0]) not in context.facts.text:
                return Rejection("repetition", f"{name} repeats {match[1].strip()!r}: {line[:120]}")
    return None


Gate = Callable[[Fields, Context], Rejection | None]

GATES: tuple[Gate, ...] = (
    count_gate,
    length_gate,
    characters_gate,
    placeholder_gate,
    contact_gate,
    repetition_gate,
    language_gate,
    numbers_gate,
    claims_gate,
)
"""In this order; cheap and certain ones first."""


@cache
def blocked_claims() -> Mapping[str, re.Pattern[str]]:
    """The patterns of templates/policies/basic.yaml by kind, compiled."""
    text = (files("templates") / "policies" / "basic.yaml").read_text("utf-8")
    kinds: dict[str, list[str]] = yaml.safe_load(text)["blocked"]
    return {kind: re.compile("|".join(patterns), re.IGNORECASE) for kind, patterns in kinds.items()}


def check_fields(fields: Fields, brief: Brief, channel: Channel, facts: Facts | None = None) -> Rejection | None:
    """The first gate's objection to a copy, or None: also for text that a person edited."""
    context = Context(brief, channel, facts or facts_of(brief))
    return next((rejection for gate in GATES if (rejection := gate(fields, context))), None)


def check(draft: Draft, channel: Channel, facts: Facts | None = None) -> AdCopy:
    """A draft parsed and put through the gates."""
    if draft.finish_reason == "length":
        reason = f"the draft was cut off after {draft.output_tokens} tokens; the campaign's max_tokens may be too low"
        return AdCopy(draft, {}, Rejection("truncated", reason))
    try:
        fields = parse(draft.text, channel)
    except ParseError as exc:
        return AdCopy(draft, {}, Rejection("parse", str(exc)))
    rejection = check_fields(fields, draft.brief, channel, facts)
    return AdCopy(draft, fields, rejection, warnings_for(fields, channel))


def warnings_for(fields: Fields, channel: Channel) -> tuple[str, ...]:
    """The soft limits that a copy exceeds."""
    return tuple(
        f"{spec.name} is {length}, better at most {spec.soft_limit}: {line}"
        for spec in channel.fields
        for line in fields.get(spec.name, ())
        if spec.soft_limit is not None and (length := COUNTERS[spec.counter](line)) > spec.soft_limit
    )
