"""Two products side by side: whose facts a line rests on, which comparisons both records give, and what runs one down.

Each claim is the ledger's, looked at with the facts of the product that it is about: that of its field, or the one
named nearest. What says more and less is data, templates/kinds.yaml; a comparison in other words isn't seen.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

from generation.channels import Channel
from generation.claims import NUMBERS, Finding, findings_in
from generation.content import found, words_of_kinds
from generation.facts import ASPECTS, Facts, aspect_in, facts_of_each, holds, normal
from generation.lexicon import lexicon
from generation.lines import Line, lines_of
from generation.numbers import Stated, numbers_in, quantities
from generation.records import Brief, Claim, Fields, Product, Rejection
from generation.shape import Context, refusal

FIRST, SECOND = 0, 1
BOTH = "2 piece"  # "two packs": the two themselves
_SENTENCE = re.compile(r"[.!?](?=\s|$)|[。;；!?]")
_LATIN_NAME = re.compile(r"[a-z0-9][a-z0-9'’-]*")
_HANZI = re.compile("[\u3400-\u9fff]+")
_LEADING = 4  # hanzi at a title's beginning in which a part may name it
_NEXT_WORD = re.compile(r"[ -]([a-z]+)")
_FOR_IT = re.compile(r"\s?(?:[a-z]+ )?(?:for|in|on|with|of|from|at|by|\()\s?(?:the )?|(?:的是|的|[(（])")
_IS_IT = re.compile(
    r"\s(?:(?:one|kettle|product|model|option|choice)\s)?(?:of the two\s)?(?:is\s)?(?:the\s)?|的?(?:那款|一款)?是?"
)


@dataclass(frozen=True, slots=True)
class _Mention:
    """Where a line names one of the two products."""

    start: int
    end: int
    which: int
    standard: bool  # what the other is held against: "than the Corran", 比青禾


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two products of a brief, and what tells their names apart."""

    products: tuple[Product, Product]
    facts: tuple[Facts, Facts]
    fields: dict[str, int]  # a field that rests on one of them
    names: tuple[re.Pattern[str], re.Pattern[str]]


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Words of a line that set one product against the other."""

    start: int
    end: int
    measure: str | None  # None: one that no measure takes up
    more: bool = True


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
    alone = (
        replace(brief, other=None), replace(brief, product=pair.products[SECOND], other=None, evidence=()),
    )  # fmt: skip
    each = [
        {_place(finding): finding for finding in findings_in(fields, one, facts)}
        for one, facts in zip(alone, pair.facts, strict=True)
    ]
    lines = {(line.field, line.number): line for line in lines_of(fields)}
    result: list[Finding] = []
    for key, line in lines.items():
        mentions = _mentions(line.plain, pair)
        said = [_judged(one, line, mentions, pair) for one in _comparisons(line.plain)]
        places = sorted(place for place in {*each[FIRST], *each[SECOND]} if place[:2] == key)
        for place in places:
            finding = _of_its_product(place, line, mentions, each, pair)
            if finding is not None:
                result += _beside(finding, said, pair)
        result += said
    order = {name: at for at, name in enumerate(fields)}
    return sorted(result, key=lambda found: (order[found.claim.field], found.claim.line, found.claim.start))


_Place = tuple[str, int, int, int]


def _place(finding: Finding) -> _Place:
    claim = finding.claim
    return claim.field, claim.line, claim.start, claim.end


def _pair(brief: Brief, channel: Channel) -> _Pair:
    if brief.other is None:
        raise ValueError("a brief without another product compares nothing")
    products = (brief.product, brief.other)
    facts = facts_of_each(brief, brief.other)
    told = [(each.title, each.brand) for each in facts]
    fields = {spec.name: FIRST if spec.of == "product" else SECOND for spec in channel.fields if spec.of}
    return _Pair(
        products,
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


def _mentions(plain: str, pair: _Pair) -> list[_Mention]:
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
    for mark in _SENTENCE.finditer(plain):
        if mark.start() >= at:
            return start, mark.start()
        start = mark.end()
    return start, len(plain)


def _owner(line: Line, start: int, end: int, mentions: list[_Mention], pair: _Pair) -> int | None:
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
    if before:
        return before[-1].which
    if after:
        return after.which
    earlier = [each for each in mentions if each.end <= first]
    return earlier[-1].which if earlier else None


def _of_its_product(
    place: _Place, line: Line, mentions: list[_Mention], each: list[dict[_Place, Finding]], pair: _Pair
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


def _known(finding: Finding | None, pair: _Pair, which: int) -> Finding | None:
    """A finding whose support says of which product it is, where that isn't the brief's own."""
    if finding is None or which == FIRST:
        return finding
    claim = finding.claim
    if claim.support is None or not claim.support.startswith("products."):
        return finding
    support = claim.support.replace(":", f" of {pair.products[SECOND].id}:", 1)
    return replace(finding, claim=replace(claim, support=support))


# more and less


@lru_cache(maxsize=1)
def _measures() -> tuple[tuple[str, bool, re.Pattern[str]], ...]:
    """What is said of the product that has more of a measure, and of the one that has less."""
    told: Any = words_of_kinds()["comparisons"]["measures"]
    return tuple(
        (name, side == "more", re.compile("|".join(_whole_words(entry[side]))))
        for name, entry in told.items()
        for side in ("more", "less")
    )


def _whole_words(told: Mapping[str, list[str]]) -> Iterator[str]:
    yield from (rf"\b(?:{pattern})(?![a-z])" for pattern in told["en"])
    yield from told["zh"]


def _comparisons(plain: str) -> list[_Comparison]:
    """What a line says of more and less, in its order; of two in one place the longer."""
    every = [
        _Comparison(match.start(), match.end(), name, more)
        for name, more, pattern in _measures()
        for match in pattern.finditer(plain)
    ]
    others = words_of_kinds()["comparisons"]["others"]
    every = [one for one in every if not _of_anything_else(plain, one.end)]
    every += [
        _Comparison(match.start(), match.end(), None)
        for pattern in (*others["en"], *others["zh"])
        for match in re.finditer(pattern, plain)
    ]
    result: list[_Comparison] = []
    for one in sorted(every, key=lambda one: (-(one.end - one.start), one.measure is None, one.start)):
        if all(one.end <= other.start or one.start >= other.end for other in result):
            result.append(one)
    return sorted(result, key=lambda one: one.start)


def _of_anything_else(plain: str, end: int) -> bool:
    """Whether what follows says that a hike is longer, or a family larger, and neither product."""
    told = words_of_kinds()["comparisons"]["of_others"]
    following = _NEXT_WORD.match(plain, end)
    if following is not None:
        return following[1] in _words(told["en"])
    return any(plain.startswith((word, f"的{word}"), end) for word in told["zh"])


@lru_cache(maxsize=4)
def _words(told: str) -> frozenset[str]:
    return frozenset(told.split())


def _judged(one: _Comparison, line: Line, mentions: list[_Mention], pair: _Pair) -> Finding:
    """A comparison as a claim: supported where both records give the measure and the direction is right."""
    support, tell = None, "a comparison that no figure of the two records decides"
    if one.measure is not None:
        figures = [_figure(one.measure, pair, which) for which in (FIRST, SECOND)]
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


def _subject(one: _Comparison, line: Line, mentions: list[_Mention], pair: _Pair) -> int | None:
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


def _figure(measure: str, pair: _Pair, which: int) -> Decimal | None:
    """What one product's record gives of a measure, in its smallest unit; None where it gives none or several."""
    if measure == "price":
        one, other = pair.products
        same = one.currency == other.currency and one.currency is not None
        return pair.products[which].price if same else None
    told: Any = words_of_kinds()["comparisons"]["measures"][measure]
    if "any_of" in told:
        return _size(told["any_of"], pair, which)
    facts, other_facts = pair.facts[which], pair.facts[1 - which]
    figures = _quantities_of(measure, told, facts)
    others = _quantities_of(measure, told, other_facts)
    units = {unit for unit, _ in figures} & {unit for unit, _ in others}
    values = {value for unit, value in figures if unit in units}
    return values.pop() if len(units) == 1 and len(values) == 1 else None


