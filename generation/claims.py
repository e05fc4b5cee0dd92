"""The claim ledger: every factual statement in a copy, where it stands, and what supports it.

Numbers, prices and dates, words that a policy pack speaks of, materials, colours, certificates and other makers' names.
What supports each is decided in ``generation.support``; what is refused for it in ``generation.checks``.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from generation.brought import brought_in, may_bring
from generation.counted import may_miscount, miscounted
from generation.dates import Day, dates_in
from generation.denials import denied, may_deny
from generation.derived import derived, more_told, overstated
from generation.digests import of_reviewers
from generation.facts import REVIEWS, Facts, aspect_of, contradicts, holds, normal, other_count, other_part, share_of
from generation.features import features, of_feature
from generation.idle import is_idle, is_idle_day
from generation.lexicon import Lexicon, Span, Word, lexicon
from generation.lines import Line, lines_of, may_hide
from generation.looks import look_for
from generation.materials import all_of_it, in_part, of_material, of_readers_own
from generation.numbers import CENT, CODE, COUNT, CURRENCIES, Stated, agree, figure, may_state, numbers_in
from generation.parts import of_other_part
from generation.policies import Candidates, Policy, Rule, market_of, policy
from generation.reckoning import reckoned
from generation.records import Brief, Claim, Fields
from generation.support import (
    left_out,
    of_days_left,
    of_folds,
    of_former_price,
    of_history_days,
    of_per_cent_off,
    of_place,
    of_price,
    of_rule,
    of_sum_off,
    of_word,
)

NUMBERS = "numbers"  # the gate that a number's refusal goes by; all else goes by CLAIMS
CLAIMS = "claims"
_NOT_DENIED = frozenset({"injection", "personal", "clickbait", "sensitive"})  # refused for the very words
FEATURE = "feature"  # the kind of a claim
_WARNED_KINDS = frozenset({"colour"})
# A colour word may paint a picture; said to be the product's own, it is a fact like any other.
_OWN_COLOUR = re.compile(
    r"(?:\bcolou?rs?(?: is| are| ?:)|\b(?:comes?|available) in|颜色(?:是|为| ?:)"
    r"|(?:颜色|配色|新色|色号|上了?新)[^,。;!?]{0,6}) ?\Z"
)
_OWN_COLOUR_AFTER = re.compile(
    r"色?(?:[、和与][^,。;!?]{1,14}?)?(?:[两二三四五六]色)?(?:可选|任选|任[你您]|随[你您]|款|版(?!画)|配色|上新)"
)
_FORMER_BEFORE = re.compile(
    r"(?:\bwas|\bwere|originally|formerly|previously|\bbefore|\breg(?:ular(?:ly)?)?|instead of|\brrp|\bmsrp"
    r"|list price|retail(?: price)?|worth|valued? at|compared? (?:at|to)|usual(?:ly)?|normally|old price|full price"
    r"|原价|原售价|市场价|专柜价|吊牌价|划线价|零售价|日常价|门店价|参考价)[.:]?\s?(?:price\s?)?(?:was|of|at|is|为|是|约)?[:\s]*\Z"
)
_LOWEST_BEFORE = re.compile(r"(?:lowest price|\d ?-?days? low|最低)[^.,。;!€$£¥元]{0,32}\Z")
_REDUCED = re.compile(r"(?:down|reduced|marked down|cut|slashed|dropped) from[:\s]*\Z")
_FORMER = (_REDUCED, _FORMER_BEFORE, _LOWEST_BEFORE)
_may_be_former = look_for(_FORMER)
_FORMER_AFTER = re.compile(
    r"(?:,? (?:the |our |its )?(?:lowest|former|old|previous|usual|regular|original) price\b"
    r"|\s?(?:value\b|before\b|rrp\b|originally\b|list price|retail|was\b(?! made)))"
)
_OFF_BEFORE = re.compile(
    r"(?:\bsav(?:e|es|ing|ings of)\s(?:up to\s|an extra\s|over\s)?|立减|直降|直减|满减|降价|[立再共]?省|便宜|优惠)\s?\Z"
)
_AGE_BEFORE = re.compile(r"\bage[ds]?:? \Z")
_LESS_AFTER = re.compile(
    r"\s?(?:below|lower than|less than|under)\s(?:the |its |our |a )?"
    r"(?:lowest|former|old|previous|usual|before|price|last|30)"
)
_OF_HISTORY = re.compile(r"lowest|\blow\b|price|最低|成交价|价")
_OFF_AFTER = re.compile(r"\s?(?:off\b|discount|cheaper\b|less\b|优惠)")
_MARKED = re.compile(r"([\w'’-]+)\s?[®™]")
_MADE_BY = re.compile(r"\bby [a-z]|品牌|tm\b|[®™]")  # NFKC makes ™ TM
_may_be_made = look_for([_MADE_BY])
_MAKER = re.compile(r"\b(?:by|By) ((?:[A-Z][\w&'’-]+)(?: (?:[A-Z][\w&'’-]+|&))*)|品牌\s?[:：]\s?([\w·-]{2,16})")
_VERB = re.compile(r"\b(?:may|mar(?:ch)?)\b")
_ACROSS = re.compile(r" ?[x×*] ?")
_QUOTE = re.compile('["“「『‘]')
_QUOTATION = re.compile(r"[\"“]([^\"“”]{6,400})[\"”]|[「『]([^」』]{6,400})[」』]|(?<![a-z])‘(.{12,400}?)’(?![a-z])")
_FEW_WORDS, _FEW_HANZI = 4, 7  # a quotation of fewer is a word in quotation marks
_HANZI = re.compile("[一-鿿]")
# Where something is made is told in many words; a place stands there by its capital.
_MAKES = (
    "made|built|assembled|manufactured|produced|sewn|stitched|woven|knitted|spun|forged|carved|thrown|brewed|distilled"
    "|roasted|ground|honed|cast|blown|dyed|tanned|bottled|poured|milled|quilted|cured|smoked|churned|baked|fired|glazed"
    "|handmade|crafted|handcrafted|grown|harvested|raised|caught|hauled|felted|tailored|welded|sharpened|hammered|tufted"
    "|embroidered|stirred|mixed|whisked|blended|boiled|simmered|pickled|made by hand|hand-[a-z]{3,9}|born"
)
_WORKS = (
    "workshops?|ateliers?|studios?|mills?|sawmills?|kilns?|foundr(?:y|ies)|forges?|smith(?:y|ies)|factor(?:y|ies)|farms?"
    "|dair(?:y|ies)|baker(?:y|ies)|roaster(?:y|ies)|brewer(?:y|ies)|distiller(?:y|ies)|tanner(?:y|ies)|potter(?:y|ies)"
    "|vineyards?|orchards?|apiar(?:y|ies)|joiner(?:y|ies)|looms?|weavers?|potters?|knitters?|artisans?|craftsmen"
    "|craftspeople|makers?|smiths?|bladesmiths?|cutlers?|growers?|farmers?|roasters?|bakers?|cobblers?|carpenters?|joiners?"
    "|tailors?|seamstresses|glassblowers?|beekeepers?|shipwrights?|saddlers?|coopers?"
)
_OF_MAKING = rf"{_WORKS}|bench(?:es)?|works|hillsides?|craft|craftsmanship|workmanship|know-how|engineering|hands"
_NAME = r"(?:the )?(?P<place>[A-Z][a-z]{2,}(?: (?:[A-Z][a-z]+|of|the))*)"
_PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:{_MAKES.title()}|{_MAKES}) (?:[a-z'’-]+ ){{0,7}}(?:in|near|outside|on|off|along|at|(?:block|miles?"
        rf"|minutes|steps"
        rf"|streets?|away|throw) from) (?:[a-z'’-]+ ){{0,5}}{_NAME}",
        rf"\b(?:[Ff]rom|[Ll]eaves|[Ll]eft|[Oo]ut of|[Oo]ur"
        rf"|[Bb]y) (?:[a-z'’-]+ ){{0,4}}(?:{_WORKS}) (?:[a-z'’-]+ ){{0,3}}?"
        rf"(?:in|near|outside|on|of|off|along|at|by|from) (?:[a-z'’-]+ ){{0,4}}{_NAME}",
        rf"[a-z,] (?P<place>(?!Park\b|Garden)[A-Z][a-z]{{2,}}) (?:[a-z-]+ )?(?:{_OF_MAKING})\b",
        rf"\b(?:[Hh]ails?|[Ii]mported|[Ss]ourced|[Ss]hipped over|[Ss]traight|[Dd]irect|[Ff]resh|[Bb]rought over"
        rf"|[Ff]lown in"
        rf"|[Ss]hips|[Nn]ative) (?:from|of|to) (?:[a-z'’-]+ ){{0,4}}{_NAME}",
    )
)
_may_be_placed = look_for(
    [
        re.compile(
            rf"(?i:{_MAKES})|(?i:{_OF_MAKING})|(?i:hails|imported|sourced|shipped|straight|direct|fresh|brought"
            rf"|flown|ships|native)"
        )
    ]
)
_may_name_a_place = look_for(_PLACES)
_CAPITAL = re.compile(r"\b[A-Z]")
_WORD = re.compile(r"\b[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim, and what is to be told of it where nothing supports it."""

    claim: Claim
    line: str
    tell: str = ""
    gate: str = CLAIMS
    blocked: bool = False  # no evidence would help

    @property
    def refused(self) -> bool:
        """Whether the copy can't run with it."""
        return self.claim.verdict == "unsupported"


