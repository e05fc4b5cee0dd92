"""Copy → accepted or rejected: the deterministic gates, in order; the first that refuses gives the reason.

Each gate is a small function over the parsed fields. Gates reject; ranking what passed is in ``generation.scoring``.
"""

import re
from collections.abc import Callable, Iterable

from generation.channels import Channel, load_channel
from generation.guards import injection_gate, kept_private, personal_gate
from generation.kinds.answers import answer_gate
from generation.kinds.audiences import persona_gate, recommendation_gate, stage_gate
from generation.kinds.comparing import compared_findings, disparagement_gate
from generation.kinds.digests import basis_gate, digest_gate, quote_gate
from generation.ledger.claims import FEATURE, findings_in
from generation.ledger.facts import Facts, facts_of
from generation.ledger.finding import CLAIMS, NUMBERS, Finding
from generation.parsing import ParseError, parse
from generation.reading.endings import cut_end
from generation.reading.lines import lines_of
from generation.reading.looks import look_for
from generation.reading.text import holds, inside_word, normal
from generation.reading.tongues import other_language
from generation.records import AdCopy, Brief, Claim, Draft, Fields, Rejection
from generation.repetition import LOOP, may_loop, repetition_gate
from generation.shape import (
    Context,
    characters_gate,
    count_gate,
    each_line,
    length_gate,
    plain_whole,
    refusal,
    warnings_for,
    whole,
    wording_gate,
)

