"""Two products side by side: whose facts a line rests on, which comparisons both records give, and what runs one down.

Each claim is the ledger's, looked at with the facts of the product that it is about: that of its field, or the one
named nearest. What says more and less is data, templates/kinds.yaml; a comparison in other words isn't seen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from generation.channels import Channel
from generation.kinds.measures import FIRST, SECOND, Comparison, Pair, comparisons_in, figure_of, units_of
from generation.ledger.claims import findings_in
from generation.ledger.facts import facts_of
from generation.ledger.finding import NUMBERS, Finding
from generation.ledger.lexicon import lexicon
from generation.reading.content import SENTENCE_END, found, words_of_kinds
from generation.reading.lines import Line, lines_of
from generation.reading.numbers import numbers_in
from generation.reading.text import holds, normal
from generation.reading.units import quantities
from generation.records import Brief, Claim, Fields, Rejection
from generation.shape import Context, refusal

BOTH = "2 piece"  # "two packs": the two themselves
_LATIN_NAME = re.compile(r"[a-z0-9][a-z0-9'’-]*")
_HANZI = re.compile("[\u3400-\u9fff]+")
_LEADING = 4  # hanzi at a title's beginning in which a part may name it
_FOR_IT = re.compile(r"\s?(?:[a-z]+ )?(?:for|in|on|with|of|from|at|by|\()\s?(?:the )?|(?:的是|的|[(（])")
_IS_IT = re.compile(
    r"\s(?:(?:one|kettle|product|model|option|choice)\s)?(?:of the two\s)?(?:is\s)?(?:the\s)?|的?(?:那款|一款)?是?"
)


# By how much: "0.8 kg more", "adds 2.8 kg", "$40 below", "28 l apart". Money that stays in a pocket isn't paid.
_DIFFERENCE_AFTER = re.compile(
    r"[ -](?:(?P<more>more|extra|heavier|taller|longer|wider|deeper|thicker|larger|bigger|brighter|dearer|pricier"
    r"|above|over"
    r"|on top)|(?P<less>less|fewer|lighter|shorter|narrower|thinner|smaller|slimmer|dimmer|cheaper|below|under|off)"
    r"|(?P<apart>apart|between|of difference|in it))\b"
)
_DIFFERENCE_BEFORE = re.compile(
    r"\b(?:(?P<more>adds?|another|an extra|weighs? in at another|asks? for another)|(?P<less>saves?(?: you)?"
    r"|saving(?: you)?"
    r"|cuts?|sheds?|drops?|spares? you)|(?P<apart>difference (?:is|of)|differ by|apart by)) (?:about |just |only )?\Z"
)
_KEPT = re.compile(r"\b(?:leaves?|leaving|keeps?|keeping)(?: you)? \Z")
_SET_AGAINST = re.compile(
    r"(?:\b(?:against|versus|vs\.?|compared (?:with|to)|as opposed to|instead of|rather than)) \Z"
)


@dataclass(frozen=True, slots=True)
class _Mention:
    """Where a line names one of the two products."""

    start: int
    end: int
    which: int
    standard: bool  # what the other is held against: "than the Corran", 比青禾


def disparagement_gate(fields: Fields, context: Context) -> Rejection | None:
    """A buying guide runs neither product down; a weakness is told by a fact."""
    if context.channel.about != "comparison":
        return None
    for name, lines in fields.items():
        for line in lines:
            match = found(normal(line), "comparisons", "disparages")
            if match and not holds(context.facts.text, match[0]):
                return refusal("disparagement", f"{name} runs a product down, {match[0]!r}", line)
    return None


def compared_findings(fields: Fields, brief: Brief, channel: Channel) -> list[Finding]:
    """The ledger of a copy about two products, each claim with the facts of the one that it is about."""
    pair = _pair(brief, channel)
    each = [
        {_place(finding): finding for finding in findings_in(fields, one, facts)}
        for one, facts in zip(pair.alone, pair.facts, strict=True)
    ]
    lines = {(line.field, line.number): line for line in lines_of(fields)}
    result: list[Finding] = []
    for key, line in lines.items():
        mentions = _mentions(line.plain, pair)
        said = [
            _judged(one, line, mentions, pair) for one in comparisons_in(line.plain)
            if not any(each.start <= one.start < each.end for each in mentions)  # a "Cooler" is a name
        ]  # fmt: skip
        places = sorted(place for place in {*each[FIRST], *each[SECOND]} if place[:2] == key)
        for place in places:
            finding = _of_its_product(place, line, mentions, each, pair)
            if finding is not None:
                finding = _with_difference(finding, line, mentions, pair)
                result += _beside(finding, said, pair)
        result += said
    order = {name: at for at, name in enumerate(fields)}
    return sorted(result, key=lambda found: (order[found.claim.field], found.claim.line, found.claim.start))


_Place = tuple[str, int, int, int]


def _place(finding: Finding) -> _Place:
    claim = finding.claim
    return claim.field, claim.line, claim.start, claim.end


def _pair(brief: Brief, channel: Channel) -> Pair:
    if brief.other is None:
        raise ValueError("a brief without another product compares nothing")
    products = (brief.product, brief.other)
    alone = (
        replace(brief, other=None, other_evidence=()),
        replace(brief, product=brief.other, evidence=brief.other_evidence, other=None, other_evidence=()),
    )
    facts = (facts_of(alone[FIRST]), facts_of(alone[SECOND]))
    told = [(each.title, each.brand) for each in facts]
    fields = {spec.name: FIRST if spec.of == "product" else SECOND for spec in channel.fields if spec.of}
    return Pair(
        products,
        alone,
        facts,
        fields,
        (_names(*told[FIRST], *told[SECOND], "first"), _names(*told[SECOND], *told[FIRST], "second")),
    )


# whose facts


@lru_cache(maxsize=512)
def _names(title: str, brand: str, other_title: str, other_brand: str, ordinal: str) -> re.Pattern[str]:
    """What names one of two products and not the other, over a normalised line."""
    other = f"{other_title} {other_brand}"
    told = {title}
    if brand and not holds(other, brand):
        told.add(brand)
    words, others = _LATIN_NAME.findall(title), set(_LATIN_NAME.findall(other))
    told |= {word for word in words if word not in others and any(ch.isdigit() for ch in word)}
    if words and words[0] not in others and len(words[0]) > 2:
        told.add(words[0])
    told |= {f"{word} {after}" for word, after in pairwise(words) if word not in others}
    for at, word in enumerate(words[:-1]):
        if word not in others:
            told.add(f"{word} {words[-1]}")
            told |= {f"{word} {after}" for after in words[at + 1 :]}
    for run in _HANZI.findall(title):
        told |= {"".join(two) for two in pairwise(run[:_LEADING]) if "".join(two) not in other}
        if run not in other and len(run) > 1:
            told.add(run)
    told -= set(lexicon().kinds) - {brand, title}  # "oak" says what a thing is made of, and not which
    parts = [
        rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])" if name.isascii() else re.escape(name)
        for name in sorted(filter(None, told), key=len, reverse=True)
    ]
    ordinals = words_of_kinds()["comparisons"][ordinal]
    return re.compile("|".join((*parts, *ordinals["en"], *ordinals["zh"])))


def _mentions(plain: str, pair: Pair) -> list[_Mention]:
    """Every place where a line names one of the two, in its order; of two names in one place the longer."""
    every = sorted(
        (match.start(), -match.end(), which) for which in (FIRST, SECOND) for match in pair.names[which].finditer(plain)
    )
    result: list[_Mention] = []
    for start, minus_end, which in every:
        if not result or start >= result[-1].end:
            standard = bool(_before(plain[:start], "standard"))
            result.append(_Mention(start, -minus_end, which, standard))
    return result


def _before(text: str, name: str) -> re.Match[str] | None:
    return found(text[-40:], "comparisons", name)


def _sentence(plain: str, at: int) -> tuple[int, int]:
    """Where the sentence begins and ends that a place stands in."""
    start = 0
    for mark in SENTENCE_END.finditer(plain):
        if mark.start() >= at:
            return start, mark.start()
        start = mark.end()
    return start, len(plain)


def _owner(line: Line, start: int, end: int, mentions: list[_Mention], pair: Pair) -> int | None:
    """Which product's a claim is; None: either's."""
    if inside := next((each for each in mentions if each.start <= start < each.end), None):
        return inside.which
    first, last = _sentence(line.plain, start)
    near = [each for each in mentions if first <= each.start < last]
    before = [each for each in near if each.end <= start]
    if line.field in pair.fields:
        own = pair.fields[line.field]
        return before[-1].which if before and before[-1].standard else own
    after = next((each for each in near if each.start >= end), None)
    if after and _FOR_IT.fullmatch(line.plain[end : after.start]):
        return after.which
    if before and _SET_AGAINST.search(line.plain, before[-1].end, start) and numbers_in(line.plain[first:start]):
        return 1 - before[-1].which  # "the Desk one, at 800 lm against 300 lm"
    if before:
        return before[-1].which
    if after:
        return after.which
    earlier = [each for each in mentions if each.end <= first]
    return earlier[-1].which if earlier else None


def _of_its_product(
    place: _Place, line: Line, mentions: list[_Mention], each: list[dict[_Place, Finding]], pair: Pair
) -> Finding | None:
    """The finding of the product that a claim is about, its support saying whose it is; None where that makes none."""
    known = _known(each[FIRST].get(place), pair, FIRST), _known(each[SECOND].get(place), pair, SECOND)
    start, end = (
        place[2:] if len(line.raw) == len(line.plain) else (_plain_at(line, place[2]), _plain_at(line, place[3]))
    )
    first, last = _sentence(line.plain, start)
    if line.field not in pair.fields and found(line.plain[first:last], "comparisons", "both"):
        refused = [finding for finding in known if finding and finding.refused]
        return refused[0] if refused else known[FIRST] or known[SECOND]
    owner = _owner(line, start, end, mentions, pair)
    if owner is not None:
        return known[owner]
    return min((finding for finding in known if finding), key=lambda finding: finding.refused)


def _plain_at(line: Line, at: int) -> int:
    """Where a stored place stands in the normalised line, near enough to tell which name is nearest."""
    return len(normal(line.raw[:at]))


def _known(finding: Finding | None, pair: Pair, which: int) -> Finding | None:
    """A finding whose support says of which product it is, where that isn't the brief's own."""
    if finding is None or which == FIRST:
        return finding
    claim = finding.claim
    if claim.support is None or not claim.support.startswith("products."):
        return finding
    support = claim.support.replace(":", f" of {pair.products[SECOND].id}:", 1)
    return replace(finding, claim=replace(claim, support=support))


# more and less


def _judged(one: Comparison, line: Line, mentions: list[_Mention], pair: Pair) -> Finding:
    """A comparison as a claim: supported where both records give the measure and the direction is right."""
    support, tell = None, "a comparison that no figure of the two records decides"
    if one.measure is not None:
        figures = [figure_of(one.measure, pair, which) for which in (FIRST, SECOND)]
        tell = f"a comparison by {one.measure}, which the two records don't both give"
        if figures[FIRST] is not None and figures[SECOND] is not None:
            tell = f"a comparison by {one.measure} that the two records tell the other way round"
            subject = _subject(one, line, mentions, pair)
            denied = bool(_before(line.plain[: one.start], "denied"))
            if _holds_true(one.more, figures, subject, denied=denied):
                support = f"products.{one.measure}: {figures[FIRST]} and {figures[SECOND]}"
    start, end = line.span(one.start, one.end)
    verdict = "unsupported" if support is None else "supported"
    claim = Claim(
        "comparative",
        line.field,
        line.number,
        start,
        end,
        line.raw[start:end],
        line.plain[one.start : one.end],
        verdict,
        support,
    )
    return Finding(claim, line.raw, tell)


def _holds_true(more: bool, figures: list[Decimal | None], subject: int | None, *, denied: bool) -> bool:
    first, second = figures
    if first is None or second is None:
        return False
    if subject is None:
        return first != second
    own, other = (first, second) if subject == FIRST else (second, first)
    true = own > other if more else own < other
    return true != denied


def _subject(one: Comparison, line: Line, mentions: list[_Mention], pair: Pair) -> int | None:
    """Which product is said to have more or less of it."""
    if line.field in pair.fields:
        return pair.fields[line.field]
    first, last = _sentence(line.plain, one.start)
    near = [each for each in mentions if first <= each.start < last]
    after = next((each for each in near if each.start >= one.end), None)
    if after and not after.standard and _IS_IT.fullmatch(line.plain[one.end : after.start]):
        return after.which  # "the lighter Pellow", "the cheaper one is the Corran"
    subjects = [each for each in near if not each.standard]
    before = [each for each in subjects if each.end <= one.start]
    if before:
        return before[-1].which
    if subjects:
        return subjects[0].which
    if near:
        return SECOND if near[0].which == FIRST else FIRST
    earlier = [each for each in mentions if each.end <= first and not each.standard]
    return earlier[-1].which if earlier else None


def _beside(finding: Finding, said: list[Finding], pair: Pair) -> Iterator[Finding]:
    """A finding as it stands beside what its line compares: a comparison's words are not claimed twice, and what two
    figures differ by follows from both."""
    claim = finding.claim
    if finding.refused and claim.value == BOTH and claim.field not in pair.fields and not claim.text[0].isdigit():
        yield replace(finding, claim=replace(claim, verdict="supported", support="products: both"))
        return
    for other in said:
        if other.refused:
            continue
        overlap = claim.start < other.claim.end and claim.end > other.claim.start
        if overlap and (claim.kind == "comparative" or _only_the_difference(claim, other.claim, pair)):
            return
        if finding.refused and finding.gate == NUMBERS and (support := _difference(claim, other.claim, pair)):
            yield replace(finding, claim=replace(claim, verdict="supported", support=support))
            return
    yield finding


def _with_difference(finding: Finding, line: Line, mentions: list[_Mention], pair: Pair) -> Finding:
    """A number that no record holds, supported where it says by how much the two differ, and the right way round."""
    claim = finding.claim
    if not finding.refused or finding.gate != NUMBERS or claim.field in pair.fields or len(line.raw) != len(line.plain):
        return finding
    before, after = line.plain[: claim.start], _DIFFERENCE_AFTER.match(line.plain, claim.end)
    told = after or _DIFFERENCE_BEFORE.search(before)
    if told is None:
        return finding
    more = (told.lastgroup == "more") != bool(_KEPT.search(before))
    for measure, entry in words_of_kinds()["comparisons"]["measures"].items():
        support = None if "any_of" in entry else _difference(claim, _by(measure, claim), pair)
        if support is None:
            continue
        figures = [figure_of(measure, pair, which) for which in (FIRST, SECOND)]
        subject = _subject(Comparison(claim.start, claim.end, measure, more), line, mentions, pair)
        if told.lastgroup == "apart" or _holds_true(more, figures, subject, denied=False):
            return replace(finding, claim=replace(claim, verdict="supported", support=support))
    return finding


def _by(measure: str, claim: Claim) -> Claim:
    """A comparison by a measure, as ``_difference`` takes it."""
    return replace(claim, support=f"products.{measure}")


def _only_the_difference(claim: Claim, comparison: Claim, pair: Pair) -> bool:
    """Whether a rule on offers was met by what the two prices differ by: 便宜300元 is no discount here."""
    if claim.rule is None or claim.kind not in ("offer", "price", "price_reference"):
        return False
    return not any(numbers_in(normal(claim.text))) or _difference(claim, comparison, pair) is not None


def _difference(claim: Claim, comparison: Claim, pair: Pair) -> str | None:
    """What supports a number that says by how much two figures differ."""
    measure = (comparison.support or "").removeprefix("products.").split(":")[0]
    one, other = (figure_of(measure, pair, which) for which in (FIRST, SECOND))
    if one is None or other is None:
        return None
    for stated in numbers_in(normal(claim.text)):
        unit, values = quantities(stated)
        if unit in units_of(measure, pair) and abs(one - other).normalize() in values:
            return f"products.{measure}: {max(one, other)} − {min(one, other)}"
    return None
