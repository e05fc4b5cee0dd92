"""What supports a claim: a column of the product's, a promotion, the price history or a row of evidence.

Each function gives the support as the ledger shows it ("promotions: spring-10"), or None. Finding claims is in
``generation.ledger.claims``; what the record says by itself in ``generation.ledger.facts``.
"""

import re
from decimal import Decimal
from functools import lru_cache

from generation.ledger.facts import Facts
from generation.ledger.lexicon import Lexicon, lexicon
from generation.ledger.offers import of_lower_price, of_per_cent_off, presses_truly, price_paid
from generation.ledger.policies import Rule
from generation.ledger.reviewers import of_reviews
from generation.ledger.sources import REVIEWS
from generation.reading.numbers import number_of, numbers_in
from generation.reading.text import holds, normal
from generation.reading.units import Stated
from generation.records import Brief

_TOKEN = re.compile(r"[a-z]{2,}|[\u3400-\u9fff]")
_SHORT = 12  # characters of an attribute's value that is one material, or a few with their shares
_AFTER = re.compile(r"[ -]?([a-z0-9']+|[\u3400-\u9fff])")
_BEFORE = re.compile(r"([a-z0-9']+|[\u3400-\u9fff])[ -]?\Z")
_STEM = 5  # letters: "clinically" and "clinical" are one word here
_PLACE_STEM = 4  # letters by which a place and its people are one: Portugal, Portuguese
_COUNTRY_OF = {"french": "france", "spanish": "spain", "welsh": "wales", "dutch": "netherlands", "danish": "denmark",
               "swiss": "switzerland", "turkish": "turkey", "american": "usa", "british": "united kingdom"}  # fmt: skip
# "Now $19.90" tells a price; 现价 and 到手价 tell of a reduction.
_NOW = re.compile(r"(?:now|现在|现仅|现只)")
_REDUCED_NOW = re.compile(r"(?:现价|到手|券后|活动价|折后|[秒促特优惊][杀销惠喜]价?)")
# What the record itself may state; a ranking, a review, a cure or an offer it can't.
_FACTUAL = frozenset({"certification", "guarantee", "origin", "green", "material"})
# The copy's "in US" is the country; the record's "contact us" is not.
_UNITED_STATES = re.compile(r"\bu\.\s?s\.(?:\s?a\b\.?)?|\bunited states\b(?: of america)?")
_US = re.compile(rf"(?<=\bin )(?:the )?us\b|\bus(?=[- ]made\b)|{_UNITED_STATES.pattern}")
_USA = re.compile(r"\busa\b")
# "UL listed" is what "UL/CUL listed" and "ETL & UL listed" say as well.
_LISTED = re.compile(r"([a-z]{2,12})[- ](listed|certified|approved)")
_NOT_SOLID = re.compile(
    r"veneer|plywood|mdf\b|chipboard|particle ?board|laminat|fibreboard|贴皮|胶合板|密度板|刨花板|颗粒板|饰面"
)
_A_TERM = re.compile(r"\d|\b(?:one|two|three|four|five|ten)\b|[一二两三五十]年")
_WARRANTS = re.compile(r"warrant|guarant|质保|保修")
_COLOURS = re.compile("色|(?i:colou?r)")
_COMES_FROM = re.compile("(?:原产地?|产自|产于|出自|来自|源自|采自|取自|选自|原产于?)(?:于|为|是|:|在)?")
_HAN_RUN = re.compile("[一-鿿]{2,}")
_STARS_OF = re.compile(r"([a-z]+|\d) stars")
_PARTS_OF = (("a quarter of ", "0.25"), ("half ", "0.5"), ("half of ", "0.5"))
_DECADES = re.compile(r"(?:for |of |over )?(a|one|two|three|four|five) (decade|centur)(?:s|y|ies)?")
BLENDED = re.compile(r"blend|mix|混纺|混合")
_IMITATED = re.compile(r"^(?:faux|vegan|artificial|imitation|pu|mock|synthetic)\b|^(?:仿|人造|假)|纸$")


Place = tuple[str, int]
"""A normalised line, and where in it the words begin."""