@dataclass(frozen=True, slots=True)
class _Look:
    """What finding needs besides the line."""

    brief: Brief
    facts: Facts
    words: Lexicon
    policy: Policy
    whole: str  # every line of the copy, normalised


def findings_in(fields: Fields, brief: Brief, facts: Facts) -> list[Finding]:
    """Every claim of a copy with what is to be told of it, in the order of the text."""
    lines = lines_of(fields)
    whole = "\n".join(line.plain for line in lines)
    market = market_of(brief.campaign.market, brief.locale)
    look = _Look(brief, facts, lexicon(), policy(market, brief.channel), whole)
    masked = may_hide(whole)
    views = [text for line in lines for text, _ in line.unmasked()] if masked else ()
    rules = look.policy.candidates("\n".join((whole, *views)) if views else whole)
    words, stating = look.words.spans_in(whole), may_state(whole)
    counting = any(noun in whole for noun in facts.counts)
    counts = bool(brief.product.title) and brief.other is None and may_miscount(whole)
    brings = bool(brief.product.title) and may_bring(whole)
    parts = features().heads_in(whole) if brief.product.title and not brief.locale.startswith("zh") else ()
    placed = _may_be_placed(whole) and _may_name_a_place("\n".join([line.raw for line in lines]))
    made = _may_be_made(whole) and bool(_MADE_BY.search(whole))
    quoting = bool((brief.evidence or brief.reviews) and _QUOTE.search(whole) and _reviews(brief))
    found: list[Finding] = []
    at = 0  # where the line begins in the whole
    for line in lines:
        spoken = list(_spoken(line, look, rules, masked=masked)) if rules else []
        found += spoken
        if (stating and may_state(line.plain)) or (counting and any(noun in line.plain for noun in facts.counts)):
            found += _counted(line, look, [each.claim for each in spoken])
        spans = [(start - at, end - at) for start, end in words if 0 <= start - at < len(line.plain)] if words else ()
        if spans or masked:
            found += _worded(line, look, spans, masked=masked)
        at += len(line.plain) + 1
        if counts and not line.plain.isascii():
            found += _miscounted(line, look)
        if brings:
            found += _brought(line, look)
        if parts:
            found += _featured(line, look, parts)
        if made:
            found += _made_by(line, look)
        if placed:
            found += _made_in(line, look)
        if masked:
            found += _spread_out(line, look)
        if quoting:
            found += _quoted(line, look)
    order = {name: at for at, name in enumerate(fields)}
    return sorted(found, key=lambda each: (order[each.claim.field], each.claim.line, each.claim.start, -each.claim.end))


