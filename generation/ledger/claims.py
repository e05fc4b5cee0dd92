"""The claim ledger: every factual statement in a copy, where it stands, and what supports it.

Numbers, prices and dates, words that a policy pack speaks of, materials, colours, certificates and other makers' names.
What supports each is decided in ``generation.ledger.support``; what is refused for it in ``generation.checks``.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from generation.ledger.counts_zh import may_miscount
from generation.ledger.facts import Facts
from generation.ledger.features import features, of_feature
from generation.ledger.features_zh import brought_in, may_bring
from generation.ledger.figures import condition_left_out, figures_in, miscounts_in
from generation.ledger.finding import Finding, Look, finding
from generation.ledger.lexicon import Span, Word, lexicon
from generation.ledger.makers import MADE_BY, makers_in, may_be_made, may_be_placed, may_name_a_place, places_in
from generation.ledger.materials import all_of_it, in_part, of_material, of_readers_own
from generation.ledger.parts import of_other_part
from generation.ledger.policies import Candidates, Rule, market_of, policy
from generation.ledger.quotations import QUOTE, quotable, quotations_in
from generation.ledger.sources import REVIEWS
from generation.ledger.support import of_rule, of_word
from generation.reading.denials_zh import denied, may_deny
from generation.reading.lines import Line, lines_of, may_hide
from generation.reading.numbers import may_state
from generation.records import Brief, Fields

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


def findings_in(fields: Fields, brief: Brief, facts: Facts) -> list[Finding]:
    """Every claim of a copy with what is to be told of it, in the order of the text."""
    lines = lines_of(fields)
    whole = "\n".join(line.plain for line in lines)
    market = market_of(brief.campaign.market, brief.locale)
    look = Look(brief, facts, lexicon(), policy(market, brief.channel), whole)
    masked = may_hide(whole)
    views = [text for line in lines for text, _ in line.unmasked()] if masked else ()
    rules = look.policy.candidates("\n".join((whole, *views)) if views else whole)
    words, stating = look.words.spans_in(whole), may_state(whole)
    counting = any(noun in whole for noun in facts.counts)
    counts = bool(brief.product.title) and brief.other is None and may_miscount(whole)
    brings = bool(brief.product.title) and may_bring(whole)
    parts = features().heads_in(whole) if brief.product.title and not brief.locale.startswith("zh") else ()
    placed = may_be_placed(whole) and may_name_a_place("\n".join([line.raw for line in lines]))
    made = may_be_made(whole) and bool(MADE_BY.search(whole))
    quoting = bool((brief.evidence or brief.reviews) and QUOTE.search(whole) and quotable(brief))
    found: list[Finding] = []
    at = 0  # where the line begins in the whole
    for line in lines:
        spoken = list(_spoken(line, look, rules, masked=masked)) if rules else []
        found += spoken
        if (stating and may_state(line.plain)) or (counting and any(noun in line.plain for noun in facts.counts)):
            found += figures_in(line, look, [each.claim for each in spoken])
        spans = [(start - at, end - at) for start, end in words if 0 <= start - at < len(line.plain)] if words else ()
        if spans or masked:
            found += _worded(line, look, spans, masked=masked)
        at += len(line.plain) + 1
        if counts and not line.plain.isascii():
            found += miscounts_in(line, look)
        if brings:
            found += _brought(line, look)
        if parts:
            found += _featured(line, look, parts)
        if made:
            found += makers_in(line, look)
        if placed:
            found += places_in(line, look)
        if masked:
            found += _spread_out(line, look)
        if quoting:
            found += quotations_in(line, look)
    order = {name: at for at, name in enumerate(fields)}
    return sorted(found, key=lambda each: (order[each.claim.field], each.claim.line, each.claim.start, -each.claim.end))


def _views(line: Line, *, masked: bool) -> Iterator[tuple[str, list[int] | None]]:
    yield line.plain, None
    if masked:
        yield from line.unmasked()


def _spoken(line: Line, look: Look, rules: Candidates, *, masked: bool) -> Iterator[Finding]:
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
                if rule.kind in ("free", "offer") and (missing := condition_left_out(support, look)):
                    support, tell = None, missing
                yield finding(
                    line,
                    rule.kind,
                    span,
                    words,
                    support,
                    tell=tell,
                    rule=rule,
                    warned=rule.action == "warn",
                )


def _spread_out(line: Line, look: Look) -> Iterator[Finding]:
    """Letters apart, as in "b e s t": what they say is for no check to read."""
    for start, end in line.spread_letters():
        source = look.facts.held_in(line.plain[start:end])
        support = source.named(line.plain[start:end]) if source else None
        tell = "letters spread out, which no check can read"
        yield finding(line, "disguise", (start, end), line.plain[start:end], support, tell=tell)


def _worded(line: Line, look: Look, spans: Sequence[Span], *, masked: bool) -> Iterator[Finding]:
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
            yield finding(
                line, word.kind, span, word.text, support, tell=tell,
                warned=word.kind in _WARNED_KINDS and not _its_own(text, word, line, look),
            )  # fmt: skip


def _its_own(text: str, word: Word, line: Line, look: Look) -> bool:
    """Whether a colour is said to be the product's: by its words, before the product's name or in a search title."""
    if look.brief.channel == "taobao_title" or _OWN_COLOUR.search(text, 0, word.start):
        return True
    if text.isascii():
        return False
    thing = look.facts.title.split(" ")[0][-2:]
    return bool(_OWN_COLOUR_AFTER.match(text, word.end)) or (
        not thing.isascii() and thing in re.split(r"[,。;!?、:]", text[word.end : word.end + 10])[0]
    )


def _brought(line: Line, look: Look) -> Iterator[Finding]:
    """Features and parts that a Chinese line gives the product."""
    segment = look.brief.segment
    wanted = (*segment.interests, *segment.needs, segment.name)
    for each in brought_in(line.plain, look.facts):
        if any(each.name in phrase.lower() for phrase in wanted):
            continue  # what the audience asks for: the prompt told of it
        tell = "a feature that the record doesn't speak of"
        yield finding(line, FEATURE, (each.start, each.end), each.name, each.support, tell=tell)


def _featured(line: Line, look: Look, heads: Collection[str]) -> Iterator[Finding]:
    """Features and parts that a line gives the product."""
    for stated in features().stated_in(line.plain, heads, line.field):
        support = of_feature(stated.feature, look.facts)
        if support is None and _liked(line.plain[stated.start : stated.end], look):
            continue
        tell = "a feature that the record doesn't speak of"
        yield finding(line, FEATURE, (stated.start, stated.end), stated.feature.name, support, tell=tell)


def _liked(words: str, look: Look) -> bool:
    """Whether an audience likes the thing, or is called by it: "for friends of reading lights"."""
    segment = look.brief.segment
    return any(words in told.lower() for told in (*segment.interests, segment.name))


def _compared(text: str, word: Word, look: Look) -> str | None:
    """A test, statistic or award that says what a comparison says."""
    rule = Rule(
        "", "comparative", "evidence", "", frozenset({"test", "statistic", "award"}), (), None, names_excuse=True
    )
    return of_rule(rule, text[word.start : word.end], look.brief, look.facts)


def _is_anothers(text: str, word: Word, look: Look) -> bool:
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
