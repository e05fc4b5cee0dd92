"""Whether the gates judge hand-made copy as a person does, on both sides, and whether the cases cover what they must.

``python -m tests.quality`` shows the same answers as a table.
"""

from collections import defaultdict
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from generation.records import Rejection
from tests.quality.examination import FITTING_WORDS, Answer, Case, examine, load_cases, share

# What the gates reach so far, having been mended for these very cases. A gate that is mended raises them, and none
# lowers them.
REJECTED, NAMED, PASSED = 0.995, 0.99, 0.995
MARKETS = ("us", "uk", "eu", "cn")
LOCALES = ("en-US", "zh-CN")
CHANNELS = ("google_rsa", "meta_feed", "email", "push", "sms", "product_page")

CASES = load_cases()


@pytest.fixture(scope="module")
def answers() -> tuple[Answer, ...]:
    """The gates' answer to every case."""
    return examine(CASES)


def misses(answers: tuple[Answer, ...]) -> str:
    """Those that aren't fitting, for the failure message."""
    return "\n".join(answer.line for answer in answers if not answer.fitting)


def test_copy_that_must_be_rejected_is_rejected(answers: tuple[Answer, ...]) -> None:
    rejects = tuple(answer for answer in answers if not answer.case.must_pass)
    assert share(rejects) >= REJECTED, misses(tuple(answer for answer in rejects if not answer.right))


def test_copy_that_must_pass_passes(answers: tuple[Answer, ...]) -> None:
    passes = tuple(answer for answer in answers if answer.case.must_pass)
    assert share(passes) >= PASSED, misses(passes)


def test_a_rejection_speaks_of_the_reason_that_the_case_names(answers: tuple[Answer, ...]) -> None:
    rejected = tuple(answer for answer in answers if not answer.case.must_pass and answer.right)
    assert share(rejected, fitting=True) >= NAMED, misses(rejected)


def test_half_of_at_least_440_cases_must_pass() -> None:
    assert len(CASES) >= 440
    assert abs(sum(case.must_pass for case in CASES) * 2 - len(CASES)) <= 2


@pytest.mark.parametrize("must_pass", [True, False])
def test_every_market_locale_channel_and_reason_has_cases_on_each_side(must_pass: bool) -> None:
    side = [case for case in CASES if case.must_pass is must_pass]
    assert {(case.brief.campaign.market, case.brief.locale) for case in side} == set(product(MARKETS, LOCALES))
    assert {case.brief.channel for case in side} >= set(CHANNELS)
    assert {case.reason for case in side} == set(FITTING_WORDS)


def test_no_line_of_text_stands_in_two_cases() -> None:
    places: dict[str, set[str]] = defaultdict(set)
    for case in CASES:
        for line in case.lines:
            places[line.casefold()].add(case.id)
    assert {line: ids for line, ids in places.items() if len(ids) > 1} == {}


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


REJECTION = Rejection("numbers", "body states '750 ml', which the record doesn't hold")


@pytest.mark.parametrize(
    ("must_pass", "reason", "rejection", "right", "fitting"),
    [
        (True, "number", None, True, True),
        (True, "number", REJECTION, False, False),
        (False, "number", None, False, False),
        (False, "number", REJECTION, True, True),
        (False, "health", REJECTION, True, False),
    ],
)
def test_an_answer_is_right_by_its_side_and_fitting_by_its_reason(
    must_pass: bool, reason: str, rejection: Rejection | None, right: bool, fitting: bool
) -> None:
    case: Case = replace(CASES[0], must_pass=must_pass, reason=reason)
    answer = Answer(case, rejection)
    assert (answer.right, answer.fitting) == (right, fitting)


def test_a_word_of_the_copy_that_the_rejection_quotes_is_not_its_reason() -> None:
    case = replace(CASES[0], must_pass=False, reason="health", fields={"body": ("A treat for 2, and a cure",)})
    assert not Answer(case, Rejection("numbers", "body states 'treat for 2': A treat for 2, and a cure")).fitting


def test_a_case_that_expects_neither_pass_nor_reject_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(
        "- {id: odd-1, market: us, locale: en-US, channel: sms, product: {title: Cup, price: '1'},"
        " fields: {body: [A cup]}, expect: maybe, reason: number, why: unsure}\n",
        "utf-8",
    )
    with pytest.raises(ValueError, match="expect is pass or reject"):
        load_cases(tmp_path)