def _finding(
    line: Line, kind: str, span: tuple[int, int], value: str, support: str | None, *, tell: str, gate: str = CLAIMS,
    rule: Rule | None = None, warned: bool = False,
) -> Finding:  # fmt: skip
    start, end = line.span(*span)
    verdict = "supported" if support is not None else "warned" if warned else "unsupported"
    claim = Claim(
        kind,
        line.field,
        line.number,
        start,
        end,
        line.raw[start:end],
        value,
        verdict,
        support,
        rule.id if rule else None,
    )
    return Finding(claim, line.raw, tell, gate, rule is not None and rule.action == "block")


# numbers


def _counted(line: Line, look: _Look, spoken: list[Claim]) -> Iterator[Finding]:
    """The numbers, prices and dates of a line."""
    days = [day for day in dates_in(line.plain) if _is_date(day, line, look.facts)]
    for day in days:
        support = next((source.named(known.text) for known, source in look.facts.days if day.agrees(known)), None)
        if support is None and is_idle_day(day, line.plain):
            continue
        tell = "which the record doesn't hold"
        yield _finding(line, "date", (day.start, day.end), str(day), support, tell=tell, gate=NUMBERS)
    idle = look.words.idle_in(line.plain)
    since = end = 0  # where the words before a number begin: at the end of the one before
    for stated in numbers_in(line.plain):
        if stated.start - end > 3 or not _ACROSS.fullmatch(
            line.plain, end, stated.start
        ):  # of 230 x 245 cm the first has the words of both
            since = end
        dated = any(day.start < stated.end and day.end > stated.start for day in days)
        if any(start < stated.end and stop > stated.start for start, stop in idle):
            continue
        if not dated and not _only_stresses(line, stated, spoken):
            before = line.plain[max(0, stated.start - 40) : stated.start]
            number = _number(line, stated, before, look, spoken, since)
            if not (number.refused and is_idle(stated, line.plain, look.facts, aspect_of(line.plain, stated, since))):
                yield number
        end = stated.end
    for stated, told in more_told(line.plain, look.facts):
        support = derived(stated, line.plain, look.brief, look.facts, None)
        tell = f"where the record has {told}"
        yield _finding(line, "number", (stated.start, stated.end), figure(stated), support, tell=tell, gate=NUMBERS)


