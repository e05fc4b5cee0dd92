"""The gates for digests of reviews: quotes word for word, the true count and dates, and nothing that no review says.

Made-up and hidden reviews: 16 CFR part 465; Directive 2005/29/EC, article 7 and annex I, points 23b and 23c. Reads
words, not meaning: what a line says must be in the shown reviews' own words to a good share.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from generation.ledger.facts import Facts
from generation.ledger.reviewers import clauses_of, content_words, every_text, ratings_in, texts_of, touched_by
from generation.prompts import ReviewsView, ShownReview, reviews_view
from generation.reading.content import content_of, found, holds_word, patterns, sentence_start, share_held
from generation.reading.dates import dates_in, day_of
from generation.reading.numbers import numbers_in
from generation.reading.text import normal
from generation.records import Fields, Rejection
from generation.shape import Context, refusal

QUOTE_WORDS, QUOTE_HANZI = 3, 6  # the fewest of a quote
PART_WORDS, PART_HANZI = 2, 3  # and of each part beside an ellipsis
TOLD_SHARE = 0.6  # of a line's content words that the reviews hold
TURNED_SHARE = 0.75  # of a clause's words in one sentence of a review: the clause tells of that sentence
LOW_RATING = Decimal(2)
MANY, SEVERAL, SOME = 4, 3, 2
_OWN_WORDS = ("summary", "point")  # fields that say in the writer's words what reviews say
_QUOTE_MARKS = re.compile("[\"“”„«»「」『』‘’'`]")
_ELLIPSIS = re.compile(r"\s*(?:\.{3}|…+)\s*")
_ENDS = " .,;:!?。、"
_PIECE = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?|[\u3400-\u9fff]")
_BUT_NEGATION = re.compile(r"[\w'’]+")
_AND = re.compile(r"\band\b|\bso\b|\bbecause\b")
_WORDS_BEFORE = 4  # a quote's, among which a "not" would turn it round
_COUNTS = {
    word: value
    for value, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
} | {word: value for value, word in enumerate("一二三四五六七八九十", 1)} | {"两": 2}  # fmt: skip


def quote_gate(fields: Fields, context: Context) -> Rejection | None:
    """Each quote stands word for word in one stored review that was shown, and isn't torn from its "not"."""
    reviews = _reviews(context)
    if reviews is None:
        return None
    for line in fields.get("quote", ()):
        if problem := _misquoted(line, reviews):
            return refusal("quote", f"quote {problem}", line)
    return None


def basis_gate(fields: Fields, context: Context) -> Rejection | None:
    """The basis holds the true count and the dates of the first and the last review; a rating is the stored mean."""
    reviews = _reviews(context)
    if reviews is None or context.brief.reviews is None:
        return None
    stored = context.brief.reviews
    basis = " ".join(fields.get("basis", ()))
    plain = normal(basis)
    days = list(dates_in(plain))
    for name, known in (("first", day_of(stored.first)), ("last", day_of(stored.last))):
        if not any((day.year, day.month, day.day) == (known.year, known.month, known.day) for day in days):
            return refusal("basis", f"the basis lacks the date of the {name} review, {known.text}", basis)
    others = [
        stated
        for stated in numbers_in(plain)
        if not any(day.start < stated.end and day.end > stated.start for day in days)
    ]
    if not any(Decimal(stored.count) in stated.values for stated in others):
        return refusal("basis", f"the basis lacks the number of reviews, {stored.count}", basis)
    allowed = {Decimal(stored.count), *((stored.mean.normalize(), Decimal(5)) if stored.mean is not None else ())}
    for stated in others:
        if allowed.isdisjoint(stated.values):
            return refusal(
                "basis", f"the basis holds {stated.text!r}, which is no count and no mean of the reviews", basis
            )
    for name, lines in fields.items():
        for line in lines if name != "quote" else ():
            for rating in ratings_in(normal(line)):
                if stored.mean is None or rating != stored.mean:
                    mean = f"the stored mean is {stored.mean}" if stored.mean is not None else "no rating is stored"
                    return refusal("review", f"{name} gives the rating {rating}; {mean}", line)
    return None


def digest_gate(fields: Fields, context: Context) -> Rejection | None:
    """What the reviewers are said to say, they say: in those words, as many of them, and not the other way round."""
    reviews = _reviews(context)
    if reviews is None:
        return None
    texts = texts_of(reviews)
    every = every_text(context.brief)
    whole = "\n".join(texts)
    for name in _OWN_WORDS:
        for line in fields.get(name, ()):
            plain = normal(line)
            words = content_words(plain, context.facts, whole)
            if share_held(words, whole) < TOLD_SHARE:
                missing = ", ".join(word for word in words if not holds_word(whole, word))
                return refusal("review", f"{name} says what no stored review says ({missing})", line)
            for clause in clauses_of(plain):
                if problem := _miscounted(clause, plain, reviews.count, every, context.facts):
                    return refusal("review", f"{name} speaks of {problem}", line)
                if _turned(clause, texts, context.facts):
                    return refusal("review", f"{name} says the opposite of a review, {clause.strip()!r}", line)
    return _hides(fields, reviews, texts)


