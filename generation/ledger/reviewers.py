"""What stored reviews support: a digest's words about them, and how many of them say what it says."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from generation.ledger.facts import Facts
from generation.prompts import ReviewsView, reviews_view
from generation.reading.content import content_of, found, holds_word, patterns
from generation.reading.dates import dates_in
from generation.reading.numbers import numbers_in
from generation.reading.text import normal
from generation.records import Brief, ProductReviews

TOUCHED_SHARE = 1 / 3  # of a clause's content words that make a review one of those that it speaks for
_CLAUSE = re.compile(
    r"[.,;:!?。、()]+(?=\s|$|[\u3400-\u9fff])|\b(?:but|while|whereas|and (?=one|two|three|four|five|some|most|all))\b"
    r"|但是?|不过|也有|而"
)
_FIGURE_GOES_ON = re.compile(r"\.\d+")


def of_reviews(words: str, line: str, at: int, brief: Brief) -> str | None:
    """What lets a digest say what a rule on reviews stops: the stored reviews themselves. ``words`` begin at ``at``.

    Whether as many say so as the line has it is the digest gate's affair; words that no review could support, as
    "trusted by thousands", stay refused.
    """
    reviews = reviews_view(brief)
    if reviews is None:
        return None
    for review, text in zip(reviews.shown, texts_of(reviews), strict=True):
        if words in text:
            return f"customer_reviews: {review.id}"
    end = at + len(words)
    if going_on := _FIGURE_GOES_ON.match(line, end):  # the rule saw "rated 4" of "rated 4.3"
        end = going_on.end()
    if ratings := list(ratings_in(line[at:end])):
        return f"product_reviews.mean: {reviews.mean}" if all(rating == reviews.mean for rating in ratings) else None
    counts = [stated for stated in numbers_in(words) if stated.unit is None]
    if counts and any(Decimal(reviews.count) in stated.values for stated in counts):
        return f"product_reviews.count: {reviews.count}"
    if not found(words, "reviews", "told") or counts:
        return None
    if any(Decimal(reviews.count) in stated.values for stated in numbers_in(line)) and any(dates_in(line)):
        return f"product_reviews.count: {reviews.count}"  # the basis
    wanted = content_of(line, "reviews")
    touched = [
        review.id for review, text in zip(reviews.shown, texts_of(reviews), strict=True)
        if any(holds_word(text, word) for word in wanted)
    ]  # fmt: skip
    return f"customer_reviews: {', '.join(touched)}" if touched else None


def of_reviewers(line: str, start: int, end: int, brief: Brief, facts: Facts) -> str | None:
    """What supports the number of "3 reviewers": as many stored reviews that speak of what the clause does."""
    reviews = reviews_view(brief)
    if reviews is None:
        return None
    match = next(
        (
            m
            for pattern in patterns("reviews", "counted")
            for m in pattern.finditer(line)
            if m.start() <= start < m.end()
        ),
        None,
    )
    if match is None or not match[1].isdigit():
        return None
    clause = next((each for each in clauses_of(line) if match[0] in each), line)
    touched = touched_by(clause, line, every_text(brief), facts)
    return f"customer_reviews: {touched} of {reviews.count}" if touched >= int(match[1]) else None


@lru_cache(maxsize=256)
def texts_of(reviews: ReviewsView) -> tuple[str, ...]:
    """The shown reviews, normalised."""
    return tuple(normal(review.text) for review in reviews.shown)


def every_text(brief: Brief) -> tuple[str, ...]:
    """The shown reviews, and those that are stored beside them."""
    return _all_texts(brief.reviews, reviews_view(brief))


@lru_cache(maxsize=256)
def _all_texts(stored: ProductReviews | None, shown: ReviewsView | None) -> tuple[str, ...]:
    return (*(texts_of(shown) if shown else ()), *(normal(text) for text in (stored.further if stored else ())))


def content_words(plain: str, facts: Facts, known: str = "") -> list[str]:
    """A line's content words, less what only the product's name has, and the numbers, which are the ledger's."""
    named = f"{facts.title} {facts.brand}"
    return [
        word
        for word in content_of(plain, "reviews")
        if not word[0].isdigit() and (not holds_word(named, word) or holds_word(known, word))
    ]


def clauses_of(plain: str) -> list[str]:
    """The clauses of a normalised line: each may speak of other reviewers."""
    return [part for part in _CLAUSE.split(plain) if part and not part.isspace()]


def touched_by(clause: str, line: str, texts: tuple[str, ...], facts: Facts) -> int:
    """How many of the reviews speak of what a clause does, or the line where the clause says nothing."""
    words = content_words(clause, facts) or content_words(line, facts)
    fewest = max(1, round(len(words) * TOUCHED_SHARE))
    return sum(sum(holds_word(text, word) for word in words) >= fewest for text in texts) if words else 0


def ratings_in(plain: str) -> Iterator[Decimal]:
    """The ratings that a normalised text tells."""
    words = {"four": 4, "five": 5, "四": 4, "五": 5}
    for pattern in patterns("reviews", "rating"):
        for match in pattern.finditer(plain):
            told = next(filter(None, match.groups()))
            yield Decimal(words.get(told, 0)) if told in words else Decimal(told)