def _only_stresses(line: Line, stated: Stated, spoken: list[Claim]) -> bool:
    """Whether "100%" says no more than the refused claim that it stands before: "100% compostable"."""
    if stated.unit != "%" or 100 not in stated.values:
        return False
    _, end = line.span(stated.start, stated.end)
    return any(claim.verdict == "unsupported" and 0 <= claim.start - end <= 1 for claim in spoken)


def _is_date(day: Day, line: Line, facts: Facts) -> bool:
    """May and March are verbs as well: "may 5 people" and "No. 2 may do" are dates in capitals, or in the record."""
    verb = _VERB.search(day.text)
    if not verb or not line.raw.isascii():
        return True
    return line.raw[day.start + verb.start()].isupper() or any(day.agrees(known) for known, _ in facts.days)


def _number(line: Line, stated: Stated, before: str, look: _Look, spoken: list[Claim], since: int) -> Finding:
    facts, brief, plain = look.facts, look.brief, line.plain
    after, tell, kind = plain[stated.end :], "which the record doesn't hold", "number"
    if stated.unit == CENT:
        stated = replace(stated, unit=(brief.product.currency or "usd").lower())
    if stated.unit == "lb" and brief.product.currency == "GBP" and "pound" in stated.text and not facts.support(stated):
        money = replace(stated, unit="gbp")  # thirty-two pounds may be a price, where nothing weighs as much
        if of_price(money, brief, facts) or derived(money, plain, brief, facts, None):
            stated = money
    if stated.unit in CURRENCIES:
        kind, support, tell = _sum(stated, before, after, look)
    elif stated.unit == "off":
        kind, support = "offer", of_per_cent_off(stated, brief, facts)
        tell = "which no promotion in force and no price history supports"
        if support is None and (folds := of_folds(stated, after, facts)):
            kind, support = "number", folds
    else:
        kind = (
            "percentage"
            if stated.unit == "%"
            else "measure"
            if stated.unit not in (None, "piece", COUNT, CODE)
            else kind
        )
        support = facts.support(stated)
        if kind == "percentage" and _LESS_AFTER.match(after):
            kind, support = "offer", of_per_cent_off(stated, brief, facts)
        aspect = aspect_of(plain, stated, since) if kind == "measure" else None
        if support and contradicts(stated, aspect, facts):
            support, tell = None, f"where the record gives another {aspect}"
        elif support and kind == "measure" and (part := other_part(plain, stated, since, facts)):
            support, tell = None, f"where the record gives another of the {part}"
        elif support and kind == "percentage" and not _shared(plain, stated, look):
            support, tell = None, "of which the record gives another share"
        elif support and kind == "number" and _of_age(before, stated, facts):
            support, tell = None, "where the record gives another age"
        elif support and facts.counts and kind == "number" and (noun := other_count(plain, stated, facts)):
            support, tell = None, f"where the record has another number of {noun}"
        support = support or of_days_left(stated, facts)
        if brief.reviews and (support is None or support.startswith(REVIEWS)):
            support = of_reviewers(plain, stated.start, stated.end, brief, facts) or support
        if support is None and stated.unit == "day" and _OF_HISTORY.search(before + after[:24]):
            support = of_history_days(stated, brief, facts)
    if support and kind in ("measure", "number", "price") and (off := overstated(stated, before, facts)):
        support, tell = None, off
    elif support is None and not plain.isascii() and (follows := reckoned(plain, stated, brief, facts)):
        support = follows
    elif support is None and kind != "offer":
        support = derived(stated, plain, brief, facts, aspect_of(plain, stated, since))
    if kind in ("offer", "price") and (missing := _condition_left_out(support, look)):
        support, tell = None, missing
    value = figure(stated)
    span = (stated.start, stated.end)
    if support is None and kind == "number" and (spoken_of := _in_stock_claim(line, span, spoken)):
        tell = f"a number that the record doesn't hold; {spoken_of} says only that stock is limited"
        return _finding(line, kind, span, value, None, tell=tell, gate=NUMBERS, warned=True)
    return _finding(line, kind, span, value, support, tell=tell, gate=NUMBERS)


