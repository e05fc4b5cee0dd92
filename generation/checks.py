"""Copy → accepted or rejected: the deterministic gates, in order; the first that refuses gives the reason.

Each gate is a small function over the parsed fields. Gates reject; ranking what passed is in ``generation.scoring``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import yaml

from generation.channels import Channel
from generation.counting import COUNTERS
from generation.facts import Facts, facts_of, holds, normal
from generation.injection import echoes_of, instructs
from generation.numbers import numbers_in
from generation.parsing import ParseError, parse
from generation.personal import leaks, masked
from generation.prompts import hidden_in
from generation.records import AdCopy, Brief, Draft, Fields, Rejection

SHOWN = 160  # characters of a refused line that its reason repeats
_PICTURES = "\U0001f000-\U0001faff\u231a\u231b\u23e9-\u23fa\u25b6\u25c0\u2600-\u27bf\u2b00-\u2bff"
_EMOJI = re.compile(f"[{_PICTURES}\ufe0f\u200d\u20e3\U000e0020-\U000e007f]")
_JOINER = f"(?<![{_PICTURES}\ufe0f])\u200d|\u200d(?![{_PICTURES}])"  # between two emoji it makes one of them
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    f"\ue000-\uf8ff\ufeff\ufff9-\uffff]|{_JOINER}"
)
_DECORATION = re.compile(r"[!！?？]{2,}|\.{4,}|[~～★☆◆●*_=#|]{2,}|[,，、;；:：]{2,}|([^\w\s])\1{3,}")
_TEMPLATE = re.compile(r"[{}]|\[\s*\]|<\|")
_FORMULA = tuple("=+-@＝＋－＠")
_PLACEHOLDER = re.compile(
    r"\[[a-z一-鿿][^\]]{0,30}\]|</?[a-z][^<>]{0,80}>|\bx{3,}\b|lorem ipsum|\bas an ai\b|\blanguage model\b"
    r"|作为一个?(?:ai|人工智能)|语言模型|\b(?:insert|your) (?:brand|product) (?:here|name)\b|某品牌|品牌名称"
    r"|\b(?:headline|primary_text|preheader|description|bullet)\s?\d?\s?:"
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


@dataclass(frozen=True, slots=True)
class Context:
    """What a gate may look at besides the copy itself."""

    brief: Brief
    channel: Channel
    facts: Facts


def count_gate(fields: Fields, context: Context) -> Rejection | None:
    """Each field has as many lines as its channel takes."""
    for spec in context.channel.fields:
        lines = len(fields.get(spec.name, ()))
        if lines < spec.minimum:
            return Rejection("count", f"{spec.name}: {lines} of at least {spec.minimum}")
        if lines > spec.maximum:
            return Rejection("count", f"{spec.name}: {lines} of at most {spec.maximum}")
    return None


def length_gate(fields: Fields, context: Context) -> Rejection | None:
    """No line is over its hard limit, and the fields together fit the channel's payload."""
    for spec in context.channel.fields:
        for line in fields.get(spec.name, ()):
            if spec.hard_limit is not None and (length := COUNTERS[spec.counter](line)) > spec.hard_limit:
                return _refusal("length", f"{spec.name} is {length}, the limit is {spec.hard_limit}", line)
    payload = context.channel.payload
    if payload is not None:
        total = sum(COUNTERS[payload.counter](line) for lines in fields.values() for line in lines)
        if total > payload.hard_limit:
            return Rejection("length", f"all fields together are {total}, the limit is {payload.hard_limit}")
    return None