_PLACEHOLDER = re.compile(
    r"\[[a-z一-鿿][^\]]{0,30}\]|</?[a-z][^<>]{0,80}>|\bx{3,}\b|lorem ipsum|\bas an ai\b|\blanguage model\b"
    r"|(?:x{2,}|×{2,}|某某?|\*{2,})(?:品牌|产品|商品|公司|店铺|牌子)|【(?:商品|产品|品牌|店铺?|活动|用户|顾客|客户)(?:名称?|昵称|姓名|标题)】"
    r"|作为一个?(?:ai|人工智能)|语言模型|\b(?:insert|your) (?:brand|product) (?:here|name)\b"
    r"|品牌名称|(?:商品|产品|店铺)名称[:：]"
    r"|(?:\b(?:headline|description|bullet|digest)|long_headline|primary_text|preheader)\s?\d?\s?:"
    r"|(?<![a-z0-9])(?:todo|tbd|undefined|null|nan)(?![a-z0-9])|^(?:sure|certainly|of course)[,!]"
    r"|\bhere(?:'s| is| are) (?:the|your|a|some|my) (?:ad |marketing |product )?"
    r"(?:copy|headlines?|e-?mail|ad\b|caption|version|draft|text\b)"
    r"|\b(?:option|variant|version|draft) (?:\d|[ab])\s?:|\bas requested\b|\(\d+ (?:words|characters)\)"
    r"|^好的[,!]|以下是(?:为您|为你)?(?:生成|撰写|准备)?的?(?:文案|标题|广告)|(?:此处|这里)(?:插入|填写|添加)|待(?:补充|填写|填充|完善|定稿|替换)"
    r"|\bi(?:['’]ve| have) (?:kept|written|rewritten|adjusted|revised|shortened"
    r")\b"
    r"|\bwould you like (?:me|another|a (?:different|shorter|longer|second)|more (?:options|versions))\b|\b(?:want"
    r"|shall|should) (?:me|i) to\b"
    r"|\b(?:below|above) (?:is|are) (?:a|an|the|your|my|some|three|two) (?:[a-z]+ )?(?:version|draft|copy|option"
    r"|variant|text|e-?mail|ad)s?\b"
    r"|\bas (?:you|per your) (?:asked|requested|request|instructed|instructions|brief)\b|\b(?:per|following"
    r"|based on) (?:the|your) (?:brief|prompt|guidelines|instructions)\b"
    r"|\b(?:tone|cta|call to action|word count|character count|target audience|subject line|body copy|tagline)\s?:"
    r"|\b(?:under|within) \d+ (?:characters|words)\b"
    r"|\b(?:this|the) (?:copy|headline|draft|version|text) (?:is|uses|highlights|emphasi[sz]es|focuses|avoids|aims"
    r"|meets|follows|stays)\b"
    r"|\b(?:more|less) (?:polished|playful|formal|casual|concise) (?:version|tone|draft|option)\b|\bhere(?:['’]s"
    r"| is) (?:a|another|one) (?:[a-z]+ )?(?:take|attempt|stab|try|rewrite|option|alternative)\b"
    r"|\blet me know\b|\bhope this helps\b"
    r"|\bfeel free to (?:adjust|ask|change|contact|edit|let|modify|reach|replace|use th)"
    r"|请告诉我|希望(?:这|对您|对你)|如需(?:修改|调整)"
)
_TELEPHONE_DIGITS = 9  # the fewest
_TELEPHONE = rf"(?<![a-z0-9])(?:\+?\d[\s().-]{{0,2}}){{{_TELEPHONE_DIGITS},}}"
_ADDRESS = (
    r"https?://|www\.|[\w.+-]{1,64}@[\w-]{1,63}\.\w+"
    r"|[\w-]{1,63}\.(?:com|net|org|info|app|cn|eu|shop|store|xyz|io|co|de|uk)\b|[\w-]{1,63}\.[a-z]{2,10}/\w"
    r"|加(?:微信|v信|vx)|微信号|扫码"
)
_CONTACT = re.compile(f"{_ADDRESS}|{_TELEPHONE}")
_may_be_placeholder, _may_be_contact = look_for([_PLACEHOLDER]), look_for([_CONTACT])
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[a-z][a-z'&-]*")
# Mathematical and enclosed letters; Chinese text may have full-width ones, English has none.
_SET = "\U0001d400-\U0001d7ff\u24b6-\u24e9\U0001f130-\U0001f189"
_SET_LETTERS, _ODD_LETTERS = re.compile(f"[{_SET}]+"), re.compile(f"[{_SET}\uff21-\uff3a\uff41-\uff5a]+")
# Letters of other scripts: Greek to Georgian and beyond, kana, Hangul. NFKC has made fullwidth Latin plain.
_OTHER_SCRIPT = re.compile("[\u0370-\u03ff\u0400-\u1dbf\u3041-\u30fa\uac00-\ud7a3]")


def language_gate(fields: Fields, context: Context) -> Rejection | None:
    """The copy is in its locale's language; names and values from the record may be in any."""
    text = whole(fields)
    plain, known = normal(text), context.facts.text
    han: list[str] = []
    if not plain.isascii():
        han = _HAN.findall(plain)
        if sum(ch not in known for ch in _OTHER_SCRIPT.findall(plain)) > 1:
            return refusal("language", "the copy mixes in another script", text)
    if context.brief.locale.startswith("zh"):
        acronyms = set(map(str.lower, re.findall(r"\b[A-Z]+\b", text)))
        words = (word for word in _LATIN_WORD.findall(plain) if word not in context.facts.words)
        foreign = sum(len(word) for word in words if word not in acronyms)
        if len(han) < 2 or foreign > len(han):
            return refusal("language", "the copy is not Chinese", text)
    elif any(ch not in known for ch in han):
        return refusal("language", "the copy is not English", text)
    elif not _LATIN_WORD.search(plain):
        return refusal("language", "the copy holds no English words", text)
    elif tongue := other_language(plain, context.facts.words):
        return refusal("language", f"the copy is not English but {tongue}", text)
    return None


def letters_gate(fields: Fields, context: Context) -> Rejection | None:
    """No letters of another form, in which words hide from readers' filters: ＦＲＥＥ, 𝐅𝐑𝐄𝐄, Ⓕⓡⓔⓔ."""
    text = whole(fields)
    odd = _SET_LETTERS if context.brief.locale.startswith("zh") else _ODD_LETTERS
    if text.isascii() or not odd.search(text):
        return None
    for name, line in each_line(fields):
        if (match := odd.search(line)) and not _spelled_so(match[0], context):
            return refusal("characters", f"{name} holds letters of another width or form, {match[0]!r}", line)
    return None


def _spelled_so(word: str, context: Context) -> bool:
    product = context.brief.product
    return any(word in (told or "") for told in (product.title, product.brand, *product.attributes.values()))


def whole_lines_gate(fields: Fields, context: Context) -> Rejection | None:
    """Every line ends where its sentence does."""
    for name, line in each_line(fields):
        if (broken := cut_end(line)) and not holds(context.facts.names, normal(line.rstrip())[-24:].split(" ", 1)[-1]):
            return refusal("truncated", f"{name} is cut off at {broken!r}", line)
    return None


def placeholder_gate(fields: Fields, context: Context) -> Rejection | None:
    """No leftover of a template, a prompt or the model's own manners."""
    if not _may_be_placeholder(plain_whole(fields)):
        return None
    for name, line in each_line(fields):
        for match in _PLACEHOLDER.finditer(normal(line)):
            if not holds(context.facts.text, match[0]):
                return refusal("placeholder", f"{name} holds the leftover {match[0]!r}", line)
    return None


def contact_gate(fields: Fields, context: Context) -> Rejection | None:
    """No web address, e-mail address or telephone number."""
    if not _may_be_contact(plain_whole(fields)):
        return None
    for name, line in each_line(fields):
        for match in _CONTACT.finditer(normal(line)):
            if not holds(context.facts.names, _whole_words(match).strip()):
                return refusal("contact", f"{name} holds the address or number {match[0]!r}", line)
    return None


def _whole_words(found: re.Match[str]) -> str:
    """What was found with the rest of the words that it begins or ends in: a number may be part of a "100CL"."""
    text, (start, end) = found.string, found.span()
    while inside_word(text, start):
        start -= 1
    while inside_word(text, end):
        end += 1
    return text[start:end]


def brand_words_gate(fields: Fields, context: Context) -> Rejection | None:
    """None of the words that the brand bans, and each that it requires."""
    campaign = context.brief.campaign
    if not (campaign.banned_words or campaign.required_words):
        return None
    lines = lines_of(fields)
    for word in campaign.banned_words:
        for line in lines:
            views = (line.plain, *(text for text, _ in line.unmasked()))
            if any(holds(view, normal(word)) for view in views):
                return refusal("brand_words", f"{line.field} holds {word!r}, which the brand bans", line.raw)
    for word in campaign.required_words:
        if not any(holds(line.plain, normal(word)) for line in lines):
            return Rejection("brand_words", f"the copy lacks {word!r}, which the brand requires")
    return None


def numbers_gate(fields: Fields, context: Context) -> Rejection | None:
    """Every number, price and date is one of the record's, of a promotion's or of evidence, with its unit."""
    return _objection(each for each in _ledger(fields, context) if each.gate == NUMBERS)


def _ledger(fields: Fields, context: Context) -> list[Finding]:
    if context.brief.other is None:
        return findings_in(fields, context.brief, context.facts)
    return compared_findings(fields, context.brief, context.channel)


def _objection(findings: Iterable[Finding]) -> Rejection | None:
    """The gravest refused claim: what nothing can support, then a number, then the others, a feature last."""
    refused = [each for each in findings if each.refused]
    if not refused:
        return None
    gravest = min(refused, key=lambda each: (not each.blocked, each.gate != NUMBERS, each.claim.kind == FEATURE))
    return _refused(gravest)


def _refused(finding: Finding) -> Rejection:
    claim, tell = finding.claim, finding.tell
    if finding.gate == NUMBERS:
        return refusal(NUMBERS, f"{claim.field} states {claim.text!r}, {tell}", finding.line)
    why = f"{claim.rule}: {tell}" if claim.rule else tell
    return refusal(
        CLAIMS, f"{claim.field} makes a claim of the kind {claim.kind}, {claim.text!r} ({why})", finding.line
    )


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
    whole_lines_gate,
    letters_gate,
    language_gate,
    brand_words_gate,
    stage_gate,
    recommendation_gate,
    answer_gate,
    quote_gate,
    basis_gate,
    digest_gate,
    persona_gate,
    disparagement_gate,
)
"""In this order; cheap and certain ones first. The ledger, which looks at what passed these, is the last of all."""