def _condition_left_out(support: str | None, look: _Look) -> str | None:
    """What is wrong with a claim that rests on a promotion whose condition no line tells."""
    missing = left_out(look.brief, look.facts, look.whole) if support and support.startswith("promotions") else None
    return missing and f"of whose promotion the copy leaves out the condition {missing!r}"


def _of_age(before: str, stated: Stated, facts: Facts) -> bool:
    """Whether a bare number is told as an age, and the record has another: age 5 of what is for 10 and up."""
    known = facts.aspects.get("age", ())
    return bool(known and _AGE_BEFORE.search(before)) and not any(agree(stated, each) for each in known)


def _sum(stated: Stated, before: str, after: str, look: _Look) -> tuple[str, str | None, str]:
    """The kind, the support and the objection of a sum of money."""
    former = _may_be_former(before) and any(told.search(before) for told in _FORMER)
    if former or _FORMER_AFTER.match(after):
        tell = "a former price, which only the price history supports"
        return "price", of_former_price(stated, look.brief, look.facts), tell
    if _OFF_BEFORE.search(before) or _OFF_AFTER.match(after):
        tell = "which no promotion in force and no price history supports"
        return "offer", of_sum_off(stated, look.brief, look.facts), tell
    return "price", of_price(stated, look.brief, look.facts), "which the record doesn't hold"