def _hides(fields: Fields, reviews: ReviewsView, texts: tuple[str, ...]) -> Rejection | None:
    """A drawback that a quarter of the shown reviews tell of can't be left out."""
    low = [text for review, text in zip(reviews.shown, texts, strict=True) if _is_low(review)]
    if not low or len(low) * 4 < len(texts):
        return None
    high = "\n".join(text for review, text in zip(reviews.shown, texts, strict=True) if not _is_low(review))
    theirs = {word for text in low for word in content_of(text, "reviews") if not holds_word(high, word)}
    told = normal("\n".join(line for name in _OWN_WORDS for line in fields.get(name, ())))
    held = [word for word in theirs if holds_word(told, word)]
    if not held:
        return Rejection(
            "omission",
            f"{len(low)} of {len(texts)} shown reviews are rated {LOW_RATING} or less, and no point and no summary "
            "tells of a drawback (Directive 2005/29/EC, article 7)",
        )
    return None


def _is_low(review: ShownReview) -> bool:
    return review.rating is not None and review.rating <= LOW_RATING


def _reviews(context: Context) -> ReviewsView | None:
    return reviews_view(context.brief) if context.channel.about == "reviews" else None


# quotes


def _misquoted(line: str, reviews: ReviewsView) -> str | None:
    """What is wrong with a quote; None where nothing is."""
    parts = [part for part in (each.strip(_ENDS) for each in _ELLIPSIS.split(_unquoted(line))) if part]
    pieces = [_PIECE.findall(part) for part in parts]
    if not any(pieces) or not _long_enough([piece for part in pieces for piece in part], QUOTE_WORDS, QUOTE_HANZI):
        return f"is shorter than {QUOTE_WORDS} words or {QUOTE_HANZI} hanzi"
    if len(parts) > 1 and not all(_long_enough(part, PART_WORDS, PART_HANZI) for part in pieces):
        return "is cut into single words"
    turned = False
    for review in reviews.shown:
        places = _places(parts, _unquoted(review.text))
        if places is not None:
            if all(not _negated_before(_unquoted(review.text), start, end) for start, end in places):
                return None
            turned = True
    return 'leaves out the "not" that stands before it in the review' if turned else "stands in no stored review"


def _unquoted(text: str) -> str:
    """A text for comparing word for word: neither case, nor quotation marks, nor more than one space."""
    return " ".join(_QUOTE_MARKS.sub("", normal(text)).split())


def _long_enough(pieces: list[str], words: int, hanzi: int) -> bool:
    han = sum(not piece.isascii() for piece in pieces)
    return han >= hanzi or len(pieces) - han >= words


def _places(parts: list[str], text: str) -> list[tuple[int, int]] | None:
    """Where the parts stand in a text, in their order and as whole words; None where they don't."""
    places: list[tuple[int, int]] = []
    at = 0
    for part in parts:
        match = re.compile(rf"(?<![a-z0-9]){re.escape(part)}(?![a-z0-9])").search(text, at)
        if match is None:
            return None
        places.append(match.span())
        at = match.end()
    return places


def _negated_before(text: str, start: int, end: int) -> bool:
    """Whether the same sentence says "not" just before a passage, and in none of its own words."""
    before = text[sentence_start(text, start) : start]
    if not before.isascii():
        clause = re.split(r"[,、]", before)[-1]
        return bool(re.search(r"(?:不|没有?|未|别|无)[^\s]{0,2}$", clause))
    words = _BUT_NEGATION.findall(before)[-_WORDS_BEFORE:]
    if before.rstrip().endswith((",", ";", "-")):
        return False
    return any(pattern.search(" ".join(words)) for pattern in patterns("reviews", "negation"))


# how many


def _miscounted(clause: str, line: str, count: int, texts: tuple[str, ...], facts: Facts) -> str | None:
    """More reviewers than the stored reviews show for what a clause says; None where they do."""
    touched = touched_by(clause, line, texts, facts)
    enough = {
        "all": touched == len(texts) == count,
        "most": touched * 2 > count,
        "half": touched * 2 == count,
        "many": touched >= MANY,
        "several": touched >= SEVERAL,
        "some": touched >= SOME,
    }
    for name, true in enough.items():
        if not true and found(clause, "reviews", "quantities", name):
            return f"{name} reviewers, where {touched} of {count} stored reviews are seen to say it"
    if (told := max(_counted(clause), default=0)) > touched:
        return f"{told} reviewers, where {touched} of {count} stored reviews are seen to say it"
    return None


def _counted(clause: str) -> Iterator[int]:
    for pattern in patterns("reviews", "counted"):
        for match in pattern.finditer(clause):
            yield int(match[1]) if match[1].isdigit() else _COUNTS.get(match[1], 0)


def _turned(clause: str, texts: tuple[str, ...], facts: Facts) -> bool:
    """Whether a clause takes up a sentence of a review without its "not", or with a "not" that isn't there."""
    parts = [part for text in texts for whole in clauses_of(text) for part in _AND.split(whole)]
    for own in _AND.split(clause):
        words, said = content_words(own, facts), _is_negated(own)
        alike = [part for part in parts if share_held(words, part) >= TURNED_SHARE]
        if len(words) > 1 and alike and all(_is_negated(part) != said for part in alike):
            return True
    return False


def _is_negated(text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns("reviews", "negation"))
