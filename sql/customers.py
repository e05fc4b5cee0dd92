"""What customers asked and wrote, and which products are compared, into the database.

Reading files is in ``sql.feeds.customers``; which of it a brief is made of is for ``sql.plan`` to say.
"""

from collections.abc import Iterable

from sql.catalogue import Upserted, text_cell, upsert_rows
from sql.database import Database
from sql.feeds.customers import Comparison, QuestionSpec, ReviewSpec


def upsert_questions(database: Database, questions: Iterable[QuestionSpec]) -> Upserted:
    """Insert new questions and update those that differ, by id."""
    columns = ("id", "product_id", "question")
    return upsert_rows(
        database,
        "customer_questions",
        columns,
        questions,
        lambda spec: (text_cell(spec.question.id), text_cell(spec.product_id), text_cell(spec.question.text)),
    )


def upsert_comparisons(database: Database, pairs: Iterable[Comparison]) -> Upserted:
    """Insert new pairs and update those that differ, by id; a pair that another id has is refused."""
    columns = ("id", "product_id", "other_id")
    return upsert_rows(
        database,
        "comparisons",
        columns,
        pairs,
        lambda pair: (text_cell(pair.id), text_cell(pair.product_id), text_cell(pair.other_id)),
    )


def upsert_reviews(database: Database, reviews: Iterable[ReviewSpec]) -> Upserted:
    """Insert new reviews and update those that differ, by id."""
    columns = ("id", "product_id", "rating", "text", "written")
    return upsert_rows(
        database,
        "customer_reviews",
        columns,
        reviews,
        lambda spec: (
            text_cell(spec.review.id), text_cell(spec.product_id), spec.review.rating, text_cell(spec.review.text),
            spec.review.written,
        ),
    )  # fmt: skip