def _shared(plain: str, stated: Stated, look: _Look) -> bool:
    """Whether the record doesn't contradict what the copy's per cent are of: "20% wool" where the record has 80%."""
    after, facts = plain[stated.end : stated.end + 24], look.facts
    word = share_of(plain, stated)
    if word is None:
        return True
    same_thing = [values for of, values in facts.shares if of.startswith(word) or word.startswith(of)]
    if same_thing:
        return any(not values.isdisjoint(stated.values) for values in same_thing)
    others = [of for of, values in facts.shares if not values.isdisjoint(stated.values)]
    if not others or any(of in after for of in others):
        return True
    # The record gives this share, but of something else: of what, if the copy names a material?
    first = next(look.words.words_at(look.words.spans_in(after), after, after), None)
    return first is None or first.kind != "material"


def _in_stock_claim(line: Line, span: tuple[int, int], spoken: list[Claim]) -> str | None:
    start, end = line.span(*span)
    return next(
        (c.support for c in spoken if c.kind == "urgency" and c.support and c.start <= start and end <= c.end), None
    )


# words


def _views(line: Line, *, masked: bool) -> Iterator[tuple[str, list[int] | None]]:
    yield line.plain, None
    if masked:
        yield from line.unmasked()


def _spoken(line: Line, look: _Look, rules: Candidates, *, masked: bool) -> Iterator[Finding]:
    """What a policy pack speaks of in a line."""
    seen = set[tuple[str, int, int]]()
    for text, at in _views(line, masked=masked):
        for rule, patterns in rules:
            for match in rule.hits(text, patterns):
                span = match.span() if at is None else (at[match.start()], at[match.end() - 1] + 1)
                if (rule.id, *span) in seen:
                    continue
                seen.add((rule.id, *span))
                words = match[0].strip()
                place = (text, text.index(words, match.start()))
                support = of_rule(rule, words, look.brief, look.facts, place)
                if (
                    support is None
                    and rule.kind not in _NOT_DENIED
                    and may_deny(text)
                    and denied(*place, place[1] + len(words))
                ):
                    continue
                if support and rule.kind == "green" and all_of_it(*place) and in_part(words.split()[-1], look.facts):
                    support = None  # 70% recycled isn't "entirely recycled"
                tell = rule.tell
                if rule.kind in ("free", "offer") and (missing := _condition_left_out(support, look)):
                    support, tell = None, missing
                yield _finding(
                    line,
                    rule.kind,
                    span,
                    words,
                    support,
                    tell=tell,
                    rule=rule,
                    warned=rule.action == "warn",
                )


def _spread_out(line: Line, look: _Look) -> Iterator[Finding]:
    """Letters apart, as in "b e s t": what they say is for no check to read."""
    for start, end in line.spread_letters():
        source = look.facts.held_in(line.plain[start:end])
        support = source.named(line.plain[start:end]) if source else None
        tell = "letters spread out, which no check can read"
        yield _finding(line, "disguise", (start, end), line.plain[start:end], support, tell=tell)