def _quantities_of(measure: str, told: Any, facts: Facts) -> set[tuple[str | None, Decimal]]:
    aspect = told.get("aspect", measure)
    known: list[Stated] = [each for each in facts.aspects.get(aspect, ()) if each.unit]
    if not known:
        # A number in one of the measure's units, where the record doesn't say that it measures something else.
        known = [
            stated for stated, source in facts.numbers
            if stated.unit in told.get("units", ()) and (aspect_in(normal(source.column)) or aspect) in (aspect, None)
            and not (source.column == "products.description" and aspect in ASPECTS)
        ]  # fmt: skip
    return {
        (unit, value)
        for stated in known
        for unit, values in [quantities(stated)]
        if len(values) == 1
        for value in values
    }


def _size(measures: list[str], pair: _Pair, which: int) -> Decimal | None:
    """1 for the product that is larger by all that both records measure, 0 for the other; None where they disagree."""
    signs = set[bool]()
    for measure in measures:
        one, other = _figure(measure, pair, which), _figure(measure, pair, 1 - which)
        if one is not None and other is not None and one != other:
            signs.add(one > other)
    return Decimal(signs.pop()) if len(signs) == 1 else None


def _beside(finding: Finding, said: list[Finding], pair: _Pair) -> Iterator[Finding]:
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


def _only_the_difference(claim: Claim, comparison: Claim, pair: _Pair) -> bool:
    """Whether a rule on offers was met by what the two prices differ by: 便宜300元 is no discount here."""
    if claim.rule is None or claim.kind not in ("offer", "price", "price_reference"):
        return False
    return not any(numbers_in(normal(claim.text))) or _difference(claim, comparison, pair) is not None


def _difference(claim: Claim, comparison: Claim, pair: _Pair) -> str | None:
    """What supports a number that says by how much two figures differ."""
    measure = (comparison.support or "").removeprefix("products.").split(":")[0]
    one, other = (_figure(measure, pair, which) for which in (FIRST, SECOND))
    if one is None or other is None:
        return None
    currency = (pair.products[FIRST].currency or "").lower()
    for stated in numbers_in(normal(claim.text)):
        unit, values = quantities(stated)
        fitting = unit == currency if measure == "price" else unit != currency
        if fitting and abs(one - other).normalize() in values:
            return f"products.{measure}: {max(one, other)} − {min(one, other)}"
    return None
