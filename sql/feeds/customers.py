"""What customers ask and write, and pairs of products to compare, CSV or YAML → records.

Columns that aren't named here are never kept: a file of reviews tells who wrote them. What of the words themselves may
be kept is for whoever loads them to say.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from generation.records import CustomerQuestion, CustomerReview
from sql.feeds.lines import RefusedRow
from sql.feeds.lists import BadCell, date_cell, id_cell, line_cell, only_known, read_specs
from sql.feeds.products import as_text

QUESTION_CHARACTERS = 500
REVIEW_CHARACTERS = 10_000
Keep = Callable[[str, str], str]
"""From the id of a question or review and its words, those that may be kept; empty: it is refused."""
_PAIR = frozenset({"id", "product", "product_id", "other", "other_id"})


@dataclass(frozen=True, slots=True)
class QuestionSpec:
    """A question and the product that it was asked of."""

    product_id: str
    question: CustomerQuestion


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two products to compare; a guide is written from the first one's side."""

    id: str
    product_id: str
    other_id: str


@dataclass(frozen=True, slots=True)
class ReviewSpec:
    """A review and the product that it is of."""

    product_id: str
    review: CustomerReview


def read_questions(path: Path, keep: Keep) -> Iterator[QuestionSpec | RefusedRow]:
    """The questions of a file, refused rows where they stand. Raises FeedError.

    Columns: product, question and, if it is told, id; without one the words are their own name.
    """

    def question(row: dict[str, object]) -> QuestionSpec:
        product, words = _product(row, "product"), line_cell(row, "question", QUESTION_CHARACTERS)
        number = _id(row, product, words)
        return QuestionSpec(product, CustomerQuestion(number, _kept(keep, number, words)))

    yield from read_specs(path, question, lambda spec: spec.question.id)


def read_comparisons(path: Path) -> Iterator[Comparison | RefusedRow]:
    """The pairs of a file, refused rows where they stand; each way round is a pair of its own. Raises FeedError.

    Columns: product, other and, if it is told, id.
    """
    yield from read_specs(path, _comparison, lambda pair: pair.id)


def _comparison(row: dict[str, object]) -> Comparison:
    only_known(row, _PAIR)
    product, other = _product(row, "product"), _product(row, "other")
    if product == other:
        raise BadCell("a product is compared with another one, not with itself")
    return Comparison(_id(row, product, other), product, other)


def read_reviews(path: Path, keep: Keep) -> Iterator[ReviewSpec | RefusedRow]:
    """The customers' reviews of a file, refused rows where they stand. Raises FeedError.

    Columns: product, text, written and, if they are told, rating (1 to 5) and id. Without an id, the same words on the
    same day of the same product are one review.
    """

    def review(row: dict[str, object]) -> ReviewSpec:
        product, words = _product(row, "product"), line_cell(row, "text", REVIEW_CHARACTERS)
        written, rating = _day(row), _rating(row)
        number = _id(row, product, words, written.isoformat(), "" if rating is None else str(rating))
        return ReviewSpec(product, CustomerReview(number, _kept(keep, number, words), written, rating))

    yield from read_specs(path, review, lambda spec: spec.review.id)


def _kept(keep: Keep, number: str, words: str) -> str:
    if kept := keep(number, words):
        return kept
    raise BadCell("it holds personal data or orders for a model and nothing else")


def _product(row: dict[str, object], name: str) -> str:
    value = row.get(f"{name}_id") or row.get(name)
    if not as_text(value).strip():
        raise BadCell(f"no {name}: the id of a product is needed")
    return id_cell(value)


def _id(row: dict[str, object], *told: str) -> str:
    if as_text(row.get("id")).strip():
        return id_cell(row["id"])
    return hashlib.sha256("\x1f".join(told).encode("utf-8", "replace")).hexdigest()[:24]


def _day(row: dict[str, object]) -> date:
    """A day, or the day of a moment as 2026-11-30T12:00:00Z, and none that is still to come."""
    value = row.get("written")
    if not isinstance(value, date):
        told = as_text(value).strip()
        value = told[:10] if re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", told) else told
    written = date_cell({"written": value}, "written")
    if written is None:
        raise BadCell("no written: the day on which it was written is needed")
    if written > date.today() + timedelta(days=1):  # tomorrow is today somewhere
        raise BadCell(f"written {written} is still to come")
    return written


def _rating(row: dict[str, object]) -> Decimal | None:
    told = as_text(row.get("rating")).strip()
    if not told:
        return None
    if not re.fullmatch(r"[1-5](\.\d{1,2})?", told) or Decimal(told) > 5:
        raise BadCell(f"rating {told[:40]!r} is no number from 1 to 5")
    return Decimal(told)
