"""What a run's report says in words, where the words depend on the figures."""

import pytest
from rich.console import Console

from flows.report import counts, report_for_terminal
from sql.runs import RunSummary


@pytest.mark.parametrize(("without_rating", "told"), [(40, True), (21, True), (20, False), (0, False)])
def test_a_model_that_mostly_gives_no_rating_is_said_to_be_no_judge(without_rating: int, told: bool) -> None:
    judge = {"asked": 40, "without_rating": without_rating, "not_asked": 0, "prompt_tokens": 1000}
    judge["cached_prompt_tokens"] = 750
    summary = RunSummary(1, "completed", 40, 0, 40, 0, 0, 0, 0, 0, 0.0, 0.0, 40, 40, {}, 0, judge=judge)
    words = dict(counts(summary))["judged by the language model"]
    assert words.startswith(f"40, {without_rating} without a clear answer; 75% of their prompt tokens")
    assert ("this model can't judge" in words) is told


def test_a_judge_that_was_never_asked_is_not_blamed() -> None:
    judge = {"asked": 0, "without_rating": 0, "not_asked": 3, "prompt_tokens": 0, "cached_prompt_tokens": 0}
    summary = RunSummary(1, "completed", 3, 0, 3, 0, 0, 0, 0, 0, 0.0, 0.0, 3, 3, {}, 0, judge=judge)
    assert "can't judge" not in dict(counts(summary))["judged by the language model"]


def test_the_cache_of_the_writing_is_told_without_the_judges_questions() -> None:
    judge = {"asked": 40, "without_rating": 0, "not_asked": 0, "prompt_tokens": 4000, "cached_prompt_tokens": 3600}
    summary = RunSummary(
        1, "completed", 40, 0, 40, 0, 0, 5000, 4000, 900, 1.0, 2.0, 40, 40, {}, 0, shareable_prompt_tokens=410,
        judge=judge,
    )  # fmt: skip
    told = dict(counts(summary))
    assert told["prompt tokens from the prefix cache"] == "40% (an ideal cache: 41%)"
    assert "90% of their prompt tokens" in told["judged by the language model"]
    alone = RunSummary(1, "completed", 40, 0, 40, 0, 0, 4000, 3600, 40, 1.0, 2.0, 40, 40, {}, 0, judge=judge)
    assert dict(counts(alone))["prompt tokens from the prefix cache"] == "–"  # nothing was written, only judged


def test_a_run_that_failed_says_of_what_in_its_report() -> None:
    summary = RunSummary(1, "failed", 40, 0, 30, 0, 0, 5000, 4000, 900, 1.0, 2.0, 40, 40, {}, 0, error="no [room] left")
    screen = Console(width=80)
    with screen.capture() as shown:
        screen.print(report_for_terminal(summary, [], []))
    assert shown.get().splitlines()[:2] == ["Run 1: failed", "no [room] left"]