def check_fields(fields: Fields, brief: Brief, channel: Channel, facts: Facts | None = None) -> Rejection | None:
    """The first gate's objection to a copy, or None: also for text that a person edited."""
    return _examine(fields, Context(brief, channel, facts or facts_of(brief)))[0]


def ledger(fields: Fields, brief: Brief) -> tuple[Claim, ...]:
    """Every claim of a copy's words with what supports it: also of text that a person edited."""
    context = Context(brief, load_channel(brief.channel), facts_of(brief))
    return tuple(each.claim for each in _ledger(fields, context))


def _examine(fields: Fields, context: Context) -> tuple[Rejection | None, list[Finding]]:
    """The first objection, and the ledger of a copy that passed the gates before it."""
    if rejection := next((found for gate in GATES if (found := gate(fields, context))), None):
        return rejection, []
    findings = _ledger(fields, context)
    return _objection(findings), findings


def check(draft: Draft, channel: Channel, facts: Facts | None = None) -> AdCopy:
    """A draft parsed and put through the gates. What they refuse is kept without the personal data in it."""
    return check_in(Context(draft.brief, channel, facts or facts_of(draft.brief)), draft)


def check_in(context: Context, draft: Draft) -> AdCopy:
    """The same in the context that a brief's drafts share."""
    return kept_private(_check(draft, context), context.facts)


def _check(draft: Draft, context: Context) -> AdCopy:
    if draft.finish_reason == "length":
        looping = any(may_loop(line) and LOOP.search(line) for line in draft.text.lower().splitlines())
        why = "it goes round in a loop" if looping else "the campaign's max_tokens may be too low"
        reason = f"the draft was cut off after {draft.output_tokens} tokens; {why}"
        return AdCopy(draft, {}, Rejection("truncated", reason))
    try:
        fields = parse(draft.text, context.channel)
    except ParseError as exc:
        return AdCopy(draft, {}, Rejection("parse", str(exc)))
    rejection, findings = _examine(fields, context)
    warned = tuple(_warning(each) for each in findings if each.claim.verdict == "warned")
    warnings = (*warnings_for(fields, context.channel, context), *warned)
    return AdCopy(draft, fields, rejection, warnings, tuple(each.claim for each in findings))


def _warning(finding: Finding) -> str:
    claim = finding.claim
    return f"{claim.field} says {claim.text!r}, {f'{claim.rule}: ' if claim.rule else ''}{finding.tell}"
