"""Copy → accepted or rejected: the deterministic gates, in order; the first that refuses gives the reason.

Each gate is a small function over the parsed fields. Gates reject; ranking what passed is in ``generation.scoring``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files

import yaml

from generation.channels import Channel
from generation.facts import Facts, facts_of, holds, normal
from generation.guards import injection_gate, kept_private, personal_gate
from generation.numbers import numbers_in
from generation.parsing import ParseError, parse
from generation.records import AdCopy, Brief, Draft, Fields, Rejection
from generation.shape import Context, characters_gate, count_gate, length_gate, refusal, warnings_for, wording_gate

_PLACEHOLDER = re.compile(
    r"\[[a-z一-鿿][^\]]{0,30}\]|</?[a-z][^<>]{0,80}>|\bx{3,}\b|lorem ipsum|\bas an ai\b|\blanguage model\b"
    r"|作为一个?(?:ai|人工智能)|语言模型|\b(?:insert|your) (?:brand|product) (?:here|name)\b|某品牌|品牌名称"
    r"|\b(?:(?:long_)?headline|primary_text|preheader|description|bullet|digest)\s?\d?\s?:"
    r"|\blet me know\b|\bhope this helps\b|\bfeel free to\b|请告诉我|希望(?:这|对您|对你)|如需(?:修改|调整)"
)
_CONTACT = re.compile(
    r"https?://|www\.|[\w.+-]{1,64}@[\w-]{1,63}\.\w+|(?<![a-z0-9])(?:\+?\d[\s().-]{0,2}){9,}"
    r"|[\w-]{1,63}\.(?:com|net|org|info|app|cn|eu|shop|store|xyz|io|co|de|uk)\b|[\w-]{1,63}\.[a-z]{2,10}/\w"
    r"|加(?:微信|v信|vx)|微信号|扫码"
)
_LOOP = re.compile(r"(.{2,40}?)(?:[\s,，、]{0,3}\1){2,}")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[a-z][a-z'&-]*")
# Letters of other scripts: Greek to Georgian and beyond, kana, Hangul. NFKC has made fullwidth Latin plain.
_OTHER_SCRIPT = re.compile("[\u0370-\u03ff\u0400-\u1dbf\u3041-\u30fa\uac00-\ud7a3]")


def language_gate(fields: Fields, context: Context) -> Rejection | None:
    """The copy is in its locale's language; names and values from the record may be in any."""
    text = " ".join(line for lines in fields.values() for line in lines)
    plain, known = normal(text), context.facts.text
    words = _LATIN_WORD.findall(plain)
    han = _HAN.findall(plain)
    if sum(ch not in known for ch in _OTHER_SCRIPT.findall(plain)) > 1:
        return refusal("language", "the copy mixes in another script", text)
    if context.brief.locale.startswith("zh"):
        acronyms = set(map(str.lower, re.findall(r"\b[A-Z]+\b", text)))
        foreign = sum(len(word) for word in words if word not in context.facts.words and word not in acronyms)
        if len(han) < 2 or foreign > len(han):
            return refusal("language", "the copy is not Chinese", text)
    elif any(ch not in known for ch in han):
        return refusal("language", "the copy is not English", text)
    elif not words:
        return refusal("language", "the copy holds no English words", text)
    return None


def placeholder_gate(fields: Fields, context: Context) -> Rejection | None:
    """No leftover of a template, a prompt or the model's own manners."""
    if not _PLACEHOLDER.search(_whole(fields)):
        return None
    for name, line in _lines(fields):
        for match in _PLACEHOLDER.finditer(normal(line)):
            if not holds(context.facts.text, match[0]):
                return refusal("placeholder", f"{name} holds the leftover {match[0]!r}", line)
    return None


def contact_gate(fields: Fields, context: Context) -> Rejection | None:
    """No web address, e-mail address or telephone number."""
    if not _CONTACT.search(_whole(fields)):
        return None
    for name, line in _lines(fields):
        for match in _CONTACT.finditer(normal(line)):
            if not holds(context.facts.names, match[0].strip()):
                return refusal("contact", f"{name} holds the address or number {match[0]!r}", line)
    return None


def numbers_gate(fields: Fields, context: Context) -> Rejection | None:
    """Every number in the copy stands in the product's record or the offer, with the same unit."""
    for name, line in _lines(fields):
        for stated in numbers_in(normal(line)):
            if not context.facts.support(stated):
                return refusal("numbers", f"{name} states {stated.text!r}, which the record doesn't hold", line)
    return None


def claims_gate(fields: Fields, context: Context) -> Rejection | None:
    """No superlative, guarantee, discount, urgency, review, health, green or clickbait claim of the model's own."""
    whole = _whole(fields)
    found = {kind: pattern for kind, pattern in blocked_claims().items() if pattern.search(whole)}
    if not found:
        return None
    for name, line in _lines(fields):
        text = normal(line)
        for kind, pattern in found.items():
            for match in pattern.finditer(text):
                if not holds(context.facts.names, match[0]):
                    return refusal("claims", f"{name} makes a claim of the kind {kind}, {match[0]!r}", line)
    return None


def repetition_gate(fields: Fields, context: Context) -> Rejection | None:
    """The text doesn't loop."""
    for name, line in _lines(fields):
        for match in _LOOP.finditer(line.lower()):
            if normal(match[0]).strip() not in context.facts.text:
                return refusal("repetition", f"{name} repeats {match[1].strip()!r}", line)
    return None


def _whole(fields: Fields) -> str:
    """All the lines in one, for a first look: what no gate finds here it finds in no line, and that is most copy."""
    return normal("\n".join(line for lines in fields.values() for line in lines))


def _lines(fields: Fields) -> Iterator[tuple[str, str]]:
    return ((name, line) for name, lines in fields.items() for line in lines)


Gate = Callable[[Fields, Context], Rejection | None]

GATES: tuple[Gate, ...] = (
    count_gate,
    length_gate,
    characters_gate,
    placeholder_gate,
    contact_gate,
    personal_gate,
    injection_gate,
    repetition_gate,
    wording_gate,
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
    return {kind: re.compile("|".join(patterns)) for kind, patterns in kinds.items()}


def check_fields(fields: Fields, brief: Brief, channel: Channel, facts: Facts | None = None) -> Rejection | None:
    """The first gate's objection to a copy, or None: also for text that a person edited."""
    context = Context(brief, channel, facts or facts_of(brief))
    return _first_objection(fields, context)


def _first_objection(fields: Fields, context: Context) -> Rejection | None:
    return next((rejection for gate in GATES if (rejection := gate(fields, context))), None)


def check(draft: Draft, channel: Channel, facts: Facts | None = None) -> AdCopy:
    """A draft parsed and put through the gates. What they refuse is kept without the personal data in it."""
    facts = facts or facts_of(draft.brief)
    return kept_private(_check(draft, channel, facts), facts)


def _check(draft: Draft, channel: Channel, facts: Facts) -> AdCopy:
    if draft.finish_reason == "length":
        reason = f"the draft was cut off after {draft.output_tokens} tokens; the campaign's max_tokens may be too low"
        return AdCopy(draft, {}, Rejection("truncated", reason))
    try:
        fields = parse(draft.text, channel)
    except ParseError as exc:
        return AdCopy(draft, {}, Rejection("parse", str(exc)))
    context = Context(draft.brief, channel, facts)
    return AdCopy(draft, fields, _first_objection(fields, context), warnings_for(fields, channel, context))