def characters_gate(fields: Fields, context: Context) -> Rejection | None:
    """Nothing that a platform refuses, that a spreadsheet would run or that a mailing tool would expand."""
    exclamations = 0
    for spec in context.channel.fields:
        for line in fields.get(spec.name, ()):
            exclamations += len(re.findall("[!！]", line))
            problem = None
            if _CONTROL.search(line):
                problem = "a control or invisible character"
            elif _TEMPLATE.search(line):
                problem = "template brackets"
            elif line.lstrip().startswith(_FORMULA):
                problem = f"a leading {line.lstrip()[0]!r}, which a spreadsheet takes for a formula"
            elif _DECORATION.search(line):
                problem = "repeated or decorative punctuation"
            elif not context.channel.emoji and _EMOJI.search(line):
                problem = "an emoji or symbol that the channel doesn't take"
            elif context.channel.channel == "google_rsa" and exclamations > (spec.name != "headline"):
                # Source: https://support.google.com/adspolicy/answer/14847994 and its older wording, 176095.
                problem = "an exclamation mark in a headline, or a second one in the ad"
            elif any(ch in spec.forbidden for ch in line):
                problem = f"one of the characters {spec.forbidden!r}"
            if problem:
                return _refusal("characters", f"{spec.name} holds {problem}", line)
    return None


def language_gate(fields: Fields, context: Context) -> Rejection | None:
    """The copy is in its locale's language; names and values from the record may be in any."""
    text = " ".join(line for lines in fields.values() for line in lines)
    plain, known = normal(text), context.facts.text
    words = _LATIN_WORD.findall(plain)
    han = _HAN.findall(plain)
    if sum(ch not in known for ch in _OTHER_SCRIPT.findall(plain)) > 1:
        return _refusal("language", "the copy mixes in another script", text)
    if context.brief.locale.startswith("zh"):
        acronyms = set(map(str.lower, re.findall(r"\b[A-Z]+\b", text)))
        foreign = sum(len(word) for word in words if word not in context.facts.words and word not in acronyms)
        if len(han) < 2 or foreign > len(han):
            return _refusal("language", "the copy is not Chinese", text)
    elif any(ch not in known for ch in han):
        return _refusal("language", "the copy is not English", text)
    elif not words:
        return _refusal("language", "the copy holds no English words", text)
    return None


def placeholder_gate(fields: Fields, context: Context) -> Rejection | None:
    """No leftover of a template, a prompt or the model's own manners."""
    if not _PLACEHOLDER.search(_whole(fields)):
        return None
    for name, line in _lines(fields):
        for match in _PLACEHOLDER.finditer(normal(line)):
            if not holds(context.facts.text, match[0]):
                return _refusal("placeholder", f"{name} holds the leftover {match[0]!r}", line)
    return None


def contact_gate(fields: Fields, context: Context) -> Rejection | None:
    """No web address, e-mail address or telephone number."""
    if not _CONTACT.search(_whole(fields)):
        return None
    for name, line in _lines(fields):
        for match in _CONTACT.finditer(normal(line)):
            if not holds(context.facts.names, match[0].strip()):
                return _refusal("contact", f"{name} holds the address or number {match[0]!r}", line)
    return None


def personal_gate(fields: Fields, context: Context) -> Rejection | None:
    """Nobody's name, number, account or address; what the product or the offer is called is no leak."""
    locale, told = context.brief.locale, context.facts.text
    if leaks("\n".join(line for lines in fields.values() for line in lines), locale, told):
        for name, line in _lines(fields):
            if found := leaks(line, locale, told):
                return _refusal("personal", f"{name} holds somebody's {found[0].kind}", masked(line, locale, told))
    return None


def injection_gate(fields: Fields, context: Context) -> Rejection | None:
    """Nothing of the sentences that speak to the model in the product's text, and no such sentence of its own."""
    echoes = echoes_of(hidden_in(context.brief.product), context.facts.text)
    if not echoes.runs and not instructs("\n".join(line for lines in fields.values() for line in lines)):
        return None
    for name, line in _lines(fields):
        if echo := echoes.find(line):
            return _refusal("injection", f"{name} repeats {echo!r} of an instruction in the product's text", line)
        if (told := instructs(line)) and not holds(context.facts.text, told):
            return _refusal("injection", f"{name} speaks to a model, {told!r}", line)
    return None