def of_rule(rule: Rule, words: str, brief: Brief, facts: Facts, place: Place | None = None) -> str | None:
    """What lets a copy say normalised words that a rule speaks of."""
    # An offer in a campaign's free text has no end and can't expire: it is no promotion.
    offer = not rule.evidence & {"promotion", "end_date", "stock"}
    if rule.names_excuse and (source := facts.names_held_in(words, offer=offer)):
        # "Best Mates" is a brand; it makes nobody's bed the best.
        if rule.kind != "superlative" or place is None or _goes_on(words, place, source.text):
            return source.named(words)
    elif rule.names_excuse and words.startswith("the ") and place is not None:
        return of_rule(rule, words[4:], brief, facts, (place[0], place[1] + 4))
    if rule.action != "evidence":
        return None
    if rule.kind == "number" and (decades := _DECADES.fullmatch(words)):
        line, at = place or (words, 0)
        part = next((Decimal(share) for told, share in _PARTS_OF if line.endswith(told, 0, at)), Decimal(1))
        years = part * Decimal(max(1, number_of(decades[1]))) * (100 if decades[2].startswith("c") else 10)
        return facts.support(Stated(words, frozenset({years}), "year"))
    if brief.reviews and rule.kind in ("comparative", "superlative"):  # a reviewer's word, told as such
        told = facts.held_in(words, (each for each in facts.sources if each.column == REVIEWS))
        if told is not None:
            return told.named(words)
    if brief.reviews and "review" in rule.evidence:
        return of_reviews(words, *(place or (words, 0)), brief)
    if (
        rule.kind == "review"
        and (thing := _STARS_OF.fullmatch(words))
        and (counted := _counts(thing[1], "star", facts))
    ):
        return counted  # five felt stars are no rating
    for each in facts.evidence:
        if each.kind in rule.evidence and _covers(each.statement, each.kind, words):
            return f"claim_evidence: {each.id}"
    promotion = facts.promotion
    if promotion and "promotion" in rule.evidence and _covers(promotion.terms, promotion.kind, words):
        return f"promotions: {promotion.id}"
    if promotion and rule.kind == "offer" and promotion.kind in ("amount_off", "price"):
        sums = [stated for stated in numbers_in(words) if stated.unit == "off"]
        if sums and all(of_per_cent_off(stated, brief, facts) for stated in sums):
            return f"promotions: {promotion.id}"  # £3 off £12 are a quarter off
    if promotion and rule.evidence & {"end_date", "stock"} and presses_truly(words, promotion, rule):
        return f"promotions: {promotion.id}"
    if "price_history" in rule.evidence and (support := of_lower_price(brief, facts)):
        return support
    if rule.kind == "price" and brief.product.price is not None and _NOW.match(words):
        return f"products.price: {brief.product.price} {brief.product.currency}"  # the figure is the numbers' affair
    if (
        rule.kind == "price"
        and promotion
        and price_paid(brief, facts) != brief.product.price
        and _REDUCED_NOW.match(words)
    ):
        return f"promotions: {promotion.id}"
    if rule.names_excuse and rule.kind in _FACTUAL:
        return _of_record(rule.kind, words, facts) or (
            _of_place_after(words, place, facts) if rule.kind == "origin" else None
        )
    return None


def _of_place_after(words: str, place: Place | None, facts: Facts) -> str | None:
    """The column that has the place that the words end with or that follows them: 产自福建福鼎 of 福建福鼎."""
    from_where = _COMES_FROM.match(words)
    if from_where is None or place is None:
        return None
    named = _HAN_RUN.match(place[0], place[1] + from_where.end())
    record = [each for each in facts.sources if each.column.startswith("products.")]
    return (
        next(
            (
                source.named(words)
                for end in range(min(8, len(named[0])), 1, -1)
                if (source := facts.held_in(named[0][:end], record))
            ),
            None,
        )
        if named
        else None
    )


def _counts(number: str, thing: str, facts: Facts) -> str | None:
    """The attribute, named after a thing, that says how many of it there are."""
    counted = next((stated.values for stated in numbers_in(f"{number} pieces")), frozenset())
    for known, source in facts.numbers:
        if thing in source.column.lower() and not known.values.isdisjoint(counted):
            return source.named(known.text)
    return None


def _goes_on(words: str, place: Place, name: str) -> bool:
    """Whether the line has the words beside the same neighbour as a name has, or the name has none."""
    line, start = place
    told = _AFTER.match(line, start + len(words)), _BEFORE.search(line, 0, start)
    at = name.find(words)
    while at >= 0:
        named = _AFTER.match(name, at + len(words)), _BEFORE.search(name, 0, at)
        if named == (None, None) or any(
            one and other and one[1].removesuffix("s") == other[1].removesuffix("s")
            for one, other in zip(told, named, strict=True)
        ):
            return True
        at = name.find(words, at + 1)
    return False