def _worded(line: Line, look: _Look, spans: Sequence[Span], *, masked: bool) -> Iterator[Finding]:
    """Materials, colours, certificates, comparisons and other makers' names in a line, which stand at those places."""
    seen = set[tuple[int, int]]()
    for text, at in _views(line, masked=masked):
        raw = line.raw if at is None and len(line.raw) == len(text) else text
        for word in look.words.words_at(
            spans if at is None else look.words.spans_in(text), text, raw, look.facts.things
        ):
            span = (word.start, word.end) if at is None else (at[word.start], at[word.end - 1] + 1)
            if span in seen or _is_anothers(text, word, look):
                continue
            seen.add(span)
            if word.kind == "material" and of_readers_own(text, word, look.words, look.facts):
                continue
            tell = f"a {word.kind} that the record doesn't hold"
            if word.kind == "material":
                support = of_material(text, word, look.words, look.facts)
                if support and (part := of_other_part(text, word.start, word.text, look.words, look.facts)):
                    support, tell = None, f"a material that the record doesn't give the {part}"
            else:
                support = of_word(word.text, look.words, look.facts)
            if support and support.startswith(REVIEWS) and word.kind == "certification":
                support = None  # a reviewer certifies nothing
            if support is None and may_deny(text) and denied(text, word.start, word.end):
                continue
            if support is None and word.kind == "comparative":
                support = _compared(text, word, look)
            elif support is None and (source := look.facts.names_held_in(word.text)) and word.kind != "material":
                support = source.named(word.text)
            yield _finding(
                line, word.kind, span, word.text, support, tell=tell,
                warned=word.kind in _WARNED_KINDS and not _its_own(text, word, line, look),
            )  # fmt: skip


def _its_own(text: str, word: Word, line: Line, look: _Look) -> bool:
    """Whether a colour is said to be the product's: by its words, before the product's name or in a search title."""
    if look.brief.channel == "taobao_title" or _OWN_COLOUR.search(text, 0, word.start):
        return True
    if text.isascii():
        return False
    thing = look.facts.title.split(" ")[0][-2:]
    return bool(_OWN_COLOUR_AFTER.match(text, word.end)) or (
        not thing.isascii() and thing in re.split(r"[,。;!?、:]", text[word.end : word.end + 10])[0]
    )


def _miscounted(line: Line, look: _Look) -> Iterator[Finding]:
    """Small counts in Chinese numerals that the record contradicts."""
    for start, end, value in miscounted(line.plain, look.facts):
        tell = "where the record counts otherwise"
        yield _finding(line, "number", (start, end), str(value), None, tell=tell, gate=NUMBERS)


def _brought(line: Line, look: _Look) -> Iterator[Finding]:
    """Features and parts that a Chinese line gives the product."""
    segment = look.brief.segment
    wanted = (*segment.interests, *segment.needs, segment.name)
    for each in brought_in(line.plain, look.facts):
        if any(each.name in phrase.lower() for phrase in wanted):
            continue  # what the audience asks for: the prompt told of it
        tell = "a feature that the record doesn't speak of"
        yield _finding(line, "feature", (each.start, each.end), each.name, each.support, tell=tell)


def _featured(line: Line, look: _Look, heads: Collection[str]) -> Iterator[Finding]:
    """Features and parts that a line gives the product."""
    for stated in features().stated_in(line.plain, heads, line.field):
        support = of_feature(stated.feature, look.facts)
        if support is None and _liked(line.plain[stated.start : stated.end], look):
            continue
        tell = "a feature that the record doesn't speak of"
        yield _finding(line, FEATURE, (stated.start, stated.end), stated.feature.name, support, tell=tell)


def _liked(words: str, look: _Look) -> bool:
    """Whether an audience likes the thing, or is called by it: "for friends of reading lights"."""
    segment = look.brief.segment
    return any(words in told.lower() for told in (*segment.interests, segment.name))


def _compared(text: str, word: Word, look: _Look) -> str | None:
    """A test, statistic or award that says what a comparison says."""
    rule = Rule(
        "", "comparative", "evidence", "", frozenset({"test", "statistic", "award"}), (), None, names_excuse=True
    )
    return of_rule(rule, text[word.start : word.end], look.brief, look.facts)