def numbers_gate(fields: Fields, context: Context) -> Rejection | None:
    """Every number in the copy stands in the product's record or the offer, with the same unit."""
    for name, line in _lines(fields):
        for stated in numbers_in(normal(line)):
            if not context.facts.support(stated):
                return _refusal("numbers", f"{name} states {stated.text!r}, which the record doesn't hold", line)
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
                    return _refusal("claims", f"{name} makes a claim of the kind {kind}, {match[0]!r}", line)
    return None


def repetition_gate(fields: Fields, context: Context) -> Rejection | None:
    """The text doesn't loop."""
    for name, line in _lines(fields):
        for match in _LOOP.finditer(line.lower()):
            if normal(match[0]).strip() not in context.facts.text:
                return _refusal("repetition", f"{name} repeats {match[1].strip()!r}", line)
    return None


def _whole(fields: Fields) -> str:
    """All the lines in one, for a first look: what no gate finds here it finds in no line, and that is most copy."""
    return normal("\n".join(line for lines in fields.values() for line in lines))


def _lines(fields: Fields) -> Iterator[tuple[str, str]]:
    return ((name, line) for name, lines in fields.items() for line in lines)


def _refusal(gate: str, problem: str, line: str) -> Rejection:
    # Masked before it is cut, or half a number would be left that nobody finds any more.
    shown = line if len(line) <= SHOWN else masked(line, "zh-CN" if _HAN.search(line) else "en-US")[:SHOWN] + "…"
    return Rejection(gate, f"{problem}: {shown}")


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
    return next((rejection for gate in GATES if (rejection := gate(fields, context))), None)


def check(draft: Draft, channel: Channel, facts: Facts | None = None) -> AdCopy:
    """A draft parsed and put through the gates. What they refuse is kept without the personal data it may hold."""
    facts = facts or facts_of(draft.brief)
    if draft.finish_reason == "length":
        reason = f"the draft was cut off after {draft.output_tokens} tokens; the campaign's max_tokens may be too low"
        return _without_personal(AdCopy(draft, {}, Rejection("truncated", reason)), facts)
    try:
        fields = parse(draft.text, channel)
    except ParseError as exc:
        return _without_personal(AdCopy(draft, {}, Rejection("parse", str(exc))), facts)
    rejection = check_fields(fields, draft.brief, channel, facts)
    ad_copy = AdCopy(draft, fields, rejection, warnings_for(fields, channel))
    return _without_personal(ad_copy, facts) if rejection else ad_copy


def _without_personal(refused: AdCopy, facts: Facts) -> AdCopy:
    """A refused copy as tables and logs may hold it. What stands for the data, ``[phone]``, is refused again."""
    locale, told = refused.draft.brief.locale, facts.text
    found = leaks(refused.draft.text, locale, told)
    if refused.rejection is None or not found:
        return refused
    reason = refused.rejection.reason
    for one in found:  # a gate may quote it without the words that tell what it is
        data = refused.draft.text[one.start : one.end]
        for quoted in (data, data.lower(), normal(data)):
            reason = reason.replace(quoted, f"[{one.kind}]")
    return replace(
        refused,
        draft=replace(refused.draft, text=masked(refused.draft.text, locale, told)),
        fields={name: tuple(masked(line, locale, told) for line in lines) for name, lines in refused.fields.items()},
        rejection=replace(refused.rejection, reason=masked(reason, locale, told)),
        warnings=tuple(masked(warning, locale, told) for warning in refused.warnings),
    )


def warnings_for(fields: Fields, channel: Channel) -> tuple[str, ...]:
    """The soft limits that a copy exceeds."""
    return tuple(
        f"{spec.name} is {length}, better at most {spec.soft_limit}: {line}"
        for spec in channel.fields
        for line in fields.get(spec.name, ())
        if spec.soft_limit is not None and (length := COUNTERS[spec.counter](line)) > spec.soft_limit
    )