def _of_record(kind: str, words: str, facts: Facts) -> str | None:
    """The column that says the words, or all of them that add to what the kind of claim says already."""
    if kind == "origin":
        words = _US.sub("usa", words)
    record = [each for each in facts.sources if each.column.startswith("products.")]
    if source := facts.held_in(words, record):
        return source.named(words)
    said_already = set(lexicon().said_by_kind.get(kind, ()))
    own = [token for token in _tokens(words) if token not in said_already]
    for source in record:
        told = f"{source.column.lower()} {_UNITED_STATES.sub('usa', source.text)}"
        if own and _covers(told, "", " ".join(own)):
            return source.named(words)
        if kind == "guarantee" and not own and _A_TERM.search(words) and _WARRANTS.search(told):
            return source.named(words)  # for how long is the numbers' affair
        # "certified" by itself: a column that speaks of a certificate; which one, the lexicon looks at.
        if not own and _tokens(words) and all(token[:_STEM] in told for token in _tokens(words)):
            return source.named(words)
    return None


def of_place(place: str, facts: Facts) -> str | None:
    """What says that a thing is made in a place, normalised; the United States are the USA."""
    source = facts.held_in(place)
    if source is None and _UNITED_STATES.fullmatch(place):
        source = next((each for each in facts.sources if _USA.search(_UNITED_STATES.sub("usa", each.text))), None)
    if source is None and place.isascii():  # "a Portuguese mill" where the record has Portugal
        stem = re.compile(rf"(?<![a-z]){re.escape(_COUNTRY_OF.get(place, place)[:_PLACE_STEM])}")
        source = next((each for each in facts.sources if stem.search(each.text)), None)
    return source.named(place) if source else None


def _covers(statement: str, kind: str, words: str) -> bool:
    """Whether a statement of some kind says all the words: what they add to it would be the copy's own."""
    said = _said(statement, kind)
    return all(token in said or (len(token) > 2 and token[:_STEM] in said) for token in _tokens(words))


def _tokens(text: str) -> list[str]:
    filler = lexicon().filler
    return [token for token in _TOKEN.findall(text) if token not in filler]


@lru_cache(maxsize=1024)
def _said(statement: str, kind: str) -> frozenset[str]:
    tokens = [*_tokens(normal(statement)), *lexicon().said_by_kind.get(kind, ())]
    return frozenset(tokens) | {token[:_STEM] for token in tokens} | {token.removesuffix("s") for token in tokens}


def of_word(word: str, lexicon: Lexicon, facts: Facts) -> str | None:
    """What supports a material, a colour or a certificate: the record says it, the same otherwise or a kind of it."""
    known = _record_words(facts.text, lexicon)
    no_wood: tuple[str, ...] = ()
    if word.startswith("solid ") or word in ("实木", "纯实木"):
        if _NOT_SOLID.search(facts.text):
            return None
        if word != "solid bamboo":
            no_wood = lexicon.says("bamboo")  # a grass
        word = word.removeprefix("solid ") if word != "solid wood" else word
        word = "wood" if word in ("solid wood", "实木", "纯实木") else word
    elif word.startswith(("pure ", "100% ", "纯", "全")):
        base = re.sub(r"^(?:pure |100% ?|纯|全)", "", word)
        if any(of.startswith(base) and max(values) < 100 for of, values in facts.shares) or BLENDED.search(facts.text):
            return None
    for wanted in lexicon.says(word):
        if wanted in no_wood:
            continue
        if len(wanted) == 1:  # 棉 alone is a part of many words; of an attribute's short value it is what it says
            values = (each for each in facts.sources if each.column.startswith("products.attributes"))
            if short := next((each for each in values if wanted in each.text and len(each.text) <= _SHORT), None):
                return short.named(word)
        for found in known:
            if found == wanted or (not _IMITATED.search(found) and _is_kind_of(found, wanted)):
                # "Cotton: 95%": an attribute's name says it as well as its value
                named = (each for each in facts.sources if holds(normal(each.column), found))
                source = facts.held_in(found) or next(named, None)
                return source.named(found) if source else None
    if word.endswith("色"):  # 灰色 of a record's 雾灰
        told = (each for each in facts.sources if _COLOURS.search(each.column) and word[:-1] in each.text)
        return next((each.named(word) for each in told), None)
    if mark := _LISTED.fullmatch(word):
        among = re.compile(rf"\b{mark[1]}(?:(?: ?[/,&+] ?| and | or )[a-z]{{2,12}}){{1,3}}[- ]{mark[2]}\b")
        return next((each.named(word) for each in facts.sources if among.search(each.text)), None)
    return None


def _is_kind_of(found: str, wanted: str) -> bool:
    """Whether a longer word's last part, or in English any part, is the shorter: 白橡木 is 橡木, 橡胶木 is no 橡胶."""
    if len(wanted) < 2 or wanted not in found:
        return False
    if not wanted.isascii():
        return found.endswith(wanted)
    return f" {wanted} ".replace("-", " ") in f" {found} ".replace("-", " ")


@lru_cache(maxsize=256)
def _record_words(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lexicon.known_in(text)))