def _is_anothers(text: str, word: Word, look: _Look) -> bool:
    """Whether the word is a part of the product's name or brand, or of what the audience likes: "leather crafts"."""
    segment = look.brief.segment
    phrases = (
        look.facts.brand,
        look.facts.title,
        *(each.lower() for each in (*segment.interests, *segment.needs, segment.name)),
    )
    for phrase in phrases:
        if len(phrase) > len(word.text) and word.text in phrase:
            at = text.find(phrase)
            while at >= 0:
                if at <= word.start and word.end <= at + len(phrase):
                    return True
                at = text.find(phrase, at + 1)
    return False


def _made_by(line: Line, look: _Look) -> Iterator[Finding]:
    """Another maker's name: a word with ® or ™, or a capitalised one after "by". Others can't be told from words."""
    for pattern in (_MARKED, _MAKER):
        if pattern is _MAKER and " by " not in f" {line.plain}" and "品牌" not in line.plain:
            continue
        for match in pattern.finditer(line.raw):
            name = (match[1] or match[2]).strip()
            plain = name.lower()
            if pattern is _MAKER and match[1]:
                words = _WORD.findall(line.raw)
                if plain.split()[0] in look.words.no_maker or len(_CAPITAL.findall(line.raw)) > 0.7 * len(words):
                    continue  # "By Hand" and title case
            first = plain.split()[0].removesuffix("'s").removesuffix("’s")
            support = next((s.named(name) for s in look.facts.sources if first in s.text), None)
            start = match.start(1 if match[1] else 2)
            finding = _finding(line, "brand", (0, 0), plain, support, tell="a maker that the record doesn't name")
            yield _at(finding, line, start, start + len(name))


def _made_in(line: Line, look: _Look) -> Iterator[Finding]:
    """A place, by its capital, where something is said to be made: "woven in Harris". Title case tells nothing."""
    words = _WORD.findall(line.raw)
    if len(_CAPITAL.findall(line.raw)) > 0.7 * len(words):
        return
    seen = set[int]()
    for match in (match for pattern in _PLACES for match in pattern.finditer(line.raw)):
        name = match["place"].lower()
        first = name.split()[0]
        if (
            match.start("place") in seen
            or first in look.words.no_maker
            or first in look.facts.things
            or first in look.facts.brand
        ):
            continue  # months, days and feasts, and the product itself
        seen.add(match.start("place"))
        support = of_place(normal(match["place"]), look.facts)
        tell = "a place of making that the record doesn't hold"
        finding = _finding(line, "origin", (0, 0), name, support, tell=tell)
        yield _at(finding, line, *match.span("place"))


def _quoted(line: Line, look: _Look) -> Iterator[Finding]:
    """Quotations, where reviews are stored: each is one of those, word for word, or the record's own."""
    reviews = _reviews(look.brief)
    for match in _QUOTATION.finditer(line.plain):
        words = _bare(match[match.lastindex or 0])
        if len(words.split()) < _FEW_WORDS and len(_HANZI.findall(words)) < _FEW_HANZI:
            continue
        source = look.facts.held_in(words)
        support = source.named(words) if source else None
        support = next(
            (f"{column}: {id}" for column, id, text in reviews if holds(_bare(normal(text)), words)), support
        )
        tell = "a quotation that is no stored review's, word for word"
        yield _finding(line, "review", match.span(match.lastindex or 0), words, support, tell=tell)


def _reviews(brief: Brief) -> list[tuple[str, str, str]]:
    """The reviews that a copy may quote: where they stand, their id and their words."""
    shown = brief.reviews.shown if brief.reviews else ()
    return [
        *(("claim_evidence", each.id, each.statement) for each in brief.evidence if each.kind == "review"),
        *(("reviews", each.id, each.text) for each in shown),
    ]


def _bare(words: str) -> str:
    """Words without the marks at their ends and with plain apostrophes."""
    return " ".join(words.replace("’", "'").split()).strip(" .,!?;:…。，！？；'\"“”")


def _at(finding: Finding, line: Line, start: int, end: int) -> Finding:
    """The same finding at a place of the stored line."""
    return replace(finding, claim=replace(finding.claim, start=start, end=end, text=line.raw[start:end]))
